"""FlopscopeArray: an ndarray in every respect, whose arithmetic is billed."""

from __future__ import annotations

import copy
import gc
import inspect
import math
import operator
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import FlopscopeArray

quick = settings(max_examples=50, deadline=None)


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**12, quiet=True) as context:
        yield context


def bills(budget: flops.BudgetContext) -> list[tuple[str, int]]:
    return [(record.op_name, record.flop_cost) for record in budget.op_log]


def counted(raw: Any) -> FlopscopeArray:
    """The same memory, seen as a counted array."""
    return np.asarray(raw).view(FlopscopeArray)


def assert_same(result: Any, expected: Any) -> None:
    """Bit-equal values, equal shape and dtype, and counted."""
    assert isinstance(result, FlopscopeArray)
    plain = np.asarray(result)
    expected = np.asarray(expected)
    assert plain.dtype == expected.dtype
    assert plain.shape == expected.shape
    assert plain.tobytes() == expected.tobytes()


def layouts() -> dict[str, np.ndarray]:
    base = np.arange(1.0, 25.0).reshape(4, 6)
    read_only = base.copy()
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b"\0" + base.tobytes(), dtype=np.float64, offset=1).reshape(4, 6)
    return {
        "contiguous": base.copy(),
        "fortran": np.asfortranarray(base),
        "transposed": np.arange(1.0, 25.0).reshape(6, 4).T,
        "strided": np.repeat(base, 2, axis=1)[:, ::2],
        "negative": np.ascontiguousarray(base[::-1, ::-1])[::-1, ::-1],
        "read_only": read_only,
        "big_endian": base.astype(">f8"),
        "unaligned": unaligned,
        "broadcast": np.broadcast_to(base[0], (4, 6)),
    }


LAYOUTS = sorted(layouts())

BINARY: list[tuple[Callable[..., Any], str, int]] = [
    (operator.add, "add", 1),
    (operator.sub, "subtract", 1),
    (operator.mul, "multiply", 1),
    (operator.truediv, "true_divide", 1),
    (operator.floordiv, "floor_divide", 16),
    (operator.mod, "mod", 16),
    (operator.pow, "power", 16),
    (operator.and_, "bitwise_and", 1),
    (operator.or_, "bitwise_or", 1),
    (operator.xor, "bitwise_xor", 1),
    (operator.lshift, "left_shift", 1),
    (operator.rshift, "right_shift", 1),
    (operator.eq, "equal", 1),
    (operator.ne, "not_equal", 1),
    (operator.lt, "less", 1),
    (operator.le, "less_equal", 1),
    (operator.gt, "greater", 1),
    (operator.ge, "greater_equal", 1),
]
binary_operators = pytest.mark.parametrize(
    ("op", "name", "weight"), BINARY, ids=[name for _, name, _ in BINARY]
)
IN_PLACE = [
    (operator.iadd, "add", 1),
    (operator.isub, "subtract", 1),
    (operator.imul, "multiply", 1),
    (operator.itruediv, "true_divide", 1),
    (operator.ifloordiv, "floor_divide", 16),
    (operator.imod, "mod", 16),
    (operator.ipow, "power", 16),
    (operator.iand, "bitwise_and", 1),
    (operator.ior, "bitwise_or", 1),
    (operator.ixor, "bitwise_xor", 1),
    (operator.ilshift, "left_shift", 1),
    (operator.irshift, "right_shift", 1),
]
in_place_operators = pytest.mark.parametrize(
    ("op", "name", "weight"), IN_PLACE, ids=[name for _, name, _ in IN_PLACE]
)
INTEGERS_ONLY = {"bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"}


