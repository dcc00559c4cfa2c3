"""The inner-loop path of matrix products: bytes, layout, warnings as in NumPy, the same bills."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

LENGTHS = (1, 2, 3, 16, 33)


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def layouts(shape: tuple[int, ...], dtype: str) -> list[np.ndarray]:
    """Arrays of that shape that lie in memory in different ways."""
    rng = np.random.default_rng(sum(shape))
    x = rng.standard_normal(shape).astype(dtype)
    wide = rng.standard_normal(tuple(3 * n for n in shape)).astype(dtype)
    found = [x, x[::-1], wide[tuple(slice(None, None, 3) for _ in shape)]]
    if x.ndim == 2:
        found += [np.asfortranarray(x), x[:, ::-1], np.broadcast_to(x[:1], shape)]
        found.append(np.broadcast_to(x[:, :1], shape))
    else:
        found.append(np.broadcast_to(x[:1], shape))
    return found


def outcome(function: Any, *args: Any) -> tuple[Any, ...]:
    """Bytes and strides, or the error; and what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = np.asarray(function(*args))
        except Exception as error:
            seen: tuple[Any, ...] = (type(error), str(error))
        else:
            seen = (result.dtype.str, result.shape, result.strides, result.tobytes())
    return seen, [(w.category, str(w.message)) for w in caught]


def assert_as_numpy(budget: flops.BudgetContext, x: np.ndarray, y: np.ndarray) -> None:
    left, right = fnp.asarray(x), fnp.asarray(y)
    if x is y:
        right = left
    want = outcome(np.matmul, x, y)
    records = []
    for enabled in (True, False):
        found = _core._use_inner_loops(enabled)
        try:
            before = len(budget.op_log)
            assert outcome(fnp.matmul, left, right) == want
            records.append([(r.flop_cost, r.shapes) for r in budget.op_log[before:]])
        finally:
            _core._use_inner_loops(found)
    assert records[0] == records[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("inner", LENGTHS)
def test_equal_to_numpy(budget: flops.BudgetContext, inner: int, dtype: str) -> None:
    for m, p in itertools.product(LENGTHS, LENGTHS):
        for left, right in (
            ((m, inner), (inner, p)),
            ((m, inner), (inner,)),
            ((inner,), (inner, p)),
            ((inner,), (inner,)),
        ):
            for x, y in itertools.product(layouts(left, dtype), layouts(right, dtype)):
                assert_as_numpy(budget, x, y)


def test_one_operand_twice(budget: flops.BudgetContext) -> None:
    """NumPy has a routine of its own for a matrix and its transpose."""
    x = np.random.default_rng(0).standard_normal((24, 24))
    assert_as_numpy(budget, x, x)
    assert_as_numpy(budget, x, x.T)
    assert_as_numpy(budget, x.T, x)


@pytest.mark.parametrize("state", ["warn", "raise", "ignore"])
def test_special_values(budget: flops.BudgetContext, state: str) -> None:
    elements = [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 1e308, -1e308, 5e-324]
    x = np.array([elements, elements[::-1]])
    with np.errstate(all=state):
        assert_as_numpy(budget, x, x.T.copy())
        assert_as_numpy(budget, x, x[0])
        assert_as_numpy(budget, np.full((2, 2), 1e308), np.full((2, 2), 10.0))


def test_other_operands(budget: flops.BudgetContext) -> None:
    """What the path does not take goes to the ufunc: other dtypes, batches, empty operands."""
    x = np.arange(12.0).reshape(3, 4)
    for left, right in (
        (x.astype(int), x.T.astype(int)),
        (x, x.T.astype("float32")),
        (x.astype(">f8"), x.T.astype(">f8")),
        (np.stack([x, x]), x.T),
        (x[:0], x.T),
        (x[:, :0], x.T[:0]),
        (x, x),
    ):
        assert_as_numpy(budget, left, right)


def test_operators(budget: flops.BudgetContext) -> None:
    x = np.arange(12.0).reshape(3, 4)
    counted = fnp.asarray(x)
    assert (counted @ counted.T).tobytes() == (x @ x.T).tobytes()
    assert (counted @ x[0]).tobytes() == (x @ x[0]).tobytes()
    assert (x[:, 0] @ counted).tobytes() == (x[:, 0] @ x).tobytes()
    assert [r.op_name for r in budget.op_log if r.flop_cost] == ["matmul"] * 3
