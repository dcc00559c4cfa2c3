"""Inputs of recorded cases: values of an array, and the group of its symmetry.

``tests/data/README.md`` says what the keys of a description mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from flopscope import SymmetryGroup

Spec = Mapping[str, Any]


# -------------------------------------------------------------------------------------- values


def _nonfinite(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = rng.standard_normal(shape)
    kind = rng.integers(0, 8, shape)
    for code, special in enumerate((np.nan, np.inf, -np.inf)):
        values[kind == code] = special
    return values


def _with_nan(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = rng.standard_normal(shape)
    values[rng.random(shape) < 0.25] = np.nan
    return values


def _positive_definite(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    root = rng.standard_normal(shape)
    return root @ np.swapaxes(root, -1, -2) + shape[-1] * np.eye(shape[-1])


def _diagonally_dominant(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) + 2.0 * shape[-1] * np.eye(shape[-1])


_SAMPLES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Any]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "unit": lambda rng, shape: rng.uniform(-0.95, 0.95, shape),
    "open01": lambda rng, shape: rng.uniform(0.05, 0.95, shape),
    "positive": lambda rng, shape: rng.uniform(0.5, 2.5, shape),
    "above1": lambda rng, shape: rng.uniform(1.1, 3.0, shape),
    "bool": lambda rng, shape: rng.integers(0, 2, shape),
    "arange": lambda rng, shape: np.arange(math.prod(shape)).reshape(shape),
    "sorted": lambda rng, shape: np.sort(rng.standard_normal(shape), axis=-1),
    "perm": lambda rng, shape: rng.permutation(math.prod(shape)).reshape(shape),
    "ones": lambda rng, shape: np.ones(shape),
    "nan": _with_nan,
    "nonfinite": _nonfinite,
    "spd": _positive_definite,
    "dominant": _diagonally_dominant,
}


def _literal(spec: Spec) -> np.ndarray:
    data = spec["data"]
    if spec.get("complex"):
        pairs = np.asarray(data, float)
        data = pairs[..., 0] + 1j * pairs[..., 1]
    return np.array(data, dtype=spec.get("dtype"))


def _sampled(spec: Spec) -> np.ndarray:
    rng = np.random.default_rng(spec.get("seed", 0))
    shape = tuple(spec["shape"])
    dtype = np.dtype(spec.get("dtype", "float64"))
    kind = spec.get("dist", "normal")
    if kind == "int":
        values = rng.integers(spec.get("low", -9), spec.get("high", 10), shape)
    else:
        values = _SAMPLES[kind](rng, shape)
    if dtype.kind == "c" and kind in ("normal", "unit", "positive"):
        values = values + 1j * np.asarray(_SAMPLES[kind](rng, shape))
    return np.asarray(values).astype(dtype)


def values(spec: Spec) -> np.ndarray:
    """Values of one input array, averaged over its group if it is to be symmetric."""
    found = _literal(spec) if "data" in spec else _sampled(spec)
    return _averaged(found, spec["symmetric"]) if "symmetric" in spec else found


# ------------------------------------------------------------------------------------ symmetry


def group(description: Any, groups: Any = SymmetryGroup) -> Any:
    """Make the group of a description with a class like `SymmetryGroup`."""
    if isinstance(description, list):
        blocks = tuple(map(tuple, description))
        return groups.symmetric(axes=blocks[0]) if len(blocks) == 1 else groups.young(blocks=blocks)
    if "generators" in description:
        return groups.from_generators(description["generators"], axes=tuple(description["axes"]))
    ((kind, axes),) = description.items()
    return getattr(groups, kind)(axes=tuple(axes))


def _permutations(description: Any, ndim: int) -> list[tuple[int, ...]]:
    """Orders of the axes under which a tensor of this symmetry is the same."""
    found = group(description)
    axes = range(found.degree) if found.axes is None else found.axes
    orders = []
    for element in found.elements():
        order = list(range(ndim))
        for position, image in enumerate(element.array_form):
            order[axes[position]] = axes[image]
        orders.append(tuple(order))
    return sorted(orders)


def _averaged(found: np.ndarray, description: Any) -> np.ndarray:
    orders = _permutations(description, found.ndim)
    wide = found.astype(np.result_type(found, float))
    return (sum(np.transpose(wide, order) for order in orders) / len(orders)).astype(found.dtype)
