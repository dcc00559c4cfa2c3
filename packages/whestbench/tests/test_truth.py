"""The harness's sampling: figures of counted operations, whatever the threads and chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from whestbench import MLP, relu, run_mlp, run_mlp_all_layers, sample_layer_statistics, sample_mlp
from whestbench.scoring import ContestSpec, make_contest
from whestbench.simulation import chunk_rows, sample_layer_statistics_chunk_count
from whestbench.truth import layer_statistics
from whestbench.truth.bill import sampling_breakdown
from whestbench.truth.cache import TruthCache
from whestbench.truth.layers import column_sums, rectify


def brute_force(mlp, n, seed):
    """One product of all samples at once, in float64."""
    h = np.random.default_rng(seed).standard_normal((n, mlp.width), dtype=np.float32)
    h = h.astype(np.float64)
    means = []
    for w in mlp.weights:
        h = np.maximum(h @ np.asarray(w), 0)
        means.append(h.mean(axis=0))
    return np.stack(means), h.var(axis=0).mean()


@pytest.mark.parametrize("n", [1, 7, 1024, 1025, 5000])
def test_kernel_and_counted_sampling_agree_with_the_definition(n):
    mlp = sample_mlp(12, 4, 5)
    means, variance = brute_force(mlp, n, 9)
    fast = layer_statistics(mlp, n, 9)
    counted = sample_layer_statistics(mlp, n, 9)
    for got, got_variance in ((fast.means, fast.avg_variance), (counted[0], counted[2])):
        assert got.dtype == np.float32
        np.testing.assert_allclose(np.asarray(got), means, rtol=2e-5, atol=1e-6)
        assert got_variance == pytest.approx(variance, rel=1e-4, abs=1e-6)
    assert np.array_equal(fast.final, fast.means[-1])
    assert np.array_equal(np.asarray(counted[1]), np.asarray(counted[0])[-1])


@given(
    st.sampled_from([1, 2, 20, 33, 100]),
    st.one_of(st.integers(1, 9000), st.integers(60_000, 80_000)),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([1, 2, 3, 8, 70]),
)
@settings(max_examples=40, deadline=None)
def test_threads_and_chunks_change_no_bit(width, n, threads, blocks):
    mlp = sample_mlp(width, 3, 1)
    want = layer_statistics(mlp, n, 2, threads=1, blocks=1)
    got = layer_statistics(mlp, n, 2, threads=threads, blocks=blocks)
    assert got.means.tobytes() == want.means.tobytes()
    assert got.avg_variance == want.avg_variance


def test_no_bit_changes_where_blas_splits_sums():
    rng = np.random.default_rng(8)
    weights = [rng.standard_normal((520, 520), dtype=np.float32) / 16 for _ in range(2)]
    weights[0][:, 100:200] = -np.abs(weights[0][:, 100:200]) + 0.06  # fire now and then
    mlp = MLP(520, 2, [fnp.asarray(w) for w in weights], "network", 0)
    want = layer_statistics(mlp, 66_000, 2, threads=1, blocks=1)
    got = layer_statistics(mlp, 66_000, 2, threads=2, blocks=3)
    assert got.means.tobytes() == want.means.tobytes()
    assert got.avg_variance == want.avg_variance


def test_blocks_enter_blas_alone_and_aligned(monkeypatch):
    seen = set()

    def matmul(x, w, out):
        for array in (x, w, out):
            assert array.ctypes.data % 4096 == 0
        assert all(product.ctypes.data % 4096 == 0 for product in (*x, *out))
        seen.add((x.shape[1:], w.shape))
        return original(x, w, out=out)

    original = np.matmul
    monkeypatch.setattr("whestbench.truth.layers.np.matmul", matmul)
    layer_statistics(sample_mlp(24, 2, 1), 5 * 1024 + 7, 2, threads=1, blocks=3)
    assert seen == {((1024, 24), (24, 24)), ((7, 24), (24, 24))}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("infinite", [False, True])
def test_long_runs_leave_out_neurons_that_never_fire_and_nothing_else(infinite):
    rng = np.random.default_rng(3)
    weights = [rng.standard_normal((256, 256)).astype(np.float32) / 12 for _ in range(3)]
    weights[1][:, 5] = -np.abs(weights[1][:, 5])  # fires for nobody
    if infinite:
        weights[2][5, 3] = np.inf  # of the neuron that does not fire: 0 * inf is NaN
    mlp = MLP(256, 3, [fnp.asarray(w) for w in weights], "network", 0)
    n = 65_537
    means, variance = brute_force(mlp, n, 4)
    truth = layer_statistics(mlp, n, 4)
    assert means[1, 5] == truth.means[1, 5] == 0
    np.testing.assert_allclose(truth.means, means, rtol=2e-5, atol=1e-6)
    assert truth.avg_variance == pytest.approx(variance, rel=1e-4, nan_ok=True)
    assert np.isnan(truth.means[2, 3]) == infinite


@pytest.mark.parametrize("rows", [8, 1000, 1024, 1023, 1])
def test_column_sums_are_those_of_float64(rows):
    x = np.random.default_rng(rows).standard_normal((3, rows, 32), dtype=np.float32)
    rectify(x.reshape(-1, 32))
    assert (x >= 0).all()
    sums = np.empty((3, 32))
    column_sums(x, sums)
    np.testing.assert_allclose(sums, x.sum(axis=1, dtype=np.float64), rtol=3e-7)


def test_progress_reaches_the_end_and_errors_come_out():
    seen = []
    mlp = sample_mlp(8, 2, 0)
    layer_statistics(mlp, 5000, 0, threads=2, progress=lambda *step: seen.append(step))
    assert seen[-1] == (5000, 5000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with pytest.raises(ValueError, match="must be positive"):
        layer_statistics(mlp, 0)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        layer_statistics(mlp, 50_000, 0, threads=2, progress=interrupt)


def test_chunks():
    assert [chunk_rows(w) for w in (1, 64, 256, 1024, 4096)] == [16384, 16384, 4096, 1024, 1024]
    assert sample_layer_statistics_chunk_count(256, 4097) == 2


@pytest.mark.parametrize(("width", "depth", "n"), [(8, 3, 20_000), (40, 2, 32_768), (3, 5, 7)])
def test_the_stated_bill_is_that_of_the_counted_run(width, depth, n):
    mlp = sample_mlp(width, depth, 0)
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as budget:
        sample_layer_statistics(mlp, n, 1)
    want = budget.summary_dict(by_namespace=True)
    got = sampling_breakdown(width, depth, n, 1.5)
    assert got["flops_used"] == want["flops_used"] == budget.flops_used
    assert got["wall_time_s"] == 1.5
    (label,) = want["by_namespace"]
    assert label == "sampling.sample_layer_statistics"
    for name, entry in want["by_namespace"][label]["operations"].items():
        stated = got["by_namespace"][label]["operations"][name]
        assert (stated["flop_cost"], stated["calls"]) == (entry["flop_cost"], entry["calls"])


def test_sampling_is_billed_to_an_open_budget_and_needs_none():
    mlp = sample_mlp(4, 2, 0)
    budget = flops.BudgetContext(flop_budget=100, quiet=True)
    with budget, pytest.raises(flops.BudgetExhaustedError):
        sample_layer_statistics(mlp, 1000, 0)
    events = []
    sample_layer_statistics(mlp, 40_000, 0, progress=events.append)
    assert events[-1] == {"completed": 3, "total": 3, "unit": "chunks"}


def test_running_a_network():
    mlp = sample_mlp(4, 3, 0)
    x = fnp.asarray(np.random.default_rng(0).standard_normal((5, 4), dtype=np.float32))
    layers = run_mlp_all_layers(mlp, x)
    assert len(layers) == 3
    assert np.array_equal(run_mlp(mlp, x), layers[-1])
    want = np.maximum(np.asarray(x) @ np.asarray(mlp.weights[0]), 0)
    np.testing.assert_allclose(np.asarray(layers[0]), want, rtol=1e-6)
    assert np.array_equal(np.asarray(relu(fnp.asarray([-1.0, 2.0]))), [0.0, 2.0])


def test_a_contest_is_sampled_once_per_seed_and_number(tmp_path):
    calls = []

    def sampler(*arguments, **options):
        calls.append(arguments[1])
        return layer_statistics(*arguments, **options)

    cache = TruthCache(tmp_path)
    spec = ContestSpec(4, 2, 3, 1000, 2000, seed=1)
    first = make_contest(spec, cache=cache, sampler=sampler)
    again = make_contest(spec, cache=cache, sampler=sampler)
    assert calls == [2000] * 3
    for a, b in zip(first.all_layer_targets, again.all_layer_targets, strict=True):
        assert a.tobytes() == b.tobytes()
    assert first.avg_variances == again.avg_variances
    make_contest(ContestSpec(4, 2, 3, 1000, 2001, seed=1), cache=cache, sampler=sampler)
    assert calls == [2000] * 3 + [2001] * 3
    # A damaged entry is drawn again.
    for entry in tmp_path.glob("*.npz"):
        entry.write_bytes(entry.read_bytes()[:40])
    repaired = make_contest(spec, cache=cache, sampler=sampler)
    assert len(calls) == 9
    assert repaired.all_layer_targets[0].tobytes() == first.all_layer_targets[0].tobytes()


def test_contest_events_count_chunks():
    events = []
    make_contest(ContestSpec(4, 2, 2, 1000, 20_000, seed=1), events.append)
    assert events[-1] == {
        "phase": "sampling_ground_truth",
        "completed": 4,
        "total": 4,
        "mlp_index": 1,
        "mlp_name": events[-1]["mlp_name"],
        "n_mlps": 2,
        "mlp_completed": 2,
        "mlp_total": 2,
        "unit": "chunks",
    }


def test_a_contest_without_a_seed_records_the_one_it_drew():
    drawn = make_contest(ContestSpec(4, 2, 2, 1000, 500))
    again = make_contest(ContestSpec(4, 2, 2, 1000, 500, seed=drawn.run_seed))
    assert [mlp.name for mlp in drawn.mlps] == [mlp.name for mlp in again.mlps]
    assert drawn.all_layer_targets[1].tobytes() == again.all_layer_targets[1].tobytes()
    assert drawn.noise_floor == pytest.approx(np.mean(drawn.avg_variances) / 500)
