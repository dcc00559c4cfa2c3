"""Contractions, counted by doing them: loop over all index assignments, tally the work.

Operands are dense and distinct.  A step over an expression with k operands multiplies k - 1 times
per assignment of all labels, and adds each term to its output element, where the first term is a
copy.  So an empty sum costs nothing, and never less.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import Shape, count, elements, numel, shape_of

__all__ = ["contraction_cost", "parse"]

_MANY = "the reference prices einsum of one or two operands; three or more need a path"


def _visit(terms: list[str], output: str, sizes: dict[str, int]) -> int:
    """Multiplies and adds of one step, counted over the assignments of its labels."""
    labels = sorted(set("".join(terms)))
    filled: set[tuple[int, ...]] = set()
    work = 0
    for values in elements(sizes[label] for label in labels):
        at = dict(zip(labels, values, strict=True))
        work += len(terms) - 1
        element = tuple(at[label] for label in output)
        if element in filled:
            work += 1
        filled.add(element)
    return work


def _pre_reduce(term: str, shape: Shape, needed: set[str]) -> tuple[str, int]:
    """Sum out of one operand the labels nobody else needs; the term that is left, and the cost.

    Axes are summed as they stand: a repeated label is not first cut down to its diagonal.
    """
    kept = [axis for axis, label in enumerate(term) if label in needed]
    if len(kept) == len(term):
        return term, 0
    filled: set[tuple[int, ...]] = set()
    adds = 0
    for element in elements(shape):
        group = tuple(element[axis] for axis in kept)
        adds += group in filled
        filled.add(group)
    return "".join(term[axis] for axis in kept), adds


def contraction_cost(terms: list[str], output: str, shapes: list[Shape]) -> int:
    """Bill of a one- or two-operand expression (contraction bills, counts and pre-reduction).

    Parameters
    ----------
    terms, output : list of str, str
        One letter per axis.
    shapes : list of tuple of int
        Shapes of the operands; a label whose lengths are 1 and n has length n.
    """
    if len(terms) > 2:
        raise NotImplementedError(_MANY)
    sizes = _label_sizes(terms, shapes)
    bill = 0
    if len(terms) == 2:
        reduced = []
        for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
            left, cost = _pre_reduce(term, shape, set(output) | set(terms[1 - i]))
            reduced.append(left)
            bill += cost
        terms = reduced
    return bill + _visit(terms, output, sizes)


def _label_sizes(terms: list[str], shapes: list[Shape]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ValueError(f"subscript {term!r} has {len(term)} labels for shape {shape}")
        for label, n in zip(term, shape, strict=True):
            if n != sizes.setdefault(label, n) and 1 not in (n, sizes[label]):
                raise ValueError(f"label {label!r} has lengths {sizes[label]} and {n}")
            if sizes[label] == 1:
                sizes[label] = n
    return sizes


def _fresh_labels(used: str, how_many: int) -> str:
    free = [letter for letter in string.ascii_letters if letter not in used]
    return "".join(free[:how_many])


def parse(subscripts: str, shapes: list[Shape]) -> tuple[list[str], str]:
    """Terms and output of an einsum string, with implicit output and ellipses written out."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"{subscripts!r} has {len(terms)} terms for {len(shapes)} operands")
    ranks = [
        len(shape) - len(term.replace("...", ""))
        for term, shape in zip(terms, shapes, strict=True)
        if "..." in term
    ]
    batch = _fresh_labels(subscripts, max(ranks, default=0))
    if not arrow:
        letters = inputs.replace(",", "").replace("...", "")
        output = "..." if "..." in inputs else ""
        output += "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    expanded = []
    for term, shape in zip(terms, shapes, strict=True):
        rank = len(shape) - len(term.replace("...", ""))
        expanded.append(term.replace("...", batch[len(batch) - rank :] if rank else ""))
    return expanded, output.replace("...", batch)


