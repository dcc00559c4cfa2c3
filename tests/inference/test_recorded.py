"""Every figure of tests/data/inference.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flopscope import inference
from flopscope.inference import ModelSpec, find_device, get_device, get_model

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "inference.json").read_text(encoding="utf-8")
)
BASE = DATA["base_contract"]
NOT_PEAKS = {"bw", "sparse", "src", "note", "read", "estimate"}


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@pytest.mark.parametrize("case", BASE["cases"], ids=lambda case: f"{case['fn']}{case['args']}")
def test_base_functions(case: dict[str, Any]) -> None:
    found = getattr(inference, case["fn"])(*case["args"])
    tolerance = BASE["mfu_rel_tol"] if case["fn"] == "compute_mfu" else BASE["rel_tol"]
    assert found == pytest.approx(
        tuple(case["expect"]) if isinstance(case["expect"], list) else case["expect"],
        rel=tolerance,
        abs=0.0,
    )


@pytest.mark.parametrize("name", DATA["architectures"])
def test_parameters(name: str) -> None:
    case = DATA["architectures"][name]
    for spec in (ModelSpec(**case["arch"]), get_model(name)):
        assert spec.params_total == case["params_total"]
        assert spec.params_active == case["params_active"]
        assert {field: getattr(spec, field) for field in case["arch"]} == case["arch"]


@named(DATA["flops"])
def test_flops(case: dict[str, Any]) -> None:
    spec = ModelSpec(**case["arch"]) if "arch" in case else get_model(case["model"])
    batch, seq, past = case["batch"], case["seq"], case.get("past", 0)
    assert spec.forward_flops(batch, seq, past=past) == case["forward"]
    assert spec.forward_flops(batch, seq, past=past, causal=True) == case["forward_causal"]
    if "train_step" in case:
        assert spec.train_flops(batch, seq) == case["train_step"]
        for step, flops in enumerate(case["decode_steps"]):
            assert spec.decode_flops(seq, step, batch=batch) == flops
        for step, flops in enumerate(case["recompute_steps"]):
            assert spec.forward_flops(batch, seq + step + 1) == flops
        assert spec.request_flops(
            seq + 1, len(case["recompute_steps"]), batch=batch, kv_cache=False, logits="all"
        ) == sum(case["recompute_steps"])
    else:
        last = spec.forward_flops(batch, seq, past=past, logits="last")
        assert last == case["forward_last_logit_only"]
        assert 2 * spec.params_active * batch * seq == case["two_params_tokens"]
        assert spec.kv_cache_bytes(past + seq, batch) == case["kv_cache_bytes_fp16"]


@pytest.mark.parametrize(("name", "target"), DATA["resolve"])
def test_device_names(name: str, target: str | None) -> None:
    device = find_device(name)
    assert (device and device.name) == target


@pytest.mark.parametrize("name", DATA["peaks"])
def test_peaks(name: str) -> None:
    row, device = DATA["peaks"][name], get_device(name)
    assert device.name == name
    assert device.peaks == {key: peak for key, peak in row.items() if key not in NOT_PEAKS}
    assert (device.bandwidth, device.sparsity) == (row["bw"], row["sparse"])
    assert device.source == row["src"]
    assert device.note == row.get("note", "")
    assert device.confirmed == row.get("read", False)
    assert device.estimate == row.get("estimate", False)


@pytest.mark.parametrize("case", DATA["decode_bytes"], ids=lambda case: case["model"])
def test_decode_bytes(case: dict[str, Any]) -> None:
    spec, where = get_model(case["model"]), (case["context"], case["batch"])
    traffic = spec.decode_traffic(*where)
    assert traffic.weights == case["weight_bytes"]
    assert traffic.kv_read + traffic.kv_written == case["kv_bytes"]
    assert spec.decode_bytes(*where) == case["weight_bytes"] + case["kv_bytes"]


MFU = {case["name"]: case for case in DATA["mfu"]}


def test_palm() -> None:
    case = MFU["palm_540b"]
    shape = {key: case[key] for key in ("params", "n_layers", "n_heads", "head_dim", "seq")}
    assert inference.palm_flops_per_token(**shape) == case["flops_per_token"]
    machine = {"n_devices": case["chips"], "peak_tflops": case["peak_tflops"]}
    for attention, ours, published in (
        (True, "mfu_pct", "published_mfu_pct"),
        (False, "without_attention_pct", "published_without_attention_pct"),
    ):
        found = inference.palm_mfu(case["tokens_per_s"], **shape, **machine, attention=attention)
        assert found == pytest.approx(case[ours], rel=1e-12)
        assert found == pytest.approx(case[published], abs=case["abs_tol_pct"])
    flops = case["flops_per_token"] * case["tokens_per_s"]
    assert inference.mfu(flops, 1.0, "TPU v4", case["chips"]) == pytest.approx(case["mfu_pct"])


def test_megatron() -> None:
    case = MFU["megatron_formula"]
    shape = [case[key] for key in ("batch", "seq", "n_layers", "hidden", "vocab")]
    for recompute, key in ((True, "flops_with_recompute"), (False, "flops_no_recompute")):
        found = inference.megatron_flops(*shape, recompute=recompute)
        assert found == pytest.approx(case[key], rel=1e-15)


def test_efficiency() -> None:
    case = MFU["efficiency_7b_a100"]
    found = inference.efficiency(case["tokens_per_s"], "A100", params=7e9, bytes_per_param=2.0)
    assert found == pytest.approx((case["mfu_pct"], case["mbu_pct"]))


# Counted on checkpoints' shapes without weights; from llama-3.2-3b on, the totals of their cards.
TOTALS = {
    "gemma-2-2b": 2_614_341_888,
    "gemma-2-9b": 9_241_705_984,
    "gemma-2-27b": 27_227_128_320,
    "opt-6.7b": 6_658_473_984,
    "pythia-6.9b": 6_857_302_016,
    "bert-base": 109_482_240,
    "llama-2-13b": 13_015_864_320,
    "gpt2-large": 774_030_080,
    "llama-3.2-3b": 3_212_749_824,
    "mistral-7b-v0.1": 7_241_732_096,
    "mistral-7b-v0.3": 7_248_023_552,
    "qwen3-1.7b": 1_720_574_976,
    "qwen3-14b": 14_768_307_200,
}
WITH_EXPERTS = {
    "gpt-oss-20b": (20_914_757_184, 4_187_440_704),
    "gpt-oss-120b": (116_829_156_672, 5_711_982_912),
    "deepseek-v3": (671_026_404_352, 37_552_282_624),
}


@pytest.mark.parametrize("name", [*TOTALS, *WITH_EXPERTS])
def test_further_parameters(name: str) -> None:
    spec = get_model(name)
    total, active = WITH_EXPERTS.get(name) or (TOTALS[name], TOTALS[name])
    assert (spec.params_total, spec.params_active) == (total, active)


def test_every_known_model_has_a_recorded_total() -> None:
    recorded = {*DATA["architectures"], *TOTALS, *WITH_EXPERTS}
    assert {inference.resolve_model(name) for name in recorded} == set(inference.model_names())
