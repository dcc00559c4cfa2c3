"""The facts of a call, told from outside: from its arguments and what it returned.

Facts of functions come from the library's own Python functions, so these are the facts that were
billed. What the core collects itself (elements, reductions, contractions, casts, draws) is worked
out again; `Unknown` is raised for calls that this is too coarse for.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from flopscope import _core, _symmetric
from flopscope._contraction import einsum
from flopscope.numpy import _symmetric_draws
from flopscope.numpy._namespace import ROWS, find
from flopscope.pricing.facts import FACTS, FROM_RESULT, products
from flopscope.pricing.quotes import fact_names
from flopscope.symmetry import parse_symmetry

__all__ = ["Unknown", "facts_of", "names_of"]

_FUNCTIONS = {**FACTS, **einsum.FACTS}
_METHODS = ("reduce", "accumulate", "outer", "reduceat", "at")
_ELEMENTWISE = "unique size applications lanes segments touched".split()
_REDUCTION = "unique A O K weighted inexact quantiles means".split()


class Unknown(Exception):
    """The facts of this call cannot be told from outside."""


def names_of(op_name: str) -> list[str]:
    """Names of the facts of an operation, in order."""
    if op_name in ROWS:
        return fact_names(op_name)
    return _REDUCTION if op_name.endswith((".reduce", ".accumulate")) else _ELEMENTWISE


def facts_of(
    op_name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    result: Any,
) -> dict[str, Any]:
    """Return facts by name. Those of calls that failed may lack what the result tells."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ndarray) or ".Generator." in op_name or ".RandomState." in op_name:
        args = (owner, *args)
    row = ROWS.get(op_name)
    collector = row.collector if row is not None else "method"
    if op_name in FACTS or collector == "function":
        told = _function_facts(op_name, args, kwargs, result)
    else:
        told = _COLLECTORS[collector](op_name, function, args, kwargs, result)
    frozen = (tuple(x) if isinstance(x, list) else x for x in told)
    return dict(zip(names_of(op_name), frozen, strict=False))


# --------------------------------------------------------------------------------------- functions


def _values(*args: Any, **kwargs: Any) -> tuple[int]:
    return (math.prod(np.broadcast_shapes(*map(np.shape, (*args, *kwargs.values())))),)


