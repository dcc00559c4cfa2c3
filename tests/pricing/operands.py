"""Operands that rows of the tables name: arrays of harmless values, made without being billed.

Values are positive, finite and (as far as the dtype can tell them apart) distinct. None of them
decides about a bill.
"""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import SymmetryGroup

__all__ = ["BUILDERS"]

_GOLDEN = (math.sqrt(5) - 1) / 2


def _values(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Numbers between a half and one and a half, or small integers, in no order."""
    at = np.arange(1, math.prod(shape) + 1).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return at % 3 != 0
    if kind in "iu":
        return (1 + at * 61 % 97).astype(dtype)
    real = 0.5 + at * at * _GOLDEN % 1
    return (real + 0.25j * real if kind == "c" else real).astype(dtype)


def _of(dtype: str) -> Callable[..., Any]:
    def build(*shape: int) -> Any:
        return fnp.asarray(_values(shape, dtype))

    return build


# ------------------------------------------------------------------------------ symmetric tensors


def _group(symmetry: Any) -> SymmetryGroup:
    if isinstance(symmetry, SymmetryGroup):
        return symmetry
    if isinstance(symmetry[0], tuple):
        return SymmetryGroup.young(blocks=symmetry)
    return SymmetryGroup.symmetric(axes=symmetry)


def _sym(shape: tuple[int, ...], symmetry: Any, dtype: str = "float64") -> Any:
    """Return a tagged array: axes of a full group, blocks of axes, or a group."""
    group = _group(symmetry)
    axes = list(range(group.degree)) if group.axes is None else list(group.axes)
    values = _values(shape, dtype)
    images = []
    for element in group.elements():
        order = list(range(len(shape)))
        for position, image in enumerate(element.array_form):
            order[axes[position]] = axes[image]
        images.append(np.transpose(values, order))
    # The largest of the images is symmetric, exactly and in every dtype.
    return flops.as_symmetric(fnp.asarray(np.maximum.reduce(images)), symmetry=group)


def _cyclic(*axes: int) -> SymmetryGroup:
    return SymmetryGroup.cyclic(axes=axes)


def _dihedral(*axes: int) -> SymmetryGroup:
    return SymmetryGroup.dihedral(axes=axes)


# ------------------------------------------------------------------------------------ other arrays


def _positive_definite(*shape: int) -> Any:
    return fnp.asarray(_values(shape, "float64") / 9 + shape[-1] * np.eye(shape[-1]))


def _plain(*shape: int) -> np.ndarray:
    return _values(shape, "float64")


def _nested(*shape: int) -> Any:
    return _values(shape, "float64").tolist()


def _steps(n: int) -> Any:
    return fnp.asarray(np.arange(1.0, n + 1))


def _squares(n: int) -> Any:
    return fnp.asarray(np.arange(1.0, n + 1) ** 2)


def _order(n: int) -> Any:
    return fnp.asarray(np.arange(n) * 7 % n)


def _probabilities(n: int) -> Any:
    return fnp.asarray(np.full(n, 1 / n))


def _objects(n: int) -> np.ndarray:
    return np.array([f"{i}" for i in range(n)], dtype=object)


def _texts(*shape: int) -> np.ndarray:
    return np.array([f"{i:03}" for i in range(math.prod(shape))]).reshape(shape)


def _dates(*shape: int) -> np.ndarray:
    return np.arange(math.prod(shape)).astype("datetime64[D]").reshape(shape)


# ------------------------------------------------------------------------------------------- files


def _npy(*shape: int) -> io.BytesIO:
    stream = io.BytesIO()
    np.save(stream, _values(shape, "float64"))
    stream.seek(0)
    return stream


def _bytes_file(n: int) -> Path:
    """Return a file of n doubles."""
    path = Path(tempfile.gettempdir()) / f"pricing-{n}.bin"
    _values((n,), "float64").tofile(path)
    return path


BUILDERS: dict[str, Callable[..., Any]] = {
    # Counted arrays of a shape: half, single, double, integers, booleans, complex numbers.
    "h": _of("float16"),
    "f": _of("float32"),
    "d": _of("float64"),
    "i1": _of("int8"),
    "u1": _of("uint8"),
    "i": _of("int32"),
    "l": _of("int64"),
    "q": _of("bool"),
    "z": _of("complex64"),
    "w": _of("complex128"),
    # Tagged arrays: of a shape and a group; n x n symmetric; n x n x n fully symmetric, and cyclic.
    "sym": _sym,
    "S": lambda n: _sym((n, n), (0, 1)),
    "T": lambda n: _sym((n, n, n), (0, 1, 2)),
    "C": lambda n: _sym((n, n, n), _cyclic(0, 1, 2)),
    # Groups.
    "cyclic": _cyclic,
    "dihedral": _dihedral,
    # Counted arrays of particular values.
    "pd": _positive_definite,
    "steps": _steps,
    "squares": _squares,
    "order": _order,
    "prob": _probabilities,
    # What is not counted: NumPy's arrays, lists, elements that are no numbers.
    "plain": _plain,
    "nested": _nested,
    "objects": _objects,
    "texts": _texts,
    "dates": _dates,
    # Generators, and files.
    "rng": lambda: fnp.random.default_rng(0),
    "state": lambda: fnp.random.RandomState(0),
    "npy": _npy,
    "bytes_file": _bytes_file,
}
