"""Products as expressions, whose index assignments are visited and counted.

A step over an expression with k operands multiplies k - 1 times per assignment of all labels, and
adds each term to its output element, where the first term is a copy.  So an empty sum costs
nothing, and never less.  Terms that are equal because an operand is symmetric, or because it is
given twice, are computed once.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .contraction import Bill, bill
from .groups import Move, moves_of, together, trivial
from .rules import Ignored, rule
from .shapes import Shape, count, elements, shape_of, size_of
from .words import words

__all__ = [
    "CONTRACTIONS",
    "Factor",
    "contracted_axes",
    "contraction_of",
    "parse",
    "split_operands",
]


@dataclass(frozen=True)
class Factor:
    """An operand as an expression sees it: its shape, its group, and which object it is."""

    shape: Shape
    moves: list[Move]
    identity: object

    @classmethod
    def of(cls, x: Any) -> Factor:
        """An operand as it stands.  Only arrays can be one object given twice."""
        return cls(shape_of(x), moves_of(x), _identity(x))

    @classmethod
    def raveled(cls, x: Any) -> Factor:
        """An operand as one row; it has no axes left to change places."""
        return cls((size_of(x),), trivial(1), _identity(x))


#: Operation -> function that makes the whole bill of a call.
CONTRACTIONS: dict[str, Callable[..., Bill]] = {}


def contraction(names: str) -> Callable[[Callable[..., Bill]], Callable[..., Bill]]:
    """Register a function that makes a bill; the operations' rule is its total."""

    def register(function: Callable[..., Bill]) -> Callable[..., Bill]:
        @functools.wraps(function)
        def total(*args: Any, **kwargs: Any) -> int:
            return function(*args, **kwargs).total

        CONTRACTIONS.update(dict.fromkeys(words(names), function))
        rule(names)(total)
        return function

    return register


def _identity(x: Any) -> object:
    return id(x) if isinstance(x, np.ndarray) else object()


def contraction_of(terms: list[str], output: str, factors: list[Factor]) -> Bill:
    """Bill of an expression (contraction bills).

    Parameters
    ----------
    terms, output : list of str, str
        One letter per axis; a label whose lengths are 1 and n has length n.
    factors : list of Factor
        The operands.
    """
    shapes = [factor.shape for factor in factors]
    return bill(
        terms,
        output,
        _label_sizes(terms, shapes),
        groups=[factor.moves for factor in factors],
        identities=[factor.identity for factor in factors],
        path=_path(terms, output, shapes) if len(terms) > 2 else None,
        shapes=shapes,
    )


def _path(terms: list[str], output: str, shapes: list[Shape]) -> list[tuple[int, ...]]:
    """What opt_einsum chooses for dense operands of these shapes, which the bill is defined by."""
    import opt_einsum  # type: ignore[import-not-found,import-untyped,unused-ignore]

    subscripts = ",".join(terms) + "->" + output
    path, _ = opt_einsum.contract_path(subscripts, *shapes, shapes=True, optimize="auto")
    return [tuple(step) for step in path]


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


