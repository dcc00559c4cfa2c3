"""What operations return in a dry run: rules for those whose shape no small call would tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall, length_of
from flopscope._dry.unknown import is_unknown, raise_value, unknown

__all__ = ["RULES", "SHAPED_BY_VALUES", "VIEWS", "distribution_result", "ufunc_result"]

Rule = Callable[[CountedCall], Any]
RULES: dict[str, Rule] = {}

#: Their results are as long as the values make them, or they run functions of the user's.
SHAPED_BY_VALUES = frozenset(
    "argwhere bincount extract flatnonzero histogram_bin_edges intersect1d nonzero setdiff1d "
    "setxor1d trim_zeros union1d unique unique_all unique_counts unique_inverse unique_values "
    "compress apply_along_axis apply_over_axes piecewise is_symmetric".split()
)

#: They return views, or look at shapes only: NumPy itself tells what they return.
VIEWS = frozenset(
    "array_split atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to diagonal dsplit "
    "expand_dims flip fliplr flipud hsplit linalg.diagonal linalg.matrix_transpose "
    "matrix_transpose moveaxis permute_dims reshape rollaxis rot90 split squeeze swapaxes "
    "transpose unstack vsplit".split()
)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule."""

    def add(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return add


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(np.shape(value))


def _dtype(*values: Any) -> np.dtype[Any]:
    """The common dtype; Python numbers give way to arrays."""
    weak = [value if type(value) in (int, float, complex) else np.asarray(value).dtype
            for value in values]  # fmt: skip
    return np.result_type(*weak)


# ------------------------------------------------------------------------------------ pointwise


def ufunc_result(call: CountedCall) -> Any:
    """Broadcast shape, and the dtype that the ufunc gives for one cell."""
    ufunc = call.target
    operands = call.args[: ufunc.nin]
    kwargs = {key: value for key, value in call.kwargs.items() if key not in ("out", "where")}
    cells = [
        value
        if type(value) in (bool, int, float, complex)
        else np.ones((), np.asarray(value).dtype)
        for value in operands
    ]
    shapes = [_shape(value) for value in operands]
    if "where" in call.kwargs:
        shapes.append(_shape(call.kwargs["where"]))
    shape = np.broadcast_shapes(*shapes)
    with np.errstate(all="ignore"):
        result = ufunc(*cells, **kwargs)
    if isinstance(result, tuple):
        return tuple(unknown(shape, part.dtype) for part in result)
    return unknown(shape, result.dtype)


# ------------------------------------------------------------------------------------- creation


@rule("zeros", "ones", "empty")
def _filled(call: CountedCall) -> Any:
    return unknown(length_of(call.argument(0, "shape")), call.argument(1, "dtype") or float)


@rule("full")
def _full(call: CountedCall) -> Any:
    dtype = call.argument(2, "dtype") or np.asarray(call.argument(1, "fill_value")).dtype
    return unknown(length_of(call.argument(0, "shape")), dtype)


@rule("zeros_like", "ones_like", "empty_like", "full_like")
def _filled_like(call: CountedCall) -> Any:
    at = 2 if call.name == "full_like" else 1
    model = call.argument(0, "a", call.kwargs.get("prototype"))
    shape = call.argument(at + 3, "shape")
    dtype = call.argument(at, "dtype") or np.asarray(model).dtype
    return unknown(_shape(model) if shape is None else length_of(shape), dtype)


@rule("eye", "tri")
def _eye(call: CountedCall) -> Any:
    rows = int(call.argument(0, "N"))
    columns = call.argument(1, "M")
    return unknown((rows, rows if columns is None else int(columns)),
                   call.argument(3, "dtype") or float)  # fmt: skip


@rule("identity")
def _identity(call: CountedCall) -> Any:
    n = int(call.argument(0, "n"))
    return unknown((n, n), call.argument(1, "dtype") or float)


@rule("arange")
def _arange(call: CountedCall) -> Any:
    if len(call.args) == 1:
        start, stop = 0, call.argument(0, "start", call.kwargs.get("stop"))
        start, stop = (0, stop) if "stop" not in call.kwargs else (stop, call.kwargs["stop"])
    else:
        start, stop = call.argument(0, "start", 0), call.argument(1, "stop")
    if stop is None:
        start, stop = 0, start
    step = call.argument(2, "step", 1)
    for value in (start, stop, step):
        if is_unknown(value):
            raise_value("the length of arange is not known")
    dtype = call.argument(3, "dtype") or _dtype(start, stop, step)
    if (
        dtype is not None
        and np.dtype(dtype) == np.dtype(int)
        and all(type(value) is int for value in (start, stop, step))
    ):
        return unknown((len(range(start, stop, step)),), dtype)
    return unknown((max(0, math.ceil((stop - start) / step)),), dtype)


@rule("linspace")
def _linspace(call: CountedCall) -> Any:
    start, stop = call.argument(0, "start"), call.argument(1, "stop")
    number = int(call.argument(2, "num", 50))
    given = call.argument(5, "dtype")
    dtype = given or np.result_type(_dtype(start, stop, float(number)), float)
    axis = call.argument(6, "axis", 0)
    shape = list(np.broadcast_shapes(_shape(start), _shape(stop)))
    step_shape = tuple(shape)
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, number)
    made = unknown(shape, dtype)
    return (made, unknown(step_shape, float)) if call.argument(4, "retstep", False) else made


