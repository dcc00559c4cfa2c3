"""What the symbols in the formulas of the operation table mean."""

from __future__ import annotations

import re

__all__ = ["LEGEND", "legend_of"]

#: Symbols of families of operations (the start of a log name), then those of all formulas. For
#: linalg the operation counts are those of Golub and Van Loan, "Matrix Computations".
LEGEND: dict[str, dict[str, str]] = {
    "linalg.": {
        "B": "matrices in the batch",
        "m, n": "rows and columns",
        "k": "the shorter side, or how many singular values are asked for",
        "a, b": "the longer and the shorter side",
        "r": "right-hand sides",
        "c": "columns of the right-hand side; for qr 2, or 1 without Q",
        "p": "the exponent without its sign",
        "ones": "ones in the binary form",
        "N": "cells that one norm runs over",
        "SV": "values only 2ab^2+2b^3; vectors 6ab^2+20b^3, or 4a^2b+22b^3 when they are full and "
        "m != n; k of them: no more than 4mnk",
        "NC": "2N; 18N+16 for general orders; the singular values for orders 2, -2 and nuc",
    },
    "fft.": {
        "N": "cells of one transform, padded or cut as `s` says",
        "n": "length of the transform",
        "d_i": "length of the i-th transformed axis",
        "batch": "transforms: cells outside the transformed axes",
    },
    "poly": {
        "n, m": "coefficients; points, roots or order",
        "n1, n2": "coefficients of either polynomial",
        "deg": "the degree",
        "q": "steps: max(n1-n2+1, 0)",
        "t": "the order, at most n-1",
        "d, N": "size of the Vandermonde system",
    },
    "": {
        "numel": "cells of an array",
        "numel_u": "cells that symmetry does not make equal: all of them without a symmetry tag",
        "in": "the operand",
        "out": "the result",
        "bcast": "what the operands broadcast to",
        "A": "input cells that differ under the symmetry that keeps their output cell",
        "O": "output cells that differ under symmetry",
        "S(n)": "n ceil(log2 n), at least 1: comparisons that sort n cells",
        "L2(n)": "ceil(log2 n), at least 1: comparisons that find a place among n",
        "MM(m,k,n)": "2mkn - mn, at least 1: the product of m x k and k x n",
        "n, m": "cells of the first and second operand; along an axis, its length",
        "lines": "vectors along the axis",
        "kth": "the positions asked for",
        "bill": "(k-1) M + A - O for k operands: M products of label values, A partial sums, "
        "O outputs; along the cheapest path for three or more",
        "|G|": "elements of the symmetry group",
        "g": "generators of the group that move something",
    },
}

_WORD = re.compile(r"[A-Za-z_]\w*|\|G\|")


def legend_of(op_name: str, formula: str) -> dict[str, str]:
    """Return the symbols that a formula uses, with what they mean.

    Parameters
    ----------
    op_name : str
        Log name of the operation.
    formula : str
        As in the operation table.

    Returns
    -------
    dict of str to str
        A family's own meaning wins.
    """
    words = set(_WORD.findall(formula))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for family, symbols in LEGEND.items():
        if not op_name.startswith(family):
            continue
        for symbol, meaning in symbols.items():
            names = {name.strip() for name in symbol.partition("(")[0].split(",")}
            if words & names and not taken & names:
                found[symbol] = meaning
                taken |= names
    return found
