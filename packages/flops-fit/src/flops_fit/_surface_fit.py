"""Fits one surface to checked runs: centring, starts, annealing, and the test that it is determined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import _huber
from ._huber import ALPHA, BETA, A, B, E
from ._starts import starts
from .errors import NotIdentifiableError
from .law import Floats

# Distinct minima of the coarse grid that are followed down.
_STARTS = 8
# Huber's delta begins here, nearly at least squares, and is lowered by half decades.
_FIRST_DELTA = 0.1


@dataclass(frozen=True)
class SurfaceFit:
    """Minimum of the objective over runs in a canonical order, and what is needed to go on from it."""

    theta: Floats
    objective: float
    x: Floats
    y: Floats
    log_loss: Floats
    centre: tuple[float, float]
    order: np.ndarray[tuple[int], np.dtype[np.intp]]
    delta: float

    @property
    def constants(self) -> tuple[float, ...]:
        """(E, A, B, alpha, beta)."""
        return tuple(float(v) for v in self.to_constants(self.theta[None])[0])

    def to_constants(self, theta: Floats) -> Floats:
        """Rows of (E, A, B, alpha, beta) for rows of variables."""
        shift_n, shift_d = self.centre
        with np.errstate(over="ignore"):
            return np.stack(
                [
                    np.exp(theta[:, E]),
                    np.exp(theta[:, A] + theta[:, ALPHA] * shift_n),
                    np.exp(theta[:, B] + theta[:, BETA] * shift_d),
                    theta[:, ALPHA],
                    theta[:, BETA],
                ],
                axis=1,
            )

    def residuals(self) -> Floats:
        """ln(predicted) - ln(observed), in the order the runs were given."""
        out = np.empty(len(self.x))
        out[self.order] = _huber.residuals(self.theta[None], self.x, self.y, self.log_loss)[0]
        return out

    def refit(self, weights: Floats) -> tuple[Floats, Floats]:
        """Constants and objectives for other weights of the same runs, from this optimum.

        Parameters
        ----------
        weights : (problems, runs) array
            In the canonical order.
        """
        theta = np.tile(self.theta, (len(weights), 1))
        theta, value = _huber.minimise(theta, self.x, self.y, self.log_loss, weights, self.delta)
        return self.to_constants(theta), value


def fit_surface(n: Floats, d: Floats, loss: Floats, delta: float) -> SurfaceFit:
    """The best of several descents, each annealed from least squares to the wanted Huber loss."""
    # A canonical order: the sums, and so the constants, do not depend on the order of the runs.
    order = np.lexsort((loss, d, n))
    n, d, loss = n[order], d[order], loss[order]
    centre = (float(np.log(n).mean()), float(np.log(d).mean()))
    x, y, log_loss = np.log(n) - centre[0], np.log(d) - centre[1], np.log(loss)
    if np.ptp(log_loss) < 1e-12:
        raise NotIdentifiableError(
            f"all {len(loss)} losses equal {loss[0]:g}: they do not depend on parameters or tokens"
        )
    theta = starts(x, y, loss, np.ones(len(n)), _STARTS)
    weights = np.ones((len(theta), len(n)))
    for step in _deltas(delta)[:-1]:
        theta, _ = _huber.minimise(theta, x, y, log_loss, weights, step, max_steps=15)
    theta, value = _huber.minimise(theta, x, y, log_loss, weights, delta, max_steps=300)
    best = int(np.argmin(value))
    fit = SurfaceFit(theta[best], float(value[best]), x, y, log_loss, centre, order, delta)
    _check_determined(fit)
    return fit


def _deltas(last: float) -> list[float]:
    if last >= _FIRST_DELTA:
        return [last]
    steps = 1 + int(np.ceil(2 * np.log10(_FIRST_DELTA / last)))
    return [float(v) for v in np.geomspace(_FIRST_DELTA, last, steps)]


def _check_determined(fit: SurfaceFit) -> None:
    """The runs must see both terms, and tell every constant from the others."""
    theta, x, y = fit.theta, fit.x, fit.y
    for name, exponent in (("parameters", theta[ALPHA]), ("tokens", theta[BETA])):
        if exponent <= 0:
            raise NotIdentifiableError(
                f"the losses do not fall with {name} (best exponent {exponent:.3g}): no budget is optimal"
            )
    log_predicted = _huber.residuals(theta[None], x, y, np.zeros_like(x))[0]
    share_a = np.exp(theta[A] - theta[ALPHA] * x - log_predicted)
    share_b = np.exp(theta[B] - theta[BETA] * y - log_predicted)
    for name, term in (("parameters", share_a), ("tokens", share_b)):
        if np.ptp(term * np.exp(log_predicted)) < 1e-7 * np.exp(log_predicted.min()):
            raise NotIdentifiableError(
                f"the losses do not change with {name}: that term of the surface is not determined"
            )
    columns = np.stack([share_a, share_b, 1 - share_a - share_b, share_a * x, share_b * y])
    size = np.sqrt((columns**2).sum(axis=1, keepdims=True))
    columns = columns[(size > 1e-9 * size.max())[:, 0]]
    singular = np.linalg.svd(columns / np.linalg.norm(columns, axis=1, keepdims=True))[1]
    if singular[-1] < 1e-9 * singular[0]:
        raise NotIdentifiableError(
            "different constants fit these runs equally well; add runs with other sizes and token counts"
        )