@rule("array", "asarray", "asarray_chkfinite", "copy", "astype", "require")
def _converted(call: CountedCall) -> Any:
    values = call.args[0] if call.args else next(iter(call.kwargs.values()))
    dtype = call.argument(1, "dtype") if call.name != "copy" else None
    if (
        call.name == "asarray"
        and isinstance(values, np.ndarray)
        and (dtype is None or np.dtype(dtype) == values.dtype)
    ):
        return NotImplemented  # the array itself
    if isinstance(values, np.ndarray):
        shape: tuple[int, ...] = values.shape
        kind = np.dtype(dtype) if dtype is not None else values.dtype
    else:
        made = np.array(_without_unknown(values), dtype)
        shape, kind = made.shape, made.dtype
    missing = max(0, int(call.kwargs.get("ndmin", 0)) - len(shape))
    return unknown((1,) * missing + shape, kind)


def _without_unknown(value: Any) -> Any:
    if is_unknown(value):
        return np.ones(np.shape(value), value.dtype)
    if isinstance(value, (list, tuple)):
        return [_without_unknown(item) for item in value]
    return value


# ------------------------------------------------------------------------------------- movement


@rule("concatenate", "concat")
def _concatenate(call: CountedCall) -> Any:
    parts = list(call.args[0])
    axis = call.argument(1, "axis", 0)
    if axis is None:
        parts, axis = [unknown((int(np.size(p)),), np.asarray(p).dtype) for p in parts], 0
    return _joined(parts, axis, call.kwargs.get("dtype"))


