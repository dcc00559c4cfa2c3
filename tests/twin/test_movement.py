"""Reshaping, joining, splitting, selecting, and questions about shape or dtype."""

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
    INTEGERS,
    NUMERIC,
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    array,
    axis_of,
    call,
    integer,
    mask,
    maybe,
    narrowed,
    operand,
    pick,
    shape_of,
    shapes_together,
    size_of,
    target,
)

CASES = Cases()


def _indices(draw: Draw, n: int, shape: Shape, *, wrong: bool = True) -> Operand:
    """Positions along an axis of length n, negative ones too, and rarely one too far."""
    top = n + 1 if wrong and maybe(draw, 12) else max(n, 1)
    rng = np.random.default_rng(integer(draw, 0, 999))
    return Operand(
        np.asarray(rng.integers(-max(n, 1), top, shape)), "c", pick(draw, "counted", "raw")
    )


# ----------------------------------------------------------------------------------- questions


@CASES.add("shape ndim iscomplexobj isrealobj isscalar iterable isfortran")
def _question(draw: Draw, name: str) -> Call:
    return call(array(draw) if name == "isfortran" else operand(draw))


@CASES.add("size")
def _size(draw: Draw, name: str) -> Call:
    x = operand(draw)
    return call(x, axis_of(draw, x.ndim)) if maybe(draw, 2) else call(x)


@CASES.add("result_type common_type min_scalar_type")
def _types_of(draw: Draw, name: str) -> Call:
    count = 1 if name == "min_scalar_type" else integer(draw, 1, 3)
    return Call(tuple(array(draw) for _ in range(count)))


@CASES.add("can_cast promote_types issubdtype")
def _between_types(draw: Draw, name: str) -> Call:
    return call(np.dtype(pick(draw, *NUMERIC)), np.dtype(pick(draw, *NUMERIC)))


@CASES.add("isdtype")
def _isdtype(draw: Draw, name: str) -> Call:
    return call(np.dtype(pick(draw, *NUMERIC)), pick(draw, "numeric", "integral", "bool", np.int32))


@CASES.add("typename mintypecode")
def _type_names(draw: Draw, name: str) -> Call:
    return call(pick(draw, *"?bhilBfdFD"))


@CASES.add("broadcast_shapes")
def _broadcast_shapes(draw: Draw, name: str) -> Call:
    return Call(tuple(shapes_together(draw, integer(draw, 0, 3))))


@CASES.add("may_share_memory shares_memory")
def _sharing(draw: Draw, name: str) -> Call:
    return call(array(draw), array(draw))


# ------------------------------------------------------------------------------------- shaping


@CASES.add("ravel atleast_1d atleast_2d atleast_3d fliplr flipud matrix_transpose tril triu")
def _one_array(draw: Draw, name: str) -> Call:
    x = operand(draw)
    if name in ("tril", "triu") and maybe(draw, 2):
        return call(x, integer(draw, -2, 2))
    if name == "ravel" and maybe(draw, 2):
        return call(x, order=pick(draw, "C", "F", "A", "K"))
    return call(x)


@CASES.add("reshape")
def _reshape(draw: Draw, name: str) -> Call:
    x = operand(draw)
    size = size_of(x.shape)
    shape: Any = pick(draw, (-1,), (size,), -1, (1, -1), (size, 1), (2, -1), x.shape[::-1], (3, 3))
    return Call((x, shape), {"order": pick(draw, "C", "F", "A")} if maybe(draw) else {})


@CASES.add("resize")
def _resize(draw: Draw, name: str) -> Call:
    return call(operand(draw), shape_of(draw))


@CASES.add("squeeze")
def _squeeze(draw: Draw, name: str) -> Call:
    x = operand(draw, narrowed(draw, shape_of(draw)))
    return call(x, axis=axis_of(draw, x.ndim, many=True)) if maybe(draw, 2) else call(x)


@CASES.add("expand_dims")
def _expand_dims(draw: Draw, name: str) -> Call:
    x = operand(draw, None, high=2)
    return call(x, pick(draw, 0, -1, x.ndim, (0, 1), (0, -1), 9))


@CASES.add("transpose permute_dims")
def _transpose(draw: Draw, name: str) -> Call:
    x = operand(draw)
    if maybe(draw, 2):
        return call(x)
    return call(x, axes=tuple(draw(st.permutations(range(x.ndim)))))


@CASES.add("swapaxes moveaxis rollaxis")
def _axes_pair(draw: Draw, name: str) -> Call:
    x = operand(draw)
    return call(x, axis_of(draw, x.ndim, none=False), axis_of(draw, x.ndim, none=False))


@CASES.add("flip")
def _flip(draw: Draw, name: str) -> Call:
    x = operand(draw)
    return call(x, axis_of(draw, x.ndim, many=True)) if maybe(draw, 2) else call(x)


@CASES.add("roll")
def _roll(draw: Draw, name: str) -> Call:
    x = operand(draw)
    if maybe(draw, 3):
        return call(x, (1, -2), axis=(0, 0))
    return call(x, integer(draw, -5, 5), axis=axis_of(draw, x.ndim))


