"""The distribution objects: named groups of counted functions whose kernels are compiled."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from flopscope import _core
from flopscope._core import CountedFunction
from flopscope.numpy import _namespace

__all__ = ["DISTRIBUTIONS", "Distribution"]

_FORMS = {
    "cauchy": "pdf(x) = 1 / (pi (1 + x^2))",
    "expon": "pdf(x) = exp(-x) for x >= 0",
    "laplace": "pdf(x) = exp(-|x|) / 2",
    "logistic": "pdf(x) = exp(-x) / (1 + exp(-x))^2",
    "lognorm": "pdf(x) = exp(-log(x)^2 / (2 s^2)) / (s x sqrt(2 pi)) for x > 0",
    "norm": "pdf(x) = exp(-x^2 / 2) / sqrt(2 pi)",
    "truncnorm": "the normal distribution restricted to a <= x <= b",
    "uniform": "pdf(x) = 1 for 0 <= x <= 1",
}
_PURPOSES = {
    "pdf": "Probability density at x.",
    "cdf": "Probability of a value of at most x.",
    "ppf": "Value that is not exceeded with probability q: the inverse of cdf.",
}
_ARGUMENTS = {
    "x": "Where to evaluate.",
    "q": "Probability; NaN results outside of [0, 1].",
    "s": "Standard deviation of the logarithm; NaN results unless positive.",
    "a": "Lower bound before `loc` and `scale` are applied; may be -inf.",
    "b": "Upper bound before `loc` and `scale` are applied; NaN results unless a < b.",
    "loc": "Shift of the distribution.",
    "scale": "Factor by which it is stretched; NaN results unless positive.",
}
# What people look for that is not there.
_INSTEAD = {
    "sf": "the tail probability is 1 - cdf(x)",
    "isf": "its values are ppf(1 - q)",
    "logcdf": "use flopscope.numpy.log on cdf(x)",
    "logpdf": "use flopscope.numpy.log on pdf(x)",
    "rvs": "random numbers come from flopscope.numpy.random.default_rng(seed)",
}


def _docstring(distribution: str, method: str, parameters: list[str]) -> str:
    listed = "\n".join(
        f"{name} : array_like{', optional' if name in ('loc', 'scale') else ''}\n"
        f"    {_ARGUMENTS[name]}"
        for name in parameters
    )
    return (
        f"{_PURPOSES[method]}\n\n"
        f"Standard form: {_FORMS[distribution]}.\n\n"
        f"Parameters\n----------\n{listed}\n\n"
        "Returns\n-------\nFlopscopeArray\n"
        "    float64, of the shape that all arguments broadcast to."
    )


def _target(distribution: str, method: str, shapes: tuple[str, ...]) -> Callable[..., NoReturn]:
    """Return the function that a counted function takes signature and docstring from.

    It is called only with arguments that do not fit, and says so.
    """
    names = ["q" if method == "ppf" else "x", *shapes, "loc", "scale"]
    defaults = {"loc": 0, "scale": 1}
    signature = inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=defaults.get(name, inspect.Parameter.empty),
            )
            for name in names
        ]
    )

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{distribution}.{method}(): {error}") from None
        raise TypeError(f"{distribution}.{method}{signature} does not take these arguments")

    refuse.__name__ = method
    refuse.__qualname__ = f"{distribution}.{method}"
    refuse.__doc__ = _docstring(distribution, method, names)
    refuse.__signature__ = signature  # type: ignore[attr-defined]
    return refuse


def _values(*args: Any, **kwargs: Any) -> tuple[int]:
    """How many values there are: arguments broadcast against each other."""
    return (math.prod(np.broadcast_shapes(*map(np.shape, (*args, *kwargs.values())))),)


def _counted(distribution: str, method: str, shapes: tuple[str, ...]) -> CountedFunction:
    op_name = f"stats.{distribution}.{method}"
    op: CountedFunction = _namespace.make(
        op_name, _target(distribution, method, shapes), pricing=_values
    )
    _core._use_distribution_kernel(op)
    _namespace._ops[op_name] = op
    return op


class Distribution:
    """A continuous distribution. Its functions are counted, under the names ``stats.<name>.pdf``...

    Attributes
    ----------
    name : str
        SciPy's name of the distribution.
    pdf, cdf, ppf : CountedFunction
        Density, distribution function and its inverse.
    """

    __slots__ = ("cdf", "name", "pdf", "ppf")

    name: str
    pdf: CountedFunction
    cdf: CountedFunction
    ppf: CountedFunction

    def __init__(self, name: str, **functions: CountedFunction) -> None:
        self.name = name
        for method, function in functions.items():
            setattr(self, method, function)

    def __repr__(self) -> str:
        return f"<flopscope.stats.{self.name}>"

    def __reduce__(self) -> Any:
        return _find, (self.name,)

    def __getattr__(self, name: str) -> NoReturn:
        hint = _INSTEAD.get(name, "it has pdf, cdf and ppf")
        raise AttributeError(f"{self!r} does not provide {name!r}; {hint}")


def _find(name: str) -> Distribution:
    return DISTRIBUTIONS[name]


def _build() -> dict[str, Distribution]:
    functions: dict[str, dict[str, CountedFunction]] = {}
    for distribution, method, shapes in _core._distribution_functions():
        functions.setdefault(distribution, {})[method] = _counted(distribution, method, shapes)
    return {name: Distribution(name, **methods) for name, methods in functions.items()}


DISTRIBUTIONS: dict[str, Distribution] = _build()
