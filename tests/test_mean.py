"""`mean` without NumPy's Python around the sum: the same bits, warnings and errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as opened:
        yield opened


def outcome(call: Callable[[], Any]) -> tuple[Any, list[tuple[Any, str]]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            seen: Any = (type(error), str(error))
        else:
            plain = np.asarray(result)
            seen = (plain.dtype.str, plain.shape, plain.strides, plain.tobytes())
    return seen, [(w.category, str(w.message)) for w in caught]


def assert_as_numpy(values: np.ndarray, **options: Any) -> None:
    counted = fnp.asarray(values)
    for state in ("warn", "raise"):
        with np.errstate(all=state):
            want = outcome(lambda: np.mean(values, **options))
            assert outcome(lambda: fnp.mean(counted, **options)) == want
            assert outcome(lambda: counted.mean(**options)) == want


LAYOUTS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda a: a,
    np.asfortranarray,
    lambda a: a.T,
    lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    lambda a: a[..., ::-1],
    lambda a: a.astype(a.dtype.newbyteorder()),
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_mean(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    shape = tuple(data.draw(st.lists(st.sampled_from((1, 2, 3, 7, 0, 40)), max_size=3)))
    dtype = data.draw(st.sampled_from(("f8", "f4", "f2", "i8", "u1", "?", "c16", "c8")))
    values = (rng.standard_normal(shape) * 9).astype(dtype)
    if values.ndim:
        values = data.draw(st.sampled_from(LAYOUTS))(values)
    options: dict[str, Any] = {}
    axes = st.integers(-values.ndim - 1, values.ndim)
    match data.draw(st.sampled_from(("none", "axis", "axes", "empty"))):
        case "axis":
            options["axis"] = data.draw(axes)
        case "axes":
            options["axis"] = tuple(data.draw(st.lists(axes, max_size=3)))
        case "empty":
            options["axis"] = ()
    if data.draw(st.booleans()):
        options["keepdims"] = data.draw(st.booleans())
    if data.draw(st.integers(0, 5)) == 0:
        options["dtype"] = data.draw(st.sampled_from(("f4", "f8")))
    assert_as_numpy(values, **options)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_special_values(dtype: str) -> None:
    info = np.finfo(dtype)
    for elements in (
        [np.inf, -np.inf],
        [np.inf, 1.0],
        [np.nan, 1.0],
        [info.max, info.max],
        [-0.0, -0.0],
        [info.smallest_subnormal, info.smallest_subnormal, 0.0],
        [info.tiny, 0.0, 0.0],
    ):
        values = np.array(elements, dtype)
        assert_as_numpy(values)
        assert_as_numpy(values[:, None], axis=0)
        assert_as_numpy(values[None], axis=0, keepdims=True)


def test_out_and_where_and_what_is_billed(budget: flops.BudgetContext) -> None:
    values = fnp.asarray(np.arange(12.0).reshape(3, 4))
    out = fnp.zeros(4)
    assert fnp.mean(values, axis=0, out=out) is out
    assert out.tolist() == [4.0, 5.0, 6.0, 7.0]
    assert fnp.mean(values, where=values > 5.0).tolist() == 8.5
    used = budget.flops_used
    mean = fnp.mean(values, axis=0)
    assert budget.flops_used - used == 12
    assert budget.op_log[-1].op_name == "mean"
    assert type(mean) is flops.FlopscopeArray
    assert mean.flags.owndata
    assert mean.flags.writeable
