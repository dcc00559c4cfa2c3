"""Contractions written as expressions, and the Kronecker product."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope._pricing._counting import cells

__all__ = ["RULES", "canonical_subscripts", "expression_cost", "label_lengths"]

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


def _product(labels: Any, lengths: dict[str, int]) -> int:
    return math.prod(lengths[label] for label in labels)


def _step(inputs: list[str], output: str, lengths: dict[str, int]) -> int:
    """Price one contraction of one or more operands, without symmetry.

    Labels that are summed and occur in a single operand are first summed out of it, billed as a
    reduction of that operand as it stands.
    """
    if len(inputs) == 1:
        every = set(inputs[0])
        return max(0, _product(every, lengths) - _product(set(output), lengths))
    total = 0
    reduced = []
    for i, term in enumerate(inputs):
        elsewhere = set(output).union(*(inputs[:i] + list(inputs[i + 1 :])))
        kept = "".join(label for label in term if label in elsewhere)
        if kept != term:
            before = math.prod(lengths[label] for label in term)
            after = math.prod(lengths[label] for label in kept)
            total += max(0, before - after)
        reduced.append(kept)
    products = _product(set().union(*reduced), lengths)
    outputs = _product(set(output), lengths)
    return total + max(0, len(inputs) * products - outputs)


def _path(inputs: Sequence[str], output: str, lengths: dict[str, int]) -> list[tuple[int, ...]]:
    """Choose the pairwise order that the bill is laid over: opt_einsum's, whatever `optimize`."""
    # Imported here since only expressions of three or more operands need it.
    import opt_einsum  # type: ignore[import-not-found,import-untyped,unused-ignore]

    shapes = [tuple(lengths[label] for label in term) for term in inputs]
    expression = ",".join(inputs) + "->" + output
    path, _info = opt_einsum.contract_path(expression, *shapes, shapes=True, optimize="auto")
    return [tuple(step) for step in path]


def expression_cost(inputs: Sequence[str], output: str, lengths: dict[str, int]) -> int:
    """FLOPs of an expression: the closed form up to two operands, else the sum over its path."""
    terms = list(inputs)
    if len(terms) <= 2:
        return _step(terms, output, lengths)
    total = 0
    for step in _path(terms, output, lengths):
        chosen = [terms.pop(i) for i in sorted(step, reverse=True)]
        needed = set(output).union(*terms)
        result = "".join(dict.fromkeys(c for term in chosen for c in term if c in needed))
        total += _step(chosen, result if terms else output, lengths)
        terms.append(result)
    return total


def _einsum(*operands: Any, **_: Any) -> int:
    if not operands:
        raise ValueError("einsum needs an expression and its operands")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], list(operands[1:])
    else:
        subscripts, arrays = _from_sublists(operands)
    inputs, output = canonical_subscripts(subscripts, [np.ndim(x) for x in arrays])
    lengths = label_lengths(inputs, [np.shape(x) for x in arrays])
    return expression_cost(inputs, output, lengths)


def _einsum_path(*operands: Any, **_: Any) -> int:
    return 1


def _kron(a: Any, b: Any) -> int:
    return max(1, cells(a) * cells(b))


RULES: dict[str, Callable[..., Any]] = {
    "einsum": _einsum,
    "einsum_path": _einsum_path,
    "kron": _kron,
}
