"""Samplers of NumPy's legacy generator that hardly ever end for some parameters.

Both draw until a candidate is accepted. ``vonmises`` accepts none once 1 + kappa is rounded to
kappa. ``zipf`` accepts none when 2 ** (a - 1) overflows; near a = 1, nearly every candidate is
larger than an integer can be: one in (a - 1) * 63 * log(2) is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["that_ends"]


@dataclass(frozen=True)
class _Domain:
    """A parameter, and the values above `least` (of those that NumPy takes) that come back."""

    parameter: str
    position: int
    least: float
    most: float

    def holds(self, given: Any) -> bool:
        """Do the values come back, or are they refused by NumPy, which converts them like this?"""
        try:
            values = np.asarray(given, np.float64)
        except (TypeError, ValueError, OverflowError):
            return True
        taken = values > np.floor(self.least)
        return not np.any(taken & ~((values >= self.least) & (values <= self.most)))


_DOMAINS = {
    "vonmises": _Domain("kappa", 1, 0.0, 1e8),
    "zipf": _Domain("a", 0, 1.0 + 1e-4, 1e3),
}


def that_ends(name: str, run: Callable[..., Any], *, is_method: bool = False) -> Callable[..., Any]:
    """The sampler, if need be one that refuses parameters with which it would not end.

    Parameters
    ----------
    name : str
        Of the operation, such as ``random.zipf``.
    run : callable
        The sampler of the legacy generator.
    is_method : bool
        Its first argument is the generator.

    Returns
    -------
    callable
        Raises ValueError for a parameter outside the domain; values that NumPy refuses, such as
        ``a <= 1``, are left to it.
    """
    domain = _DOMAINS.get(name.rpartition(".")[2])
    if domain is None:
        return run

    position = domain.position + is_method

    def checked(*args: Any, **kwargs: Any) -> Any:
        if len(args) > position:
            given = args[position]
        else:
            given = kwargs.get(domain.parameter, domain.least)
        if not domain.holds(given):
            raise ValueError(
                f"{name}: a server draws with {domain.parameter} from {domain.least:g} to "
                f"{domain.most:g} only; others may never end"
            )
        return run(*args, **kwargs)

    return checked
