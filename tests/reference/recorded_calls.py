"""Recorded cases that come down to one billed call: its name and its arguments, for the twin.

The arguments are made without the library: plain arrays, and tagged ones of the twin's own.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from flopscope import reference
from flopscope.reference import groups

from ..golden_case import Case, build

__all__ = ["FIGURES", "RecordedCall", "arguments", "recorded_calls"]

_DATA = Path(__file__).parents[1] / "data"
_CODE = ("golden.jsonl", "golden-calls.jsonl")

#: Price list -> files of its figures.
FIGURES = {
    "0.8": _CODE,
    "0.8rc1": ("golden-0.8rc1.jsonl",),
    "0.5": ("golden-0.5.jsonl",),
    "0.12": ("golden-0.12.jsonl",),
}

_BINARY = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "true_divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "mod",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.LShift: "left_shift",
    ast.RShift: "right_shift",
}
_COMPARISONS = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_REFLECTED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
    "equal": "equal",
    "not_equal": "not_equal",
}
_UNARY = {ast.USub: "negative", ast.UAdd: "positive", ast.Invert: "invert"}
_METHODS = frozenset(
    """
    sum mean std var max min prod any all cumsum cumprod argmin argmax ptp trace round clip dot
    conj conjugate argsort argpartition take repeat searchsorted nonzero astype copy reshape ravel
    """.split()
)
_GENERATORS = {
    "fnp.random.default_rng": "random.Generator",
    "fnp.random.RandomState": "random.RandomState",
}
# Names that stand for no array.
_HARMLESS = frozenset("np SG group int float complex bool str len slice range list tuple".split())


Parts = tuple[str, Sequence[ast.expr], Sequence[ast.keyword]]


class RecordedCall(NamedTuple):
    """One billed call of a case."""

    case: Case
    name: str
    args: Sequence[ast.expr]
    keywords: Sequence[ast.keyword]


# ---------------------------------------------------------------------------------------- finding


def recorded_calls(cost_model: str) -> Iterator[RecordedCall]:
    """The cases with figures of a price list that come down to one call."""
    for file in FIGURES[cost_model]:
        for line in (_DATA / file).read_text(encoding="utf-8").splitlines():
            figures = json.loads(line)
            call = single_call({**_cases()[figures["id"]], **figures})
            if call is not None and "ops" in figures and _is_priced(call.name, cost_model):
                yield call


@cache
def _cases() -> Mapping[str, Case]:
    lines = (
        line for file in _CODE for line in (_DATA / file).read_text(encoding="utf-8").splitlines()
    )
    return {case["id"]: case for case in map(json.loads, lines)}


def _is_priced(name: str, cost_model: str) -> bool:
    base, _, method = name.rpartition(".")
    is_method = f"<ufunc>.{method}" in reference.rules.RULES
    return (base if is_method else name) in reference.operations(cost_model)


def single_call(case: Case) -> RecordedCall | None:
    """The one billed call of a case, or None if there is not just one, or if it is refused."""
    if "error" in case or "budget" in case or case.get("mode") == "bare":
        return None
    body = [s for s in ast.parse(case["expr"]).body if not _is_free(s)]
    if len(body) != 1:
        return None
    statement = body[0]
    if isinstance(statement, (ast.Expr, ast.Assign)):
        parts = _parts(statement.value, case.get("arrays", {}))
        if parts is not None and not any(map(_bills, _inner(*parts[1:]))):
            return RecordedCall(case, *parts)
    return None


def _is_free(statement: ast.stmt) -> bool:
    """Does a statement only seed the generator, or name the result?"""
    text = ast.unparse(statement)
    return text.startswith("fnp.random.seed(") or (
        isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name)
    )


def _parts(expression: ast.expr, arrays: Mapping[str, Case]) -> Parts | None:
    """Name, arguments and keywords of a call, an operator or a method."""
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        return _parts_of_call(expression, expression.func)
    if isinstance(expression, ast.Subscript) and isinstance(expression.value, ast.Name):
        index_maker = ast.Attribute(ast.Name("np", ast.Load()), "s_", ast.Load())
        key = ast.Subscript(index_maker, expression.slice, ast.Load())
        return "getitem", [expression.value, key], []
    operands = [x for x in ast.iter_child_nodes(expression) if isinstance(x, ast.expr)]
    if not all(isinstance(x, (ast.Name, ast.Constant)) for x in operands):
        return None
    if isinstance(expression, ast.BinOp):
        return _BINARY[type(expression.op)], operands, []
    if isinstance(expression, ast.UnaryOp) and type(expression.op) in _UNARY:
        return _UNARY[type(expression.op)], operands, []
    if isinstance(expression, ast.Compare) and type(expression.ops[0]) in _COMPARISONS:
        name = _COMPARISONS[type(expression.ops[0])]
        left = operands[0]
        counted = isinstance(left, ast.Name) and not arrays[left.id].get("raw")
        # Python asks the counted one of two operands, and the comparison is turned around.
        return (name, operands, []) if counted else (_REFLECTED[name], operands[::-1], [])
    return None


def _parts_of_call(call: ast.Call, function: ast.Attribute) -> Parts | None:
    text = ast.unparse(function)
    for prefix in ("fnp.", "flops."):
        name = text.removeprefix(prefix)
        if name != text and all(part.isidentifier() for part in name.split(".")):
            return name, call.args, call.keywords
    owner = function.value
    if isinstance(owner, ast.Call) and ast.unparse(owner.func) in _GENERATORS:
        return f"{_GENERATORS[ast.unparse(owner.func)]}.{function.attr}", call.args, call.keywords
    if isinstance(owner, ast.Name) and function.attr in _METHODS:
        return function.attr, [owner, *call.args], call.keywords
    return None


def _inner(args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> Iterator[ast.AST]:
    for part in (*args, *keywords):
        yield from ast.walk(part)


def _bills(node: ast.AST) -> bool:
    """Does a part of an argument compute on arrays? Numbers with a sign do not."""
    if not isinstance(node, (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare)):
        return False
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return bool(names - _HARMLESS)


# ----------------------------------------------------------------------------------------- making


def _group(symmetry: Any) -> groups.Group:
    """The group that a case describes, for example ``[[0, 1]]`` or ``{"cyclic": [0, 1, 2]}``."""
    if not isinstance(symmetry, dict):
        return groups.group_of(symmetry)
    if "generators" in symmetry:
        return _from_generators(symmetry["generators"], axes=symmetry["axes"])
    ((kind, axes),) = symmetry.items()
    make = {
        "symmetric": groups.symmetric, "cyclic": groups.cyclic, "dihedral": groups.dihedral
    }[kind]  # fmt: skip
    return make(axes)


def _from_generators(generators: Any, *, axes: Sequence[int] | None = None) -> groups.Group:
    axes = range(len(generators[0])) if axes is None else axes
    return groups.Group(tuple(axes), tuple(tuple(generator) for generator in generators))


def _young(*, blocks: Any) -> groups.Group:
    return groups.direct_product(*map(groups.symmetric, blocks))


_MAKERS = SimpleNamespace(
    symmetric=lambda axes: groups.symmetric(axes),
    cyclic=lambda axes: groups.cyclic(axes),
    dihedral=lambda axes: groups.dihedral(axes),
    young=_young,
    from_generators=_from_generators,
)


def operand(spec: Case) -> np.ndarray:
    """An input array; a tagged one is the mean over its group."""
    values = np.asarray(build({**spec, "raw": True}))
    if "symmetric" not in spec:
        return values
    group = _group(spec["symmetric"])
    copies = [values.transpose(move) for move in group.moves(values.ndim)]
    return reference.tagged(np.mean(copies, axis=0).astype(values.dtype), group)


def _collected(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def arguments(call: RecordedCall) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, its arrays plain or tagged; an array given twice is one object."""
    case = call.case
    names: dict[str, Any] = {"np": np, "fnp": np, "SG": _MAKERS, "group": _group}
    names |= {name: operand(spec) for name, spec in case.get("arrays", {}).items()}
    exec(case.get("prep", ""), names)
    names["_collected"] = _collected
    function = ast.Name("_collected", ast.Load())
    collect = ast.Call(function, list(call.args), list(call.keywords))
    expression = ast.fix_missing_locations(ast.Expression(collect))
    found: tuple[tuple[Any, ...], dict[str, Any]] = eval(
        compile(expression, case["id"], "eval"), names
    )
    return found
