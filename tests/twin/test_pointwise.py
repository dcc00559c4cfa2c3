"""Elementwise operations and the methods of ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope.numpy as fnp

from .comparison import ERROR_STATES, check
from .strategies import (
    BOOL,
    COMMON,
    COMPLEX,
    FLOATS,
    INTEGERS,
    REAL,
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
    target,
)

CASES = Cases()


def _together(shapes: list[Shape]) -> Shape:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return shapes[0]


def _ufunc_keywords(draw: Draw, shapes: list[Shape], outputs: int = 1) -> dict[str, Any]:
    """``out``, ``where``, ``dtype``, ``casting`` and ``order`` in some of the calls."""
    if maybe(draw, 2):
        return {}
    keywords: dict[str, Any] = {}
    shape = _together(shapes)
    if maybe(draw, 2):
        outs = tuple(target(draw, shape) for _ in range(outputs))
        if outputs == 1:
            keywords["out"] = outs if maybe(draw) else outs[0]
        else:
            keywords["out"] = outs
        if maybe(draw, 2):
            # Only with arrays to keep values in: elements left out would hold anything otherwise.
            keywords["where"] = mask(draw, narrowed(draw, shape))
        elif outputs == 2 and maybe(draw):
            keywords["out"] = (outs[0], None)
    if maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "f4", "c16", np.float64, "i8")
    if maybe(draw, 6):
        keywords["casting"] = pick(draw, "unsafe", "same_kind", "safe", "no")
    if maybe(draw, 6):
        keywords["order"] = pick(draw, "K", "C", "F", "A")
    return keywords


@CASES.add("""
    abs absolute negative positive exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal
    sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
    asin acos atan asinh acosh atanh degrees radians deg2rad rad2deg sign signbit fabs
    ceil floor rint trunc spacing logical_not bitwise_not bitwise_invert bitwise_count invert
    conj conjugate isnan isinf isfinite modf frexp
""")
def _unary(draw: Draw, name: str) -> Call:
    dtypes = (*BOOL, *INTEGERS, "f8") if "bit" in name or name == "invert" else COMMON
    x = operand(draw, None, dtypes)
    if maybe(draw, 12):
        return call(x, target(draw, x.shape))
    outputs = 2 if name in ("modf", "frexp") else 1
    return Call((x,), _ufunc_keywords(draw, [x.shape], outputs))


@CASES.add("""
    add subtract multiply divide true_divide floor_divide power pow float_power mod remainder fmod
    divmod maximum minimum fmax fmin logaddexp logaddexp2 arctan2 atan2 hypot copysign nextafter
    heaviside greater greater_equal less less_equal equal not_equal
    logical_and logical_or logical_xor
    bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift
    right_shift gcd lcm ldexp
