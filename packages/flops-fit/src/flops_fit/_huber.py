"""Many Huber fits of the surface at once, by damped Newton steps in NumPy.

The objective of one problem, with weights w and residuals r_i = ln(predicted) - ln(observed), is
sum_i w_i Huber_delta(r_i), where ln(predicted) = logsumexp(a - alpha x_i, b - beta y_i, e). A batch
holds problems that share the runs and differ in start or weights: starts of one fit, or resamples
of a bootstrap. Newton's step is exact: the objective is so flat (1e-3 for 240 runs) that quasi-Newton
methods with their usual tolerances stop early.
"""

from __future__ import annotations

import numpy as np

from .law import Floats

# Order of the variables of a problem. Unlike the constants of the law, A, B and E are logarithms.
N_VARIABLES = 5
A, B, E, ALPHA, BETA = range(N_VARIABLES)

# A batch of this many residuals stays in the second-level cache.
_CHUNK = 60_000


def residuals(theta: Floats, x: Floats, y: Floats, log_loss: Floats) -> Floats:
    """ln(predicted) - ln(observed), shape (problems, runs), for `theta` of shape (problems, 5)."""
    return _log_terms(theta, x, y)[0] - log_loss


def objective(theta: Floats, x: Floats, y: Floats, log_loss: Floats, weights: Floats, delta: float) -> Floats:
    """Sum over runs of w Huber_delta(r), one number for each problem."""
    return _huber_sum(residuals(theta, x, y, log_loss), weights, delta)


def minimise(
    theta: Floats,
    x: Floats,
    y: Floats,
    log_loss: Floats,
    weights: Floats,
    delta: float,
    *,
    max_steps: int = 100,
    step_tol: float = 1e-12,
) -> tuple[Floats, Floats]:
    """Minimise every problem of a batch from its start.

    Parameters
    ----------
    theta : (problems, 5) array
        Starts: ln A, ln B, ln E, alpha, beta, for the `x` and `y` given.
    x, y, log_loss : (runs,) arrays
        Centred ln N, centred ln D, ln of the observed losses.
    weights : (problems, runs) array
        How often each run counts.
    delta : float
        Where Huber's loss turns from quadratic to linear, in ln loss.

    Returns
    -------
    theta, objective : (problems, 5) array, (problems,) array
    """
    theta = theta.copy()
    values = np.empty(len(theta))
    size = max(1, _CHUNK // max(1, len(x)))
    for start in range(0, len(theta), size):
        part = slice(start, start + size)
        theta[part], values[part] = _minimise_chunk(
            theta[part], x, y, log_loss, weights[part], delta, max_steps, step_tol
        )
    return theta, values


def _log_terms(theta: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """ln(predicted), and the shares of the A and B terms in the prediction."""
    with np.errstate(over="ignore"):
        term_a = np.exp(theta[:, A, None] - theta[:, ALPHA, None] * x)
        term_b = np.exp(theta[:, B, None] - theta[:, BETA, None] * y)
        total = term_a + term_b
        total += np.exp(theta[:, E, None])
    with np.errstate(invalid="ignore"):
        term_a /= total
        term_b /= total
    return np.log(total), term_a, term_b


def _huber_sum(r: Floats, weights: Floats, delta: float) -> Floats:
    size = np.abs(r)
    inside = np.minimum(size, delta)
    # delta (|r| - delta/2) outside and r^2/2 inside, in one expression.
    total: Floats = np.einsum("pi,pi->p", weights, inside * (size - 0.5 * inside))
    return total


def _derivatives(
    theta: Floats, x: Floats, y: Floats, log_loss: Floats, weights: Floats, delta: float
) -> tuple[Floats, Floats, Floats]:
    """Objective, gradient and Hessian of every problem."""
    log_predicted, share_a, share_b = _log_terms(theta, x, y)
    r = log_predicted - log_loss
    value = _huber_sum(r, weights, delta)
    slope = weights * np.clip(r, -delta, delta)
    curve = weights * (np.abs(r) < delta)

    jac = np.empty((len(theta), N_VARIABLES, len(x)))
    jac[:, A], jac[:, B] = share_a, share_b
    np.subtract(1.0 - share_a, share_b, out=jac[:, E])
    np.multiply(share_a, -x, out=jac[:, ALPHA])
    np.multiply(share_b, -y, out=jac[:, BETA])

    gradient = (jac @ slope[:, :, None])[:, :, 0]
    # d2 ln(predicted) = M' (diag(shares) - shares shares') M: the second part joins Gauss-Newton's.
    hessian = (jac * (curve - slope)[:, None, :]) @ jac.transpose(0, 2, 1)
    for log_scale, exponent, other in ((A, ALPHA, x), (B, BETA, y)):
        cross = np.einsum("pi,pi,i->p", slope, jac[:, exponent], other)
        hessian[:, log_scale, log_scale] += gradient[:, log_scale]
        hessian[:, log_scale, exponent] += gradient[:, exponent]
        hessian[:, exponent, log_scale] += gradient[:, exponent]
        hessian[:, exponent, exponent] -= cross
    hessian[:, E, E] += gradient[:, E]
    return value, gradient, hessian


def _minimise_chunk(
    theta: Floats,
    x: Floats,
    y: Floats,
    log_loss: Floats,
    weights: Floats,
    delta: float,
    max_steps: int,
    step_tol: float,
) -> tuple[Floats, Floats]:
    done_theta, done_value = theta.copy(), np.empty(len(theta))
    index = np.arange(len(theta))
    damping: Floats = np.full(len(theta), 1e-3)
    value, gradient, hessian = _derivatives(theta, x, y, log_loss, weights, delta)
    for _ in range(max_steps):
        # |H| instead of H turns saddles into descent; damping shortens steps that did not descend.
        curvature, axes = np.linalg.eigh(hessian)
        curvature = np.abs(curvature)
        top = curvature.max(axis=1, keepdims=True).clip(1e-300)
        along = (axes.transpose(0, 2, 1) @ gradient[:, :, None])[:, :, 0]
        along /= curvature + damping[:, None] * np.sqrt(curvature * top) + 1e-14 * top
        step = -(axes @ along[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1.0, 1.0 / np.maximum(longest, 1e-300))

        trial = theta + step
        new_value, new_gradient, new_hessian = _derivatives(trial, x, y, log_loss, weights, delta)
        better = new_value < value
        theta = np.where(better[:, None], trial, theta)
        value = np.where(better, new_value, value)
        gradient = np.where(better[:, None], new_gradient, gradient)
        hessian = np.where(better[:, None, None], new_hessian, hessian)
        damping = np.where(better, damping * 0.1, damping * 10.0).clip(1e-16, None)

        going = (longest[:, 0] > step_tol) & (damping < 1e12)
        if not going.all():
            done_theta[index[~going]], done_value[index[~going]] = theta[~going], value[~going]
            index, theta, value, damping = index[going], theta[going], value[going], damping[going]
            gradient, hessian, weights = gradient[going], hessian[going], weights[going]
            if not len(index):
                break
    done_theta[index], done_value[index] = theta, value
    return done_theta, done_value