def _from_sublists(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])`` as a string and operands."""
    arrays = operands[: len(operands) // 2 * 2 : 2]
    lists = operands[1 : 2 * len(arrays) : 2]

    def word(sublist: Any) -> str:
        return "".join("..." if i is Ellipsis else string.ascii_letters[i] for i in sublist)

    text = ",".join(word(sublist) for sublist in lists)
    if len(operands) % 2:
        text += "->" + word(operands[-1])
    return text, arrays


@rule("einsum")
def einsum(*operands: Any, **_: Ignored) -> int:
    """One or two operands, as given (contraction bills, what is billed)."""
    if not isinstance(operands[0], str):
        subscripts, arrays = _from_sublists(operands)
    else:
        subscripts, arrays = operands[0], operands[1:]
    shapes = [shape_of(array) for array in arrays]
    return contraction_cost(*parse(subscripts, shapes), shapes)


@rule("einsum_path")
def einsum_path(*_: Ignored, **__: Ignored) -> int:
    """1 per call (contraction bills, what is billed)."""
    return 1


def _check(condition: bool, op_name: str, left: Shape, right: Shape) -> None:
    if not condition:
        raise ValueError(f"{op_name}: shapes {left} and {right} do not fit")


@rule("matmul linalg.matmul")
def matmul(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    """``...ij,...jk->...ik`` and its vector forms (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(bool(left and right), "matmul", left, right)
    inner = right[-2] if len(right) > 1 else right[0]
    _check(left[-1] == inner, "matmul", left, right)
    first = "i" if len(left) == 1 else "...ai"
    second = "i" if len(right) == 1 else "...ib"
    output = "..." + ("a" if len(left) > 1 else "") + ("b" if len(right) > 1 else "")
    if len(left) == len(right) == 1:
        output = ""
    return contraction_cost(*parse(f"{first},{second}->{output}", [left, right]), [left, right])


def _joined(left: Shape, right: Shape, axes: list[tuple[int, int]]) -> int:
    """Contract the given pairs of axes, all other axes kept."""
    first = string.ascii_letters[: len(left)]
    second = list(string.ascii_letters[len(left) : len(left) + len(right)])
    for i, j in axes:
        second[j] = first[i]
    tied_left = {i for i, _ in axes}
    tied_right = {j for _, j in axes}
    output = "".join(x for i, x in enumerate(first) if i not in tied_left)
    output += "".join(x for j, x in enumerate(second) if j not in tied_right)
    return contraction_cost([first, "".join(second)], output, [left, right])


@rule("dot")
def dot(a: Any, b: Any, out: Ignored = None) -> int:
    """Last axis of a with the last but one of b; a 0-d operand multiplies elementwise.

    Contraction bills, what is billed.
    """
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        return numel(a) * numel(b)
    j = max(0, len(right) - 2)
    _check(left[-1] == right[j], "dot", left, right)
    return _joined(left, right, [(len(left) - 1, j)])


@rule("inner")
def inner(a: Any, b: Any) -> int:
    """Last axis with last axis; a 0-d operand multiplies elementwise (contraction bills)."""
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        return numel(a) * numel(b)
    _check(left[-1] == right[-1], "inner", left, right)
    return _joined(left, right, [(len(left) - 1, len(right) - 1)])


@rule("tensordot linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> int:
    """Distinct labels, tied on the contracted pairs (contraction bills, what is billed)."""
    left, right = shape_of(a), shape_of(b)
    if isinstance(axes, (tuple, list)):
        of_a, of_b = (list(x) if isinstance(x, (tuple, list)) else [int(x)] for x in axes)
    else:
        of_a = list(range(len(left) - int(axes), len(left)))
        of_b = list(range(int(axes)))
    _check(len(of_a) == len(of_b), "tensordot", left, right)
    _check(len(of_a) <= min(len(left), len(right)), "tensordot", left, right)
    pairs = [(i % len(left), j % len(right)) for i, j in zip(of_a, of_b, strict=True)]
    _check(all(left[i] == right[j] for i, j in pairs), "tensordot", left, right)
    return _joined(left, right, pairs)


@rule("outer linalg.outer")
def outer(a: Any, b: Any, out: Ignored = None) -> int:
    """``i,j->ij`` of the raveled operands (contraction bills, what is billed).

    An array given twice makes interchangeable factors: of ``a[i] a[j]`` and ``a[j] a[i]`` one is
    computed.
    """
    shapes: list[Shape] = [(count(elements(shape_of(x))),) for x in (a, b)]
    if a is b and isinstance(a, np.ndarray):
        return len({frozenset(pair) for pair in elements((shapes[0][0], shapes[0][0]))})
    return contraction_cost(["i", "j"], "ij", shapes)


@rule("vdot")
def vdot(a: Any, b: Any) -> int:
    """``i,i->`` of the raveled operands (contraction bills, what is billed)."""
    shapes: list[Shape] = [(count(elements(shape_of(x))),) for x in (a, b)]
    return contraction_cost(["i", "i"], "", shapes)


def _core_expression(text: str, x1: Any, x2: Any, op_name: str) -> int:
    shapes = [shape_of(x1), shape_of(x2)]
    for term, shape in zip(text.partition("->")[0].split(","), shapes, strict=True):
        _check(len(shape) >= len(term) - 3, op_name, *shapes)
    return contraction_cost(*parse(text, shapes), shapes)


@rule("vecdot linalg.vecdot")
def vecdot(x1: Any, x2: Any, *_: Ignored, axis: int = -1, **__: Ignored) -> int:
    """``...n,...n->...`` along the given axis (contraction bills, what is billed)."""
    left, right = list(shape_of(x1)), list(shape_of(x2))
    _check(bool(left and right), "vecdot", tuple(left), tuple(right))
    n, m = left.pop(axis % len(left)), right.pop(axis % len(right))
    _check(n == m, "vecdot", tuple(left), tuple(right))
    shapes: list[Shape] = [(*left, n), (*right, m)]
    return contraction_cost(*parse("...n,...n->...", shapes), shapes)


@rule("matvec")
def matvec(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    """``...mn,...n->...m`` (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(len(left) >= 2 and len(right) >= 1 and left[-1] == right[-1], "matvec", left, right)
    return _core_expression("...mn,...n->...m", x1, x2, "matvec")


@rule("vecmat")
def vecmat(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    """``...n,...nm->...m`` (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(len(left) >= 1 and len(right) >= 2 and left[-1] == right[-2], "vecmat", left, right)
    return _core_expression("...n,...nm->...m", x1, x2, "vecmat")


@rule("kron")
def kron(a: Any, b: Any) -> int:
    """``max(1, size * size)`` (contraction bills, what is billed)."""
    return max(1, count(elements(shape_of(a) + shape_of(b))))
