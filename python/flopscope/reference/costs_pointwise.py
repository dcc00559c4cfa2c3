"""Elementwise operations: one FLOP per element of the broadcast result.

Of elements that a symmetry says are equal, one is computed.
"""

from __future__ import annotations

from typing import Any

from .groups import together, unique
from .rules import Ignored, rule
from .shapes import broadcast, count, elements, log2_ceil, numel, shape_of, size_of

__all__ = ["binary", "clip", "finite_test", "isclose", "unary"]


@rule("""
    abs absolute negative positive exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal
    sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
    asin acos atan asinh acosh atanh degrees radians deg2rad rad2deg sign signbit fabs
    ceil floor rint trunc fix round around spacing logical_not
    bitwise_not bitwise_invert bitwise_count invert conj conjugate angle real imag sinc i0
    nan_to_num modf frexp isneginf isposinf isreal iscomplex real_if_close
""")
def unary(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One per symmetry-unique input element, at least 1 (cost model, elementwise operations).

    ``modf`` and ``frexp`` are billed once although they return two arrays.
    """
    return unique(x)


@rule("""
    add subtract multiply divide true_divide floor_divide power pow float_power mod remainder fmod
    divmod maximum minimum fmax fmin logaddexp logaddexp2 arctan2 atan2 hypot copysign nextafter
    ldexp heaviside greater greater_equal less less_equal equal not_equal
    logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
    bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm
""")
def binary(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    """One per symmetry-unique element of the result, at least 1 (cost model, elementwise)."""
    return together(x1, x2)


@rule("isnan isinf isfinite")
def finite_test(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element, and 0 for an empty array (cost model, elementwise operations).

    Symmetry saves nothing.
    """
    return size_of(x)


@rule("isclose")
def isclose(a: Any, b: Any, *_: Ignored, **__: Ignored) -> int:
    """Six per symmetry-unique element of the result (cost model, elementwise operations)."""
    return 6 * together(a, b)


@rule("clip")
def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Ignored = None,
    *,
    min: Any = None,
    max: Any = None,
    **_: Ignored,
) -> int:
    """``max(1, bounds given)`` per symmetry-unique element (cost model, elementwise operations)."""
    bounds = [bound for bound in (a_min, a_max, min, max) if bound is not None]
    return (len(bounds) or 1) * together(a, *bounds)


@rule("allclose")
def allclose(a: Any, b: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 7n - 1)``: isclose, then n - 1 conjunctions (cost model, creation)."""
    n = count(elements(broadcast(shape_of(a), shape_of(b))))
    return max(1, 7 * n - 1)


@rule("array_equal")
def array_equal(a1: Any, a2: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(size a, size b, 1)`` (cost model, creation)."""
    return max(size_of(a1), size_of(a2), 1)


@rule("array_equiv")
def array_equiv(a1: Any, a2: Any, *_: Ignored, **__: Ignored) -> int:
    """Elements of the broadcast, or the larger size where none exists (cost model, creation)."""
    try:
        return max(1, count(elements(broadcast(shape_of(a1), shape_of(a2)))))
    except ValueError:
        return array_equal(a1, a2)


@rule("unwrap")
def unwrap(p: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 11 * size)`` (cost model, small numeric operations)."""
    return max(1, 11 * size_of(p))


@rule("interp")
def interp(x: Any, xp: Any, *_: Ignored, **__: Ignored) -> int:
    """``3m + m * L2(len xp)``, m queries (cost model, small numeric operations)."""
    m = numel(x)
    return 3 * m + m * log2_ceil(size_of(xp))
