"""What becomes of a symmetry tag when an array is moved about, joined or split.

``TRANSPORTS`` maps names of operations to functions that are asked only when an operand carries a
tag: they get the result and the arguments of the call and return the group of the result, or None.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import SymmetryGroup

__all__ = ["TRANSPORTS", "common_group", "index_group", "permute", "reshape_group", "squeeze_group"]

Group = SymmetryGroup | None


def _group(array: Any) -> Group:
    return getattr(array, "symmetry", None)


def _inferred(arrays: Iterable[Any]) -> bool:
    return all(_core._is_inferred(array) for array in arrays)


def _axes_of(group: SymmetryGroup) -> list[int]:
    return list(range(group.degree)) if group.axes is None else list(group.axes)


def _moved_axes(group: SymmetryGroup) -> list[int]:
    """Axes that some element moves."""
    axes = _axes_of(group)
    return [axes[i] for orbit in group.orbits() if len(orbit) > 1 for i in orbit]


def _position(axis: Any, ndim: int) -> int:
    return operator.index(axis) % ndim


def _positions(axis: Any, ndim: int) -> list[int]:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return [_position(i, ndim) for i in axes]


# ----------------------------------------------------------------------------- renaming of axes


_ONE_ELEMENT = np.array(0.0)


def permute(group: SymmetryGroup, ndim: int, function: Callable[[Any], Any]) -> Group:
    """Relabel a group by a function that permutes the axes of any array."""
    # An array whose lengths are all different shows where each axis goes; it holds one element.
    marked = function(np.broadcast_to(_ONE_ELEMENT, tuple(range(2, ndim + 2))))
    new_axis = [0] * ndim
    for position, length in enumerate(marked.shape):
        new_axis[length - 2] = position
    return _core._relabel_axes(group, new_axis)


def _permuting(function: Callable[..., Any]) -> Callable[..., Any]:
    def transport(result: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
        group = _group(a)
        if group is None:
            return None
        moved = permute(group, a.ndim, lambda marked: function(marked, *args, **kwargs))
        return moved, _inferred([a])

    return transport


def reshape_group(group: SymmetryGroup, old: Sequence[int], new: Sequence[int]) -> Group:
    """Keep a group whose axes reappear whole, in order, at the same place in memory order."""
    if math.prod(old) == 0:
        return None
    new_axis = [-1] * len(old)
    start = 0
    for axis in sorted(_axes_of(group)):
        before = math.prod(old[:axis])
        for candidate in range(start, len(new)):
            if new[candidate] == old[axis] and math.prod(new[:candidate]) == before:
                new_axis[axis] = candidate
                start = candidate + 1
                break
        else:
            return None
    return _core._relabel_axes(group, new_axis)


def _reshape(result: Any, a: Any, *_args: Any, order: str = "C", **_: Any) -> Any:
    group = _group(a)
    if group is None or order != "C":
        return None
    return reshape_group(group, a.shape, result.shape), _inferred([a])


def squeeze_group(group: SymmetryGroup, shape: Sequence[int], axis: Any) -> Group:
    """Drop a group that loses an axis, renumber any other."""
    if axis is None:
        gone = [i for i, n in enumerate(shape) if n == 1]
    else:
        gone = _positions(axis, len(shape))
    if set(gone) & set(_moved_axes(group)):
        return None
    kept = [i for i in range(len(shape)) if i not in gone]
    new_axis = [kept.index(i) if i in kept else -1 for i in range(len(shape))]
    group_on_kept = _core._fix_axes(group, gone) if gone else group
    return None if group_on_kept is None else _core._relabel_axes(group_on_kept, new_axis)


def _squeeze(result: Any, a: Any, axis: Any = None) -> Any:
    group = _group(a)
    return None if group is None else (squeeze_group(group, a.shape, axis), _inferred([a]))


def _expand_dims(result: Any, a: Any, axis: Any) -> Any:
    added = _positions(axis, result.ndim)
    kept = [i for i in range(result.ndim) if i not in added]
    group = _core._relabel_axes(_group(a), kept)
    if len(added) > 1:
        group = _core._product([SymmetryGroup.symmetric(axes=tuple(sorted(added))), group])
    return group, _inferred([a])


def _broadcast_to(result: Any, array: Any, *_args: Any, **_: Any) -> Any:
    shift = result.ndim - array.ndim
    group = _core._relabel_axes(_group(array), [i + shift for i in range(array.ndim)])
    stretched = [i + shift for i, n in enumerate(array.shape) if n != result.shape[i + shift]]
    if stretched:
        group = _core._fix_axes(group, stretched)
    blocks: dict[int, list[int]] = {}
    for axis in range(shift):
        blocks.setdefault(result.shape[axis], []).append(axis)
    repeated = [
        SymmetryGroup.symmetric(axes=tuple(block)) for block in blocks.values() if len(block) > 1
    ]
    parts = [*repeated, *([] if group is None else [group])]
    return (_core._product(parts) if parts else None), _inferred([array])


# ----------------------------------------------------------------------------------- elementwise


def common_group(shape: Sequence[int], operands: Iterable[Any]) -> Group:
    """Return the symmetry that an elementwise result keeps of its operands; a number is neutral."""
    groups: list[Group] = []
    for operand in operands:
        lengths = np.shape(operand)
        if not lengths:
            continue
        group = _group(operand)
        if group is None:
            return None
        shift = len(shape) - len(lengths)
        carried: Group = _core._relabel_axes(group, [i + shift for i in range(len(lengths))])
        stretched = [i + shift for i, n in enumerate(lengths) if n != shape[i + shift]]
        if carried is not None and stretched:
            carried = _core._fix_axes(carried, stretched)
        groups.append(carried)
    return _intersection(groups) if groups else None


def _elementwise(result: Any, *operands: Any, **keywords: Any) -> Any:
    arrays = [x for x in (*operands, *keywords.values()) if isinstance(x, np.ndarray)]
    return common_group(result.shape, arrays), _inferred(arrays)


# --------------------------------------------------------------------------- joining, splitting


def _intersection(groups: list[Group]) -> Group:
    common = groups[0]
    for group in groups[1:]:
        if common is None or group is None:
            return None
        common = _core._intersect(common, group)
    return common


def _joined(arrays: Any, axis: int | None) -> Any:
    operands = list(arrays)
    if axis is None or any(_group(array) is None for array in operands):
        return None
    groups = [_core._fix_axes(_group(array), [_position(axis, array.ndim)]) for array in operands]
    return _intersection(groups), _inferred(operands)


def _concatenate(result: Any, arrays: Any, axis: Any = 0, *_args: Any, **_: Any) -> Any:
    return _joined(arrays, axis)


def _joining(axis: int) -> Callable[..., Any]:
    def transport(result: Any, arrays: Any, **_: Any) -> Any:
        operands = list(arrays)
        return None if min(np.ndim(array) for array in operands) < 2 else _joined(operands, axis)

    return transport


def _stack(result: Any, arrays: Any, axis: Any = 0, *_args: Any, **_: Any) -> Any:
    operands = list(arrays)
    if any(_group(array) is None for array in operands):
        return None
    added = _position(axis, result.ndim)
    kept = [i for i in range(result.ndim) if i != added]
    groups = [_core._relabel_axes(_group(array), kept) for array in operands]
    return _intersection(groups), _inferred(operands)


def _split(result: Any, ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    return _core._fix_axes(_group(ary), [_position(axis, ary.ndim)]), _inferred([ary])


def _splitting(axis: int) -> Callable[..., Any]:
    def transport(result: Any, ary: Any, indices_or_sections: Any) -> Any:
        return _split(result, ary, indices_or_sections, axis)

    return transport


# ---------------------------------------------------------------------------- moving within axes


def _flip(result: Any, m: Any, axis: Any = None) -> Any:
    axes = list(range(m.ndim)) if axis is None else _positions(axis, m.ndim)
    return _core._preserve_axes(_group(m), axes), _inferred([m])


def _flipping(axis: int) -> Callable[..., Any]:
    def transport(result: Any, m: Any) -> Any:
        return _flip(result, m, axis)

    return transport


def _along(result: Any, a: Any, _amount: Any, axis: Any = None) -> Any:
    """Repeat and roll: a group that does not touch the axis stays."""
    group = _group(a)
    if group is None or axis is None or set(_positions(axis, a.ndim)) & set(_moved_axes(group)):
        return None
    return group, _inferred([a])


def _tile(result: Any, A: Any, reps: Any) -> Any:
    group = _group(A)
    counts = list(reps) if np.iterable(reps) else [reps]
    counts = [1] * (result.ndim - len(counts)) + counts
    shift = result.ndim - A.ndim
    moved = _core._relabel_axes(group, [i + shift for i in range(A.ndim)])
    if moved is None:
        return None
    axes = _axes_of(moved)
    if any(len({counts[axes[i]] for i in orbit}) > 1 for orbit in moved.orbits()):
        return None
    return moved, _inferred([A])


def _same(result: Any, a: Any, *_args: Any, **_: Any) -> Any:
    return (_group(a), _inferred([a])) if result.shape == a.shape else None


def _at_least(result: Any, *arrays: Any) -> Any:
    return _same(result, arrays[0]) if len(arrays) == 1 else None


# -------------------------------------------------------------------------------------- indexing


def index_group(group: SymmetryGroup, shape: Sequence[int], key: Any) -> Group:
    """Return the group of ``a[key]``.

    An integer removes its axis and leaves the elements that fix it; a slice that does not keep a
    whole axis of the group ends it, as arrays, lists and booleans do; two or more new axes form a
    factor of their own.
    """
    entries = list(key) if isinstance(key, tuple) else [key]
    if any(isinstance(entry, (list, np.ndarray, bool, np.bool_)) for entry in entries):
        return None
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    rest = [slice(None)] * (len(shape) - used)
    if any(entry is Ellipsis for entry in entries):
        at = next(i for i, entry in enumerate(entries) if entry is Ellipsis)
        entries[at : at + 1] = rest
    else:
        entries += rest
    removed: list[int] = []
    cut: list[int] = []
    added: list[int] = []
    new_axis = [-1] * len(shape)
    axis = position = 0
    for entry in entries:
        if entry is None:
            added.append(position)
            position += 1
            continue
        if isinstance(entry, slice):
            if entry.indices(shape[axis]) != (0, shape[axis], 1):
                cut.append(axis)
            new_axis[axis] = position
            position += 1
        else:
            removed.append(axis)
        axis += 1
    kept: Group = None if set(cut) & set(_axes_of(group)) else group
    if kept is not None and removed:
        kept = _core._fix_axes(kept, removed)
    if kept is not None:
        kept = _core._relabel_axes(kept, new_axis)
    if len(added) > 1:
        new = SymmetryGroup.symmetric(axes=tuple(added))
        kept = new if kept is None else _core._product([new, kept])
    return kept


TRANSPORTS: dict[str, Callable[..., Any]] = {
    "array_split": _split,
    "atleast_1d": _at_least,
    "atleast_2d": _at_least,
    "atleast_3d": _at_least,
    "broadcast_to": _broadcast_to,
    "clip": _elementwise,
    "column_stack": _joining(1),
    "concat": _concatenate,
    "concatenate": _concatenate,
    "copy": _same,
    "dsplit": _splitting(2),
    "expand_dims": _expand_dims,
    "flip": _flip,
    "fliplr": _flipping(1),
    "flipud": _flipping(0),
    "hsplit": _splitting(1),
    "hstack": _joining(1),
    "isclose": _elementwise,
    "linalg.inv": _same,
    "linalg.matrix_transpose": _permuting(np.matrix_transpose),
    "matrix_transpose": _permuting(np.matrix_transpose),
    "moveaxis": _permuting(np.moveaxis),
    "permute_dims": _permuting(np.transpose),
    "ravel": _reshape,
    "repeat": _along,
    "reshape": _reshape,
    "roll": _along,
    "rollaxis": _permuting(np.rollaxis),
    "split": _split,
    "squeeze": _squeeze,
    "stack": _stack,
    "swapaxes": _permuting(np.swapaxes),
    "tile": _tile,
    "transpose": _permuting(np.transpose),
    "vsplit": _splitting(0),
    "vstack": _joining(0),
}