def _joined(parts: Sequence[Any], axis: int, dtype: Any = None) -> Any:
    shapes = [list(_shape(part)) for part in parts]
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
    if len({_shape(part) for part in parts}) != 1:
        raise ValueError("all input arrays must have the same shape")
    axis = int(call.argument(1, "axis", 0))
    lifted = [unknown(tuple(np.expand_dims(np.empty(_shape(p), "V0"), axis).shape),
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
    shape = _shape(values)
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
    shape = _shape(values) if axis is not None else (int(np.size(values)),)
    axis = 0 if axis is None else axis % max(1, len(shape))
    counts = np.broadcast_to(np.asarray(repeats), (shape[axis],))
    length = int(counts.sum())
    return unknown((*shape[:axis], length, *shape[axis + 1 :]), np.asarray(values).dtype)


@rule("take")
def _take(call: CountedCall) -> Any:
    values, indices = call.args[0], call.argument(1, "indices")
    axis = call.argument(2, "axis")
    shape = _shape(values)
    if axis is None:
        return unknown(_shape(indices), np.asarray(values).dtype)
    at = axis % len(shape)
    return unknown((*shape[:at], *_shape(indices), *shape[at + 1 :]), np.asarray(values).dtype)


@rule("where")
def _where(call: CountedCall) -> Any:
    condition, x, y = (call.argument(i, name) for i, name in enumerate(("condition", "x", "y")))
    if x is None and y is None:
        raise_value("where of a condition alone returns as many indices as there are true cells")
    return unknown(np.broadcast_shapes(_shape(condition), _shape(x), _shape(y)), _dtype(x, y))


@rule("ravel")
def _ravel(call: CountedCall) -> Any:
    values = call.args[0]
    return unknown((int(np.size(values)),), np.asarray(values).dtype)


@rule("unravel_index")
def _unravel(call: CountedCall) -> Any:
    shape = call.argument(1, "shape")
    return tuple(unknown(_shape(call.args[0]), np.intp) for _ in length_of(shape))


@rule("ravel_multi_index")
def _ravel_multi(call: CountedCall) -> Any:
    return unknown(np.broadcast_shapes(*map(_shape, call.args[0])), np.intp)


@rule("take_along_axis", "choose", "select")
def _gathered(call: CountedCall) -> Any:
    if call.name == "take_along_axis":
        return unknown(_shape(call.argument(1, "indices")), np.asarray(call.args[0]).dtype)
    if call.name == "choose":
        choices = list(call.argument(1, "choices"))
        shapes = [_shape(call.args[0]), *map(_shape, choices)]
        return unknown(np.broadcast_shapes(*shapes), _dtype(*choices))
    conditions, choices = list(call.args[0]), list(call.argument(1, "choicelist"))
    default = call.argument(2, "default", 0)
    shapes = [*map(_shape, conditions), *map(_shape, choices), _shape(default)]
    return unknown(np.broadcast_shapes(*shapes), _dtype(*choices, default))


@rule("fft.rfft", "fft.ihfft", "fft.irfft", "fft.hfft")
def _real_transform(call: CountedCall) -> Any:
    values = call.args[0]
    shape = list(_shape(values))
    axis = int(call.argument(2, "axis", -1)) % len(shape)
    given = call.argument(1, "n")
    if call.name in ("fft.rfft", "fft.ihfft"):
        n = shape[axis] if given is None else int(given)
        kind, shape[axis] = "complex", n // 2 + 1
    else:
        n = 2 * (shape[axis] - 1) if given is None else int(given)
        kind, shape[axis] = "real", n
    single = np.asarray(values).dtype in (np.float32, np.complex64)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    if kind == "complex":
        return unknown(shape, np.complex64 if single else np.complex128)
    return unknown(shape, np.float32 if single else np.float64)


@rule("linalg.tensorinv")
def _tensor_inverse(call: CountedCall) -> Any:
    shape, ind = _shape(call.args[0]), int(call.argument(1, "ind", 2))
    return unknown(shape[ind:] + shape[:ind], _inexact(call.args[0]))


@rule("linalg.tensorsolve")
def _tensor_solution(call: CountedCall) -> Any:
    rank = np.ndim(call.argument(1, "b"))
    return unknown(_shape(call.args[0])[rank:], _inexact(call.args[0]))


def _inexact(values: Any) -> np.dtype[Any]:
    return np.result_type(np.asarray(values).dtype, np.float32 if np.asarray(values).dtype in
                          (np.float32, np.complex64) else np.float64)  # fmt: skip


def distribution_result(call: CountedCall) -> Any:
    """Functions of `flopscope.stats`: float64, arguments broadcast."""
    return unknown(np.broadcast_shapes(*map(_shape, (*call.args, *call.kwargs.values()))), float)


# ------------------------------------------------------------------------------------- symmetry


@rule("as_symmetric")
def _declared(call: CountedCall) -> Any:
    return unknown(_shape(call.args[0]), np.asarray(call.args[0]).dtype)


@rule("symmetrize")
def _averaged(call: CountedCall) -> Any:
    return unknown(_shape(call.args[0]), np.result_type(np.asarray(call.args[0]).dtype, float))


@rule("random.symmetric")
def _drawn(call: CountedCall) -> Any:
    return unknown(call.args[1], float)
