"""Networks, seeds and names are what NumPy and Faker say they are, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import whestbench
from whestbench import MLP, sample_mlp
from whestbench.naming import name_from_seed, unique_names
from whestbench.scoring.contest import draw_networks
from whestbench.seeds import (
    check_input_seeds,
    draw_input_seeds,
    estimator_seed,
    live_seeds,
    network_seeds,
)


def weights_of(sequence, width, depth):
    """The definition of the weight law, written out."""
    rng = np.random.default_rng(sequence)
    return [
        (rng.standard_normal((width, width)) * np.sqrt(2 / width)).astype(np.float32)
        for _ in range(depth)
    ]


@given(st.integers(0, 2**40), st.integers(1, 4))
@settings(max_examples=25)
def test_a_live_run_draws_the_definition(seed, n_mlps):
    children = np.random.SeedSequence(seed).spawn(3 * n_mlps)
    mlps = draw_networks(5, 3, live_seeds(seed, n_mlps))
    for i, mlp in enumerate(mlps):
        assert mlp.seed == int(children[3 * i + 2].generate_state(1)[0])
        for got, want in zip(mlp.weights, weights_of(children[3 * i], 5, 3), strict=True):
            assert np.asarray(got).tobytes() == want.tobytes()


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=25)
def test_protocols_agree_on_what_the_column_means(seed):
    weights, samples, estimator = np.random.SeedSequence(seed).spawn(3)
    seeds = network_seeds(seed)
    assert seeds.weights.spawn_key == weights.spawn_key
    assert seeds.samples.generate_state(4).tolist() == samples.generate_state(4).tolist()
    assert seeds.estimator == int(estimator.generate_state(1)[0])
    assert estimator_seed(seed, "3.0") == seeds.estimator
    assert estimator_seed(seed, "2.0") == seed
    with pytest.raises(ValueError, match=r"unknown seed protocol '4\.0'"):
        estimator_seed(seed, "4.0")


def test_names():
    assert name_from_seed(0) == "megan-chang"
    assert unique_names([0, 1, 0, 0]) == [
        "megan-chang",
        "dennis-boone",
        "megan-chang-2",
        "megan-chang-3",
    ]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=30))
@settings(max_examples=25)
def test_names_are_unique_slugs_of_fakers_names(seeds):
    names = unique_names(seeds + seeds)
    assert len(set(names)) == len(names)
    faker = Faker()
    for seed, name in zip(seeds, names[: len(seeds)], strict=True):
        faker.seed_instance(seed)
        plain = f"{faker.first_name()} {faker.last_name()}".lower().replace(" ", "-")
        assert name.startswith("".join(c for c in plain if c in "abcdefghijklmnopqrstuvwxyz-"))


def test_sample_mlp_is_free_and_holds_counted_arrays():
    with flops.BudgetContext(flop_budget=1, quiet=True) as budget:
        mlp = sample_mlp(6, 2, np.random.default_rng(3), seed=9)
    assert budget.flops_used == 0
    assert (mlp.width, mlp.depth, mlp.seed, mlp.name) == (6, 2, 9, "")
    assert all(isinstance(w, flops.FlopscopeArray) for w in mlp.weights)
    assert [np.asarray(w).tobytes() for w in mlp.weights] == [
        w.tobytes() for w in weights_of(3, 6, 2)
    ]
    # A generator goes on where it is: two networks from one generator differ.
    rng = np.random.default_rng(3)
    first, second = sample_mlp(6, 2, rng), sample_mlp(6, 2, rng)
    assert not np.array_equal(first.weights[0], second.weights[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width must be positive"),
        ({"depth": -1}, "depth must be positive"),
        ({"depth": 3}, "depth is 3, but there are 2"),
        ({"weights": [np.zeros((2, 2)), np.zeros((2, 3))]}, r"weights\[1\] has shape \(2, 3\)"),
    ],
)
def test_validate(change, message):
    fields = {"width": 2, "depth": 2, "weights": [np.zeros((2, 2))] * 2}
    MLP(**fields).validate()
    with pytest.raises(ValueError, match=message):
        MLP(**{**fields, **change}).validate()


def test_from_row():
    row = {"weights": np.zeros((2, 3, 3)), "mlp_seed": 17, "mlp_name": "a-b"}
    assert MLP.from_row(row).seed == 17
    assert MLP.from_row(row, "3.0").seed == estimator_seed(17, "3.0")
    mlp = MLP.from_row({**row, "weights": row["weights"].tolist()})
    assert (mlp.width, mlp.depth, mlp.name, mlp.weights[0].dtype) == (3, 2, "a-b", np.float32)
    with pytest.raises(AttributeError):
        mlp.seed = 1


@pytest.mark.parametrize(
    ("seeds", "error", "message"),
    [
        ([1, 1], ValueError, r"mlp_seeds\[1\] repeats mlp_seeds\[0\]"),
        ([1], ValueError, "holds 1 seeds, but n_mlps is 2"),
        ([1, 2**63], ValueError, r"lie in \[0, 2\*\*63\)"),
        ([1, -1], ValueError, "lie in"),
        ([1, True], TypeError, "seeds are integers"),
        ([1, 2.0], TypeError, "seeds are integers"),
    ],
)
def test_bad_input_seeds_are_named(seeds, error, message):
    with pytest.raises(error, match=message):
        check_input_seeds(seeds, 2)


def test_drawn_input_seeds_are_distinct_and_in_range():
    seeds = draw_input_seeds(50)
    assert check_input_seeds(seeds, 50) == seeds


def test_every_public_name_is_there():
    for name in set(whestbench.__all__):
        assert getattr(whestbench, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        whestbench.nothing  # noqa: B018