@CASES.add("rot90")
def _rot90(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = {"axes": pick(draw, (0, 1), (1, 0), (-1, 0), (0, 0))} if maybe(draw) else {}
    return Call((x, integer(draw, -3, 3)), keywords)


@CASES.add("diagonal")
def _diagonal(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["offset"] = integer(draw, -2, 2)
    if maybe(draw):
        keywords["axis1"], keywords["axis2"] = pick(draw, (1, 0), (0, -1), (-1, -2))
    return Call((x,), keywords)


@CASES.add("broadcast_to")
def _broadcast_to(draw: Draw, name: str) -> Call:
    shape = shape_of(draw)
    return call(operand(draw, narrowed(draw, shape)), shape)


@CASES.add("broadcast_arrays")
def _broadcast_arrays(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, integer(draw, 0, 3))
    return Call(tuple(operand(draw, shape) for shape in shapes))


@CASES.add("repeat")
def _repeat(draw: Draw, name: str) -> Call:
    x = operand(draw)
    axis = axis_of(draw, x.ndim)
    repeats: Any = integer(draw, 0, 3)
    if isinstance(axis, int) and -x.ndim <= axis < x.ndim and maybe(draw, 2):
        repeats = Operand(np.arange(x.shape[axis]) % 3)
    return call(x, repeats, axis=axis) if maybe(draw, 2) else call(x, repeats, axis)


@CASES.add("tile")
def _tile(draw: Draw, name: str) -> Call:
    return call(operand(draw), pick(draw, 2, 0, (2, 1), (1, 2, 2), [3]))


# ------------------------------------------------------------------------- joining and splitting


def _parts(draw: Draw, axis: int = 0) -> tuple[Operand, ...]:
    """Arrays that fit together along an axis, or now and then do not."""
    shape = shape_of(draw, 1, 3)
    parts = []
    for _ in range(integer(draw, 1, 3)):
        sides = list(shape)
        if -len(sides) <= axis < len(sides):
            sides[axis] = integer(draw, 0, 3)
        parts.append(operand(draw, shape_of(draw) if maybe(draw, 16) else tuple(sides)))
    return tuple(parts)


@CASES.add("concatenate concat")
def _concatenate(draw: Draw, name: str) -> Call:
    axis = integer(draw, -1, 1)
    keywords: dict[str, Any] = {"axis": None if maybe(draw, 5) else axis}
    if maybe(draw, 5):
        keywords["dtype"] = pick(draw, "f8", "c16")
    return Call((_parts(draw, axis),), keywords)


@CASES.add("stack")
def _stack(draw: Draw, name: str) -> Call:
    shape = shape_of(draw)
    parts = [operand(draw, shape) for _ in range(integer(draw, 1, 3))]
    return call(parts, axis=integer(draw, -1, len(shape))) if maybe(draw, 2) else call(parts)


@CASES.add("vstack row_stack hstack dstack column_stack")
def _stacked(draw: Draw, name: str) -> Call:
    return call(list(_parts(draw, {"hstack": 1, "column_stack": 1, "dstack": 2}.get(name, 0))))


@CASES.add("block")
def _block(draw: Draw, name: str) -> Call:
    height, width = integer(draw, 1, 2), integer(draw, 1, 3)
    row = [operand(draw, (height, width)) for _ in range(integer(draw, 1, 2))]
    return call([row, row] if maybe(draw, 2) else row)


@CASES.add("bmat")
def _bmat(draw: Draw, name: str) -> Call:
    height = integer(draw, 1, 2)
    row = [operand(draw, (height, integer(draw, 1, 3))) for _ in range(integer(draw, 1, 2))]
    return call([row, row] if maybe(draw, 2) else [row])


@CASES.add("append")
def _append(draw: Draw, name: str) -> Call:
    parts = _parts(draw)
    first, second = parts[0], parts[-1]
    return call(first, second, axis=0) if maybe(draw, 2) else call(first, second)


@CASES.add("insert delete")
def _insert_delete(draw: Draw, name: str) -> Call:
    x = operand(draw, None, low=1)
    axis = axis_of(draw, x.ndim)
    n = size_of(x.shape) if axis is None else x.shape[axis] if -x.ndim <= axis < x.ndim else 1
    where: Any = integer(draw, -max(n, 1), max(n - 1, 0))
    if maybe(draw, 3):
        where = pick(draw, [0, -1], slice(0, 2), [], 99)
    values = (pick(draw, 7, 2.5),) if name == "insert" else ()
    return call(x, where, *values, axis=axis)


@CASES.add("split array_split")
def _split(draw: Draw, name: str) -> Call:
    x = array(draw, None, low=1)
    axis = integer(draw, -1, x.ndim - 1)
    return call(x, pick(draw, 1, 2, 3, [1], [1, 3], (0, 2)), axis=axis)


@CASES.add("hsplit vsplit dsplit")
def _split_along(draw: Draw, name: str) -> Call:
    return call(array(draw), pick(draw, 1, 2, [1], [1, 3]))


@CASES.add("unstack")
def _unstack(draw: Draw, name: str) -> Call:
    x = array(draw)
    return call(x, axis=axis_of(draw, x.ndim, none=False)) if maybe(draw, 2) else call(x)


# ----------------------------------------------------------------------------------- selecting


@CASES.add("take")
def _take(draw: Draw, name: str) -> Call:
    x = operand(draw)
    axis = axis_of(draw, x.ndim)
    n = size_of(x.shape) if axis is None else x.shape[axis] if -x.ndim <= axis < x.ndim else 1
    keywords: dict[str, Any] = {} if axis is None else {"axis": axis}
    # To wrap an index around an axis without elements takes NumPy forever.
    if n > 0 and maybe(draw):
        keywords["mode"] = pick(draw, "wrap", "clip")
    return Call((x, _indices(draw, n, shape_of(draw, 0, 2))), keywords)


@CASES.add("take_along_axis")
def _take_along_axis(draw: Draw, name: str) -> Call:
    x = array(draw, None, low=1)
    axis = integer(draw, -x.ndim, x.ndim - 1)
    shape = list(x.shape)
    shape[axis] = integer(draw, 0, 3)
    return call(x, _indices(draw, x.shape[axis], tuple(shape)), axis)


@CASES.add("put_along_axis")
def _put_along_axis(draw: Draw, name: str) -> Call:
    x = target(draw, shape_of(draw, 1, 3), COMMON)
    axis = integer(draw, -x.ndim, x.ndim - 1)
    shape = list(x.shape)
    shape[axis] = integer(draw, 0, 3)
    return call(x, _indices(draw, x.shape[axis], tuple(shape)), pick(draw, 3, 1), axis)


@CASES.add("put")
def _put(draw: Draw, name: str) -> Call:
    x = target(draw, shape_of(draw), COMMON)
    index = _indices(draw, size_of(x.shape), shape_of(draw, 0, 1))
    keywords = {"mode": pick(draw, "wrap", "clip")} if maybe(draw) else {}
    return Call((x, index, operand(draw, (2,), COMMON, tame=True)), keywords)


@CASES.add("place putmask")
def _masked_write(draw: Draw, name: str) -> Call:
    x = target(draw, shape_of(draw), COMMON)
    values = operand(draw, (integer(draw, 1, 3),), (x.dtype.str[1:], "i1"), tame=True)
    return call(x, mask(draw, x.shape), values)


@CASES.add("extract")
def _extract(draw: Draw, name: str) -> Call:
    x = operand(draw)
    return call(mask(draw, x.shape), x)


@CASES.add("compress")
def _compress(draw: Draw, name: str) -> Call:
    x = operand(draw)
    axis = axis_of(draw, x.ndim)
    n = size_of(x.shape) if axis is None else x.shape[axis] if -x.ndim <= axis < x.ndim else 1
    return call(mask(draw, (n,)), x, axis=axis)


@CASES.add("choose")
def _choose(draw: Draw, name: str) -> Call:
    count = integer(draw, 1, 3)
    shape = shape_of(draw)
    choices = [operand(draw, narrowed(draw, shape), ("f8",)) for _ in range(count)]
    keywords = {"mode": pick(draw, "wrap", "clip")} if maybe(draw) else {}
    return Call((_indices(draw, count, narrowed(draw, shape)), choices), keywords)


@CASES.add("select")
def _select(draw: Draw, name: str) -> Call:
    shape = shape_of(draw)
    count = integer(draw, 1, 3)
    conditions = [mask(draw, narrowed(draw, shape)) for _ in range(count)]
    choices = [array(draw, narrowed(draw, shape)) for _ in range(count)]
    return call(conditions, choices, *((pick(draw, 7, 2.5),) if maybe(draw) else ()))


@CASES.add("where")
def _where(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, 3)
    condition = operand(draw, shapes[0], (*BOOL, *BOOL, *COMMON))
    if maybe(draw, 3):
        return call(condition)
    return call(condition, operand(draw, shapes[1]), operand(draw, shapes[2]))


@CASES.add("nonzero flatnonzero argwhere")
def _selector(draw: Draw, name: str) -> Call:
    return call(operand(draw, None, (*COMMON, *BOOL, *INTEGERS)))


@CASES.add("fill_diagonal")
def _fill_diagonal(draw: Draw, name: str) -> Call:
    n = integer(draw, 0, 4)
    shape = pick(draw, (n, n), (n, 3), (5, n), (2, 2, 2), (3,), (2, 3, 2))
    x = target(draw, shape, COMMON)
    value: Any = pick(draw, 3, 1)
    if maybe(draw, 3):
        value = operand(draw, (2,), (x.dtype.str[1:],), tame=True)
    return call(x, value, wrap=True) if maybe(draw) else call(x, value)


#: The metered `row_stack` is `vstack` under another name, without NumPy's deprecation warning.
TARGETS = {"row_stack": np.vstack}


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    errors = data.draw(st.sampled_from(ERROR_STATES))
    check(name, drawn, target=TARGETS.get(name), errors=errors, paths=(True,))
