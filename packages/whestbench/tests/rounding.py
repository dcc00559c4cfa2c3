"""How far two correct float32 samplings may lie apart, from the lengths of their sums."""

from __future__ import annotations

import numpy as np

UNIT = float(np.finfo(np.float32).eps) / 2


def sampling_tolerances(means, variance, n):
    """Of means and variance that BLAS kernels with another order of additions give.

    An element of a product is a sum of `width` terms. Its partial sums are rounded by at most half
    a unit in the last place, independently, so that the error grows with the root of their number
    (N. J. Higham and T. Mary, SIAM J. Sci. Comput. 41 (2019) A2815-A2835), and from layer to layer
    likewise, as He weights keep the size of activations. The mean of n samples divides it by the
    root of n. Six such deviations are allowed, and one unit in the last place for the cast to
    float32 of the mean itself.

    Parameters
    ----------
    means : numpy.ndarray, shape (depth, width), float32
    variance : float
        Of a last-layer activation, averaged over neurons.
    n : int
        Number of samples.

    Returns
    -------
    numpy.ndarray, shape (depth, width)
        Largest difference of each mean.
    float
        Largest difference of the variance.
    """
    depth, width = means.shape
    means = means.astype(np.float64)
    size = max(1.0, np.sqrt(variance + np.mean(means[-1] ** 2)))
    absolute = 6 * UNIT * np.sqrt(width * depth / n) * size
    of_means = 2 * UNIT * means + absolute
    return of_means, float(np.mean(2 * means[-1] * of_means[-1]) + 2 * size * absolute)
