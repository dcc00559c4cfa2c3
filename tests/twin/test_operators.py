"""Operators and methods of counted arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import ERROR_STATES, check
from .strategies import (
    COMMON,
    INTEGERS,
    REAL,
    WRITABLE,
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    axis_of,
    call,
    counted,
    integer,
    mask,
    maybe,
    narrowed,
    operand,
    pick,
    shape_of,
    shapes_together,
)

BINARY: dict[str, tuple[Callable[..., Any], str]] = {
    "+": (operator.add, "add"),
    "-": (operator.sub, "subtract"),
    "*": (operator.mul, "multiply"),
    "/": (operator.truediv, "true_divide"),
    "//": (operator.floordiv, "floor_divide"),
    "%": (operator.mod, "mod"),
    "**": (operator.pow, "power"),
    "divmod": (divmod, "divmod"),
    "&": (operator.and_, "bitwise_and"),
    "|": (operator.or_, "bitwise_or"),
    "^": (operator.xor, "bitwise_xor"),
    "<<": (operator.lshift, "left_shift"),
    ">>": (operator.rshift, "right_shift"),
    "==": (operator.eq, "equal"),
    "!=": (operator.ne, "not_equal"),
    "<": (operator.lt, "less"),
    "<=": (operator.le, "less_equal"),
    ">": (operator.gt, "greater"),
    ">=": (operator.ge, "greater_equal"),
}
IN_PLACE: dict[str, tuple[Callable[..., Any], str]] = {
    "+=": (operator.iadd, "add"),
    "-=": (operator.isub, "subtract"),
    "*=": (operator.imul, "multiply"),
    "/=": (operator.itruediv, "true_divide"),
    "//=": (operator.ifloordiv, "floor_divide"),
    "%=": (operator.imod, "mod"),
    "**=": (operator.ipow, "power"),
    "&=": (operator.iand, "bitwise_and"),
    "|=": (operator.ior, "bitwise_or"),
    "^=": (operator.ixor, "bitwise_xor"),
    "<<=": (operator.ilshift, "left_shift"),
    ">>=": (operator.irshift, "right_shift"),
}
UNARY: dict[str, tuple[Callable[..., Any], str]] = {
    "-": (operator.neg, "negative"),
    "+": (operator.pos, "positive"),
    "abs": (abs, "abs"),
    "~": (operator.invert, "invert"),
}
_BITS = ("&", "|", "^", "<", ">")


def _dtypes(symbol: str) -> tuple[str, ...]:
    if symbol.rstrip("=") in ("&", "|", "^", "<<", ">>", "~"):
        return ("?", *INTEGERS, *INTEGERS, "f8")
    return COMMON


def _pair(draw: Draw, symbol: str) -> Call:
    shapes = shapes_together(draw, 2)
    dtypes = _dtypes(symbol)
    left = counted(draw, shapes[0], dtypes)
    if maybe(draw, 2):
        dtypes = (left.dtype.str[1:],)
    right = operand(draw, () if maybe(draw) else shapes[1], dtypes)
    return call(right, left) if maybe(draw, 3) else call(left, right)


@pytest.mark.parametrize("symbol", sorted(BINARY))
@given(data=st.data())
def test_binary(symbol: str, data: st.DataObject) -> None:
    function, name = BINARY[symbol]
    errors = data.draw(st.sampled_from(ERROR_STATES))
    drawn = _pair(data.draw, symbol)
    check(name, drawn, function=function, target=function, errors=errors)


@pytest.mark.parametrize("symbol", sorted(IN_PLACE))
@given(data=st.data())
def test_in_place(symbol: str, data: st.DataObject) -> None:
    function, name = IN_PLACE[symbol]
    draw = data.draw
    shape = shape_of(draw)
    left = counted(draw, shape, _dtypes(symbol), layouts=WRITABLE)
    dtypes = (left.dtype.str[1:],) if maybe(draw, 2) else _dtypes(symbol)
    other = shape_of(draw) if maybe(draw, 12) else narrowed(draw, shape)
    drawn = call(left, operand(draw, other, dtypes))
    check(
        name, drawn, function=function, target=function, errors=draw(st.sampled_from(ERROR_STATES))
    )


@pytest.mark.parametrize("symbol", sorted(UNARY))
@given(data=st.data())
def test_unary(symbol: str, data: st.DataObject) -> None:
    function, name = UNARY[symbol]
    drawn = call(counted(data.draw, None, _dtypes(symbol)))
    check(name, drawn, function=function, target=function)


@given(data=st.data())
def test_matmul(data: st.DataObject) -> None:
    draw = data.draw
    m, k, n = (integer(draw, 0, 4) for _ in range(3))
    left = (k,) if maybe(draw) else (m, k)
    right = (k,) if maybe(draw) else (k + maybe(draw, 12), n)
    numbers = ("f8", "f4", "i8", "c16")
    drawn = call(counted(draw, left, numbers, tame=True), operand(draw, right, numbers, tame=True))
    check("matmul", drawn, function=operator.matmul, target=operator.matmul, exact=False)


# -------------------------------------------------------------------------------------- methods

METHODS = Cases()


def _axis(draw: Draw, x: Operand, *, many: bool = False) -> dict[str, Any]:
    return {"axis": axis_of(draw, x.ndim, many=many)} if maybe(draw, 2) else {}


@METHODS.add("sum mean prod max min any all std var")
def _reducing(draw: Draw, name: str) -> Call:
    x = counted(draw)
    keywords = _axis(draw, x, many=True)
    if maybe(draw):
        keywords["keepdims"] = True
    if maybe(draw) and name not in ("max", "min", "prod", "sum"):
        keywords["where"] = mask(draw, narrowed(draw, x.shape))
    return Call((x,), keywords)


@METHODS.add("argmax argmin cumsum cumprod sort argsort")
def _along(draw: Draw, name: str) -> Call:
    x = counted(draw, None, COMMON, layouts=WRITABLE)
    keywords = _axis(draw, x)
    if name == "sort" and keywords.get("axis", 0) is None:
        del keywords["axis"]
    return Call((x,), keywords)


@METHODS.add("partition argpartition")
def _partition(draw: Draw, name: str) -> Call:
    return call(counted(draw, None, REAL, layouts=WRITABLE, low=1), pick(draw, 0, -1, 1, [0, -1]))


@METHODS.add("conj conjugate nonzero")
def _alone(draw: Draw, name: str) -> Call:
    return call(counted(draw))


@METHODS.add("round")
def _round(draw: Draw, name: str) -> Call:
    return call(counted(draw), *((integer(draw, -1, 2),) if maybe(draw, 2) else ()))


@METHODS.add("clip")
def _clip(draw: Draw, name: str) -> Call:
    x = counted(draw, None, REAL)
    bounds = [operand(draw, narrowed(draw, x.shape), REAL) for _ in range(2)]
    style = integer(draw, 0, 3)
    if style == 0:
        return call(x, *bounds)
    if style == 1:
        return call(x, bounds[0])
    if style == 2:
        return call(x, None, bounds[1])
    return call(x, min=bounds[0], max=bounds[1])


@METHODS.add("take repeat")
def _taking(draw: Draw, name: str) -> Call:
    x = counted(draw, None, COMMON, low=1)
    return call(x, pick(draw, 1, 0, 2), **_axis(draw, x))


@METHODS.add("trace")
def _trace(draw: Draw, name: str) -> Call:
    return call(counted(draw, None, COMMON, low=2), integer(draw, -1, 1))


@METHODS.add("dot")
def _dot(draw: Draw, name: str) -> Call:
    k = integer(draw, 0, 4)
    left: Shape = pick(draw, (k,), (2, k), ())
    right: Shape = pick(draw, (k,), (k, 3), ())
    kinds = ("f8", "i8")
    return call(counted(draw, left, kinds, tame=True), operand(draw, right, kinds, tame=True))


@METHODS.add("searchsorted")
def _searchsorted(draw: Draw, name: str) -> Call:
    ordered = Operand(np.arange(float(integer(draw, 0, 6))))
    return call(ordered, operand(draw, None, ("f8", "i8")))


@METHODS.add("astype")
def _astype(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["copy"] = False
    if maybe(draw):
        keywords["order"] = pick(draw, "C", "F")
    if maybe(draw):
        keywords["casting"] = pick(draw, "safe", "same_kind")
    return Call((counted(draw), pick(draw, "f8", "f4", "i4", "?", "c16", float)), keywords)


def _method(name: str) -> Callable[..., Any]:
    def run(array: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(array, name)(*args, **kwargs)

    return run


@pytest.mark.parametrize("name", sorted(METHODS))
@given(data=st.data())
def test_methods(name: str, data: st.DataObject) -> None:
    check(
        name,
        METHODS[name](data.draw, name),
        function=_method(name),
        target=_method(name),
        errors=data.draw(st.sampled_from(ERROR_STATES)),
        exact=name != "dot",
        paths=(True,),
    )


_UNRECORDED: dict[str, Callable[[Any], Any]] = {
    "T": lambda x: x.T,
    "bool": lambda x: bool(x.size),
    "copy": lambda x: x.copy(),
    "flatten": lambda x: x.flatten(),
    "imag": lambda x: x.imag,
    "indexing": lambda x: x[..., None],
    "iteration": lambda x: list(x),
    "ravel": lambda x: x.ravel(),
    "real": lambda x: x.real,
    "reshape": lambda x: x.reshape(-1),
    "reversed": lambda x: x[::-1],
    "squeeze": lambda x: x.squeeze(),
    "tolist": lambda x: x.tolist(),
    "transpose": lambda x: x.transpose(),
    "swapaxes": lambda x: x.swapaxes(0, -1),
}


@pytest.mark.parametrize("name", sorted(_UNRECORDED))
@given(data=st.data())
def test_free_and_unrecorded(name: str, data: st.DataObject) -> None:
    function = _UNRECORDED[name]
    drawn = call(counted(data.draw))
    check("reshape", drawn, function=function, target=function, paths=(True,))


# ------------------------------------------------------------------------------------- indexing


def _index(draw: Draw, shape: Shape) -> Any:
    """An index of any kind, that fits more often than not."""
    parts: list[Any] = []
    for n in shape:
        kind = integer(draw, 0, 6)
        if kind == 0:
            parts.append(slice(None))
        elif kind == 1:
            parts.append(integer(draw, -max(n, 1), max(n - 1, 0)))
        elif kind == 2:
            parts.append(slice(pick(draw, None, 0, 1, -1), None, pick(draw, 1, 2, -1)))
        elif kind == 3:
            parts.append(np.arange(n)[::-1][: integer(draw, 0, 4)])
        elif kind == 4:
            parts.append(np.arange(n) % 2 == 0)
        elif kind == 5:
            parts.append([0, -1])
        else:
            break
    if maybe(draw):
        parts.insert(integer(draw, 0, len(parts)), pick(draw, None, Ellipsis))
    if maybe(draw, 24):
        parts.append(99)
    return parts[0] if len(parts) == 1 and maybe(draw, 2) else tuple(parts)


def _write(array: Any, index: Any, values: Any) -> Any:
    array[index] = values
    return array


@given(data=st.data())
def test_reading_by_index(data: st.DataObject) -> None:
    x = counted(data.draw)
    drawn = call(x, mask(data.draw, x.shape) if maybe(data.draw) else _index(data.draw, x.shape))
    function = operator.getitem
    check("reshape", drawn, function=function, target=function, paths=(True,))


@given(data=st.data())
def test_writing_by_index(data: st.DataObject) -> None:
    draw = data.draw
    x = counted(draw, layouts=WRITABLE)
    index = mask(draw, x.shape) if maybe(draw) else _index(draw, x.shape)
    values = operand(draw, pick(draw, (), (1,), (2,)), (x.dtype.str[1:], "i1", "f8"), tame=True)
    check("reshape", call(x, index, values), function=_write, target=_write, paths=(True,))
