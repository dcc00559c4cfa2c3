"""Rules of a dry run for what joins, repeats and picks elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall, length_of
from flopscope._dry.rules import dtype_of, rule, shape_of
from flopscope._dry.unknown import is_unknown, raise_value, unknown

__all__: list[str] = []


@rule("concatenate", "concat")
def _concatenate(call: CountedCall) -> Any:
    parts = list(call.args[0])
    axis = call.argument(1, "axis", 0)
    if axis is None:
        parts, axis = [unknown((int(np.size(p)),), np.asarray(p).dtype) for p in parts], 0
    return _joined(parts, axis, call.kwargs.get("dtype"))


def _joined(parts: Sequence[Any], axis: int, dtype: Any = None) -> Any:
    shapes = [list(shape_of(part)) for part in parts]
    if not shapes or not shapes[0]:
        raise ValueError("need at least one array to concatenate, with at least one axis")
    rank = len(shapes[0])
    at = axis + rank if axis < 0 else axis
    others = [shape[:at] + shape[at + 1 :] for shape in shapes]
    if not 0 <= at < rank or any(other != others[0] for other in others):
        raise ValueError(
            f"arrays of shapes {[tuple(s) for s in shapes]} cannot be joined along axis {axis}"
        )
    total = sum(shape[at] for shape in shapes)
    kind = dtype or np.result_type(*[np.asarray(part).dtype for part in parts])
    return unknown((*shapes[0][:at], total, *shapes[0][at + 1 :]), kind)


@rule("stack")
def _stack(call: CountedCall) -> Any:
    parts = list(call.args[0])
    if len({shape_of(part) for part in parts}) != 1:
        raise ValueError("all input arrays must have the same shape")
    axis = int(call.argument(1, "axis", 0))
    lifted = [unknown(tuple(np.expand_dims(np.empty(shape_of(p), "V0"), axis).shape),
                      np.asarray(p).dtype) for p in parts]  # fmt: skip
    return _joined(lifted, axis, call.kwargs.get("dtype"))


@rule("vstack", "row_stack", "hstack", "dstack", "column_stack")
def _stacked(call: CountedCall) -> Any:
    parts = [part if isinstance(part, np.ndarray) else np.asarray(part) for part in call.args[0]]
    lift: dict[str, Callable[[Any], Any]] = {
        "hstack": np.atleast_1d,
        "dstack": np.atleast_3d,
        "column_stack": lambda part: part.reshape(-1, 1) if part.ndim < 2 else part,
    }
    parts = [lift.get(call.name, np.atleast_2d)(np.asarray(part)) for part in parts]
    axis = {"hstack": 0 if parts[0].ndim == 1 else 1, "dstack": 2, "column_stack": 1}
    return _joined(parts, axis.get(call.name, 0), call.kwargs.get("dtype"))


@rule("tile")
def _tile(call: CountedCall) -> Any:
    reps = length_of(call.argument(1, "reps"))
    values = call.argument(0, "A")
    shape = shape_of(values)
    rank = max(len(reps), len(shape))
    wide = (1,) * (rank - len(shape)) + shape
    times = (1,) * (rank - len(reps)) + reps
    return unknown(tuple(map(math.prod, zip(wide, times, strict=True))), np.asarray(values).dtype)


@rule("repeat")
def _repeat(call: CountedCall) -> Any:
    values, repeats = call.args[0], call.argument(1, "repeats")
    axis = call.argument(2, "axis")
    if is_unknown(repeats):
        raise_value("the numbers of repeats are not known")
    shape = shape_of(values) if axis is not None else (int(np.size(values)),)
    axis = 0 if axis is None else axis % max(1, len(shape))
    counts = np.broadcast_to(np.asarray(repeats), (shape[axis],))
    length = int(counts.sum())
    return unknown((*shape[:axis], length, *shape[axis + 1 :]), np.asarray(values).dtype)


@rule("take")
def _take(call: CountedCall) -> Any:
    values, indices = call.args[0], call.argument(1, "indices")
    axis = call.argument(2, "axis")
    shape = shape_of(values)
    if axis is None:
        return unknown(shape_of(indices), np.asarray(values).dtype)
    at = axis % len(shape)
    return unknown((*shape[:at], *shape_of(indices), *shape[at + 1 :]), np.asarray(values).dtype)


@rule("where")
def _where(call: CountedCall) -> Any:
    condition, x, y = (call.argument(i, name) for i, name in enumerate(("condition", "x", "y")))
    if x is None and y is None:
        raise_value("where of a condition alone returns as many indices as there are true elements")
    return unknown(
        np.broadcast_shapes(shape_of(condition), shape_of(x), shape_of(y)), dtype_of(x, y)
    )


@rule("ravel")
def _ravel(call: CountedCall) -> Any:
    values = call.args[0]
    return unknown((int(np.size(values)),), np.asarray(values).dtype)


@rule("unravel_index")
def _unravel(call: CountedCall) -> Any:
    shape = call.argument(1, "shape")
    return tuple(unknown(shape_of(call.args[0]), np.intp) for _ in length_of(shape))


@rule("ravel_multi_index")
def _ravel_multi(call: CountedCall) -> Any:
    return unknown(np.broadcast_shapes(*map(shape_of, call.args[0])), np.intp)


@rule("take_along_axis", "choose", "select")
def _gathered(call: CountedCall) -> Any:
    if call.name == "take_along_axis":
        return unknown(shape_of(call.argument(1, "indices")), np.asarray(call.args[0]).dtype)
    if call.name == "choose":
        choices = list(call.argument(1, "choices"))
        shapes = [shape_of(call.args[0]), *map(shape_of, choices)]
        return unknown(np.broadcast_shapes(*shapes), dtype_of(*choices))
    conditions, choices = list(call.args[0]), list(call.argument(1, "choicelist"))
    default = call.argument(2, "default", 0)
    shapes = [*map(shape_of, conditions), *map(shape_of, choices), shape_of(default)]
    return unknown(np.broadcast_shapes(*shapes), dtype_of(*choices, default))