def operands_for(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Two (3, 4) operands that the operator takes without a floating-point warning."""
    left = np.arange(1, 13).reshape(3, 4)
    right = np.array([[1, 2, 3, 4], [4, 3, 2, 1], [2, 2, 5, 1]])
    if name in INTEGERS_ONLY:
        return left, right
    return left * 0.75, right * 1.25


# ------------------------------------------------------------------------------------ identity


def test_it_is_an_ndarray() -> None:
    array = fnp.array([1.0, 2.0])
    assert isinstance(array, np.ndarray)
    assert type(array) is FlopscopeArray is fnp.ndarray
    assert issubclass(FlopscopeArray, np.ndarray)
    assert type(np.asarray(array)) is np.ndarray
    assert type(np.array(array)) is np.ndarray


def test_the_constructor_is_that_of_ndarray() -> None:
    array = FlopscopeArray((2, 3))
    assert array.shape == (2, 3)
    assert array.dtype == np.float64
    buffer = bytearray(np.arange(3.0).tobytes())
    assert FlopscopeArray((3,), buffer=buffer).tolist() == [0.0, 1.0, 2.0]


# ----------------------------------------------------------------------------------- operators


@binary_operators
def test_binary_operators(
    budget: flops.BudgetContext, op: Callable[..., Any], name: str, weight: int
) -> None:
    left, right = operands_for(name)
    assert_same(op(counted(left), counted(right)), op(left, right))
    assert bills(budget) == [(name, 12 * weight)]
    assert budget.op_log[0].shapes == ((3, 4), (3, 4))


@binary_operators
def test_operators_take_plain_arrays_on_either_side(
    budget: flops.BudgetContext, op: Callable[..., Any], name: str, weight: int
) -> None:
    left, right = operands_for(name)
    assert_same(op(counted(left), right), op(left, right))
    assert_same(op(left, counted(right)), op(left, right))
    assert sum(cost for _, cost in bills(budget)) == 2 * 12 * weight
    assert len(budget.op_log) == 2


@binary_operators
@pytest.mark.parametrize("kind", ["python", "numpy", "list", "0-d"])
def test_operators_take_scalars_and_lists_on_either_side(
    budget: flops.BudgetContext, op: Callable[..., Any], name: str, weight: int, kind: str
) -> None:
    array, _ = operands_for(name)
    other: Any = 2 if name in INTEGERS_ONLY else 1.5
    if kind == "numpy":
        other = np.asarray(other)[()]
    elif kind == "list":
        other = [other] * 4
    elif kind == "0-d":
        other = np.asarray(other)
    assert_same(op(counted(array), other), op(array, other))
    assert bills(budget) == [(name, 12 * weight)]
    assert_same(op(other, counted(array)), op(other, array))
    assert len(budget.op_log) == 2
    assert budget.flops_used == 2 * 12 * weight


@binary_operators
@quick
@given(data=st.data())
def test_operators_equal_numpys_for_any_shapes_and_dtypes(
    op: Callable[..., Any], name: str, weight: int, data: st.DataObject
) -> None:
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    dtypes = st.sampled_from(["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c8", "c16", ">f8"])
    left, right = (
        (np.arange(math.prod(shape)).reshape(shape) % 3 + 1).astype(data.draw(dtypes))
        for shape in shapes.input_shapes
    )
    with flops.BudgetContext(10**9, quiet=True) as budget:
        try:
            expected = op(left, right)
        except (TypeError, ValueError) as error:
            with pytest.raises(type(error)):
                op(counted(left), counted(right))
            return
        assert_same(op(counted(left), counted(right)), expected)
    assert bills(budget) == [(name, max(1, math.prod(shapes.result_shape)) * weight)]


UNARY = [
    (operator.neg, "negative"),
    (operator.pos, "positive"),
    (operator.abs, "abs"),
    (operator.invert, "invert"),
]


@pytest.mark.parametrize(("op", "name"), UNARY, ids=[name for _, name in UNARY])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_unary_operators(
    budget: flops.BudgetContext, op: Callable[..., Any], name: str, layout: str
) -> None:
    raw = layouts()[layout]
    if name == "invert":
        raw = raw.astype(np.int64)
    assert_same(op(counted(raw)), op(raw))
    assert bills(budget) == [(name, 24)]


def test_divmod(budget: flops.BudgetContext) -> None:
    raw = np.array([7.0, 8.5, 9.0])
    for result, expected in (
        (divmod(counted(raw), 2.0), divmod(raw, 2.0)),
        (divmod(20.0, counted(raw)), divmod(20.0, raw)),
        (divmod(raw, counted(raw)), divmod(raw, raw)),
    ):
        assert isinstance(result, tuple)
        for part, wanted in zip(result, expected, strict=True):
            assert_same(part, wanted)
    assert bills(budget) == [("divmod", 48)] * 3


@pytest.mark.parametrize(
    ("left", "right", "cost"),
    [
        ((4,), (4,), 7),
        ((2, 3), (3,), 10),
        ((3,), (3, 2), 10),
        ((2, 3), (3, 4), 40),
        ((5, 2, 3), (3, 4), 200),
    ],
)
def test_matmul(
    budget: flops.BudgetContext, left: tuple[int, ...], right: tuple[int, ...], cost: int
) -> None:
    a = np.arange(1.0, 1.0 + math.prod(left)).reshape(left)
    b = np.arange(1.0, 1.0 + math.prod(right)).reshape(right)
    assert_same(counted(a) @ counted(b), a @ b)
    assert_same(a @ counted(b), a @ b)
    assert_same(counted(a) @ b.tolist(), a @ b)
    assert bills(budget) == [("matmul", cost)] * 3


def test_matmul_in_place_keeps_or_rebinds(budget: flops.BudgetContext) -> None:
    square = counted(np.arange(4.0).reshape(2, 2))
    before = square
    square @= square.copy()
    assert square is before
    assert square.tolist() == [[2.0, 3.0], [6.0, 11.0]]
    square @= fnp.array([1.0, 1.0])
    assert square is not before
    assert square.tolist() == [5.0, 17.0]
    assert [name for name, cost in bills(budget) if cost] == ["matmul", "matmul"]


def test_power_with_a_modulus_is_refused(budget: flops.BudgetContext) -> None:
    with pytest.raises(TypeError):
        pow(counted(np.arange(3)), 2, 5)
    assert bills(budget) == []


def test_power_takes_numpys_short_cuts_for_values(budget: flops.BudgetContext) -> None:
    raw = np.linspace(0.1, 5.0, 7)
    for exponent in (2, 0.5, -1, 3, 0, 1, 2.0):
        assert_same(counted(raw) ** exponent, raw**exponent)
    assert bills(budget) == [("power", 7 * 16)] * 7


@pytest.mark.parametrize("other", [None, "x", object()], ids=["None", "str", "object"])
@pytest.mark.parametrize("op", [operator.eq, operator.ne])
def test_equality_with_things_that_are_no_numbers(op: Callable[..., Any], other: Any) -> None:
    raw = np.array([1.0, 2.0])
    assert_same(op(counted(raw), other), op(raw, other))


# ------------------------------------------------------------------------------------ in place


@in_place_operators
@pytest.mark.parametrize("kind", ["counted", "plain", "list", "scalar"])
def test_in_place_operators_write_into_the_array(
    budget: flops.BudgetContext, op: Callable[..., Any], name: str, weight: int, kind: str
) -> None:
    left, right = operands_for(name)
    other: Any = {
        "counted": counted(right),
        "plain": right,
        "list": right.tolist(),
        "scalar": right.flat[1].item(),
    }[kind]
    expected = op(left.copy(), right.flat[1].item() if kind == "scalar" else right)
    array = counted(left.copy())
    view = array[:, 1:]
    result = op(array, other)
    assert result is array
    assert_same(array, expected)
    assert_same(view, expected[:, 1:])
    assert bills(budget) == [(name, 12 * weight)]


@pytest.mark.parametrize(
    "layout", [name for name in LAYOUTS if name not in {"read_only", "broadcast", "unaligned"}]
)
def test_in_place_add_keeps_the_layout(layout: str) -> None:
    raw = layouts()[layout]
    expected = raw + np.arange(6.0)
    array = counted(raw)
    strides = array.strides
    array += np.arange(6.0)
    assert array.strides == strides
    assert np.array_equal(raw, expected)


def test_a_plain_array_is_written_too(budget: flops.BudgetContext) -> None:
    plain = np.arange(3.0)
    before = plain
    plain += fnp.array([1.0, 1.0, 1.0])
    assert plain is before
    assert type(plain) is np.ndarray
    assert plain.tolist() == [1.0, 2.0, 3.0]
    assert ("add", 3) in bills(budget)


def test_an_integer_array_does_not_take_floats_in_place(budget: flops.BudgetContext) -> None:
    array = counted(np.arange(3))
    with pytest.raises(TypeError, match="same_kind"):
        array += 0.5
    with pytest.raises(TypeError, match="same_kind"):
        array /= 2
    assert array.tolist() == [0, 1, 2]


def test_in_place_refuses_what_does_not_fit(budget: flops.BudgetContext) -> None:
    array = counted(np.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        array += np.ones(4)
    with pytest.raises(ValueError, match="broadcast"):
        array += np.ones((2, 3))
    read_only = counted(layouts()["read_only"])
    with pytest.raises(ValueError, match="read-only"):
        read_only += 1.0
    assert array.tolist() == [1.0] * 3
    assert [name for name, _ in bills(budget)][:-1] == []


def test_in_place_on_overlapping_memory(budget: flops.BudgetContext) -> None:
    raw = np.arange(8.0)
    expected = raw.copy()
    expected[1:] += expected[:-1].copy()
    array = counted(raw)
    tail = array[1:]
    tail += array[:-1]
    assert array.tolist() == expected.tolist()


# ------------------------------------------------------------------------------- 0-d and layouts


def test_zero_dimensional_results_are_counted_arrays(budget: flops.BudgetContext) -> None:
    total = fnp.sum(fnp.array([1.25, 2.0]))
    assert type(total) is FlopscopeArray
    assert total.shape == ()
    assert float(total) == 3.25
    assert int(total) == 3
    assert complex(total) == 3.25 + 0j
    assert bool(total) is True
    assert f"{total:.1f}" == "3.2"
    assert str(total) == "3.25"
    assert total.item() == 3.25
    assert math.floor(total) == 3
    assert [10, 20, 30][fnp.argmax(fnp.array([1.0, 5.0, 2.0]))] == 20
    assert operator.index(fnp.sum(fnp.array([1, 2]))) == 3
    with pytest.raises(TypeError):
        operator.index(total)
    with pytest.raises(TypeError):
        len(total)
    with pytest.raises(TypeError):
        iter(total)
    assert isinstance(total + 1.0, FlopscopeArray)
    assert isinstance(-total, FlopscopeArray)
    assert isinstance(total * total, FlopscopeArray)
    assert [name for name, cost in bills(budget) if cost] == [
        "sum", "argmax", "sum", "add", "negative", "multiply",
    ]  # fmt: skip


@pytest.mark.parametrize("convert", [float, int, bool])
def test_conversions_of_larger_arrays_are_refused(convert: Callable[..., Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        convert(fnp.array([1.0, 2.0]))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "name", ["exp", "negative", "sqrt", "sum", "cumsum", "sort", "argmax", "transpose", "copy"]
)
def test_functions_take_any_layout(budget: flops.BudgetContext, layout: str, name: str) -> None:
    raw = layouts()[layout]
    assert_same(getattr(fnp, name)(counted(raw)), getattr(np, name)(raw))
    assert_same(getattr(fnp, name)(raw), getattr(np, name)(raw))
    (_, first), (_, second) = bills(budget)
    assert first == second


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("other", LAYOUTS)
def test_two_operands_of_any_layout(budget: flops.BudgetContext, layout: str, other: str) -> None:
    left, right = layouts()[layout], layouts()[other]
    assert_same(counted(left) * counted(right), left * right)
    result = counted(left) - right
    assert result.strides == (left - right).strides
    assert bills(budget) == [("multiply", 24), ("subtract", 24)]


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 0, 2)])
def test_zero_sized_arrays(budget: flops.BudgetContext, shape: tuple[int, ...]) -> None:
    raw = np.zeros(shape)
    array = counted(raw)
    assert_same(array + array, raw + raw)
    assert_same(fnp.exp(array), np.exp(raw))
    assert_same(array.sum(), raw.sum())
    array += 1.0
    assert bills(budget) == [("add", 1), ("exp", 16), ("sum", 1), ("add", 1)]
    assert repr(array) == repr(raw).replace("array(", "FlopscopeArray(")


# -------------------------------------------------------------------------------------- indexing

KEYS: dict[str, Any] = {
    "int": 1,
    "negative int": -1,
    "numpy int": np.int64(2),
    "slice": slice(1, 3),
    "step": slice(None, None, -2),
    "ints": (1, 2),
    "mixed": (slice(None), 2),
    "ellipsis": (Ellipsis, 0),
    "all": Ellipsis,
    "none": None,
    "new axes": (None, slice(None), None),
    "empty tuple": (),
    "list": [0, 2, 2],
    "fancy": (np.array([0, 3]), np.array([1, 5])),
    "mask": np.arange(24).reshape(4, 6) % 3 == 0,
    "row mask": np.array([True, False, True, False]),
    "empty": slice(2, 2),
    "outer": (np.array([[0], [3]]), np.array([1, 2, 3])),
}


@pytest.mark.parametrize("name", sorted(KEYS))
@pytest.mark.parametrize("layout", ["contiguous", "fortran", "negative", "big_endian"])
def test_reading_items(budget: flops.BudgetContext, name: str, layout: str) -> None:
    raw = layouts()[layout]
    array = counted(raw)
    expected = raw[KEYS[name]]
    result = array[KEYS[name]]
    if isinstance(expected, np.ndarray):
        assert_same(result, expected)
        assert np.shares_memory(np.asarray(result), raw) == np.shares_memory(expected, raw)
    else:
        assert type(result) is type(expected)
        assert result == expected
    assert bills(budget) == []


@pytest.mark.parametrize("name", sorted(KEYS))
@pytest.mark.parametrize("value", [7.5, "counted"])
def test_writing_items(budget: flops.BudgetContext, name: str, value: Any) -> None:
    expected = layouts()["contiguous"]
    array = counted(expected.copy())
    key = KEYS[name]
    plain = expected[key] * 2 if value == "counted" else value
    expected[key] = plain
    array[key] = counted(plain) if value == "counted" else value
    assert np.array_equal(np.asarray(array), expected)
    assert bills(budget) == []


def test_counted_keys(budget: flops.BudgetContext) -> None:
    raw = layouts()["contiguous"]
    array = counted(raw)
    rows = counted(np.array([2, 0]))
    mask = counted(raw > 10)
    assert_same(array[rows], raw[[2, 0]])
    assert_same(array[mask], raw[raw > 10])
    assert_same(array[rows, counted(np.array([1, 1]))], raw[[2, 0], [1, 1]])
    array[mask] = 0.0
    array[rows] = counted(np.ones(6))
    assert raw[2].tolist() == [1.0] * 6
    assert raw[3].tolist() == [0.0] * 6
    assert np.arange(5)[counted(np.array([1, 3]))].tolist() == [1, 3]
    assert bills(budget) == []


@quick
@given(data=st.data())
def test_any_basic_index_equals_numpys(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
    raw = np.arange(float(math.prod(shape))).reshape(shape)
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    expected, result = raw[key], counted(raw)[key]
    assert np.array_equal(np.asarray(result), expected)
    assert isinstance(result, FlopscopeArray) == isinstance(expected, np.ndarray)
    copied = raw.copy()
    copied[key] = -1.0
    array = counted(raw.copy())
    array[key] = -1.0
    assert np.array_equal(np.asarray(array), copied)


@quick
@given(data=st.data())
def test_any_advanced_index_equals_numpys(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    raw = np.arange(float(math.prod(shape))).reshape(shape)
    key = data.draw(hnp.integer_array_indices(shape))
    assert_same(counted(raw)[key], raw[key])


@pytest.mark.parametrize("key", [9, (0, 0, 0), "x", 1.5, [0.5]])
def test_bad_indices(budget: flops.BudgetContext, key: Any) -> None:
    array = counted(np.ones((2, 3)))
    with pytest.raises(IndexError):
        array[key]
    with pytest.raises(IndexError):
        array[key] = 0.0
    with pytest.raises(ValueError, match="cannot delete"):
        del array[0]
    with pytest.raises(ValueError, match="broadcast"):
        array[0] = [1.0, 2.0]
    assert array.tolist() == [[1.0] * 3] * 2
    assert bills(budget) == []


# ----------------------------------------------------------------------------------------- views

VIEWS: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "slice": lambda a: a[1:, ::2],
    "reshape": lambda a: a.reshape(6, 4),
    "ravel": lambda a: a.ravel(),
    "transpose": lambda a: a.transpose(1, 0),
    "swapaxes": lambda a: a.swapaxes(0, 1),
    "view": lambda a: a.view(),
    "view int": lambda a: a.view(np.int64),
    "new axis": lambda a: a[:, None],
    "squeeze": lambda a: a[None].squeeze(),
    "real": lambda a: a.real,
}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_views_share_memory(budget: flops.BudgetContext, name: str) -> None:
    raw = layouts()["contiguous"]
    array = counted(raw)
    view = VIEWS[name](array)
    assert type(view) is FlopscopeArray
    assert np.shares_memory(np.asarray(view), raw)
    assert_same(view, VIEWS[name](raw))
    view[...] = 0
    assert VIEWS[name](raw).tolist() == np.zeros(view.shape).tolist()
    assert bills(budget) == []


@pytest.mark.parametrize("name", ["T", "reshape", "ravel", "swapaxes"])
def test_functions_that_view_share_memory(name: str) -> None:
    raw = np.arange(6.0).reshape(2, 3)
    array = counted(raw)
    view = {
        "T": fnp.transpose(array),
        "reshape": fnp.reshape(array, (3, 2)),
        "ravel": fnp.ravel(array),
        "swapaxes": fnp.swapaxes(array, 0, 1),
    }[name]
    view[...] = 9.0
    assert raw.tolist() == [[9.0] * 3] * 2


def test_views_outlive_their_base() -> None:
    view = (fnp.array(np.arange(1000.0)) + 1.0)[10:12]
    gc.collect()
    assert view.tolist() == [11.0, 12.0]


def test_view_as_plain_array() -> None:
    array = fnp.array([1.0, 2.0])
    plain = array.view(np.ndarray)
    assert type(plain) is np.ndarray
    plain[0] = 5.0
    assert array[0] == 5.0
    assert type(plain.view(FlopscopeArray)) is FlopscopeArray


# -------------------------------------------------------------------------------- copies, pickles


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pickles(budget: flops.BudgetContext, protocol: int, layout: str) -> None:
    array = counted(layouts()[layout])
    loaded = pickle.loads(pickle.dumps(array, protocol))
    assert type(loaded) is FlopscopeArray
    assert np.array_equal(np.asarray(loaded), np.asarray(array))
    # NumPy brings the bytes of subclasses into native order.
    assert loaded.dtype == array.dtype.newbyteorder("=")
    assert loaded.flags.writeable
    loaded[0] = 0.0
    assert bills(budget) == []


def test_pickles_of_small_and_odd_arrays() -> None:
    for raw in (np.array(3.5), np.zeros((0, 3)), np.array([True]), np.array([1 + 2j])):
        assert_same(pickle.loads(pickle.dumps(counted(raw))), raw)


def test_pickles_without_copying() -> None:
    array = fnp.array(np.arange(6.0))
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(array, protocol=5, buffer_callback=buffers.append)
    loaded = pickle.loads(data, buffers=buffers)
    assert type(loaded) is FlopscopeArray
    assert loaded.tolist() == array.tolist()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda a: a.copy(), fnp.copy])
def test_copies(duplicate: Callable[..., Any]) -> None:
    array = fnp.array([[1.0, 2.0], [3.0, 4.0]])
    twin = duplicate(array)
    assert type(twin) is FlopscopeArray
    assert_same(twin, array)
    twin[0, 0] = 9.0
    assert array[0, 0] == 1.0


def test_deepcopy_keeps_identity_within_containers() -> None:
    array = fnp.array([1.0])
    first, second = copy.deepcopy([array, array])
    assert first is second
    assert first is not array


def test_weak_references() -> None:
    array = fnp.array([1.0, 2.0])
    reference = weakref.ref(array)
    _ = array + array
    assert reference() is array
    del array
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    "name", ["add", "exp", "sum", "concatenate", "matmul", "where", "add.reduce", "maximum.outer"]
)
def test_counted_functions_are_pickled_by_name(name: str) -> None:
    function = operator.attrgetter(name)(fnp)
    loaded = pickle.loads(pickle.dumps(function))
    assert loaded is function or repr(loaded) == repr(function)
    assert copy.deepcopy(fnp.add) is fnp.add


def test_counted_functions_travel_to_other_processes() -> None:
    program = (
        "import pickle, sys\n"
        "function, array = pickle.loads(sys.stdin.buffer.read())\n"
        "import flopscope as flops\n"
        "with flops.BudgetContext(100, quiet=True) as budget:\n"
        "    result = function(array, array)\n"
        "sys.stdout.buffer.write(pickle.dumps((result, budget.flops_used)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((fnp.multiply, fnp.array([2.0, 3.0]))),
        capture_output=True,
        check=True,
    )
    result, used = pickle.loads(done.stdout)
    assert type(result) is FlopscopeArray
    assert result.tolist() == [4.0, 9.0]
    assert used == 2


# --------------------------------------------------------------------- the rest of the data model


def test_iteration_and_length(budget: flops.BudgetContext) -> None:
    vector = fnp.array([1.0, 2.0])
    matrix = fnp.array([[1.0, 2.0], [3.0, 4.0]])
    assert len(matrix) == 2
    assert [type(item) for item in vector] == [np.float64, np.float64]
    assert all(type(row) is FlopscopeArray for row in matrix)
    first, _ = matrix
    first[0] = 9.0
    assert matrix[0, 0] == 9.0
    assert list(reversed(vector)) == [2.0, 1.0]
    assert min(vector) == 1.0
    assert all(cost == 0 for _, cost in bills(budget))


def test_membership(budget: flops.BudgetContext) -> None:
    array = counted(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert 3.0 in array
    assert 5.0 not in array
    assert ("equal", 4) in bills(budget)


def test_arrays_are_unhashable() -> None:
    with pytest.raises(TypeError, match="unhashable type: 'FlopscopeArray'"):
        hash(fnp.array([1.0]))
    assert not isinstance(fnp.array([1.0]), Hashable)


def test_truth_value_of_many_elements_is_ambiguous() -> None:
    with pytest.raises(ValueError, match="ambiguous"):
        bool(fnp.array([1.0, 2.0]) > 0)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ([1.0, 2.0], "FlopscopeArray([1., 2.])"),
        (3.5, "FlopscopeArray(3.5)"),
        ([1, 2], "FlopscopeArray([1, 2])"),
        ([True], "FlopscopeArray([ True])"),
        (np.float32([0.5]), "FlopscopeArray([0.5], dtype=float32)"),
        ([], "FlopscopeArray([], dtype=float64)"),
        ([1 + 2j], "FlopscopeArray([1.+2.j])"),
        (
            [[1.0, -2.0], [0.25, 1e10]],
            "FlopscopeArray([[ 1.0e+00, -2.0e+00],\n                [ 2.5e-01,  1.0e+10]])",
        ),
    ],
)
def test_repr(budget: flops.BudgetContext, raw: Any, text: str) -> None:
    array = counted(raw)
    assert repr(array) == text
    assert str(array) == str(np.asarray(raw))
    assert f"{array}" == f"{np.asarray(raw)}"
    assert bills(budget) == []


def test_repr_follows_print_options(budget: flops.BudgetContext) -> None:
    array = counted(np.arange(2000.0))
    assert repr(array).startswith("FlopscopeArray([0.000e+00, 1.000e+00,")
    assert "..." in repr(array)
    with np.printoptions(precision=1):
        assert repr(counted([1 / 3])) == "FlopscopeArray([0.3])"
    assert bills(budget) == []


def test_buffers_and_interfaces(budget: flops.BudgetContext) -> None:
    array = fnp.array([[1.0, 2.0], [3.0, 4.0]])
    assert memoryview(array).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert bytes(array) == np.asarray(array).tobytes()
    assert array.__array_interface__["shape"] == (2, 2)
    assert np.from_dlpack(array).tolist() == array.tolist()
    assert [cost for _, cost in bills(budget)] == [0]


def test_attributes_can_be_set() -> None:
    array = fnp.array(np.arange(6.0))
    array.flat[2] = 9.0
    assert array[2] == 9.0
    array.flat = [1.0, 2.0]
    assert array.tolist() == [1.0, 2.0] * 3
    numbers = fnp.array([1 + 1j, 2 + 2j])
    numbers.real = 5.0
    numbers.imag = fnp.array([0.0, 1.0])
    assert numbers.tolist() == [5 + 0j, 5 + 1j]
    assert not hasattr(array, "nonsense")
    assert array.symmetry is None


@pytest.mark.parametrize("name", ["shape", "strides", "dtype", "real", "imag", "flat"])
@pytest.mark.parametrize("make", [fnp.array, fnp.ones_like])
def test_attributes_cannot_be_deleted(name: str, make: Callable[..., Any]) -> None:
    with pytest.raises(AttributeError):
        delattr(make([[1.0, 2.0], [3.0, 4.0]]), name)


def test_resize_in_place() -> None:
    array = fnp.array([[1.0, 2.0], [3.0, 4.0]])
    array.resize((3, 2))
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]
    square = fnp.ones((2, 2))
    square.resize(2, 3)
    assert square.symmetry is None
    other = array
    array = array[:1]
    with pytest.raises(ValueError, match="resize"):
        other.resize((1, 1))


def test_empty_tagged_arrays_become_writeable() -> None:
    empty = fnp.zeros((3, 3, 0))
    with pytest.raises(IndexError):
        empty.put(0, 1.0)
    assert empty.flags.writeable


def test_the_array_namespace_is_ours() -> None:
    array = fnp.array([1.0])
    assert array.__array_namespace__() is fnp
    assert array.__array_namespace__(api_version="2022.12") is fnp
    with pytest.raises(ValueError, match="1999"):
        array.__array_namespace__(api_version="1999.01")


@pytest.mark.parametrize("name", ["conj", "conjugate"])
def test_conjugate_takes_an_out(name: str) -> None:
    array = fnp.array([1 + 2j])
    out = fnp.empty(1, complex)
    assert getattr(array, name)(out) is out
    assert out.tolist() == [1 - 2j]


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="NumPy does not tell")
@pytest.mark.parametrize("name", ["sum", "astype", "clip", "sort", "put", "resize", "conj", "fill"])
def test_methods_are_documented_as_numpys(name: str) -> None:
    ours, numpys = getattr(FlopscopeArray, name), getattr(np.ndarray, name)
    assert inspect.signature(ours) == inspect.signature(numpys)
    assert ours.__doc__ == numpys.__doc__


def test_counted_functions_do_not_bind(budget: flops.BudgetContext) -> None:
    class Layer:
        combine = fnp.matmul
        activate = fnp.exp
        total = fnp.sum

    layer = Layer()
    array = fnp.array([[1.0, 2.0], [3.0, 4.0]])
    assert layer.combine(array, array).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert layer.activate(array).shape == (2, 2)
    assert float(layer.total(array)) == 10.0


# --------------------------------------------------------------------------------------- methods

METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("sum", (), {}),
    ("sum", (0,), {}),
    ("sum", (), {"axis": (0, 1), "keepdims": True}),
    ("mean", (), {"axis": 1}),
    ("prod", (), {"dtype": np.float32}),
    ("min", (1,), {}),
    ("max", (), {"initial": 100.0}),
    ("std", (), {"ddof": 1}),
    ("var", (0,), {}),
    ("all", (), {}),
    ("any", (), {"axis": 0}),
    ("cumsum", (), {}),
    ("cumsum", (1,), {}),
    ("cumprod", (), {"axis": 0}),
    ("argmin", (), {}),
    ("argmax", (1,), {}),
    ("trace", (), {}),
    ("round", (1,), {}),
    ("dot", (np.arange(6.0),), {}),
    ("conj", (), {}),
    ("conjugate", (), {}),
    ("argsort", (), {}),
    ("argpartition", (2,), {}),
    ("take", ([0, 5],), {}),
    ("take", ([0, 1],), {"axis": 1}),
    ("repeat", (2,), {"axis": 0}),
    ("compress", ([True, False, True],), {"axis": 0}),
    ("nonzero", (), {}),
    ("clip", (3.0, 9.0), {}),
    *([("clip", (), {"max": 9.0})] if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else []),
    ("astype", (np.float32,), {}),
    ("astype", (np.complex128,), {}),
]


@pytest.mark.parametrize(
    ("name", "args", "kwargs"), METHODS, ids=[f"{i}-{m[0]}" for i, m in enumerate(METHODS)]
)
def test_methods_bill_like_functions(
    budget: flops.BudgetContext, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    raw = np.arange(24.0).reshape(4, 6)[:, ::-1] / 4
    array = counted(raw)
    result = getattr(array, name)(*args, **kwargs)
    expected = getattr(raw, name)(*args, **kwargs)
    if isinstance(expected, tuple):
        for part, wanted in zip(result, expected, strict=True):
            assert_same(part, wanted)
    else:
        assert_same(result, expected)
    first = budget.op_log[0]
    assert len(budget.op_log) == 1
    assert first.op_name == name
    if name == "compress":
        fnp.compress(args[0], array, **kwargs)
    else:
        getattr(fnp, name)(array, *args, **kwargs)
    second = budget.op_log[1]
    assert (second.op_name, second.flop_cost) == (first.op_name, first.flop_cost)


def test_ptp_and_searchsorted(budget: flops.BudgetContext) -> None:
    array = counted(np.array([1.0, 4.0, 9.0]))
    assert float(array.ptp()) == 8.0
    assert array.searchsorted([0.0, 5.0]).tolist() == [0, 2]
    assert bills(budget) == [("ptp", 5), ("searchsorted", 4)]


@pytest.mark.parametrize(
    ("dtype", "target", "cost"),
    [
        ("i8", "f8", 0),
        ("f8", "f4", 6),
        ("f8", "i4", 6),
        ("f4", "f8", 0),
        ("i8", "?", 6),
        ("f8", "c16", 0),
    ],
)
def test_astype_bills_casts_that_change_values(
    budget: flops.BudgetContext, dtype: str, target: str, cost: int
) -> None:
    raw = np.arange(6).astype(dtype)
    assert_same(counted(raw).astype(target), raw.astype(target))
    assert bills(budget) == [("astype", cost)]


def test_astype_keeps_its_options(budget: flops.BudgetContext) -> None:
    raw = np.arange(6.0).reshape(2, 3)
    array = counted(raw)
    assert array.astype(np.float64, copy=False) is array or np.shares_memory(
        np.asarray(array.astype(np.float64, copy=False)), raw
    )
    assert array.astype("f4", order="F").flags.f_contiguous
    with pytest.raises(TypeError):
        array.astype(np.int64, casting="safe")


@pytest.mark.parametrize(
    "use",
    [
        lambda a: a.copy(),
        lambda a: a.reshape(6, 4),
        lambda a: a.flatten(),
        lambda a: a.ravel(),
        lambda a: a.transpose(),
        lambda a: a.squeeze(),
        lambda a: a.swapaxes(0, 1),
        lambda a: a.diagonal(),
        lambda a: a.view(),
        lambda a: a.T,
        lambda a: a.real,
        lambda a: a.imag,
        lambda a: a.byteswap(),
        lambda a: a[1:],
    ],
)
def test_free_methods_are_not_logged(
    budget: flops.BudgetContext, use: Callable[[Any], Any]
) -> None:
    raw = layouts()["contiguous"]
    assert_same(use(counted(raw)), use(raw))
    assert bills(budget) == []


def test_free_methods_that_answer_or_write(budget: flops.BudgetContext) -> None:
    array = counted(np.arange(4.0).reshape(2, 2))
    assert array.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert array.item(3) == 3.0
    assert array.tobytes() == np.arange(4.0).tobytes()
    assert array.nbytes == 32
    array.fill(7.0)
    array.put([0, 3], fnp.array([1.0, 2.0]))
    assert array.tolist() == [[1.0, 7.0], [7.0, 2.0]]
    choice = counted(np.array([0, 1])).choose([[1, 2], [3, 4]])
    assert choice.tolist() == [1, 4]
    assert all(name == "array" for name, _ in bills(budget))


def test_sort_and_partition_in_place(budget: flops.BudgetContext) -> None:
    raw = np.array([[3.0, 1.0, 2.0], [9.0, 7.0, 8.0]])
    array = counted(raw.copy())
    row = array[0]
    assert array.sort() is None
    assert array.tolist() == [[1.0, 2.0, 3.0], [7.0, 8.0, 9.0]]
    assert row.tolist() == [1.0, 2.0, 3.0]
    array = counted(raw.copy())
    assert array.partition(1) is None
    assert array[:, 1].tolist() == [2.0, 8.0]
    array.sort(axis=0)
    assert bills(budget) == [("sort", 2 * 6), ("partition", 6), ("sort", 3 * 2)]
    with pytest.raises(ValueError, match="read-only"):
        counted(layouts()["read_only"]).sort()


def test_methods_of_the_class(budget: flops.BudgetContext) -> None:
    array = counted(np.arange(3.0))
    assert float(FlopscopeArray.sum(array)) == 3.0
    assert list(map(float, map(FlopscopeArray.max, [array, array]))) == [2.0, 2.0]
    bound = array.sum
    assert float(bound()) == 3.0
    assert bills(budget) == [("sum", 2), ("max", 2), ("max", 2), ("sum", 2)]


# ------------------------------------------------------------------------- out=, where=, dtype=


@pytest.mark.parametrize("kind", ["counted", "plain"])
def test_out_returns_the_very_object(budget: flops.BudgetContext, kind: str) -> None:
    raw = np.arange(4.0)
    make = counted if kind == "counted" else np.asarray
    calls: list[tuple[Callable[..., Any], str]] = [
        (lambda out: fnp.add(raw, raw, out=out), "add"),
        (lambda out: fnp.add(raw, raw, out), "add"),
        (lambda out: fnp.add(raw, raw, out=(out,)), "add"),
        (lambda out: fnp.exp(counted(raw), out=out), "exp"),
        (lambda out: fnp.cumsum(counted(raw), out=out), "cumsum"),
        (lambda out: fnp.clip(counted(raw), 1.0, 2.0, out=out), "clip"),
        (lambda out: fnp.sum(np.ones((3, 4)), 0, out=out), "sum"),
        (lambda out: fnp.mean(np.ones((3, 4)), axis=0, out=out), "mean"),
        (lambda out: counted(np.ones((3, 4))).max(axis=0, out=out), "max"),
        (lambda out: fnp.take(counted(raw), [0, 1, 2, 3], out=out), "take"),
        (lambda out: fnp.round(counted(raw), 1, out=out), "round"),
        (lambda out: fnp.concatenate([raw[:2], counted(raw[2:])], out=out), "concatenate"),
    ]
    for call, name in calls:
        out = make(np.full(4, -1.0))
        assert call(out) is out
        assert type(out) is (FlopscopeArray if kind == "counted" else np.ndarray)
        assert -1.0 not in np.asarray(out).tolist()
        assert budget.op_log[-1].op_name == name
    assert len(budget.op_log) == len(calls)


def test_out_of_two_output_functions(budget: flops.BudgetContext) -> None:
    raw = np.array([1.5, 2.25])
    first, second = counted(np.zeros(2)), np.zeros(2)
    results = fnp.modf(raw, out=(first, second))
    assert results[0] is first
    assert results[1] is second
    part, whole = fnp.modf(raw, out=(None, second))
    assert isinstance(part, FlopscopeArray)
    assert whole is second
    assert second.tolist() == [1.0, 2.0]
    with pytest.raises((TypeError, ValueError)):
        fnp.modf(raw, out=(first,))


def test_out_must_fit(budget: flops.BudgetContext) -> None:
    raw = np.arange(4.0)
    with pytest.raises(ValueError, match="broadcast"):
        fnp.add(raw, raw, out=counted(np.zeros(3)))
    assert bills(budget) == []
    with pytest.raises(TypeError):
        fnp.add(raw, raw, out=[0.0] * 4)
    with pytest.raises(TypeError, match="same_kind"):
        fnp.add(raw, 0.5, out=counted(np.zeros(4, dtype=np.int64)))
    out = counted(np.zeros(4))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fnp.add(raw, raw, out=out)


def test_out_may_have_more_axes_than_the_operands(budget: flops.BudgetContext) -> None:
    out = counted(np.zeros((2, 3)))
    assert fnp.add(np.arange(3.0), 1.0, out=out) is out
    assert out.tolist() == [[1.0, 2.0, 3.0]] * 2
    assert bills(budget) == [("add", 6)]


@pytest.mark.parametrize("shift", [-2, -1, 0, 1, 2])
def test_out_may_overlap_the_operands(shift: int) -> None:
    def run(make: Callable[[Any], Any], add: Callable[..., Any]) -> list[float]:
        array = make(np.arange(10.0))
        out = array[2 + shift : 8 + shift]
        assert add(array[2:8], array[1:7], out=out) is out
        return np.asarray(array).tolist()

    assert run(counted, fnp.add) == run(np.asarray, np.add)


def test_where_bills_all_elements(budget: flops.BudgetContext) -> None:
    raw = np.arange(1.0, 5.0)
    out = counted(np.zeros(4))
    mask = np.array([True, False, True, False])
    assert fnp.log(raw, where=mask, out=out) is out
    assert np.asarray(out).tolist() == np.log(raw, where=mask, out=np.zeros(4)).tolist()
    fnp.exp(raw, where=counted(np.zeros(4, dtype=bool)), out=out)
    assert float(fnp.sum(raw, where=counted(mask))) == 4.0
    assert bills(budget) == [("log", 64), ("exp", 64), ("sum", 3)]


def test_dtype_and_casting_are_forwarded(budget: flops.BudgetContext) -> None:
    raw = np.arange(4)
    assert_same(fnp.add(raw, raw, dtype=np.float32), np.add(raw, raw, dtype=np.float32))
    assert_same(fnp.add(raw, 1.0, dtype="i8", casting="unsafe"), raw + 1)
    assert_same(fnp.multiply(raw, raw, order="F"), raw * raw)
    assert_same(fnp.sum(raw, dtype=complex), np.sum(raw, dtype=complex))
    assert [cost for _, cost in bills(budget)] == [4, 4, 4, 3]
    for module in (np, fnp):
        with pytest.raises(TypeError):
            module.add(raw, 1.5 * np.ones(4), dtype="i8", casting="safe")


# -------------------------------------------------------------------------------- subclasses


class Weights(FlopscopeArray):
    """A subclass with a parameter that views inherit."""

    label: str

    def __new__(cls, values: Any, label: str) -> Weights:
        made = np.asarray(values).view(cls)
        made.label = label
        return made

    def __array_finalize__(self, parent: Any) -> None:
        self.label = getattr(parent, "label", "none")

    def doubled(self) -> Any:
        return self + self


def test_python_subclasses(budget: flops.BudgetContext) -> None:
    weights = Weights([1.0, 2.0, 3.0], "w")
    assert isinstance(weights, FlopscopeArray)
    assert weights.label == "w"
    assert weights[1:].label == "w"
    assert type(weights[1:]) is Weights
    assert weights.doubled().tolist() == [2.0, 4.0, 6.0]
    assert isinstance(weights.doubled(), FlopscopeArray)
    assert repr(weights) == "Weights([1., 2., 3.])"
    assert float(weights.sum()) == 6.0
    assert bills(budget) == [("add", 3), ("add", 3), ("sum", 2)]
    before = weights
    weights += 1.0
    assert weights is before
    assert weights.label == "w"


def test_many_subclass_instances_leave_nothing_behind() -> None:
    before = sys.getrefcount(Weights)
    for _ in range(200):
        weights = Weights([1.0, 2.0], "w")
        _ = weights * 2.0 + weights[::-1]
    del weights, _
    gc.collect()
    assert abs(sys.getrefcount(Weights) - before) < 5


def test_operators_of_a_subclass_can_be_overridden() -> None:
    class Loud(FlopscopeArray):
        def __add__(self, other: Any) -> Any:
            return "loud", super().__add__(other)

    loud = np.arange(2.0).view(Loud)
    word, total = loud + 1.0
    assert word == "loud"
    assert total.tolist() == [1.0, 2.0]
