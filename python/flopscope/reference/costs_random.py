"""Samplers: the size of what they return, the same for the module and for generator methods."""

from __future__ import annotations

from typing import Any

from .rules import RULES, Ignored, Rule
from .shapes import Shape, broadcast, count, elements, log2_ceil, shape_of, size_of, sort_cost
from .words import words

__all__ = [
    "GENERATOR_METHODS",
    "MODULE_FUNCTIONS",
    "RANDOM_STATE_METHODS",
    "choice",
    "dirichlet",
    "one_per_draw",
]

# Distribution -> names of its parameters, which stand before ``size`` and broadcast.
_DISTRIBUTIONS = {
    "beta": "a b",
    "binomial": "n p",
    "chisquare": "df",
    "exponential": "scale",
    "f": "dfnum dfden",
    "gamma": "shape scale",
    "geometric": "p",
    "gumbel": "loc scale",
    "hypergeometric": "ngood nbad nsample",
    "laplace": "loc scale",
    "logistic": "loc scale",
    "lognormal": "mean sigma",
    "logseries": "p",
    "negative_binomial": "n p",
    "noncentral_chisquare": "df nonc",
    "noncentral_f": "dfnum dfden nonc",
    "normal": "loc scale",
    "pareto": "a",
    "poisson": "lam",
    "power": "a",
    "rayleigh": "scale",
    "standard_cauchy": "",
    "standard_exponential": "",
    "standard_gamma": "shape",
    "standard_normal": "",
    "standard_t": "df",
    "triangular": "left mode right",
    "vonmises": "mu kappa",
    "wald": "mean scale",
    "weibull": "a",
    "zipf": "a",
    "random": "",
    "random_sample": "",
    "ranf": "",
    "sample": "",
    "tomaxint": "",
    "randint": "low high",
    "random_integers": "low high",
    "integers": "low high",
    "uniform": "low high",
}


def _shape_of_size(size: Any) -> Shape:
    if isinstance(size, (tuple, list)):
        return tuple(int(n) for n in size)
    return (int(size),)


def _draws(size: Any, *parameters: Any) -> Shape:
    """Shape of the draws: ``size``, or else the broadcast of the parameters."""
    if size is not None:
        shape = _shape_of_size(size)
        if any(n < 0 for n in shape):
            raise ValueError(f"negative dimensions are not allowed: {shape}")
        return shape
    return broadcast(*(shape_of(p) for p in parameters if p is not None))


def _at_least_one(shape: Shape) -> int:
    return max(1, count(elements(shape)))


def one_per_draw(size: Any, *parameters: Any) -> int:
    """Draws of ``size``, or of the broadcast of the parameters; at least 1."""
    return _at_least_one(_draws(size, *parameters))


def _distribution(name: str) -> Rule:
    names = [*_DISTRIBUTIONS[name].split(), "size"]
    per_draw = 3 if name == "uniform" else 1

    def price(*args: Any, out: Any = None, **kwargs: Any) -> int:
        given = dict(zip(names, args, strict=False)) | kwargs
        if out is not None:
            return per_draw * _at_least_one(shape_of(out))
        size = given.pop("size", None)
        shape = _draws(size, *(given.get(parameter) for parameter in names[:-1]))
        return per_draw * _at_least_one(shape)

    price.__name__ = name
    price.__doc__ = (
        f"``{per_draw} * max(1, elements drawn)`` at the weight of the distribution "
        "(cost model, random)."
    )
    return price


def by_dimensions(*dimensions: int) -> int:
    """``rand(d0, d1, ...)``: one per element (cost model, random)."""
    return _at_least_one(tuple(int(n) for n in dimensions))


def multinomial(n: Any, pvals: Any, size: Any = None) -> int:
    """Elements of the whole output, a vector of counts per draw (cost model, random)."""
    *batch, k = shape_of(pvals)
    if size is not None:
        return _at_least_one((*_draws(size), k))
    return _at_least_one((*broadcast(shape_of(n), tuple(batch)), k))


