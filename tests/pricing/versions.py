"""Rows that releases of NumPy other than 2.4, or other machines, answer differently."""

from __future__ import annotations

import re

import numpy as np

__all__ = ["reason_to_skip"]

# The first release that answers as the row says, the first that does not any more, what the
# expression has in it.
_SPANS: tuple[tuple[str, str, str, str], ...] = (
    ("2.1.0", "", r"\b(cumulative_(sum|prod)|unstack)\(", "came with NumPy 2.1"),
    ("2.2.0", "", r"\b(matvec|vecmat)\(", "came with NumPy 2.2"),
    ("2.1.0", "", r"^clip\(.*(None, None|\b(min|max)=)", "NumPy wants both limits before 2.1"),
    ("2.1.0", "", r"^reshape\(.*copy=", "NumPy's reshape has no copy before 2.1"),
    ("2.2.0", "", r"^trim_zeros\(.*axis=", "NumPy trims vectors only before 2.2"),
    ("2.4.0", "", r"^pad\(d\(3,5\), \{", "NumPy takes no dict before 2.4"),
    ("2.4.0", "", r"matrix_rank\(d\(2,0,3\)\)", "NumPy refuses it before 2.4"),
    ("", "2.5.0", r"^row_stack\(", "gone from NumPy 2.5 on"),
    ("", "2.5.0", r"\bcross\(d\((2|7,2)\)", "NumPy has no 2-d cross product from 2.5 on"),
    ("", "2.4.0", r"\bin1d\(.\(20\)|\btrapz\(f", "gone from NumPy 2.4 on"),
    ("2.4.0", "", r"\bin1d\(d\(3\)|\btrapz\(d", "there before NumPy 2.4"),
)
_NUMPY = np.lib.NumpyVersion(np.__version__)


def reason_to_skip(expression: str) -> str:
    """Say why the installed NumPy cannot run a row; "" if it can."""
    if "longdouble" in expression and np.dtype(np.longdouble).itemsize != 16:
        return "no numbers of 128 bits here"
    for first, end, pattern, reason in _SPANS:
        outside = (first and first > _NUMPY) or (end and end <= _NUMPY)
        if outside and re.search(pattern, expression):
            return reason
    return ""
