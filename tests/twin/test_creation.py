"""Creation, conversion, indices and padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import ERROR_STATES, check
from .strategies import (
    BOOL,
    COMMON,
    FLOATS,
    INTEGERS,
    NUMERIC,
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    array,
    call,
    counted,
    integer,
    mask,
    maybe,
    narrowed,
    operand,
    pick,
    shape_of,
    target,
)

CASES = Cases()
#: Their elements hold anything.
UNDEFINED = frozenset({"empty", "empty_like"})


def _dtype(draw: Draw) -> dict[str, Any]:
    return (
        {"dtype": pick(draw, *NUMERIC, float, np.float32, np.dtype("i4"))} if maybe(draw, 2) else {}
    )


def _shape_argument(draw: Draw) -> Any:
    shape = shape_of(draw)
    if len(shape) == 1 and maybe(draw, 2):
        return shape[0]
    return list(shape) if maybe(draw) else shape


@CASES.add("zeros ones empty")
def _filled(draw: Draw, name: str) -> Call:
    keywords = _dtype(draw)
    if maybe(draw):
        keywords["order"] = pick(draw, "C", "F")
    return Call((_shape_argument(draw),), keywords)


@CASES.add("full")
def _full(draw: Draw, name: str) -> Call:
    shape = shape_of(draw)
    fill: Any = pick(draw, 2.5, 3, True, 1j)
    if maybe(draw):
        fill = operand(draw, narrowed(draw, shape))
    return Call((shape, fill), _dtype(draw))


@CASES.add("zeros_like ones_like empty_like full_like")
def _like(draw: Draw, name: str) -> Call:
    args: list[Any] = [operand(draw)]
    if name == "full_like":
        args.append(pick(draw, 2.5, 3, True))
    keywords = _dtype(draw)
    if maybe(draw):
        keywords["shape"] = shape_of(draw)
    if maybe(draw):
        keywords["order"] = pick(draw, "K", "C", "F", "A")
    return Call(tuple(args), keywords)


@CASES.add("eye tri")
def _eye(draw: Draw, name: str) -> Call:
    keywords = _dtype(draw)
    if maybe(draw, 2):
        keywords["k"] = integer(draw, -3, 3)
    columns = (integer(draw, 0, 4),) if maybe(draw, 2) else ()
    return Call((integer(draw, 0, 4), *columns), keywords)


@CASES.add("identity")
def _identity(draw: Draw, name: str) -> Call:
    return Call((integer(draw, 0, 4),), _dtype(draw))


@CASES.add("array asarray require asarray_chkfinite")
def _conversion(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["dtype"] = pick(draw, "f8", "f4", "c16", "i4", "?")
    if name == "array":
        if maybe(draw):
            keywords["copy"] = draw(st.booleans())
        if maybe(draw):
            keywords["ndmin"] = integer(draw, 0, 4)
    if name in ("array", "asarray") and maybe(draw):
        keywords["order"] = pick(draw, "C", "F", "K")
    if name == "require" and maybe(draw, 2):
        keywords["requirements"] = pick(draw, ["C"], ["F", "W"], "A")
    return Call((x,), keywords)


@CASES.add("astype")
def _astype(draw: Draw, name: str) -> Call:
    keywords = {"copy": draw(st.booleans())} if maybe(draw) else {}
    return Call((counted(draw), pick(draw, *NUMERIC, float, np.float32)), keywords)


@CASES.add("copy")
def _copy(draw: Draw, name: str) -> Call:
    return call(operand(draw), **({"order": pick(draw, "K", "C", "F")} if maybe(draw, 2) else {}))


@CASES.add("copyto")
def _copyto(draw: Draw, name: str) -> Call:
    destination = target(draw, shape_of(draw), COMMON)
    source = operand(draw, narrowed(draw, destination.shape), COMMON)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["casting"] = pick(draw, "unsafe", "same_kind", "safe")
    if maybe(draw, 2):
        keywords["where"] = mask(draw, narrowed(draw, destination.shape))
    return Call((destination, source), keywords)


@CASES.add("frombuffer")
def _frombuffer(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {"dtype": pick(draw, "u1", "i2", "f8")}
    if maybe(draw):
        keywords["count"] = integer(draw, -1, 3)
    return Call((bytes(range(16)),), keywords)


@CASES.add("from_dlpack")
def _from_dlpack(draw: Draw, name: str) -> Call:
    return call(counted(draw, None, (*INTEGERS, *FLOATS), layouts=("c", "fortran", "strided")))


@CASES.add("fromiter")
def _fromiter(draw: Draw, name: str) -> Call:
    items = draw(st.lists(st.integers(-5, 5), max_size=5))
    keywords = {"count": integer(draw, -1, 5)} if maybe(draw) else {}
    return Call((items, pick(draw, "f8", "i4", "c16")), keywords)


@CASES.add("arange")
def _arange(draw: Draw, name: str) -> Call:
    numbers = st.sampled_from((0, 1, 3, 5, -2, 0.5, 2.25, np.float32(1.5), np.int8(4)))
    args = draw(st.lists(numbers, min_size=1, max_size=3))
    return Call(tuple(args), _dtype(draw) if maybe(draw) else {})


def _bounds(draw: Draw, low: float, high: float) -> tuple[Any, Any]:
    start: Any = draw(st.floats(low, high, width=16))
    stop: Any = draw(st.floats(low, high, width=16))
    if maybe(draw):
        shape = shape_of(draw, 1, 2)
        ends = np.random.default_rng(integer(draw, 0, 99)).uniform(low, high, (2, *shape))
        start, stop = Operand(ends[0]), Operand(ends[1])
    return start, stop


@CASES.add("linspace geomspace logspace")
def _spaced(draw: Draw, name: str) -> Call:
    start, stop = _bounds(draw, *((0.5, 4.0) if name == "geomspace" else (-3.0, 3.0)))
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["num"] = integer(draw, 0, 6)
    if maybe(draw):
        keywords["endpoint"] = False
    if maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "f4", "c16", int)
    if isinstance(start, Operand) and maybe(draw, 2):
        keywords["axis"] = -1
    if name == "linspace" and maybe(draw):
        keywords["retstep"] = True
    if name == "logspace" and maybe(draw):
        keywords["base"] = 2.0
    return Call((start, stop), keywords)


@CASES.add("vander")
def _vander(draw: Draw, name: str) -> Call:
    x = operand(draw, (integer(draw, 0, 4),))
    keywords: dict[str, Any] = {"increasing": True} if maybe(draw) else {}
    return Call((x, integer(draw, 0, 4)) if maybe(draw, 2) else (x,), keywords)


@CASES.add("indices")
def _indices(draw: Draw, name: str) -> Call:
    keywords = {"dtype": pick(draw, "i4", "f8")} if maybe(draw) else {}
    return Call((shape_of(draw),), {**keywords, **({"sparse": True} if maybe(draw) else {})})


@CASES.add("meshgrid")
def _meshgrid(draw: Draw, name: str) -> Call:
    axes = tuple(operand(draw, None, high=1) for _ in range(integer(draw, 0, 3)))
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["indexing"] = pick(draw, "ij", "xy")
    if maybe(draw):
        keywords["sparse"] = True
    if maybe(draw):
        keywords["copy"] = False
    return Call(axes, keywords)


@CASES.add("diag diagflat")
def _diag(draw: Draw, name: str) -> Call:
    x = operand(draw, None, low=0 if name == "diagflat" else 1, high=2)
    return call(x, integer(draw, -2, 2)) if maybe(draw, 2) else call(x)


@CASES.add("ix_")
def _ix(draw: Draw, name: str) -> Call:
    return Call(
        tuple(
            operand(draw, (integer(draw, 0, 3),), (*BOOL, "i8"), layouts=("c",))
            for _ in range(integer(draw, 0, 3))
        )
    )


@CASES.add("diag_indices")
def _diag_indices(draw: Draw, name: str) -> Call:
    return call(integer(draw, 0, 4), integer(draw, 1, 3)) if maybe(draw, 2) else call(3)


@CASES.add("tril_indices triu_indices")
def _triangle_indices(draw: Draw, name: str) -> Call:
    keywords = {"m": integer(draw, 0, 4)} if maybe(draw) else {}
    return Call((integer(draw, 0, 4), integer(draw, -2, 2)), keywords)


@CASES.add("diag_indices_from tril_indices_from triu_indices_from")
def _indices_from(draw: Draw, name: str) -> Call:
    n = integer(draw, 0, 4)
    return call(array(draw, (n, n if maybe(draw, 2) else integer(draw, 0, 4))))


@CASES.add("mask_indices")
def _mask_indices(draw: Draw, name: str) -> Call:
    function = pick(draw, np.triu, np.tril)
    offset = (integer(draw, -2, 2),) if maybe(draw, 2) else ()
    return Call((integer(draw, 0, 4), function, *offset))


@CASES.add("packbits unpackbits")
def _bits(draw: Draw, name: str) -> Call:
    # Elements of an empty array that `count` adds hold anything.
    x = array(draw, None, BOOL if name == "packbits" else ("u1",), least=1)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = integer(draw, -1, max(x.ndim - 1, 0))
    if maybe(draw):
        keywords["bitorder"] = "little"
    if name == "unpackbits" and maybe(draw):
        keywords["count"] = integer(draw, -3, 9)
    return Call((x,), keywords)


@CASES.add("ravel_multi_index")
def _ravel_multi_index(draw: Draw, name: str) -> Call:
    dims = shape_of(draw, 1, 3, least=1)
    shape = shape_of(draw, 0, 2)
    index = tuple(
        Operand(np.random.default_rng(integer(draw, 0, 99)).integers(-1, n + 1, shape) % max(n, 1))
        for n in dims
    )
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["mode"] = pick(draw, "wrap", "clip", "raise")
    if maybe(draw):
        keywords["order"] = "F"
    return Call((index, dims), keywords)


@CASES.add("unravel_index")
def _unravel_index(draw: Draw, name: str) -> Call:
    dims = shape_of(draw, 1, 3, least=1)
    index: Any = integer(draw, 0, 3)
    if maybe(draw, 2):
        index = operand(draw, None, ("u1",), tame=True)
    return Call((index, dims), {"order": "F"} if maybe(draw) else {})


@CASES.add("trim_zeros")
def _trim_zeros(draw: Draw, name: str) -> Call:
    x = operand(draw, (integer(draw, 0, 6),), ("i8", "f8", "?", "c16"))
    return call(x, pick(draw, "fb", "f", "b")) if maybe(draw, 2) else call(x)


def _widths(draw: Draw, shape: Shape) -> Any:
    ndim = max(len(shape), 1)
    style = integer(draw, 0, 4)
    if style == 0:
        return integer(draw, 0, 2)
    if style == 1:
        return (integer(draw, 0, 2), integer(draw, 0, 2))
    if style == 2:
        return {integer(draw, -ndim, ndim - 1): pick(draw, 1, (0, 2), (1, 1))}
    if style == 3:
        return np.array([[integer(draw, 0, 2), integer(draw, 0, 2)] for _ in range(ndim)])
    return [(integer(draw, 0, 2), integer(draw, 0, 2)) for _ in range(ndim)]


@CASES.add("pad")
def _pad(draw: Draw, name: str) -> Call:
    x = operand(draw, None, (*INTEGERS, *FLOATS, "f8", "c16"), tame=True)
    modes = "constant edge empty wrap reflect symmetric linear_ramp maximum minimum mean median"
    mode = pick(draw, *modes.split())
    keywords: dict[str, Any] = {}
    if mode == "empty":
        mode = "constant"  # its elements hold anything
    if mode == "constant" and maybe(draw):
        keywords["constant_values"] = pick(draw, 3, (1, 2))
    if mode == "linear_ramp" and maybe(draw):
        keywords["end_values"] = 5
    if mode in ("reflect", "symmetric") and maybe(draw, 2):
        keywords["reflect_type"] = "odd"
    if mode in ("maximum", "minimum", "mean", "median") and maybe(draw, 2):
        keywords["stat_length"] = pick(draw, 1, 2, (1, 3), 9)
    return Call((x, _widths(draw, x.shape), mode), keywords)


def _plus(i: Any, j: Any) -> Any:
    return i + 2 * j


def _constant(i: Any, j: Any) -> Any:
    return 1.5


@CASES.add("fromfunction")
def _fromfunction(draw: Draw, name: str) -> Call:
    shape = (integer(draw, 0, 4), integer(draw, 0, 4))
    return Call((pick(draw, _plus, _constant), shape), {"dtype": float} if maybe(draw) else {})


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(
        name,
        data.draw(CASES.calls(name)),
        errors=data.draw(st.sampled_from(ERROR_STATES)),
        compare=name not in UNDEFINED,
        paths=(True,),
    )
