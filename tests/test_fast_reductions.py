"""The inner-loop path of reductions: NumPy's bytes, warnings and errors, and the same bills."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

NAMES = ("sum", "prod", "max", "min", "mean", "any", "all")
FLOATS = ("float64", "float32", "float16", "complex128", "complex64")
DTYPES = (*FLOATS, "int64", "int8", "uint64", "uint8", "bool")
#: The path takes rows up to 8192 elements; pairwise sums change their way at 8 and at 128.
VECTORS = (1, 2, 7, 8, 9, 127, 128, 129, 1000, 8192, 8193)
MATRICES = ((2, 2), (3, 5), (1, 4), (4, 1), (16, 16), (33, 7), (64, 128), (2, 4000), (4000, 2))
SHAPES = (*((n,) for n in VECTORS), *MATRICES, (3, 4, 5), (1, 2, 3), (2, 1, 8), (0,), (0, 3))


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    rng = np.random.default_rng(sum(shape))
    if dtype == "bool":
        return rng.random(shape) > 0.5
    if dtype in FLOATS:
        elements = rng.standard_normal(shape) + (
            1j * rng.standard_normal(shape) if "c" in dtype else 0
        )
        return elements.astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def outcome(function: Any, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Bytes, or the error; and what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = np.asarray(function(*args, **kwargs))
        except Exception as error:
            seen: tuple[Any, ...] = (type(error), str(error))
        else:
            seen = (result.dtype.str, result.shape, result.tobytes())
    return seen, [(w.category, str(w.message)) for w in caught]


def assert_as_numpy(budget: flops.BudgetContext, name: str, x: np.ndarray, **axis: int) -> None:
    """As function and as method; on both routes, which bill and log alike."""
    counted = fnp.asarray(x)
    for state in ("warn", "raise", "ignore"):
        with np.errstate(all=state):
            want = outcome(getattr(np, name), x, **axis)
            records = []
            for enabled in (True, False):
                found = _core._use_inner_loops(enabled)
                try:
                    for function in (getattr(fnp, name), getattr(fnp.ndarray, name)):
                        before = len(budget.op_log)
                        got = outcome(function, counted, **axis)
                        assert got == want, f"{name}({x.dtype}{x.shape}, {axis}), errstate {state}"
                        records.append(
                            [(r.op_name, r.flop_cost, r.shapes) for r in budget.op_log[before:]]
                        )
                finally:
                    _core._use_inner_loops(found)
            assert all(record == records[0] for record in records)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_equal_to_numpy(budget: flops.BudgetContext, name: str, dtype: str) -> None:
    for shape in SHAPES:
        x = values(shape, dtype)
        assert_as_numpy(budget, name, x)
        for axis in range(-1, len(shape) + 1):  # the last is out of range
            assert_as_numpy(budget, name, x, axis=axis)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", NAMES)
def test_special_values(budget: flops.BudgetContext, name: str, dtype: str) -> None:
    huge = np.finfo(dtype).max
    for elements in (
        [-0.0],
        [-0.0, -0.0],
        [np.nan, 1.0],
        [1.0, np.nan],
        [np.inf, -np.inf],
        [huge, huge],
        [huge, -huge, huge],
        [np.finfo(dtype).tiny, 0.5],
    ):
        x = np.array(elements, dtype)
        assert_as_numpy(budget, name, x)
        assert_as_numpy(budget, name, np.stack([x, x]), axis=0)
        assert_as_numpy(budget, name, np.stack([x, x]), axis=1)


@pytest.mark.parametrize("name", NAMES)
def test_layouts(budget: flops.BudgetContext, name: str) -> None:
    x = values((6, 8), "float64")
    for layout in (x.T, x[::2], x[:, ::-1], np.asfortranarray(x), np.broadcast_to(x[:1], (6, 8))):
        assert_as_numpy(budget, name, layout)
        assert_as_numpy(budget, name, layout, axis=0)
        assert_as_numpy(budget, name, layout, axis=1)


def test_a_refused_reduction_bills_nothing() -> None:
    with flops.BudgetContext(flop_budget=10, quiet=True) as budget:
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.sum(fnp.ones(64))
        assert budget.flops_used == 0
