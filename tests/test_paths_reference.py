"""The reference methods return opt_einsum's paths, ties included."""

import random

import opt_einsum
import opt_einsum.paths as theirs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope import paths

from .path_problems import problems

MEMORY_LIMITS = st.sampled_from([None, None, None, -1, float("inf"), 0, 1, 6, 50, 10**6])

METHODS = [
    ("reference_auto", theirs.auto, 17),
    ("reference_optimal", theirs.optimal, 5),
    ("branch_all", theirs.branch_all, 6),
    ("branch_2", theirs.branch_2, 8),
    ("branch_1", theirs.branch_1, 30),
    ("greedy", theirs.greedy, 30),
]


@pytest.mark.parametrize(("name", "reference", "largest"), METHODS, ids=[m[0] for m in METHODS])
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_equal_to_opt_einsum(name, reference, largest, data):
    inputs, output, size_dict = data.draw(problems(largest))
    limit = data.draw(MEMORY_LIMITS)
    expected = reference(inputs, output, size_dict, limit)
    assert getattr(paths, name)(inputs, output, size_dict, limit) == expected


@pytest.mark.parametrize("count", [3, 5, 8, 14, 15, 40, 80])
def test_equal_to_opt_einsum_on_regular_networks(count):
    for seed in range(5):
        rng = random.Random(1000 * count + seed)
        inputs = [set() for _ in range(count)]
        for edge in range(3 * count // 2):
            for end in rng.sample(range(count), 2):
                inputs[end].add(edge)
        size_dict = {edge: rng.choice([2, 2, 3]) for edge in range(3 * count // 2)}
        output = set(rng.sample(sorted(set().union(*inputs)), 2))
        for ours, reference in [(paths.reference_auto, theirs.auto), (paths.greedy, theirs.greedy)]:
            assert ours(inputs, output, size_dict) == reference(inputs, output, size_dict)


def test_contract_path_chooses_the_reference():
    shapes = [(4, 5), (5, 6), (6, 7), (7, 4), (4, 4)]
    expected, _ = opt_einsum.contract_path("ab,bc,cd,da,aa->a", *shapes, shapes=True)
    inputs, size_dict = ["ab", "bc", "cd", "da", "aa"], {"a": 4, "b": 5, "c": 6, "d": 7}
    assert paths.reference_auto(inputs, "a", size_dict) == expected


def test_pairs_are_tried_in_the_order_of_a_set():
    """Which pairs come first decides what is pruned: ids above 7 wrap around in small sets."""
    rng = random.Random(8)
    labels = [chr(97 + i) for i in range(9)]
    for _ in range(300):
        inputs = [frozenset(rng.sample(labels, 3)) for _ in range(6)]
        size_dict = {label: rng.choice([1, 2, 50]) for label in labels}
        expected = theirs.branch_all(inputs, frozenset(), size_dict)
        assert paths.branch_all(inputs, frozenset(), size_dict) == expected


def test_counts_beyond_64_bits_are_compared_exactly():
    size_dict = {"a": 2**40, "b": 2**40 + 1, "c": 2**40 + 2, "d": 2**40 + 3}
    inputs = ["abc", "bcd", "acd", "abd"]
    for method, reference in [
        (paths.reference_optimal, theirs.optimal),
        (paths.branch_all, theirs.branch_all),
        (paths.greedy, theirs.greedy),
    ]:
        sets = [frozenset(labels) for labels in inputs]
        assert method(inputs, "", size_dict) == reference(sets, frozenset(), size_dict)
