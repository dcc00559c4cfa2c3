"""Which operations run before they are charged, so that a failing call costs nothing.

The others are charged first, and keep the charge if NumPy then raises.  Either way a budget that
is too short stops the call before anything runs or any generator moves on, unless the price must
be read off the result.
"""

from __future__ import annotations

from .words import words

__all__ = ["runs_first"]

_DEFERRED = frozenset(
    words("""
    cross arange linspace geomspace logspace indices packbits unpackbits asarray_chkfinite
    fromfunction apply_along_axis apply_over_axes piecewise
    """)
)
_CHARGED_FIRST_SAMPLERS = frozenset(
    f"random.{name}"
    for name in words("""
    rand randn random random_sample sample ranf choice shuffle permutation bytes
    """)
)


def runs_first(op_name: str) -> bool:
    """Is the charge made after the call (cost model, principles: deferred cost)?"""
    if op_name.startswith("random."):
        return op_name not in _CHARGED_FIRST_SAMPLERS
    return op_name in _DEFERRED
