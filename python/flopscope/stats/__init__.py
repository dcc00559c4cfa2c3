"""Continuous probability distributions, metered: densities, distribution functions, quantiles.

>>> import flopscope as flops
>>> flops.stats.norm.cdf([-1.0, 0.0, 1.0])
FlopscopeArray([0.15865525, 0.5       , 0.84134475])

The distributions are `cauchy`, `expon`, `laplace`, `logistic`, `lognorm`, `norm`, `truncnorm` and
`uniform`, in SciPy's parametrisation and without needing SciPy. Each has the density
``pdf(x, loc=0, scale=1)``, the distribution function ``cdf(x, loc=0, scale=1)`` and its inverse
``ppf(q, loc=0, scale=1)``; `lognorm` takes ``s``, `truncnorm` ``a, b`` before ``loc``. Results are
float64. A call costs a constant per element of the result.
"""

from __future__ import annotations

import difflib
from typing import NoReturn

from flopscope.stats._distributions import DISTRIBUTIONS, Distribution

cauchy = DISTRIBUTIONS["cauchy"]
expon = DISTRIBUTIONS["expon"]
laplace = DISTRIBUTIONS["laplace"]
logistic = DISTRIBUTIONS["logistic"]
lognorm = DISTRIBUTIONS["lognorm"]
norm = DISTRIBUTIONS["norm"]
truncnorm = DISTRIBUTIONS["truncnorm"]
uniform = DISTRIBUTIONS["uniform"]

__all__ = [
    "Distribution",
    "cauchy",
    "expon",
    "laplace",
    "logistic",
    "lognorm",
    "norm",
    "truncnorm",
    "uniform",
]


def __getattr__(name: str) -> NoReturn:
    close = difflib.get_close_matches(name, DISTRIBUTIONS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(DISTRIBUTIONS)}"
    raise AttributeError(f"flopscope.stats does not provide {name!r}; {hint}")


def __dir__() -> list[str]:
    return __all__