""")
def _binary(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, 2)
    dtypes: tuple[str, ...] = COMMON
    if "bit" in name or "shift" in name or name in ("gcd", "lcm"):
        dtypes = (*BOOL, *INTEGERS, *INTEGERS, "f8")
    first = operand(draw, shapes[0], dtypes)
    if name == "ldexp":
        dtypes = (*INTEGERS, "f8")
    if maybe(draw, 2) and name != "ldexp":
        dtypes = (first.dtype.str[1:],)  # the same dtype on both sides is what loops are made for
    second = operand(draw, shapes[1], dtypes)
    if maybe(draw, 12):
        return call(first, second, target(draw, _together(shapes)))
    if maybe(draw, 12) and name != "divmod" and first.form in ("counted", "raw"):
        return call(first, second, out=first)
    outputs = 2 if name == "divmod" else 1
    return Call((first, second), _ufunc_keywords(draw, shapes, outputs))


@CASES.add("fix isneginf isposinf")
def _with_out(draw: Draw, name: str) -> Call:
    x = operand(draw, None, (*REAL, "f8", "f8", "c16"))
    if maybe(draw):
        return call(x, out=target(draw, x.shape, ("f8", "f4", "?")))
    return call(x)


@CASES.add("round around")
def _rounding(draw: Draw, name: str) -> Call:
    # A Python number stays one, which is a difference from NumPy; it has tests of its own.
    x = array(draw, None, COMMON)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["decimals"] = integer(draw, -2, 3)
    if maybe(draw):
        keywords["out"] = target(draw, x.shape)
    return Call((x,), keywords)


@CASES.add("real imag")
def _parts(draw: Draw, name: str) -> Call:
    return call(array(draw))  # of a Python number they give arrays, unlike NumPy


@CASES.add("sinc isreal iscomplex")
def _plain(draw: Draw, name: str) -> Call:
    return call(operand(draw))


@CASES.add("i0")
def _bessel(draw: Draw, name: str) -> Call:
    return call(operand(draw, None, (*REAL, "c8")))


@CASES.add("angle")
def _angle(draw: Draw, name: str) -> Call:
    return call(operand(draw), **({"deg": draw(st.booleans())} if maybe(draw, 2) else {}))


@CASES.add("nan_to_num")
def _nan_to_num(draw: Draw, name: str) -> Call:
    options = {"nan": 7.5, "posinf": 3.0, "neginf": -3.0, "copy": False}
    return Call((operand(draw),), {key: options[key] for key in options if maybe(draw)})


@CASES.add("real_if_close")
def _real_if_close(draw: Draw, name: str) -> Call:
    x = operand(draw, None, (*COMPLEX, *COMMON))
    if x.dtype.kind == "c" and maybe(draw, 2):
        x.values.imag[...] = 0
    return call(x, **({"tol": pick(draw, 100, 0.5)} if maybe(draw, 2) else {}))


@CASES.add("isclose allclose")
def _closeness(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, 2)
    first = operand(draw, shapes[0])
    second = operand(draw, shapes[1])
    if maybe(draw, 2) and shapes[0] == shapes[1]:
        second = Operand(first.values.copy(), "c", "counted")
    keywords: dict[str, Any] = {}
    for keyword, options in (("rtol", (1e-3, 0)), ("atol", (0.5, 0)), ("equal_nan", (True,))):
        if maybe(draw):
            keywords[keyword] = pick(draw, *options)
    return Call((first, second), keywords)


@CASES.add("array_equal array_equiv")
def _equality(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, 2) if maybe(draw, 2) else [shape_of(draw), shape_of(draw)]
    first = operand(draw, shapes[0])
    second = operand(draw, shapes[1])
    if maybe(draw, 2):
        second = Operand(first.values.copy(), "fortran", "counted")
    if name == "array_equal" and maybe(draw):
        return call(first, second, equal_nan=True)
    return call(first, second)


@CASES.add("clip")
def _clip(draw: Draw, name: str) -> Call:
    shapes = shapes_together(draw, 3)
    dtypes = (*REAL, "f8", "f8")
    x, low, high = (operand(draw, shape, dtypes) for shape in shapes)
    style = integer(draw, 0, 6)
    if style == 0:
        found = call(x, low, high)
    elif style == 1:
        found = call(x, None, high)
    elif style == 2:
        found = call(x, low, None)
    elif style == 3:
        found = call(x, a_min=low, a_max=high)
    elif style == 4:
        found = call(x, min=low, max=high)
    elif style == 5:
        found = call(x, min=low)
    else:
        found = call(x)
    if maybe(draw):
        found.kwargs["out"] = target(draw, _together(shapes))
    return found


@CASES.add("interp")
def _interp(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 5)
    x = operand(draw, None, (*REAL, "f8"))
    nodes = Operand(np.cumsum(np.arange(1.0, n + 1)) - 3.0)
    heights = operand(draw, (n,), (*FLOATS, "f8", "c16"))
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["left"] = -1.5
    if maybe(draw):
        keywords["right"] = 2.5
    if maybe(draw, 6):
        keywords["period"] = 4.0
    return Call((x, nodes, heights), keywords)


@CASES.add("unwrap")
def _unwrap(draw: Draw, name: str) -> Call:
    x = operand(draw, None, (*INTEGERS, *FLOATS, "f8"), low=1, tame=maybe(draw, 2))
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, none=False)
    if maybe(draw):
        keywords["period"] = pick(draw, 4, 6.0)
    return Call((x,), keywords)


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    check(name, drawn, errors=data.draw(st.sampled_from(ERROR_STATES)))


@pytest.mark.parametrize("number", [2.675, -3, 1.5e300, 7])
@pytest.mark.parametrize("name", ["round", "around"])
def test_rounding_a_python_number_gives_one(name: str, number: float) -> None:
    rounded = getattr(fnp, name)(number, 1)
    assert type(rounded) is type(number)
    assert rounded == getattr(np, name)(number, 1)


@pytest.mark.parametrize("number", [2.5, 3, 1 - 2j])
@pytest.mark.parametrize("name", ["real", "imag"])
def test_parts_of_a_python_number_are_arrays(name: str, number: complex) -> None:
    part = getattr(fnp, name)(number)
    assert isinstance(part, fnp.ndarray)
    assert part.shape == ()
    assert part == getattr(np, name)(number)


# ---------------------------------------------------------------------------- methods of ufuncs

UFUNCS = sorted(name for name in CASES if isinstance(getattr(np, name, None), np.ufunc))
BINARY_UFUNCS = [
    name for name in UFUNCS if getattr(np, name).nin == 2 and getattr(np, name).nout == 1
]
UNARY_UFUNCS = [
    name for name in UFUNCS if getattr(np, name).nin == 1 and getattr(np, name).nout == 1
]
METHODS = Cases()


@METHODS.add("reduce")
def _reduce(draw: Draw, name: str) -> Call:
    x = array(draw)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, many=True)
    if maybe(draw):
        keywords["keepdims"] = True
    if maybe(draw, 6):
        keywords["initial"] = 1
        keywords["where"] = mask(draw, narrowed(draw, x.shape))
    return Call((x,), keywords)


@METHODS.add("accumulate")
def _accumulate(draw: Draw, name: str) -> Call:
    x = array(draw)
    return call(x, **({"axis": axis_of(draw, x.ndim, none=False)} if maybe(draw, 2) else {}))


@METHODS.add("outer")
def _outer(draw: Draw, name: str) -> Call:
    return call(operand(draw, high=2), operand(draw, high=2))


@METHODS.add("reduceat")
def _reduceat(draw: Draw, name: str) -> Call:
    x = array(draw, low=1)
    at = draw(st.lists(st.integers(0, max(x.shape[0] - 1, 0)), min_size=1, max_size=4))
    return call(x, np.array(at) if maybe(draw, 2) else at)


@METHODS.add("at")
def _at(draw: Draw, name: str) -> Call:
    x = target(draw, shape_of(draw, 1, 2, least=1), ("f8", "i8", "c16"))
    at = draw(st.lists(st.integers(0, x.shape[0] - 1), min_size=1, max_size=4))
    index = np.array(at) if maybe(draw, 2) else at
    if getattr(np, name.partition(".")[0]).nin == 1:
        return call(x, index)
    return call(x, index, pick(draw, 2, 1.5, np.int64(3)))


@pytest.mark.parametrize("name", BINARY_UFUNCS)
@given(data=st.data())
def test_methods_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(sorted(METHODS)))
    _check_method(name, method, data)


@given(data=st.data())
def test_at_of_one_operand(data: st.DataObject) -> None:
    _check_method(data.draw(st.sampled_from(UNARY_UFUNCS)), "at", data)


def _check_method(name: str, method: str, data: st.DataObject) -> None:
    check(
        f"{name}.{method}",
        METHODS[method](data.draw, f"{name}.{method}"),
        function=getattr(getattr(fnp, name), method),
        target=getattr(getattr(np, name), method),
        errors=data.draw(st.sampled_from(ERROR_STATES)),
        paths=(True,),
    )
