"""Contractions: expressions, products of two arrays, and the Kronecker product."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import SymmetryGroup
from flopscope._pricing._counting import cells

__all__ = [
    "RULES",
    "canonical_subscripts",
    "contraction_bill",
    "einsum_tag",
    "label_lengths",
    "product_bill",
]

Shape = tuple[int, ...]

# Labels for ellipsis axes and for integer sublists; far from anything a program writes itself.
_FIRST_FREE_LABEL = 0x2200


def _from_sublists(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Turn ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` into subscripts and operands."""

    def letters(labels: Any) -> str:
        return "".join(
            "..." if label is Ellipsis else chr(_FIRST_FREE_LABEL + 64 + int(label))
            for label in labels
        )

    has_output = len(operands) % 2 == 1
    pairs = operands[:-1] if has_output else operands
    subscripts = ",".join(letters(labels) for labels in pairs[1::2])
    if has_output:
        subscripts += "->" + letters(operands[-1])
    return subscripts, list(pairs[0::2])


def canonical_subscripts(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Spell out an expression: inputs and output without ellipsis.

    Parameters
    ----------
    subscripts : str
        As for `numpy.einsum`; implicit output and ellipsis are allowed.
    ndims : sequence of int
        Ranks of the operands.

    Returns
    -------
    (list of str, str)
        One label per axis of each operand, and the output's labels.

    Raises
    ------
    ValueError
        The expression does not fit the operands.
    """
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"{len(terms)} terms in {subscripts!r} for {len(ndims)} operands")
    extra = [
        ndim - len(term.replace("...", "")) if "..." in term else 0
        for term, ndim in zip(terms, ndims, strict=True)
    ]
    if min(extra, default=0) < 0:
        raise ValueError(f"more labels than axes in {subscripts!r}")
    widest = max(extra, default=0)
    hidden = "".join(chr(_FIRST_FREE_LABEL + i) for i in range(widest))
    inputs = [
        term.replace("...", hidden[widest - n :]) for term, n in zip(terms, extra, strict=True)
    ]
    for term, ndim in zip(inputs, ndims, strict=True):
        if len(term) != ndim:
            raise ValueError(f"term {term!r} of {subscripts!r} for an operand of {ndim} axes")
    if arrow:
        return inputs, right.replace("...", hidden)
    once = sorted(c for c in set(left) - set(".,") if left.count(c) == 1)
    return inputs, hidden + "".join(once)


def label_lengths(inputs: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """Return the length of every label; lengths of 1 stretch. Raises ValueError on a conflict."""
    lengths: dict[str, int] = {}
    for term, shape in zip(inputs, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            known = lengths.setdefault(label, n)
            if known != n and known != 1 and n != 1:
                raise ValueError(f"label {label!r} has lengths {known} and {n}")
            lengths[label] = n if known == 1 else known
    return lengths


def _path(inputs: Sequence[str], output: str, lengths: dict[str, int]) -> list[tuple[int, ...]]:
    """Choose the pairwise order that the bill is laid over: opt_einsum's, whatever `optimize`."""
    # Imported here since only expressions of three or more operands need it.
    import opt_einsum  # type: ignore[import-not-found,import-untyped,unused-ignore]

    shapes = [tuple(lengths[label] for label in term) for term in inputs]
    expression = ",".join(inputs) + "->" + output
    path, _info = opt_einsum.contract_path(expression, *shapes, shapes=True, optimize="auto")
    return [tuple(step) for step in path]


def contraction_bill(
    inputs: Sequence[str],
    output: str,
    shapes: Sequence[Shape],
    groups: Sequence[SymmetryGroup | None] | None = None,
    classes: Sequence[int] | None = None,
) -> Any:
    """Price an expression whose terms have a label per axis.

    Parameters
    ----------
    inputs, output : sequence of str, str
        As from `canonical_subscripts`.
    shapes : sequence of shapes
    groups : sequence of SymmetryGroup or None, optional
        Declared symmetry of each operand.
    classes : sequence of int, optional
        Operands that are the same object share a number.

    Returns
    -------
    bill
        With ``total`` and ``output_group``, among others.
    """
    lengths = label_lengths(inputs, shapes)
    path = _path(inputs, output, lengths) if len(inputs) > 2 else None
    expression = ",".join(inputs) + "->" + output
    return _core._contraction_bill(expression, shapes, groups, classes, path)


def _of_operands(inputs: Sequence[str], output: str, operands: Sequence[Any]) -> Any:
    """Price an expression of these objects: their tags count, and which of them are the same."""
    known: list[Any] = []
    classes = []
    for operand in operands:
        same = (i for i, other in enumerate(known) if other is operand)
        classes.append(next(same, len(known)))
        known.append(operand)
    groups = [getattr(operand, "symmetry", None) for operand in operands]
    return contraction_bill(inputs, output, [np.shape(x) for x in operands], groups, classes)


def _tag_of(bill: Any, operands: Sequence[Any]) -> tuple[SymmetryGroup | None, bool]:
    """Tell the tag of a result; it is inferred if no operand's was asked for."""
    tagged = [x for x in operands if getattr(x, "symmetry", None) is not None]
    return bill.output_group, all(_core._is_inferred(x) for x in tagged)


# ---------------------------------------------------------------------------------------- einsum


def _einsum_bill(operands: Sequence[Any]) -> tuple[Any, list[Any]]:
    if not operands:
        raise ValueError("einsum needs an expression and its operands")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], list(operands[1:])
    else:
        subscripts, arrays = _from_sublists(operands)
    inputs, output = canonical_subscripts(subscripts, [np.ndim(x) for x in arrays])
    return _of_operands(inputs, output, arrays), arrays


