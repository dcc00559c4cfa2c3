"""Contractions: expressions, products of two arrays, and the Kronecker product."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import SymmetryGroup
from flopscope.errors import CostFallbackWarning
from flopscope.pricing.facts._sizes import axis_of, size_of
from flopscope.pricing.transport import common_group

__all__ = [
    "FACTS",
    "bill_of_operands",
    "canonical_subscripts",
    "contraction_bill",
    "identity_classes",
    "label_lengths",
    "product_facts",
    "spell_out",
    "warn_of_fallback",
]

Shape = tuple[int, ...]

# Labels for ellipsis axes and for integer sublists; far from anything a program writes itself.
_FIRST_FREE_LABEL = 0x2200
_FIRST_FREE = chr(_FIRST_FREE_LABEL)


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
    strange = [c for c in text if not (c.isalpha() or c in ",.->" or c >= _FIRST_FREE)]
    if strange:
        raise ValueError(f"{strange[0]!r} in {subscripts!r} is no label: labels are letters")
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


def contraction_bill(
    inputs: Sequence[str],
    output: str,
    shapes: Sequence[Shape],
    groups: Sequence[SymmetryGroup | None] | None = None,
    classes: Sequence[int] | None = None,
    *,
    path: Sequence[Sequence[int]] | None = None,
    partition_budget: int | None = None,
) -> tuple[Any, dict[str, int]]:
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
    path : sequence of sequences of int, optional
        The order to lay the bill over, instead of the one that calls are billed along.
    partition_budget : int, optional
        Most typed set partitions to look at, instead of the configured number.

    Returns
    -------
    (bill, dict)
        The core's bill, with ``total`` and ``output_group`` among others, and the length of every
        label.
    """
    lengths = label_lengths(inputs, shapes)
    expression = ",".join(inputs) + "->" + output
    bill = _core._contraction_bill(expression, shapes, groups, classes, path, partition_budget)
    return bill, lengths


def identity_classes(operands: Sequence[Any]) -> list[int]:
    """Number operands so that those which are the same object share a number."""
    known: dict[int, int] = {}
    return [known.setdefault(id(operand), i) for i, operand in enumerate(operands)]


def bill_of_operands(
    inputs: Sequence[str],
    output: str,
    operands: Sequence[Any],
    partition_budget: int | None = None,
) -> tuple[Any, dict[str, int]]:
    """Price an expression of these objects: their tags count, and which of them are the same."""
    groups = [getattr(operand, "symmetry", None) for operand in operands]
    shapes = [np.shape(x) for x in operands]
    return contraction_bill(
        inputs,
        output,
        shapes,
        groups,
        identity_classes(operands),
        partition_budget=partition_budget,
    )


def warn_of_fallback(bill: Any) -> None:
    """Warn the caller of a counted function whose bill is dense for want of a count."""
    if bill.fallback_used:
        warnings.warn(
            f"the distinct terms of the contraction were not counted ({bill.unavailable_reason}); "
            "the dense count is billed",
            CostFallbackWarning,
            stacklevel=3,
        )


def _tag_of(bill: Any, operands: Sequence[Any]) -> tuple[SymmetryGroup | None, bool]:
    """Tell the tag of a result; it is inferred if no operand's was asked for."""
    tagged = [x for x in operands if getattr(x, "symmetry", None) is not None]
    return bill.output_group, all(_core._is_inferred(x) for x in tagged)


def spell_out(operands: Sequence[Any]) -> tuple[list[str], str, list[Any]]:
    """Read the arguments of einsum, in either form.

    Parameters
    ----------
    operands : sequence
        ``(subscripts, *arrays)``, or arrays and integer sublists by turns.

    Returns
    -------
    (list of str, str, list)
        A label per axis of each array; the output's labels; the arrays.

    Raises
    ------
    ValueError
        The expression does not fit the arrays.
    """
    if not operands:
        raise ValueError("einsum needs an expression and its operands")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], list(operands[1:])
    else:
        subscripts, arrays = _from_sublists(operands)
    inputs, output = canonical_subscripts(subscripts, [np.ndim(x) for x in arrays])
    return inputs, output, arrays


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


def _with_last_at(term: str, axis: Any) -> str:
    """Move the last label of a term to the place that `axis` names."""
    at = axis_of(axis, len(term))
    return term[:-1][:at] + term[-1] + term[:-1][at:]


def _scaled(a: Any, b: Any) -> tuple[int, int, tuple[SymmetryGroup | None, bool], int]:
    """Facts of a product with a number: one multiplication for each element that differs."""
    shape = np.shape(a) or np.shape(b)
    group = common_group(shape, [a, b])
    differing = math.prod(shape) if group is None else _core._unique_elements(group, shape)
    tagged = [x for x in (a, b) if getattr(x, "symmetry", None) is not None]
    tag = group, all(_core._is_inferred(x) for x in tagged)
    return max(1, differing), 0, tag, differing


def _unique_outputs(terms: list[str], output: str, a: Any, b: Any, lengths: dict[str, int]) -> int:
    """Outputs that differ, whether or not the operands are one object."""
    groups = [getattr(x, "symmetry", None) for x in (a, b)]
    apart, _ = contraction_bill(terms, output, [a.shape, b.shape], groups, [0, 1])
    shape = tuple(lengths[label] for label in output)
    group = apart.output_group
    return math.prod(shape) if group is None else int(_core._unique_elements(group, shape))


def product_facts(name: str, a: Any, b: Any, option: Any = None) -> Any:
    """Facts of a product of two arrays of which one is tagged, or which are the same object.

    Parameters
    ----------
    name : str
        The operation.
    a, b : counted array
    option : object, optional
        ``axes`` of tensordot, ``axis`` of vecdot.

    Returns
    -------
    (int, int, (SymmetryGroup or None, bool), int) or None
        Multiplications, additions, the tag of the result, and (of tensordot) how many of its
        elements the operands' own symmetry does not make equal. None: symmetry has no say.
    """
    name = name.removeprefix("linalg.")
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _scaled(a, b) if name in ("dot", "inner") else None
    if name in ("outer", "vdot"):
        # Raveled first: what the axes had in common is gone, but one object stays one object.
        if a is not b:
            return None
        terms, output = (["i", "j"], "ij") if name == "outer" else (["i", "i"], "")
        bill, _ = contraction_bill(terms, output, [(a.size,), (b.size,)], None, [0, 0])
        return bill.multiplications, bill.additions, _tag_of(bill, ()), 0
    if name in _ELLIPTIC:
        terms, output = canonical_subscripts(_ELLIPTIC[name](a, b), [a.ndim, b.ndim])
        if name == "vecdot" and option is not None:
            terms = [_with_last_at(term, option) for term in terms]
    elif name == "tensordot":
        terms, output = _tensordot(a, b, option)
    else:
        terms, output = (_dot if name == "dot" else _inner)(a, b)
    bill, lengths = bill_of_operands(terms, output, [a, b])
    warn_of_fallback(bill)
    unique = _unique_outputs(terms, output, a, b, lengths) if name == "tensordot" else 0
    return bill.multiplications, bill.additions, _tag_of(bill, [a, b]), unique


def _kron(a: Any, b: Any) -> tuple[int, int]:
    return size_of(a), size_of(b)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "kron": _kron,
}