def _function_facts(
    op_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[Any, ...]:
    if op_name.startswith("stats."):
        return _values(*args, **kwargs)
    if op_name in ("as_symmetric", "is_symmetric", "symmetrize", "random.symmetric"):
        return _symmetry_facts(op_name, args, kwargs)
    if op_name not in _FUNCTIONS:
        return _of_result(op_name, result)
    try:
        told = _FUNCTIONS[op_name](*args, **kwargs)
    except Exception as error:  # called in a way that only the core reads
        raise Unknown from error
    schema = ROWS[op_name].facts.split()
    if len(told) == len(schema):
        return tuple(told)
    if op_name in FROM_RESULT and result is not None:
        try:
            rest = FROM_RESULT[op_name](result, *args, **kwargs)
        except Exception as error:
            raise Unknown from error
        return (*told, *rest)
    return (*told, *_of_result(op_name, result))


def _of_result(op_name: str, result: Any) -> tuple[int, ...]:
    if ROWS[op_name].facts.endswith("out@") and result is not None:
        return (_elements(result),)
    return ()


def _elements(x: Any) -> int:
    if isinstance(x, tuple) and x:
        return _elements(x[0])
    return int(x.size) if isinstance(x, np.ndarray) else 1


def _symmetry_facts(
    op_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[int, ...]:
    if op_name == "random.symmetric":
        shape = args[0] if args else kwargs["shape"]
        lengths = _symmetric_draws._shape_of(shape)
        declared = args[1] if len(args) > 1 else kwargs["symmetry"]
    else:
        lengths = np.shape(args[0])
        declared = kwargs.get("symmetry", getattr(args[0], "symmetry", None))
    try:
        group = parse_symmetry(declared)
    except (TypeError, ValueError) as error:
        raise Unknown from error
    if op_name.endswith(("symmetrize", "random.symmetric")):
        return math.prod(lengths), group.order()
    return math.prod(lengths), len(_symmetric._generators(group))


# ----------------------------------------------------------------------- what the core collects


def _differing(shape: Sequence[int], x: Any) -> int:
    group = getattr(x, "symmetry", None)
    return math.prod(shape) if group is None else int(_core._unique_elements(group, shape))


def _elementwise(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    if ROWS[op_name].kind == "ufunc":
        first = result[0] if isinstance(result, tuple) else result
        if kwargs.get("out") is not None or first is None or kwargs.get("where") is not None:
            raise Unknown
    else:
        first = args[0] if args else None
    shape = np.shape(first)
    return _differing(shape, first), math.prod(shape)


def _is_ufunc_method(op_name: str, function: Any) -> bool:
    """Whether this is a method that is logged under a function's name: `add.reduce` as `sum`."""
    if isinstance(function, _core.CountedFunction):
        return function.__name__ == op_name and find(op_name) is not function
    return isinstance(getattr(function, "__self__", None), np.ufunc)


def _reduction(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    if _is_ufunc_method(op_name, function):
        return _method("ufunc.reduce", function, args, kwargs, result)
    try:
        bound = inspect.signature(getattr(np, op_name)).bind(*args, **kwargs).arguments
    except (AttributeError, TypeError, ValueError) as error:
        raise Unknown from error
    weighted = bound.get("weights") is not None
    told = _accumulated(args[0] if args else None, bound.get("axis"))
    return (*told[:4], int(weighted), *told[5:])


def _accumulated(x: Any, axis: Any) -> tuple[int, ...]:
    shape = np.shape(x)
    if axis is None:
        axes = list(range(len(shape)))
    else:
        given = axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = [int(i) % len(shape) for i in given] if shape else []
    return _core._reduction_facts(shape, axes, getattr(x, "symmetry", None))


def _method(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    method = op_name.rpartition(".")[2]
    if method not in _METHODS or not args:
        raise Unknown
    if method in ("reduce", "accumulate"):
        return _accumulated(args[0], kwargs.get("axis", args[1] if len(args) > 1 else 0))
    size = int(np.size(args[0]))
    if method == "outer":
        size *= np.size(args[1])
        unique = math.prod(_differing(np.shape(x), x) for x in args[:2])
        return unique, size
    touched = args[1].size if isinstance(args[1], np.ndarray) else size
    return size, size, 0, 0, 0, touched if method == "at" else 0


def _contraction(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    if len(args) < 2 or kwargs.keys() - {"axes"} or (len(args) > 2 and op_name != "tensordot"):
        raise Unknown
    a, b = (x if isinstance(x, np.ndarray) else np.asarray(x) for x in args[:2])
    axes = args[2] if len(args) > 2 else kwargs.get("axes")
    out = _elements(result)
    if op_name in ("outer", "vdot") and a is not b:
        told = (a.size * b.size, 0) if op_name == "outer" else (a.size, max(0, a.size - 1))
        return (*told, a.size, b.size, 1, out, out)
    try:
        told = products.product_facts(op_name, a, b, axes)
    except Exception as error:
        raise Unknown from error
    if told is None:
        told = (max(1, a.size * b.size), 0, None, out)
    is_dense = told[2] is None and a is not b
    unique = out if is_dense or op_name != "tensordot" else told[3]
    contracted = _contracted(a, b, axes) if op_name == "tensordot" else 1
    return *told[:2], a.size, b.size, contracted, unique, out


def _contracted(a: Any, b: Any, axes: Any) -> int:
    """Product of the lengths that tensordot sums over; 0 where these are all, in order."""
    if axes is None or not np.iterable(axes):
        count = 2 if axes is None else int(axes)
        of_a, of_b = list(range(a.ndim - count, a.ndim)), list(range(count))
    else:
        of_a, of_b = (list(x) if np.iterable(x) else [x] for x in axes)
        of_a, of_b = [i % a.ndim for i in of_a], [i % b.ndim for i in of_b]
    if a.ndim == b.ndim and of_a == of_b == list(range(a.ndim)):
        return 0
    return max(1, math.prod(a.shape[i] for i in of_a))


def _movement(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    sizes = []
    for place, x in enumerate(args):
        if place == 0 and type(x) in (list, tuple):
            sizes.append(sum(np.size(item) for item in x))
        elif place == 0 or isinstance(x, np.ndarray):
            sizes.append(np.size(x) if not callable(x) else 1)
    told = (sizes[0] if sizes else 0, sum(sizes))
    return told if result is None else (*told, _elements(result))


def _cast(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    operand = args[0] if args else None
    dtype = args[1] if len(args) > 1 else kwargs.get("dtype")
    changes = 0
    if dtype is not None and isinstance(operand, (np.ndarray, np.generic)):
        changes = int(not np.can_cast(operand.dtype, dtype, "safe"))
    told = (_elements(operand), changes, 0, 0)
    return told if result is None else (*told, _elements(result))


def _drawn(
    op_name: str, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[int, ...]:
    return () if result is None else (_elements(result),)


_COLLECTORS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "cast": _cast,
    "contraction": _contraction,
    "drawn": _drawn,
    "elementwise": _elementwise,
    "method": _method,
    "movement": _movement,
    "none": lambda *_: (),
    "reduction": _reduction,
}
