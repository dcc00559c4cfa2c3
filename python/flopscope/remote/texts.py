"""Which texts and bytes a client may pass to an operation.

NumPy reads a text in many places as a dtype, and a dtype can name any number of bytes per element:
``zeros(3, "V1000000000")`` takes 3 GB. Options are words, dtypes are those that travel.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["check_texts"]

_SUBSCRIPTS = frozenset({"einsum", "einsum_path", "einsum_cost"})
_WORD = re.compile(r"[A-Za-z_ +?-]{0,40}|MT19937")
_DTYPE = re.compile(r"[<>=|]?[biufc]\d{1,2}|(?:bool|int|uint|float|complex)_?\d{0,3}|[<>=|][?bB]")
_LONGEST_SUBSCRIPTS = 1_000


def _check(operation: str, text: str) -> None:
    if operation in _SUBSCRIPTS:
        if len(text) <= _LONGEST_SUBSCRIPTS:
            return
        raise ValueError(f"subscripts of more than {_LONGEST_SUBSCRIPTS:,} characters")
    if operation == "bmat":
        raise TypeError("bmat takes arrays here: its text form reads variables by name")
    if not (_WORD.fullmatch(text) or _DTYPE.fullmatch(text)):
        raise TypeError(
            f"{operation}: {text[:40]!r} is neither an option nor a numeric dtype that a server "
            "takes"
        )


def check_texts(operation: str, args: Any, kwargs: Any) -> None:
    """Raise for texts among the arguments that are no option and no numeric dtype.

    Parameters
    ----------
    operation : str
    args : tuple
    kwargs : dict

    Raises
    ------
    TypeError, ValueError
    """
    for value in args:
        kind = type(value)
        if kind is str:
            _check(operation, value)
        elif kind is bytes:
            # NumPy would take them for a list of lengths, or of elements.
            if operation != "frombuffer":
                raise TypeError(f"{operation} takes no bytes; make an array of them")
        elif kind is list or kind is tuple:
            check_texts(operation, value, None)
        elif kind is dict:
            check_texts(operation, value, value)
    if kwargs:
        check_texts(operation, tuple(kwargs.values()), None)
