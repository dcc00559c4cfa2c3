"""Products instead of enumeration, for the commonest rules.

A meter written in Python that somebody wants to use would not visit elements to count them.  These
forms serve :class:`~.meter.MeteredNumpy` with ``exact=False``; they must agree with the rules.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import costs_contractions  # noqa: F401 - registers the rules
from .costs_creation import astype, cast_is_free
from .costs_movement import derived_selector, where
from .costs_pointwise import binary, clip, finite_test, unary
from .costs_reductions import accumulate_all, count_nonzero, mean, scan, std, var
from .rules import RULES, Ignored, Rule
from .shapes import Shape

__all__ = ["CLOSED_FORMS"]


def _shape(x: Any) -> Shape:
    return x.shape if isinstance(x, np.ndarray) else np.shape(x)


def _unary(x: Any, *_: Ignored, **__: Ignored) -> int:
    return math.prod(_shape(x)) or 1


def _size(x: Any, *_: Ignored, **__: Ignored) -> int:
    return math.prod(_shape(x))


def _where(condition: Any, x: Any = None, y: Any = None) -> int:
    return _size(condition) if x is None and y is None else 0


def _astype(x: Any, dtype: Any, *_: Ignored, **__: Ignored) -> int:
    return 0 if cast_is_free(np.asarray(x).dtype, dtype) else _size(x)


def _clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Ignored = None,
    *,
    min: Any = None,
    max: Any = None,
    **_: Ignored,
) -> int:
    bounds = [bound for bound in (a_min, a_max, min, max) if bound is not None]
    result = np.broadcast_shapes(_shape(a), *(_shape(bound) for bound in bounds))
    return (len(bounds) or 1) * (math.prod(result) or 1)


def _binary(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    left, right = _shape(x1), _shape(x2)
    if left == right or not right:
        return math.prod(left) or 1
    if not left:
        return math.prod(right) or 1
    return math.prod(np.broadcast_shapes(left, right)) or 1


def _in_and_out(x: Any, axis: Any) -> tuple[int, int]:
    shape = _shape(x)
    into = math.prod(shape)
    if axis is None or not shape:
        return into, 1
    wanted = axis if isinstance(axis, (tuple, list)) else (axis,)
    reduced = {a % len(shape) for a in wanted}
    return into, math.prod(n for i, n in enumerate(shape) if i not in reduced)


def _accumulate(a: Any, axis: Any = None, *_: Ignored, **__: Ignored) -> int:
    into, out = _in_and_out(a, axis)
    return max(1, into - out)


def _mean(a: Any, axis: Any = None, *_: Ignored, **__: Ignored) -> int:
    return math.prod(_shape(a))


def _var(a: Any, axis: Any = None, *_: Ignored, **__: Ignored) -> int:
    into, _out = _in_and_out(a, axis)
    return 2 * max(1, into) + 2 * into


def _std(a: Any, axis: Any = None, *_: Ignored, **__: Ignored) -> int:
    return _var(a, axis) + _in_and_out(a, axis)[1]


def _scan(a: Any, axis: Any = None, *_: Ignored, **__: Ignored) -> int:
    shape = _shape(a)
    into = math.prod(shape)
    if axis is None or not shape:
        return max(1, into - 1)
    n = shape[axis % len(shape)]
    return max(1, into - into // n) if n else 1


def _matmul(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    left, right = _shape(x1), _shape(x2)
    if not left or not right:
        raise ValueError("matmul: a 0-d operand does not fit")
    k = left[-1]
    if k != (right[-2] if len(right) > 1 else right[0]):
        raise ValueError(f"matmul: shapes {left} and {right} do not fit")
    out = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    out *= left[-2] if len(left) > 1 else 1
    out *= right[-1] if len(right) > 1 else 1
    return max(0, out * (2 * k - 1))


def _outer(a: Any, b: Any, out: Ignored = None) -> int:
    n = math.prod(_shape(a))
    if a is b and isinstance(a, np.ndarray):
        return n * (n + 1) // 2
    return n * math.prod(_shape(b))


def _forms() -> dict[str, Rule]:
    """A closed form for every operation of a rule that has one."""
    forms: dict[Rule, Rule] = {
        unary: _unary,
        count_nonzero: _unary,
        finite_test: _size,
        derived_selector: _size,
        where: _where,
        astype: _astype,
        clip: _clip,
        binary: _binary,
        accumulate_all: _accumulate,
        scan: _scan,
        mean: _mean,
        var: _var,
        std: _std,
        RULES["matmul"]: _matmul,
        RULES["outer"]: _outer,
    }
    return {name: forms[rule] for name, rule in RULES.items() if rule in forms}


#: Operation -> closed form; operations that are absent keep their enumerating rule.
CLOSED_FORMS: dict[str, Rule] = _forms()
