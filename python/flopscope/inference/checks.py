"""What arguments must be: counts, amounts, known names; errors that name the field.

Lengths may be numbers or arrays. NumPy is imported only when something array-like arrives.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, TypeAlias

__all__ = ["Amount", "Count", "amount", "count", "nearest", "positive", "unknown"]

# An int for ints, an array of integers when any argument is an array.
Count: TypeAlias = Any
# A float for numbers, an array of floats when any argument is an array.
Amount: TypeAlias = Any


def nearest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Return the known names most like ``name``, or that begin most like it."""
    import difflib

    match = difflib.SequenceMatcher(autojunk=False)
    match.set_seq2(name.lower())

    def likeness(candidate: str) -> float:
        match.set_seq1(candidate)
        return match.ratio()

    scored = []
    for item in known:
        lower = item.lower()
        score = max(likeness(lower), 0.99 * likeness(lower[: len(name)]))
        if score >= 0.5:
            scored.append((score, item))
    scored.sort(key=lambda pair: -pair[0])  # stable: of equals, the first known
    return [item for _, item in scored[:n]]


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """Say that a name is unknown, and which known ones are nearest."""
    known = list(known)
    close = nearest(str(name), known)
    hint = f"nearest: {', '.join(map(repr, close))}" if close else f"one of {', '.join(known)}"
    return f"unknown {kind} {name!r}; {hint}"


def _is_arraylike(value: object) -> bool:
    return isinstance(value, (list, tuple)) or bool(getattr(value, "ndim", 0))


def count(value: Any, field: str, least: int = 0) -> Count:
    """Return a whole number of at least ``least`` as `int`, or an array of such."""
    if type(value) is int and value >= least:
        return value
    if _is_arraylike(value):
        return _counts(value, field, least)
    if hasattr(value, "dtype"):
        value = value.item()  # a number of NumPy's, as Python's
    if isinstance(value, float):
        if math.isfinite(value) and value == int(value):
            value = int(value)
        else:
            raise ValueError(f"{field} must be a whole number, got {value}")
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{field} must be a whole number, got {value!r}") from None
    if number < least:
        raise ValueError(f"{field} must be at least {least}, got {number}")
    return number


def _counts(values: Any, field: str, least: int) -> Count:
    import numpy as np

    array = np.asarray(values)
    if array.dtype.kind == "O":
        flat = [count(value, field, least) for value in array.ravel().tolist()]
        return np.array(flat, dtype=object).reshape(array.shape)
    if array.dtype.kind == "f":
        if not bool(np.isfinite(array).all()):
            raise ValueError(f"{field} must be whole numbers, found NaN or infinity")
        if bool((array != np.rint(array)).any()):
            raise ValueError(f"{field} must be whole numbers, found a fraction")
        if array.size and float(array.max()) >= 2.0**63:
            flat = [count(value, field, least) for value in array.ravel().tolist()]
            return np.array(flat, dtype=object).reshape(array.shape)
    elif array.dtype.kind not in "iub":
        raise ValueError(f"{field} must be whole numbers, got an array of {array.dtype}")
    if array.size and array.min() < least:
        raise ValueError(f"{field} must be at least {least}, found {int(array.min())}")
    if array.dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
        return array.astype(object)
    return array.astype(np.int64, copy=False)


def amount(value: Any, field: str) -> Amount:
    """Return a finite number that is not negative, or an array of such, as floats."""
    return _number(value, field, may_be_zero=True)


def positive(value: Any, field: str) -> Amount:
    """Return a finite number above zero, or an array of such, as floats."""
    return _number(value, field, may_be_zero=False)


def _number(value: Any, field: str, may_be_zero: bool) -> Amount:
    bound = "not negative" if may_be_zero else "positive"
    if _is_arraylike(value):
        import numpy as np

        array = np.asarray(value).astype(np.float64)
        right = array >= 0.0 if may_be_zero else array > 0.0
        if not bool((right & (array < math.inf)).all()):
            raise ValueError(f"{field} must be finite and {bound} throughout")
        return array
    try:
        number = float("no number" if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise ValueError(f"{field} must be a number, got {value!r}") from None
    if not (0.0 <= number < math.inf) or (number == 0.0 and not may_be_zero):
        raise ValueError(f"{field} must be finite and {bound}, got {value!r}")
    return number