def _einsum(*operands: Any, **_: Any) -> int:
    return int(_einsum_bill(operands)[0].total)


def einsum_tag(_result: Any, *operands: Any, **_: Any) -> Any:
    """Tell the symmetry of an einsum's result."""
    bill, arrays = _einsum_bill(operands)
    return _tag_of(bill, arrays)


# --------------------------------------------------------------------------- products of two arrays


def _letters(count: int, start: int) -> str:
    return "".join(chr(_FIRST_FREE_LABEL + start + i) for i in range(count))


def _tied(left: int, right: int, pairs: Sequence[tuple[int, int]]) -> tuple[list[str], str]:
    """Spell a contraction of the given pairs of axes, all other axes kept."""
    first = _letters(left, 0)
    second = list(_letters(right, left))
    for i, j in pairs:
        second[j] = first[i]
    of_left = {i for i, _ in pairs}
    of_right = {j for _, j in pairs}
    output = "".join(c for i, c in enumerate(first) if i not in of_left)
    output += "".join(c for j, c in enumerate(second) if j not in of_right)
    return [first, "".join(second)], output


def _dot(a: Any, b: Any) -> tuple[list[str], str]:
    return _tied(a.ndim, b.ndim, [(a.ndim - 1, max(0, b.ndim - 2))])


def _inner(a: Any, b: Any) -> tuple[list[str], str]:
    return _tied(a.ndim, b.ndim, [(a.ndim - 1, b.ndim - 1)])


def _tensordot(a: Any, b: Any, axes: Any) -> tuple[list[str], str]:
    if axes is None or not np.iterable(axes):
        count = 2 if axes is None else operator.index(axes)
        return _tied(a.ndim, b.ndim, [(a.ndim - count + i, i) for i in range(count)])
    of_a, of_b = (list(x) if np.iterable(x) else [x] for x in axes)
    pairs = [(i % a.ndim, j % b.ndim) for i, j in zip(of_a, of_b, strict=True)]
    return _tied(a.ndim, b.ndim, pairs)


def _matmul(a: Any, b: Any) -> str:
    if a.ndim == 1:
        return "k,k->" if b.ndim == 1 else "k,...kn->...n"
    return "...mk,k->...m" if b.ndim == 1 else "...mk,...kn->...mn"


_ELLIPTIC: dict[str, Callable[[Any, Any], str]] = {
    "matmul": _matmul,
    "matvec": lambda a, b: "...mn,...n->...m",
    "vecdot": lambda a, b: "...n,...n->...",
    "vecmat": lambda a, b: "...n,...nm->...m",
}


def product_bill(name: str, a: Any, b: Any, option: Any = None) -> Any:
    """Price a product of two arrays of which one is tagged, or which are the same object.

    Parameters
    ----------
    name : str
        The operation.
    a, b : counted array
    option : object, optional
        ``axes`` of tensordot, ``axis`` of vecdot.

    Returns
    -------
    (int, (SymmetryGroup or None, bool)) or None
        FLOPs before the weight, and the tag of the result. None: symmetry has no say.
    """
    name = name.removeprefix("linalg.")
    if a.ndim == 0 or b.ndim == 0 or (name == "vecdot" and option not in (None, -1)):
        return None
    if name in ("outer", "vdot"):
        # Raveled first: what the axes had in common is gone, but one object stays one object.
        if a is not b:
            return None
        terms, output = (["i", "j"], "ij") if name == "outer" else (["i", "i"], "")
        bill = contraction_bill(terms, output, [(a.size,), (b.size,)], None, [0, 0])
        return bill.total, _tag_of(bill, ())
    if name in _ELLIPTIC:
        terms, output = canonical_subscripts(_ELLIPTIC[name](a, b), [a.ndim, b.ndim])
    elif name == "tensordot":
        terms, output = _tensordot(a, b, option)
    else:
        terms, output = (_dot if name == "dot" else _inner)(a, b)
    bill = _of_operands(terms, output, [a, b])
    return bill.total, _tag_of(bill, [a, b])


def _einsum_path(*operands: Any, **_: Any) -> int:
    return 1


def _kron(a: Any, b: Any) -> int:
    return max(1, cells(a) * cells(b))


RULES: dict[str, Callable[..., Any]] = {
    "einsum": _einsum,
    "einsum_path": _einsum_path,
    "kron": _kron,
}
