"""MFU, HFU, MBU, rooflines, energy, the processor's peak, and the meter's own MFU."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import inference
from flopscope.inference import (
    Device,
    cpu,
    cpu_peak,
    derived_cpu_peak,
    estimate_request,
    get_model,
    hfu,
    ipj,
    mbu,
    measured_cpu_peak,
    mfu,
    mfu_fraction,
    roofline,
    time_floor,
)

UNIT = Device("unit", {"bf16": 1e-12, "fp32": 2e-12}, 1e-9)  # 1 FLOP/s, 1 byte/s
AMOUNTS = st.floats(0.0, 1e15)
MODELS = ["llama-3.1-8b", "mixtral-8x7b", "gemma-2-2b", "deepseek-v3"]


@given(AMOUNTS, st.floats(1e-6, 1e6), st.integers(1, 1000))
def test_definitions(work: float, seconds: float, devices: int) -> None:
    assert mfu(work, seconds, UNIT, devices) == pytest.approx(100 * work / seconds / devices)
    assert mfu(work, seconds, UNIT, dtype="fp32") == pytest.approx(50 * work / seconds)
    assert mfu_fraction(work, seconds, UNIT, devices) == pytest.approx(work / seconds / devices)
    assert mbu(work, seconds, UNIT, devices) == pytest.approx(100 * work / seconds / devices)
    assert hfu(work, seconds, UNIT, devices) == mfu(work, seconds, UNIT, devices)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=8))
def test_arrays_are_many_numbers(rows: list[tuple[float, float]]) -> None:
    work, traffic = np.array(rows).T
    both = roofline(work, traffic, UNIT, dtype="fp32")
    for place, (f, b) in enumerate(rows):
        one = roofline(f, b, UNIT, dtype="fp32")
        assert [np.broadcast_to(part, work.shape)[place] for part in both] == list(one)
        assert mfu(work, 2.0, UNIT)[place] == mfu(f, 2.0, UNIT)
    assert (time_floor(work, traffic, UNIT) == np.maximum(work, traffic)).all()
    assert mfu(work, 2.0, UNIT, np.array([[1], [2]])).shape == (2, len(rows))


@given(AMOUNTS, AMOUNTS)
def test_roofline(work: float, traffic: float) -> None:
    found = roofline(work, traffic, UNIT)
    assert found.seconds == max(found.compute_seconds, found.memory_seconds)
    assert found.compute_seconds == pytest.approx(work)
    assert found.memory_seconds == pytest.approx(traffic)
    assert found.ridge == pytest.approx(1.0)
    if (traffic and work / traffic > 1.001) or (work and not traffic):
        assert found.bound == "compute"
        assert found.max_mfu == pytest.approx(100.0)
    if traffic and work / traffic < 0.999:
        assert found.bound == "memory"
        assert found.max_mfu == pytest.approx(100.0 * work / traffic)


def test_bounds_of_a_real_model() -> None:
    llama = get_model("llama-3.1-8b")
    assert roofline(llama.prefill_flops(4096), llama.weight_bytes(), "H100").bound == "compute"
    batches = np.array([1, 16, 256, 4096])
    steps = roofline(llama.decode_flops(64, batch=batches), llama.decode_bytes(65, batches), "H100")
    assert steps.bound.tolist() == ["memory", "memory", "memory", "compute"]
    assert (np.diff(steps.intensity) > 0).all()
    assert roofline(0, 0, "H100").intensity == 0.0
    assert roofline(1, 0, "H100").intensity == math.inf


def test_recomputation_counts_for_the_hardware_only() -> None:
    gpt2 = get_model("gpt2")
    needed, done = (gpt2.train_flops(8, 1024, recompute=r) for r in (False, True))
    both = inference.training_utilization(gpt2, 8, 1024, 1.0, "A100", recompute=True)
    assert both == (mfu(needed, 1.0, "A100"), hfu(done, 1.0, "A100"))
    assert hfu(done, 1.0, "A100") == pytest.approx(4 / 3 * mfu(needed, 1.0, "A100"))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mfu(-1, 1, "H100"), ValueError, "flops"),
        (lambda: mfu(math.nan, 1, "H100"), ValueError, "flops"),
        (lambda: mfu(1, None, "H100"), ValueError, "seconds"),
        (lambda: mfu("1", 1, "H100"), ValueError, "flops must be a number"),
        (lambda: mfu(1, 0, "H100"), ValueError, "seconds must be finite and positive"),
        (lambda: mfu([1, 2], [1, 0], "H100"), ValueError, "seconds"),
        (lambda: mfu([1, math.nan], 1, "H100"), ValueError, "flops"),
        (lambda: mfu(1, 1, "H100", 0), ValueError, "n_devices must be at least 1"),
        (lambda: mfu(1, 1, "H100", 1.5), ValueError, "n_devices"),
        (lambda: mfu(1, 1, "H101"), KeyError, "unknown device 'H101'; nearest: 'H100"),
        (lambda: mfu(1, 1, "V100"), ValueError, "dtype: V100-SXM2 has no bf16 peak"),
        (lambda: mbu(-1, 1, "H100"), ValueError, "bytes_moved"),
        (lambda: mbu(1, 1, Device("x", {"fp32": 1.0})), ValueError, "bandwidth of x is unknown"),
        (lambda: roofline(1, -1, "H100"), ValueError, "bytes_moved"),
        (lambda: ipj(-0.1, 1), ValueError, "accuracy"),
        (lambda: ipj(0.1, math.nan), ValueError, "energy_j"),
        (lambda: inference.energy_per_token(700, 0), ValueError, "tokens_per_s"),
        (lambda: inference.energy_per_token(-700, 1), ValueError, "power_w"),
        (lambda: inference.efficiency(1, "A100", params=-1), ValueError, "params"),
        (lambda: inference.efficiency(1, "A100", 1e9, bytes_per_param=0), ValueError, "dtype"),
        (lambda: inference.palm_mfu(1, 1, 1, 1, 1, 1, n_devices=0, peak_tflops=1), ValueError,
         "n_devices"),
        (lambda: inference.formula_flops("palms", get_model("gpt2"), 1, 1), ValueError,
         "unknown formula 'palms'; nearest: 'palm'"),
        (lambda: derived_cpu_peak(0, 1e9), ValueError, "cores"),
        (lambda: derived_cpu_peak(1, -1e9), ValueError, "clock_hz"),
        (lambda: derived_cpu_peak(1, 1e9, "avx3"), ValueError, "unknown units 'avx3'"),
        (lambda: derived_cpu_peak(1, 1e9, "amx", "fp64"), ValueError, "fp64"),
        (lambda: derived_cpu_peak(1, 1e9, "avx2", "bf16"), ValueError, "bf16"),
        (lambda: measured_cpu_peak("bf16"), ValueError, "dtype"),
        (lambda: measured_cpu_peak(size=0), ValueError, "size"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_intelligence_per_joule() -> None:
    assert ipj(0.9, 0) == 0.0
    assert ipj([0.5, 0.5], [2.0, 0.0]).tolist() == [0.25, 0.0]
    assert ipj(0.5, [[2.0], [0.0]]).tolist() == [[0.25], [0.0]]
    assert ipj([1.0, 2.0], 4).tolist() == [0.25, 0.5]


# --- formulas -------------------------------------------------------------------------------------


def test_formulas_agree_where_they_should() -> None:
    """For a plain model without extras, the formulas differ by what they leave out."""
    spec = inference.ModelSpec(
        vocab=1000, d_model=64, n_layers=3, n_heads=4, d_ff=256, mlp_mats=2, norm_params=0
    )
    n, seq = spec.params_total - 2 * 1000 * 64, 48
    head, attention = 2 * 64 * 1000 * seq, 4 * 3 * 64 * seq * seq
    figures = inference.compare_formulas(spec, 1, seq)
    assert figures["exact"] == 2 * n * seq + head + attention
    # Kaplan: no head, and the causal average of attention.
    assert figures["kaplan"] == 2 * n * seq + attention // 2
    assert figures["exact_causal"] - head - figures["kaplan"] == 2 * 3 * 64 * seq
    assert figures["megatron"] == figures["exact"]
    # PaLM: embedding counted as a product, attention as if nothing were masked.
    assert figures["palm"] == 2 * spec.params_total * seq + attention
    assert figures["two_params"] == figures["palm"] - attention
    # Chinchilla: embedding counted, three FLOPs per softmax score.
    assert figures["chinchilla"] == figures["exact"] + head + 3 * 3 * 4 * seq * seq
    for name, flops_ in figures.items():
        assert inference.formula_flops(name, spec, 1, seq, training=True) == 3 * flops_
        assert inference.formula_flops(name, spec, 5, seq) == 5 * flops_


def test_megatron_with_and_without_recomputation() -> None:
    spec = inference.ModelSpec(vocab=1000, d_model=64, n_layers=3, n_heads=4, d_ff=256, mlp_mats=2)
    found = inference.megatron_flops(2, 48, 3, 64, 1000, recompute=False)
    assert found == spec.train_flops(2, 48)
    # It recomputes the layers and not the head.
    head = 2 * 64 * 1000 * 48 * 2
    again = inference.megatron_flops(2, 48, 3, 64, 1000)
    assert again == spec.train_flops(2, 48, recompute=True) - head


# --- whole requests -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("prompt", "output", "batch"), [(4000, 300, 1), (100, 2, 300), (7, 0, 2),
                                                         (0, 5, 1), (300, 700, 700)])  # fmt: skip
def test_a_request_is_the_sum_of_its_steps(
    model: str, prompt: int, output: int, batch: int
) -> None:
    spec = get_model(model)
    found = estimate_request(model, prompt, output, batch=batch, device="A100", n_devices=2)
    steps = range(max(output - 1, 0))
    work = [spec.decode_flops(prompt, t, batch=batch) for t in steps]
    moved = [spec.decode_bytes(prompt + t + 1, batch) for t in steps]
    assert found.total_flops == spec.request_flops(prompt, output, batch=batch)
    assert found.decode_flops == sum(work)
    assert found.decode_bytes == sum(moved)
    assert found.device is not None
    floors = [time_floor(f, b, "A100", 2) for f, b in zip(work, moved, strict=True)]
    assert found.device.decode_seconds == pytest.approx(sum(floors), rel=1e-9)
    first = time_floor(found.prefill_flops, found.prefill_bytes, "A100", 2)
    assert found.device.total_seconds == pytest.approx(first + sum(floors))
    assert 0.0 <= found.device.max_mfu_percent <= 100.0 + 1e-9


def test_a_measured_request() -> None:
    found = estimate_request("gpt2", 100, 50, device="A100", seconds=0.2, power_w=400.0)
    assert found.device is not None
    assert found.device.mfu_percent == pytest.approx(mfu(found.total_flops, 0.2, "A100"))
    moved = found.prefill_bytes + found.decode_bytes
    assert found.device.mbu_percent == pytest.approx(mbu(moved, 0.2, "A100"))
    assert found.device.joules_per_token == pytest.approx(400 * 0.2 / 50)
    with pytest.raises(ValueError, match="power_w needs a device"):
        estimate_request("gpt2", 1, 1, power_w=1.0)
    with pytest.raises(ValueError, match="batch must be at least 1"):
        estimate_request("gpt2", 1, 1, batch=0)
    assert estimate_request("gpt2", 1, 1, dtype="int8").kv_dtype == "bf16"
    assert estimate_request("gpt2", 1, 1, dtype="fp32").kv_dtype == "fp32"


# --- this machine ---------------------------------------------------------------------------------


def test_derived_peaks() -> None:
    for units, dtype, per_cycle in (
        ("sse", "fp32", 8), ("sse-fma", "fp32", 16), ("avx2", "fp32", 32), ("avx2", "fp64", 16),
        ("avx512", "fp32", 64), ("avx512", "fp64", 32), ("avx512-one-unit", "fp32", 32),
        ("neon", "fp32", 16), ("neon-four-pipes", "fp32", 32), ("amx", "bf16", 1024),
        ("amx", "int8", 2048),
    ):  # fmt: skip
        found = derived_cpu_peak(3, 2e9, units, dtype)
        assert found.flops_per_s == 3 * 2e9 * per_cycle
        assert found.source == "derived"
        assert found.as_device().estimate


def test_measured_peak_bills_nothing() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        found = measured_cpu_peak("fp32", seconds=0.005, size=64)
    assert budget.flops_used == 0
    assert found.source == "measured"
    assert 1e6 < found.flops_per_s < 1e16
    assert found.as_device().peak("fp32") == pytest.approx(found.flops_per_s / 1e12)
    assert mfu(found.flops_per_s, 1.0, found.as_device(), dtype="fp32") == pytest.approx(100.0)


def test_the_peak_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def probe(short: str) -> cpu.CpuPeak:
        measured.append(short)
        return cpu.CpuPeak(2e9, short, "measured", "")

    monkeypatch.setattr(cpu, "measured_cpu_peak", probe)
    cpu._once.cache_clear()
    assert cpu_peak() is cpu_peak("float64")
    cpu_peak("fp32")
    cpu._once.cache_clear()
    assert measured == ["fp64", "fp32"]


def test_the_meters_own_mfu(monkeypatch: pytest.MonkeyPatch) -> None:
    with flops.BudgetContext(10**9, quiet=True) as budget:
        assert budget.mfu(peak=1e9) == 0.0  # nothing ran yet
        fnp.ones((64, 64)) @ fnp.ones((64, 64))
        inside = budget.mfu(peak=1e9)
    expected = 100.0 * budget.flops_used / budget.flopscope_backend_time_s / 1e9
    assert budget.mfu(peak=1e9) == inside == pytest.approx(expected)
    assert budget.mfu(derived_cpu_peak(1, 1e9, "sse", "fp64")) == pytest.approx(expected / 4)
    monkeypatch.setattr(cpu, "cpu_peak", lambda dtype: cpu.CpuPeak(2e9, dtype, "measured", ""))
    assert budget.mfu() == pytest.approx(expected / 2)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="peak"):
            budget.mfu(peak=bad)