def multivariate_hypergeometric(
    colors: Any, nsample: Ignored, size: Any = None, method: Ignored = "marginals"
) -> int:
    """Elements of the whole output, a vector of counts per draw (cost model, random)."""
    return _at_least_one((*_draws(size), size_of(colors)))


def dirichlet(alpha: Any, size: Any = None) -> int:
    """Elements of the whole output, a point of the simplex per draw (cost model, random)."""
    return _at_least_one((*_draws(size), size_of(alpha)))


def multivariate_normal(
    mean: Any, cov: Ignored, size: Any = None, *_: Ignored, **__: Ignored
) -> int:
    """``26 d^3 + 2 N d^2 + 16 N d``: factor, then N transformed draws (cost model, random)."""
    d = size_of(mean)
    n = count(elements(_draws(size)))
    return max(1, 26 * d**3 + 2 * n * d * d + 16 * n * d)


def choice(
    a: Any,
    size: Any = None,
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    shuffle: Ignored = True,
) -> int:
    """Four rules, with n the length of the axis drawn from (cost model, random).

    With replacement ``max(1, size)``, and with probabilities ``size + 3n + size L2(n)``;
    without replacement n, and with probabilities S(n).
    """
    shape = shape_of(a)
    if shape:
        along = axis % len(shape)
        n = shape[along]
        rest = shape[:along] + shape[along + 1 :]
    else:
        n, rest = int(a), ()
    out = _at_least_one(_draws(size) + rest)
    if not replace:
        return n if p is None else sort_cost(n)
    return out if p is None else out + 3 * n + out * log2_ceil(n)


def permutation(x: Any, axis: int | None = 0) -> int:
    """``max(1, length of the permuted axis)``; an integer is that length (cost model, random)."""
    shape = shape_of(x)
    if not shape:
        return max(1, int(x))
    if axis is None:
        return max(1, size_of(x))
    return max(1, shape[axis % len(shape)])


def permuted(x: Any, *_: Ignored, **__: Ignored) -> int:
    """Size of the input, at least 1 (cost model, random)."""
    return max(1, size_of(x))


def random_bytes(length: int) -> int:
    """``max(1, length)`` (cost model, random)."""
    return max(1, int(length))


def free(*_: Ignored, **__: Ignored) -> int:
    """Nothing (cost model, random)."""
    return 0


_SPECIAL: dict[str, Rule] = {
    "rand": by_dimensions,
    "randn": by_dimensions,
    "multinomial": multinomial,
    "multivariate_hypergeometric": multivariate_hypergeometric,
    "dirichlet": dirichlet,
    "multivariate_normal": multivariate_normal,
    "choice": choice,
    "permutation": permutation,
    "shuffle": permutation,
    "permuted": permuted,
    "bytes": random_bytes,
}
_SAMPLERS: dict[str, Rule] = {**{n: _distribution(n) for n in _DISTRIBUTIONS}, **_SPECIAL}

_MODERN = {"integers", "permuted", "multivariate_hypergeometric"}
_LEGACY = {"rand", "randn", "randint", "random_integers", "random_sample", "tomaxint"}
_MODULE_ONLY = {"ranf", "sample"}

GENERATOR_METHODS = frozenset(_SAMPLERS) - _LEGACY - _MODULE_ONLY
RANDOM_STATE_METHODS = frozenset(_SAMPLERS) - _MODERN - _MODULE_ONLY
MODULE_FUNCTIONS = frozenset(_SAMPLERS) - _MODERN - {"tomaxint", "random_integers"}

RULES.update({f"random.{name}": _SAMPLERS[name] for name in MODULE_FUNCTIONS})
RULES.update({f"random.Generator.{name}": _SAMPLERS[name] for name in GENERATOR_METHODS})
RULES.update({f"random.RandomState.{name}": _SAMPLERS[name] for name in RANDOM_STATE_METHODS})
RULES.update(
    dict.fromkeys(
        words("""
        random.seed random.get_state random.set_state random.default_rng
        random.RandomState.seed random.RandomState.get_state random.RandomState.set_state
        random.Generator.spawn
        """),
        free,
    )
)
