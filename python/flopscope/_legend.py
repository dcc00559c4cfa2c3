"""What the symbols in the formulas of price lists mean."""

from __future__ import annotations

import re

__all__ = ["LEGEND", "legend_of"]

#: Symbols of families of operations (the start of a log name), then those of all formulas. For
#: linalg the operation counts are those of Golub and Van Loan, "Matrix Computations".
LEGEND: dict[str, dict[str, str]] = {
    "linalg.": {
        "B": "matrices in the batch",
        "m, n": "rows and columns",
        "k": "how many singular values are asked for; 0: all",
        "vectors": "whether singular vectors are asked for",
        "full": "whether they fill square matrices",
        "columns": "right-hand sides",
        "p": "the exponent",
        "N": "elements that one norm runs over",
        "groups": "norms that are taken",
        "general": "whether the order needs powers and a root",
        "vector": "whether the norm is one of vectors",
        "spectral": "whether singular values are needed: orders None of cond, 2, -2 and nuc",
        "symmetric": "whether the matrices are tagged as symmetric",
        "small": "elements of an operand that is no matrix; -1: it is one",
        "batch": "matrices in the batch",
        "diagonal": "length of the diagonal",
        "sizes": "sides of the chain: the i-th matrix is sizes[i] x sizes[i+1]",
    },
    "fft.": {
        "n": "length of the transform, padded or cut as asked for",
        "lines": "transforms",
        "lengths": "lengths of the transformed axes",
        "batch": "elements outside the transformed axes",
    },
    "poly": {
        "n, m": "coefficients of the first and second operand; roots; order",
        "degree": "the degree",
        "points": "points to evaluate, or to fit",
        "matrix": "whether the roots are those of a matrix",
    },
    "cov": {"f, s": "features and samples"},
    "corrcoef": {"f, s": "features and samples"},
    "gradient": {
        "lengths": "lengths of all axes",
        "uniform, irregular": "lengths of the axes asked for, with one spacing or with coordinates",
    },
    "pad": {
        "lengths": "lengths of the axes",
        "before, after": "widths on the two sides of each",
        "first, last": "elements that its statistics look at",
        "odd": "whether reflections are odd",
    },
    "random.": {
        "d": "dimensions of the distribution",
        "draws": "vectors that are drawn",
        "order": "elements of the symmetry group",
        "length": "what is drawn from: the axis that is permuted, bytes",
    },
    "": {
        "size": "elements of an array",
        "unique": "elements that symmetry does not make equal: all of them without a symmetry tag",
        "out": "elements of the result",
        "drawn": "elements that are drawn",
        "broadcast": "elements of what the operands broadcast to",
        "A": "input elements that differ under the symmetry that keeps their output element",
        "O": "output elements that differ under symmetry",
        "K": "elements that each output element combines",
        "weighted": "whether weights are given",
        "multiplications": "(k-1) M for k operands and M products of label values that differ",
        "additions": "A - O: partial sums less outputs; along the cheapest path for three or more",
        "S(n)": "n ceil(log2 n), at least 1: comparisons that sort n elements",
        "L2(n)": "ceil(log2 n), at least 1: comparisons that find a place among n",
        "MM(m, k, n)": "2mkn - mn, at least 1: the product of m x k and k x n",
        "n, m": "elements of the first and second operand; along an axis, its length",
        "p": "points of the table",
        "lines": "vectors along the axis",
        "kths": "the positions asked for",
        "keys": "keys to sort by",
        "points": "points of the window, or indices",
        "order": "elements of the symmetry group; how often differences are taken",
        "generators": "generators of the group that move something",
        "bounds": "bounds that are given",
        "changes": "whether the cast changes values: one that NumPy does not call safe",
        "written": "elements that are written",
        "selects": "whether elements are selected by condition",
        "touched": "elements that are looked up, with repetitions",
        "scans": "whether every pair is compared",
        "ends": "elements put before and after",
        "others": "elements outside the axis",
        "length": "length of the axis, or of the text",
        "bins": "bins along each axis",
        "estimator": "how the width of bins is found",
        "found": "bins that it gives",
        "plain": "whether all bins are given as numbers",
        "rows, columns": "sides of the matrix",
        "first, second": "lengths of the two axes",
        "batch": "elements outside them",
        "pairs": "pairs of indices that are found",
        "axes": "dimensions of the array that is indexed",
        "checked": "whether indices are wrapped or clipped",
        "mode": "as given",
        "assume_unique": "as given",
    },
}

_WORD = re.compile(r"[A-Za-z_]\w*")


def _defined(functions: str) -> dict[str, str]:
    """Functions of a price list: name -> ``"f(n) = ..."``."""
    return {line.partition("(")[0]: line for line in functions.splitlines()}


def legend_of(op_name: str, formula: str, functions: str = "") -> dict[str, str]:
    """Return the symbols that a formula uses, with what they mean.

    Parameters
    ----------
    op_name : str
        Log name of the operation.
    formula : str
        As in a price list.
    functions : str
        The functions of the price list, one a line.

    Returns
    -------
    dict of str to str
        A family's own meaning wins; functions without one are shown by their definitions.
    """
    known = _defined(functions)
    words = list(dict.fromkeys(_WORD.findall(formula)))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for family, symbols in LEGEND.items():
        if not op_name.startswith(family):
            continue
        for symbol, meaning in symbols.items():
            names = {name.strip() for name in symbol.partition("(")[0].split(",")}
            if names.intersection(words) and not taken & names:
                found[symbol] = meaning
                taken |= names
    for word in words:
        if word in known and word not in taken:
            signature, _, value = known[word].partition(" = ")
            found[signature] = value
    return found
