"""Starts for the surface fit by variable projection.

For given exponents the surface is linear in E, A and B. So for every pair on a grid of exponents those
three are solved exactly, by non-negative least squares on relative errors, and only the best pairs are
handed to the descent. A grid over all five constants would need thousands of starts for the same.
"""

from __future__ import annotations

import numpy as np

from ._huber import ALPHA, BETA, A, B, E
from .law import Floats

# Exponents from a barely visible trend to one that is over after the smallest runs.
GRID = np.geomspace(0.02, 4.0, 28)

_SUBSETS = ((0, 1, 2), (1, 2), (0, 1), (0, 2), (0,), (1,), (2,))


def starts(x: Floats, y: Floats, loss: Floats, weights: Floats, count: int) -> Floats:
    """The best pairs of exponents with their E, A, B, as variables of `_huber.minimise`.

    Parameters
    ----------
    x, y, loss, weights : (runs,) arrays
        Centred ln N and ln D, observed losses, and how much each run counts.
    count : int
        How many starts are wanted at most; each is a local minimum of the grid or follows one.

    Returns
    -------
    (count, 5) array
    """
    score, coefficients = _solve_grid(x, y, loss, weights)
    order = _local_minima_first(score)[:count]
    i, j = np.unravel_index(order, score.shape)
    chosen = coefficients[i, j]
    # A term that was solved to nothing starts small instead: its logarithm must be finite.
    chosen = np.maximum(chosen, 1e-3 * loss.min())
    out = np.empty((len(order), 5))
    out[:, E], out[:, A], out[:, B] = np.log(chosen).T
    out[:, ALPHA], out[:, BETA] = GRID[i], GRID[j]
    return out


def _solve_grid(x: Floats, y: Floats, loss: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Squared relative error and (E, A, B) of every pair of exponents."""
    root = np.sqrt(weights)
    ones = root / loss
    by_n = np.exp(-np.outer(GRID, x)) * ones
    by_d = np.exp(-np.outer(GRID, y)) * ones
    g = len(GRID)
    gram = np.empty((g, g, 3, 3))
    gram[..., 0, 0] = ones @ ones
    gram[..., 0, 1] = gram[..., 1, 0] = (by_n @ ones)[:, None]
    gram[..., 0, 2] = gram[..., 2, 0] = (by_d @ ones)[None, :]
    gram[..., 1, 1] = np.einsum("gi,gi->g", by_n, by_n)[:, None]
    gram[..., 2, 2] = np.einsum("gi,gi->g", by_d, by_d)[None, :]
    gram[..., 1, 2] = gram[..., 2, 1] = by_n @ by_d.T
    target = np.empty((g, g, 3))
    target[..., 0] = ones @ root
    target[..., 1] = (by_n @ root)[:, None]
    target[..., 2] = (by_d @ root)[None, :]

    # Three unknowns: the non-negative solution is the best feasible one of seven supports.
    total = root @ root
    best: Floats = np.full((g, g), np.inf)
    coefficients: Floats = np.zeros((g, g, 3))
    for subset in _SUBSETS:
        pick = np.array(subset)
        part = gram[..., pick[:, None], pick]
        scale = np.sqrt(np.einsum("...ii->...i", part))
        part = part / (scale[..., :, None] * scale[..., None, :])
        part = part + 1e-13 * np.eye(len(pick))
        right = target[..., pick] / scale
        solution = np.linalg.solve(part, right[..., None])[..., 0]
        error = total - np.einsum("...i,...i->...", solution, right)
        take = (solution >= 0).all(axis=-1) & (error < best)
        best = np.where(take, error, best)
        full = np.zeros((g, g, 3))
        full[..., pick] = solution / scale
        coefficients = np.where(take[..., None], full, coefficients)
    return best, coefficients


def _local_minima_first(score: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Flat indices of the grid: its local minima by score, then the rest by score."""
    padded = np.pad(score, 1, constant_values=np.inf)
    g, h = score.shape
    around = np.stack(
        [
            padded[1 + di : 1 + di + g, 1 + dj : 1 + dj + h]
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            if (di, dj) != (0, 0)
        ]
    )
    is_minimum = (score <= around.min(axis=0)).ravel()
    order: np.ndarray[tuple[int], np.dtype[np.intp]] = np.lexsort((score.ravel(), ~is_minimum))
    return order
