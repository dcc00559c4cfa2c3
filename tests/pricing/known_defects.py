"""Rows that are not billed as the price list says, and why; they leave once they are."""

from __future__ import annotations

__all__ = ["KNOWN_DEFECTS", "MISNAMED"]

KNOWN_DEFECTS = {
    "exp(atleast_2d(S(4), S(4))[0])": "atleast_2d of several arrays loses their symmetry",
    "exp(atleast_3d(S(4)))": "atleast_3d of a matrix loses its symmetry",
    "exp(full((4,4), d(4)))": "the elements are taken for one number",
    "exp(full_like(d(3,3), [[1.0], [2.0], [3.0]]))": "the elements are taken for one number",
    "linalg.diagonal(d(2,5,7))": "logged under its own name instead of the core function's",
    "linalg.diagonal(d(2,7,5))": "logged under its own name instead of the core function's",
    "linalg.diagonal(d(3,5))": "logged under its own name instead of the core function's",
    "np.poly(d(7))": "NumPy asks the elements instead of the array who computes",
    "np.roots(d(5))": "NumPy asks the elements instead of the array who computes",
    "polyval(d(5,6), 2.0)": "the degree is taken from all coefficients instead of the first axis",
    "polyval(d(5,6), d(6))": "the degree is taken from all coefficients instead of the first axis",
    "sum(sym((1,) * 25 + (3, 3), (25, 26)))": "the symmetry counts on more than 26 axes",
}

#: Those whose bill is right, and only logged under another name.
MISNAMED = frozenset(row for row, reason in KNOWN_DEFECTS.items() if "under its own name" in reason)
