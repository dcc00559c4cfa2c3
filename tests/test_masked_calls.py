"""Elementwise calls with `where=` and with two outputs: NumPy's bytes, warnings and errors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

#: Elements that were there before the call and may not be touched.
KEPT = 77
#: FLOPs of an element.
WEIGHTS = {"divmod": 16, "modf": 1, "frexp": 1}
SPECIAL = np.array([0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e308, 5e-324, 3.0])


@pytest.fixture(params=[True, False], ids=["inner-loops", "through-numpy"])
def path(request: pytest.FixtureRequest) -> Iterator[bool]:
    found = _core._use_inner_loops(request.param)
    yield request.param
    _core._use_inner_loops(found)


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def masked(module: Any, name: str, operands: list[Any], out: Any, where: Any) -> tuple[Any, ...]:
    """The bytes of `out` after a call (also one that failed), its error, and its warnings."""
    counted = module is fnp
    if counted:
        operands = [fnp.asarray(x) if isinstance(x, np.ndarray) else x for x in operands]
        out, where = fnp.asarray(out), fnp.asarray(where)
    error = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = getattr(module, name)(*operands, out=out, where=where)
        except (FloatingPointError, TypeError, ValueError) as raised:
            error = f"{type(raised).__name__}: {raised}"
        else:
            assert result is out
    return out.tobytes(), error, [(w.category, str(w.message)) for w in caught]


def assert_masked_as_numpy(name: str, operands: list[Any], where: np.ndarray) -> None:
    for state in ("warn", "raise", "ignore"):
        with np.errstate(all=state):
            dtype = np.result_type(*operands)
            shape = np.broadcast_shapes(*(np.shape(x) for x in operands), where.shape)
            outs = [np.full(shape, KEPT, dtype) for _ in range(2)]
            want = masked(np, name, operands, outs[0], where)
            got = masked(fnp, name, operands, outs[1], where)
        assert got == want, (name, state)


@pytest.mark.parametrize("name", ["add", "divide", "multiply", "maximum", "floor_divide", "power"])
def test_special_values_under_masks(name: str, path: bool) -> None:
    left, right = np.repeat(SPECIAL, SPECIAL.size), np.tile(SPECIAL, SPECIAL.size)
    rng = np.random.default_rng(3)
    for where in (
        np.ones(left.size, bool),
        np.zeros(left.size, bool),
        rng.random(left.size) < 0.5,
        rng.random(left.size) < 0.05,
        np.isfinite(left) & (right != 0),
    ):
        assert_masked_as_numpy(name, [left, right], where)
        assert_masked_as_numpy(name, [left, 2.0], where)


@settings(max_examples=300)
@given(data=st.data())
def test_any_mask(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    name = data.draw(
        st.sampled_from(("add", "subtract", "multiply", "minimum", "hypot", "copysign"))
    )
    shape = tuple(data.draw(st.lists(st.sampled_from((1, 2, 5, 0, 33)), max_size=3)))
    dtypes = st.sampled_from(("f8", "f4", "i8", "c16", "u2"))
    operands = []
    for _ in range(2):
        own = tuple(data.draw(st.sampled_from((n, n, 1))) for n in shape)
        operands.append(rng.integers(0, 9, own).astype(data.draw(dtypes)))
    where = rng.random(tuple(data.draw(st.sampled_from((n, n, n, 1))) for n in shape)) < 0.6
    if data.draw(st.booleans()) and where.ndim:
        where = np.repeat(where, 2, axis=-1)[..., ::2]
    assert_masked_as_numpy(name, operands, where)


@pytest.mark.parametrize("name", ["add", "divide", "maximum"])
def test_out_may_be_an_operand(name: str, path: bool) -> None:
    where = np.arange(20) % 3 != 0
    for state in ("ignore", "raise"):
        with np.errstate(all=state):
            want = np.linspace(-2, 2, 20)
            got = fnp.asarray(want.copy())
            divisor = np.where(np.arange(20) == 4, 0.0, 3.0)
            assert_in_place(getattr(np, name), want, divisor, where)
            assert_in_place(getattr(fnp, name), got, fnp.asarray(divisor), fnp.asarray(where))
            assert got.tobytes() == want.tobytes()


def assert_in_place(function: Any, a: Any, b: Any, where: Any) -> None:
    try:
        assert function(a, b, out=a, where=where) is a
    except FloatingPointError:
        assert (function.__name__, np.geterr()["divide"]) == ("divide", "raise")


def test_out_may_be_the_mask(path: bool) -> None:
    values = np.arange(12) % 5 == 0
    for shift in (0, 3):
        results = []
        for module in (np, fnp):
            memory = module.asarray(np.arange(20) % 3 == 0)
            module.logical_not(
                module.asarray(values), out=memory[shift : shift + 12], where=memory[:12]
            )
            results.append(memory.tobytes())
        assert results[0] == results[1]


def test_masks_that_only_numpy_understands(path: bool) -> None:
    a, out = fnp.ones(3), fnp.zeros(3)
    for where in (True, np.True_, [True, False, True]):
        fnp.add(a, a, out=out, where=where)
    assert out.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(TypeError, match="Cannot cast"):
        fnp.add(a, a, out=out, where=fnp.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        fnp.add(a, a, out=out, where=fnp.ones(4, dtype=bool))


def test_masked_elements_are_billed_like_any(budget: flops.BudgetContext, path: bool) -> None:
    a, out, where = fnp.ones(10), fnp.zeros(10), fnp.zeros(10, dtype=bool)
    fnp.add(a, a, out=out, where=where)
    assert budget.flops_used == 10
    assert budget.op_log[-1].shapes == ((10,), (10,))


# ------------------------------------------------------------------------------- two outputs


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "u1"])
@pytest.mark.parametrize("name", ["divmod", "modf", "frexp"])
def test_two_outputs(name: str, dtype: str, budget: flops.BudgetContext, path: bool) -> None:
    if name != "divmod" and dtype in ("i8", "u1"):
        dtype = "f8"
    values = np.array([0, 1, 2, 3, 7, 100], dtype)
    right = np.array([1, 2, 3, 0, 5, 9], dtype)
    ufunc = getattr(np, name)
    for left in (values, values.reshape(2, 3), values[0, ...], values[::2]):
        operands = (
            [left, right.reshape(left.shape)] if left.size == 6 else [left, right[: left.size]]
        )
        operands = operands[: ufunc.nin]
        with np.errstate(all="ignore"):
            wants = ufunc(*operands)
            used = budget.flops_used
            gots = getattr(fnp, name)(*map(fnp.asarray, operands))
        assert type(gots) is tuple
        for got, want in zip(gots, wants, strict=True):
            assert type(got) is flops.FlopscopeArray
            assert (got.dtype, got.shape) == (np.asarray(want).dtype, np.shape(want))
            assert got.tobytes() == np.asarray(want).tobytes()
        size = max(np.size(want) for want in wants)
        assert budget.flops_used - used == size * WEIGHTS[name]


def test_two_outputs_apart_from_each_other_and_the_operands(path: bool) -> None:
    a = fnp.asarray(np.array([7.0, 8.0]))
    whole, rest = divmod(a, 3.0)
    whole += 1
    assert rest.tolist() == [1.0, 2.0]
    assert a.tolist() == [7.0, 8.0]


@pytest.mark.parametrize("state", ["warn", "raise", "ignore"])
def test_flags_of_two_outputs(state: str, budget: flops.BudgetContext, path: bool) -> None:
    a, b = fnp.asarray(np.ones(4)), fnp.asarray(np.zeros(4))
    with np.errstate(all=state), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if state == "raise":
            with pytest.raises(FloatingPointError):
                fnp.divmod(a, b)
        else:
            assert np.isnan(fnp.divmod(a, b)[1].view(np.ndarray)).all()
    assert bool(caught) == (state == "warn")
    assert [record.op_name for record in budget.op_log].count("divmod") == 1
