"""Distribution functions: a constant per element of the result."""

from __future__ import annotations

from typing import Any

from .rules import RULES, Rule
from .shapes import broadcast, count, elements, shape_of

__all__ = ["result_size"]

# Distribution -> FLOPs per element of pdf, cdf and ppf.
_CONSTANTS = {
    "norm": (27, 48, 83),
    "expon": (22, 22, 27),
    "cauchy": (6, 20, 28),
    "logistic": (23, 21, 28),
    "laplace": (22, 40, 51),
    "truncnorm": (28, 51, 81),
    "lognorm": (62, 70, 106),
    "uniform": (1, 4, 1),
}


def result_size(*args: Any, **parameters: Any) -> int:
    """Elements of the points broadcast with the parameters, at least 1."""
    shapes = [shape_of(x) for x in (*args, *parameters.values())]
    return max(1, count(elements(broadcast(*shapes))))


def _distribution_function(per_element: int) -> Rule:
    def price(*args: Any, **parameters: Any) -> int:
        return per_element * result_size(*args, **parameters)

    price.__doc__ = f"``{per_element} * max(1, elements)`` of the result (cost model, statistics)."
    return price


for _name, _constants in _CONSTANTS.items():
    for _method, _constant in zip(("pdf", "cdf", "ppf"), _constants, strict=True):
        RULES[f"stats.{_name}.{_method}"] = _distribution_function(_constant)
