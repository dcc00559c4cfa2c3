"""The three base functions beyond their recorded cases: names, strictness, bad input."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope import inference
from flopscope.errors import FlopscopeWarning
from flopscope.inference import compute_mfu, estimate_flops, estimate_flops_no_kv_cache, get_model

ESTIMATES = [estimate_flops, estimate_flops_no_kv_cache]
TOKENS = st.integers(0, 10**6)
NAN = math.nan


@given(st.sampled_from(["qwen3:8b", "llama-3.1-70b", "mixtral-8x7b"]), TOKENS, TOKENS)
def test_formulas(model: str, given_tokens: int, made: int) -> None:
    params = {"qwen3:8b": 8e9, "llama-3.1-70b": 70e9, "mixtral-8x7b": 12_879_925_248}[model]
    tokens = given_tokens + made
    total, per_token = estimate_flops(model, given_tokens, made)
    assert total == pytest.approx(2 * params * tokens)
    assert per_token == (2 * params if tokens else 0.0)
    total, average = estimate_flops_no_kv_cache(model, given_tokens, made)
    assert total == pytest.approx(params * tokens * (tokens + 1))
    assert average == pytest.approx(total / tokens if tokens else 0.0)


@given(st.integers(1, 300))
def test_no_cache_is_a_sum_over_prefixes(tokens: int) -> None:
    total, _ = estimate_flops_no_kv_cache("qwen3:4b", tokens - 1, 1)
    assert total == pytest.approx(sum(2 * 4e9 * t for t in range(1, tokens + 1)))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("QWEN3:8B", 8e9),
        ("Qwen/Qwen3-8B", 8e9),
        ("qwen3:8b-q4_K_M", 8e9),
        ("Qwen3-8B.Q4_K_M.gguf", 8e9),
        ("deepseek-r1:671b", 37_552_282_624),
        ("qwen3:32b", 32_762_123_264),  # once taken for 8 B
        ("qwen3-0.6b", 0.6e9),
        ("meta-llama/Llama-3.1-8B-Instruct", 8e9),
        ("llama3.1:70b", 70e9),
        ("mistralai/Mistral-7B-Instruct-v0.1", 7e9),
        ("mistralai/Mistral-7B-v0.3", 7e9),
        ("mistral:7b", 7e9),
        ("mistralai/Mixtral-8x7B-v0.1", 12_879_925_248),  # not all experts' 46.7 B
        ("qwen3:30b", 3_353_032_704),
        ("openai/gpt-oss-20b", 4_187_440_704),
        ("openai-community/gpt2", 124_439_808),
        ("deepseek-ai/DeepSeek-V3-Base", 37_552_282_624),
    ],
)
def test_names(name: str, params: float) -> None:
    assert estimate_flops(name, 1, 0) == (2.0 * params, 2.0 * params)


@pytest.mark.parametrize(
    "name",
    ["", " ", "qwen3", "qwen3:17b", "qwen3:80b", "qwen3:8", "qwen38b", "8b", "llama", "llama-3.1",
     "llama-3.1-80b", "llama-3.1-8", "llama-2-8b", "llama-3.1-8b-70b-merge", "mixtral-8x22b",
     "mistral-8x7b", "codellama-7b", "DeepSeek-R1-Distill-Qwen-7B", "distilgpt2", "gpt2-huge",
     "gpt2-chinese", "gpt-4", "bert-base-multilingual-cased", "bert-large", "qwen3-vl-8b", "ñ",
     None, 7],
)  # fmt: skip
def test_near_misses_are_unknown(name: Any) -> None:
    for estimate in ESTIMATES:
        assert estimate(name, 100, 50) == (0.0, 0.0)
        with pytest.raises(KeyError, match="unknown model"):
            estimate(name, 100, 50, strict=True)
        assert estimate(name, 100, 50) == (0.0, 0.0)  # also once it is remembered


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"unknown model 'lama-3.1-8b'; nearest: 'llama-3.1-8b'"):
        estimate_flops("lama-3.1-8b", 1, 1, strict=True)
    with pytest.raises(KeyError, match=r"unknown device 'H1000'; nearest: 'H100"):
        compute_mfu(1.0, 1.0, "H1000", strict=True)


@pytest.mark.parametrize("estimate", ESTIMATES)
@pytest.mark.parametrize("bad", [-1, NAN, math.inf, -math.inf, np.float64("nan")])
def test_bad_tokens(estimate: Any, bad: float) -> None:
    for model in ("qwen3:8b", "unheard-of"):
        for strict in (False, True):
            with pytest.raises(ValueError, match="input_tokens"):
                estimate(model, bad, 1, strict=strict)
            with pytest.raises(ValueError, match="output_tokens"):
                estimate(model, 1, bad, strict=strict)


def test_any_number_of_names_can_be_asked() -> None:
    for number in range(10_000):
        assert estimate_flops(f"nobody-{number}", 1, 1) == (0.0, 0.0)
    assert len(inference.base._params) <= inference.base._MOST_NAMES
    assert estimate_flops("qwen3:8b", 1, 0)[0] == 16e9


# --- compute_mfu ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tflops"),
    [("H100", 989.4), ("h100", 989.4), ("H200", 989.4), ("A100", 312), ("A10G", 70), ("L4", 121),
     ("L40", 181.05), ("L40S", 362.05), ("NVIDIA L40S", 362.05), ("NVIDIA L40", 181.05),
     ("T4", 65), ("V100", 125), ("4090", 165.2), ("4080", 97.5), ("3090", 71), ("M3 Max", 14.2),
     ("M3 Ultra", 28.3), ("M4 Max", 17.2), ("NVIDIA A10", 125), ("NVIDIA H100 PCIe", 756),
     ("NVIDIA H100 NVL", 835.5), ("AMD Instinct MI300X", 1307.4), ("B200", 2250)],
)  # fmt: skip
def test_mfu_by_name(name: str, tflops: float) -> None:
    assert compute_mfu(1e12, 1.0, name) == pytest.approx(100 / tflops)
    assert compute_mfu(1e12, 0.5, name, 4) == pytest.approx(50 / tflops)


def test_mfu_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compute_mfu(0.0, 1.0, "H100") == 0.0
        for duration, devices in ((0.0, 1), (-1.0, 1), (1.0, 0), (1.0, -2)):
            assert compute_mfu(1e12, duration, "H100", devices) == 0.0
        assert compute_mfu(1e12, 1.0, "NVIDIA T400") == 0.0
        assert compute_mfu(1e12, 1.0, "") == 0.0


def test_strict_mfu() -> None:
    assert compute_mfu(1e12, 1.0, "A100", strict=True) == pytest.approx(100 / 312)
    for duration, devices, field in ((0.0, 1, "duration_s"), (-1.0, 1, "duration_s"),
                                     (1.0, 0, "num_gpus"), (1.0, -1, "num_gpus")):  # fmt: skip
        with pytest.raises(ValueError, match=field):
            compute_mfu(1e12, duration, "A100", devices, strict=True)
    compute_mfu(1e12, 1.0, "NVIDIA T400")
    with pytest.raises(KeyError, match="unknown device 'NVIDIA T400'"):
        compute_mfu(1e12, 1.0, "NVIDIA T400", strict=True)


@pytest.mark.parametrize("strict", [False, True])
def test_bad_mfu_input(strict: bool) -> None:
    for device in ("H100", "QuantumGPU"):
        for flops in (-1.0, NAN, math.inf):
            with pytest.raises(ValueError, match="flops"):
                compute_mfu(flops, 1.0, device, strict=strict)
    for duration, devices, field in ((NAN, 1, "duration_s"), (1.0, NAN, "num_gpus")):
        with pytest.raises(ValueError, match=field):
            compute_mfu(1.0, duration, "H100", devices, strict=strict)


def test_formats() -> None:
    assert compute_mfu(1e12, 1.0, "H100", dtype="fp8") == pytest.approx(100 / 1978.9)
    assert compute_mfu(1e12, 1.0, "V100", dtype="float16") == pytest.approx(100 / 125)
    for _ in range(2):
        with pytest.warns(FlopscopeWarning, match="V100-SXM2 has no bf16 peak"):
            assert compute_mfu(1e12, 1.0, "V100", dtype="bf16") == 0.0
    with pytest.warns(FlopscopeWarning), pytest.raises(ValueError, match="dtype"):
        compute_mfu(1e12, 1.0, "V100", dtype="bf16", strict=True)
    with pytest.raises(ValueError, match=r"unknown dtype 'bf17'; nearest: 'bf16'"):
        compute_mfu(1e12, 1.0, "H100", dtype="bf17")


def test_nominal_sizes_are_of_known_models() -> None:
    for name, billions in inference.base.NOMINAL_PARAMS_B.items():
        assert get_model(name).params_total / 1e9 == pytest.approx(billions, rel=0.05)
