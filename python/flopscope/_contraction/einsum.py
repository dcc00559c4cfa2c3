"""``einsum`` and ``einsum_path``: facts, symmetry tags, and what runs."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from flopscope import _core
from flopscope._contraction.execution import LETTERS, run, runner
from flopscope._contraction.planning import find_path, optimizer_name
from flopscope._core import SymmetryGroup
from flopscope._symmetric import ATOL, RTOL, check_lengths, check_symmetric
from flopscope.pricing.facts.products import (
    bill_of_operands,
    identity_classes,
    label_lengths,
    spell_out,
    warn_of_fallback,
)
from flopscope.symmetry import parse_symmetry

if TYPE_CHECKING:
    from flopscope._contraction.path_info import PathReport

__all__ = ["FACTS", "PLANNERS", "TAGGERS", "TARGETS"]

# What the rest of NumPy's keywords default to; a call that gives another value is NumPy's own.
_PLAIN: dict[str, Any] = {"dtype": None, "order": "K", "casting": "safe"}


def _declared(
    symmetry: Any, inputs: Sequence[str], output: str, arrays: Sequence[Any]
) -> SymmetryGroup | None:
    """Return the group that the caller declares for the result, fit for its shape."""
    if symmetry is None:
        return None
    group = parse_symmetry(symmetry, len(output))
    lengths = label_lengths(inputs, [np.shape(x) for x in arrays])
    check_lengths(group, tuple(lengths[label] for label in output), ATOL, RTOL)
    return group


# ---------------------------------------------------------------------------------------- einsum


def _einsum_facts(
    *operands: Any, optimize: Any = "auto", symmetry: Any = None, **_: Any
) -> tuple[int, int, int]:
    inputs, output, arrays = spell_out(operands)
    optimizer_name(optimize)
    _declared(symmetry, inputs, output, arrays)
    bill, lengths = bill_of_operands(inputs, output, arrays)
    warn_of_fallback(bill)
    return _facts_of(bill, output, lengths)


def _facts_of(bill: Any, output: str, lengths: dict[str, int]) -> tuple[int, int, int]:
    """Multiplications, additions, and the size of the result."""
    return bill.multiplications, bill.additions, math.prod(lengths[label] for label in output)


@functools.wraps(np.einsum)
def _einsum(
    *operands: Any, out: Any = None, optimize: Any = "auto", symmetry: Any = None, **options: Any
) -> Any:
    inputs, output, given = spell_out(operands)
    arrays = [np.asarray(x) for x in given]
    path = find_path(optimize, inputs, output, [x.shape for x in arrays])
    _declared(symmetry, inputs, output, arrays)
    if any(options.get(name, plain) != plain for name, plain in _PLAIN.items()):
        kept = {name: options[name] for name in _PLAIN if name in options}
        return np.einsum(*operands, out=out, **kept)
    result = run(inputs, output, arrays, path)
    if out is None:
        return result
    np.copyto(out, result, casting="safe")
    return out


def _canonical(inputs: Sequence[str], output: str) -> str:
    """Return an expression in plain letters, for the log."""
    expression = ",".join(inputs) + "->" + output
    hidden = [c for c in dict.fromkeys(expression) if not (c.isalpha() or c in ",->")]
    free = (c for c in LETTERS if c not in expression)
    return expression.translate({ord(c): next(free, c) for c in hidden})


def _plan_einsum(optimize: Any, *operands: Any) -> Any:
    """Work out a call of einsum once: its facts, its name, how to run it, the result's symmetry.

    None leaves the call to be worked out each time.
    """
    inputs, output, arrays = spell_out(operands)
    path = find_path(
        "auto" if optimize is None else optimize, inputs, output, [x.shape for x in arrays]
    )
    bill, lengths = bill_of_operands(inputs, output, arrays)
    if bill.fallback_used:
        return None  # each call warns
    call, first = runner(inputs, output, [x.shape for x in arrays], path)
    facts = _facts_of(bill, output, lengths)
    return facts, _canonical(inputs, output), call, first, bill.output_group


def _tag_einsum(result: Any, *operands: Any, symmetry: Any = None, **_: Any) -> Any:
    """Tell the symmetry of a result: what the caller declares, once it is checked, or what follows.

    Raises
    ------
    SymmetryError
        The result does not have the declared symmetry.
    """
    inputs, output, arrays = spell_out(operands)
    declared = _declared(symmetry, inputs, output, arrays)
    if declared is not None:
        check_symmetric(np.asarray(result), declared)
        return declared, False
    tagged = [x for x in arrays if getattr(x, "symmetry", None) is not None]
    if not tagged and len(set(map(id, arrays))) == len(arrays):
        return None, False
    bill, _lengths = bill_of_operands(inputs, output, arrays)
    return bill.output_group, all(_core._is_inferred(x) for x in tagged)


# ----------------------------------------------------------------------------------- einsum_path


def _path_facts(*_operands: Any, **_: Any) -> tuple[()]:
    return ()


@functools.wraps(np.einsum_path)
def _einsum_path(
    *operands: Any, optimize: Any = "auto", einsum_call: bool = False
) -> tuple[list[tuple[int, ...]], PathReport]:
    from flopscope._contraction.path_info import make_report  # nobody else needs it

    inputs, output, arrays = spell_out(operands)
    shapes = [np.shape(x) for x in arrays]
    path = find_path(optimize, inputs, output, shapes, executes=False)
    groups = [getattr(x, "symmetry", None) for x in arrays]
    report = make_report(
        inputs, output, shapes, groups, identity_classes(arrays), path, optimizer_name(optimize)
    )
    return [tuple(step) for step in path], report


# By name: the facts of a call, what runs it, what tells the symmetry of its result, and what works
# all of that out once.
FACTS = {"einsum": _einsum_facts, "einsum_path": _path_facts}
TARGETS = {"einsum": _einsum, "einsum_path": _einsum_path}
TAGGERS = {"einsum": _tag_einsum}
PLANNERS = {"einsum": _plan_einsum}
