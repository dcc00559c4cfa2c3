"""Counts of passes, requests and training steps: against plain counting, and how they relate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope import inference
from flopscope.inference import ModelSpec, get_model, model_names

from . import plain_counts
from .specs import model_specs

LENGTHS = st.integers(0, 12)
TINY = ModelSpec(vocab=10, d_model=4, n_layers=2, n_heads=2, d_ff=8)
WINDOWED = TINY.replace(sliding_window=5, window_layers=1)


@given(model_specs(), LENGTHS, LENGTHS, st.integers(0, 3), st.booleans())
def test_a_pass_is_the_sum_of_its_products(
    spec: ModelSpec, new: int, past: int, batch: int, causal: bool
) -> None:
    for logits, rows in (("all", new), ("last", min(new, 1)), ("none", 0)):
        plain = plain_counts.forward(spec, new, past, causal=causal, logits=rows)
        found = spec.forward_flops(batch, new, past=past, causal=causal, logits=logits)
        assert found == batch * plain


@given(model_specs(), LENGTHS, LENGTHS, st.booleans(), st.booleans())
def test_a_request_is_the_sum_of_its_passes(
    spec: ModelSpec, prompt: int, output: int, causal: bool, kv_cache: bool
) -> None:
    found = spec.request_flops(prompt, output, causal=causal, kv_cache=kv_cache)
    options = {"causal": causal, "kv_cache": kv_cache}
    assert found == plain_counts.request(spec, prompt, output, **options)


@given(model_specs(), st.integers(1, 40), st.integers(1, 10), st.integers(1, 4))
def test_parts_of_a_request(spec: ModelSpec, prompt: int, output: int, batch: int) -> None:
    prefill = spec.prefill_flops(prompt, batch=batch)
    steps = [spec.decode_flops(prompt, step, batch=batch) for step in range(output - 1)]
    assert spec.request_flops(prompt, output, batch=batch) == prefill + sum(steps)
    assert prefill == spec.forward_flops(batch, prompt, logits="last")


@given(model_specs(), LENGTHS, LENGTHS, st.integers(1, 5))
def test_laws(spec: ModelSpec, new: int, past: int, batch: int) -> None:
    full = spec.forward_flops(batch, new, past=past)
    causal = spec.forward_flops(batch, new, past=past, causal=True)
    assert causal <= full
    assert full == batch * spec.forward_flops(1, new, past=past)
    if new <= 1:
        assert causal == full
    assert spec.decode_flops(past, batch=batch) == spec.forward_flops(batch, 1, past=past)
    # A pass in two parts does the work of one, when nothing masked is computed.
    whole = spec.forward_flops(1, new + past, causal=True)
    first = spec.forward_flops(1, past, causal=True)
    assert whole == first + spec.forward_flops(1, new, past=past, causal=True)


@given(model_specs(), LENGTHS, LENGTHS, st.booleans(), st.booleans(),
       st.sampled_from(["all", "last", "none"]))  # fmt: skip
def test_components_sum_to_the_total(
    spec: ModelSpec, new: int, past: int, causal: bool, elementwise: bool, logits: Any
) -> None:
    options: dict[str, Any] = {
        "past": past, "causal": causal, "include_elementwise": elementwise, "logits": logits,
    }  # fmt: skip
    parts = spec.breakdown(2, new, **options)
    assert sum(parts.values()) == spec.forward_flops(2, new, **options)
    assert parts == inference.breakdown(spec, new, batch=2, **options)


@given(model_specs(windows=False), st.integers(1, 10), st.integers(1, 3))
def test_a_window_that_never_fills_is_a_causal_mask(spec: ModelSpec, seq: int, batch: int) -> None:
    windowed = spec.replace(sliding_window=10, window_layers=spec.n_layers)
    causal = spec.forward_flops(batch, seq, causal=True)
    assert windowed.forward_flops(batch, seq) == causal
    assert windowed.request_flops(seq, 3, kv_cache=False) >= windowed.request_flops(seq, 3)


@given(model_specs(), st.integers(1, 20), st.integers(1, 3))
def test_training(spec: ModelSpec, seq: int, batch: int) -> None:
    once = spec.forward_flops(batch, seq)
    parts = spec.breakdown(batch, seq)
    attention = parts["attention_scores"] + parts["attention_values"]
    for recompute, flops in (
        (False, 3 * once), ("none", 3 * once), (True, 4 * once), ("full", 4 * once),
        ("selective", 3 * once + attention),
    ):  # fmt: skip
        assert spec.train_flops(batch, seq, recompute=recompute) == flops
        assert inference.training_flops(spec, seq, batch, recompute=recompute) == flops


@pytest.mark.parametrize("name", model_names())
def test_elementwise_work_is_small_on_real_models(name: str) -> None:
    spec = get_model(name)
    plain = spec.forward_flops(1, 1024)
    with_elementwise = spec.forward_flops(1, 1024, include_elementwise=True)
    assert plain < with_elementwise < 1.02 * plain


@given(
    model_specs(),
    st.lists(st.tuples(LENGTHS, LENGTHS, LENGTHS), max_size=5),
    st.booleans(),
)
def test_arrays_are_many_numbers(
    spec: ModelSpec, rows: list[tuple[int, int, int]], flag: bool
) -> None:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    a, b, c = table.T
    cases = [
        (lambda x, y, z: spec.forward_flops(z, x, past=y, causal=flag), "forward"),
        (lambda x, y, z: spec.request_flops(x, y, batch=z, causal=flag), "request"),
        (lambda x, y, z: spec.request_flops(x, y, batch=z, kv_cache=False), "no cache"),
        (lambda x, y, z: spec.decode_flops(x, y, batch=z), "decode"),
        (lambda x, y, z: spec.train_flops(z, x, causal=flag), "training"),
        (lambda x, y, z: spec.kv_cache_bytes(x, z), "cache"),
        (lambda x, y, z: spec.decode_bytes(x, z + 1), "traffic"),
        (lambda x, y, z: spec.decode_bytes(x, 3, kv_dtype="fp8"), "traffic of a batch"),
    ]
    for count, what in cases:
        found = count(a, b, c)
        assert found.shape == a.shape, what
        assert found.tolist() == [count(*map(int, row)) for row in rows], what


@pytest.mark.parametrize("spec", [TINY, WINDOWED], ids=["full", "windowed"])
def test_shapes_broadcast(spec: ModelSpec) -> None:
    prompts, outputs = np.arange(3)[:, None], np.arange(4)
    found = spec.request_flops(prompts, outputs)
    assert found.dtype == np.int64
    assert found.tolist() == [[spec.request_flops(p, n) for n in range(4)] for p in range(3)]
    assert spec.request_flops(np.array([], dtype=int), 3).shape == (0,)
    assert spec.request_flops([5], [3]).tolist() == [spec.request_flops(5, 3)]


def test_numbers_of_every_kind() -> None:
    exact = TINY.request_flops(5, 3)
    for five in (
        np.int8(5),
        np.uint64(5),
        5.0,
        np.float64(5.0),
        np.float32(5.0),
        np.array(5),
        np.array(5.0),
    ):
        found = TINY.request_flops(five, 3)
        assert found == exact
        assert type(found) is int
    for kind in (np.int8, np.uint8, np.uint64, np.float32, object):
        assert TINY.request_flops(np.array([100], dtype=kind), 3).tolist() == [
            TINY.request_flops(100, 3)
        ]


def test_totals_beyond_64_bits_are_exact() -> None:
    spec = get_model("llama-3.1-405b")
    lengths = [10, 128_000, 10**8, 10**10]
    for count in (
        lambda n: spec.forward_flops(1, n),
        lambda n: spec.forward_flops(512, n, causal=True),
        lambda n: spec.request_flops(n, 1000, kv_cache=False),
        lambda n: spec.kv_cache_bytes(n, 10**10),
        lambda n: spec.kv_cache_bytes(2**30, n // 8),
        lambda n: spec.decode_bytes(2**30, n // 8),
        lambda n: spec.train_flops(10**6, n, recompute=True),
    ):
        found = count(np.array(lengths))
        assert [int(flops) for flops in found] == [count(n) for n in lengths]
    assert spec.forward_flops(1, 10**10) > 10**25
    assert spec.forward_flops(1, np.array([2**64])).tolist() == [spec.forward_flops(1, 2**64)]


@settings(max_examples=50)
@given(st.integers(1, 2**31), st.integers(0, 2**31))
def test_no_wrapping_near_the_edge(prompt: int, output: int) -> None:
    for kv_cache in (True, False):
        found = WINDOWED.request_flops(np.array([prompt]), output, kv_cache=kv_cache)
        assert int(found[0]) == WINDOWED.request_flops(prompt, output, kv_cache=kv_cache)


def test_counted_arrays_bill_nothing() -> None:
    import flopscope as flops
    import flopscope.numpy as fnp

    with flops.BudgetContext(10**6, quiet=True) as budget:
        lengths = fnp.array([1, 2, 3])
        found = TINY.request_flops(lengths, 2)
        inference.mfu(found, 1.0, "H100")
    assert budget.flops_used == 0
    assert found.tolist() == [TINY.request_flops(n, 2) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: TINY.forward_flops(1, -1), "new"),
        (lambda: TINY.forward_flops(-1, 1), "batch"),
        (lambda: TINY.forward_flops(1, 1, past=-1), "past"),
        (lambda: TINY.forward_flops(1, float("nan")), "new"),
        (lambda: TINY.forward_flops(1, 1.5), "new"),
        (lambda: TINY.forward_flops(1, "7"), "new"),
        (lambda: TINY.forward_flops(1, None), "new"),
        (lambda: TINY.forward_flops(1, 1, logits="first"), "logits"),
        (lambda: TINY.request_flops(-1, 1), "prompt"),
        (lambda: TINY.request_flops(1, -1), "output"),
        (lambda: TINY.request_flops(np.array([1, -1]), 1), "prompt"),
        (lambda: TINY.request_flops(1, np.array([1.0, np.nan])), "output"),
        (lambda: TINY.request_flops(1, np.array([1.5])), "output"),
        (lambda: TINY.request_flops(1, np.array(["1"])), "output"),
        (lambda: TINY.request_flops(1, [None]), "output"),
        (lambda: TINY.decode_flops(1, -1), "step"),
        (lambda: TINY.train_flops(1, -1), "seq"),
        (lambda: TINY.train_flops(1, 1, recompute="some"), "recompute"),
        (lambda: TINY.kv_cache_bytes(-1), "context"),
        (lambda: TINY.kv_cache_bytes(1, dtype="fp17"), "fp16"),
        (lambda: TINY.decode_bytes(1, dtype=-2), "dtype"),
        (lambda: TINY.decode_bytes(1, float("inf")), "batch"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call: Any, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        call()


def test_module_functions_are_the_methods() -> None:
    spec = WINDOWED
    assert inference.forward_flops(spec, 7, 3, 2) == spec.forward_flops(2, 7, past=3)
    assert inference.decode_flops(spec, 7, 3, 2) == spec.decode_flops(7, 3, batch=2)
    assert inference.request_flops(spec, 7, 3) == spec.request_flops(7, 3)
    assert inference.request_flops(spec, 7, 3, kv_cache=False) == spec.request_flops(
        7, 3, kv_cache=False
    )
    assert inference.kv_cache_bytes(spec, 7, 3) == spec.kv_cache_bytes(7, 3)
    assert inference.decode_bytes(spec, 7, 3) == spec.decode_bytes(7, 3)
    assert inference.param_count(spec) == spec.params_total
    assert inference.model_spec is inference.get_model
    assert inference.device is inference.get_device