def split_operands(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The subscripts and the arrays of an einsum, in either of its spellings."""
    if isinstance(operands[0], str):
        return operands[0], operands[1:]
    return _from_sublists(operands)


@contraction("einsum")
def einsum(*operands: Any, **_: Ignored) -> Bill:
    """The expression as given; three or more operands along a path (contraction bills)."""
    subscripts, arrays = split_operands(operands)
    return _expression(subscripts, *(Factor.of(array) for array in arrays))


def _expression(subscripts: str, *factors: Factor) -> Bill:
    shapes = [factor.shape for factor in factors]
    return contraction_of(*parse(subscripts, shapes), list(factors))


@rule("einsum_path")
def einsum_path(*_: Ignored, **__: Ignored) -> int:
    """1 per call (contraction bills, what is billed)."""
    return 1


def _check(condition: bool, op_name: str, left: Shape, right: Shape) -> None:
    if not condition:
        raise ValueError(f"{op_name}: shapes {left} and {right} do not fit")


@contraction("matmul linalg.matmul")
def matmul(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> Bill:
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
    return _expression(f"{first},{second}->{output}", Factor.of(x1), Factor.of(x2))


def _joined(a: Any, b: Any, axes: list[tuple[int, int]]) -> Bill:
    """Contract the given pairs of axes, all other axes kept."""
    left, right = shape_of(a), shape_of(b)
    first = string.ascii_letters[: len(left)]
    second = list(string.ascii_letters[len(left) : len(left) + len(right)])
    for i, j in axes:
        second[j] = first[i]
    tied_left = {i for i, _ in axes}
    tied_right = {j for _, j in axes}
    output = "".join(x for i, x in enumerate(first) if i not in tied_left)
    output += "".join(x for j, x in enumerate(second) if j not in tied_right)
    return contraction_of([first, "".join(second)], output, [Factor.of(a), Factor.of(b)])


@contraction("dot")
def dot(a: Any, b: Any, out: Ignored = None) -> Bill:
    """Last axis of a with the last but one of b; a 0-d operand multiplies elementwise.

    Contraction bills, what is billed.
    """
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        n = together(a, b)
        return Bill(n, products=n)
    j = max(0, len(right) - 2)
    _check(left[-1] == right[j], "dot", left, right)
    return _joined(a, b, [(len(left) - 1, j)])


@contraction("inner")
def inner(a: Any, b: Any) -> Bill:
    """Last axis with last axis; a 0-d operand multiplies elementwise (contraction bills)."""
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        n = together(a, b)
        return Bill(n, products=n)
    _check(left[-1] == right[-1], "inner", left, right)
    return _joined(a, b, [(len(left) - 1, len(right) - 1)])


@contraction("tensordot linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Bill:
    """Distinct labels, tied on the contracted pairs (contraction bills, what is billed)."""
    return _joined(a, b, contracted_axes(a, b, axes))


def contracted_axes(a: Any, b: Any, axes: Any) -> list[tuple[int, int]]:
    """Pairs of an axis of a and an axis of b that ``tensordot`` sums over.

    Raises
    ------
    ValueError
        If they do not fit.
    """
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
    return pairs


@contraction("outer linalg.outer")
def outer(a: Any, b: Any, out: Ignored = None) -> Bill:
    """``i,j->ij`` of the raveled operands (contraction bills, what is billed).

    Of ``a[i] a[j]`` and ``a[j] a[i]`` one is computed if an array is given twice.
    """
    return contraction_of(["i", "j"], "ij", [Factor.raveled(a), Factor.raveled(b)])


@contraction("vdot")
def vdot(a: Any, b: Any) -> Bill:
    """``i,i->`` of the raveled operands (contraction bills, what is billed)."""
    return contraction_of(["i", "i"], "", [Factor.raveled(a), Factor.raveled(b)])


def _core_expression(text: str, x1: Any, x2: Any, op_name: str) -> Bill:
    shapes = [shape_of(x1), shape_of(x2)]
    for term, shape in zip(text.partition("->")[0].split(","), shapes, strict=True):
        _check(len(shape) >= len(term) - 3, op_name, *shapes)
    return _expression(text, Factor.of(x1), Factor.of(x2))


@contraction("vecdot linalg.vecdot")
def vecdot(x1: Any, x2: Any, *_: Ignored, axis: int = -1, **__: Ignored) -> Bill:
    """``...n,...n->...`` along the given axis (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(bool(left and right), "vecdot", left, right)
    _check(left[axis % len(left)] == right[axis % len(right)], "vecdot", left, right)
    return _expression("...n,...n->...", _with_last(x1, axis), _with_last(x2, axis))


def _with_last(x: Any, axis: int) -> Factor:
    """An operand whose axis has been moved to the end, and the group's moves with it."""
    shape, moves = shape_of(x), moves_of(x)
    order = [a for a in range(len(shape)) if a != axis % len(shape)] + [axis % len(shape)]
    moved = [tuple(order.index(move[a]) for a in order) for move in moves]
    return Factor(tuple(shape[a] for a in order), moved, _identity(x))


@contraction("matvec")
def matvec(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> Bill:
    """``...mn,...n->...m`` (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(len(left) >= 2 and len(right) >= 1 and left[-1] == right[-1], "matvec", left, right)
    return _core_expression("...mn,...n->...m", x1, x2, "matvec")


@contraction("vecmat")
def vecmat(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> Bill:
    """``...n,...nm->...m`` (contraction bills, what is billed)."""
    left, right = shape_of(x1), shape_of(x2)
    _check(len(left) >= 1 and len(right) >= 2 and left[-1] == right[-2], "vecmat", left, right)
    return _core_expression("...n,...nm->...m", x1, x2, "vecmat")


@rule("kron")
def kron(a: Any, b: Any) -> int:
    """``max(1, size * size)`` (contraction bills, what is billed)."""
    return max(1, count(elements(shape_of(a) + shape_of(b))))
