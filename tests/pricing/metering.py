"""Running the expression of a row, and the name of what it calls."""

from __future__ import annotations

import ast
import builtins
import io
import operator
import warnings
from typing import Any, NamedTuple

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import stats

from .operands import BUILDERS
from .table_files import PRICE_LISTS

__all__ = ["AMPLE", "Outcome", "billed_lists", "bills", "called_name", "prepare", "run"]

#: FLOPs that no row needs.
AMPLE = 10**15

# What an expression may use besides operands: NumPy's names are those of flopscope.
_NAMES: dict[str, Any] = {
    **{name: getattr(fnp, name) for name in fnp.__all__},
    "SymmetryGroup": flops.SymmetryGroup,
    "as_symmetric": flops.as_symmetric,
    "builtins": builtins,
    "flops": flops,
    "fnp": fnp,
    "io": io,
    "is_symmetric": flops.is_symmetric,
    "np": np,
    "operator": operator,
    "stats": stats,
    "symmetrize": flops.symmetrize,
}

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.Div: "true_divide",
    ast.Eq: "equal",
    ast.FloorDiv: "floor_divide",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Invert: "invert",
    ast.LShift: "left_shift",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.MatMult: "matmul",
    ast.Mod: "mod",
    ast.Mult: "multiply",
    ast.NotEq: "not_equal",
    ast.Pow: "power",
    ast.RShift: "right_shift",
    ast.Sub: "subtract",
    ast.UAdd: "positive",
    ast.USub: "negative",
}

# Operands whose methods are logged under a name of their own.
_OWNERS = {"rng": "random.Generator.", "state": "random.RandomState."}


class Outcome(NamedTuple):
    """What an expression was billed, and the name of the exception or ""."""

    total: int
    records: tuple[tuple[str, int], ...]
    error: str


def billed_lists() -> tuple[str, ...]:
    """Price lists of the tables that the library bills by."""
    return tuple(name for name in PRICE_LISTS if name in flops.cost_models())


def _is_operand(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) in BUILDERS


class _Operands(ast.NodeTransformer):
    """Replaces calls of builders by names, and keeps what they build."""

    def __init__(self) -> None:
        self.built: dict[str, Any] = {}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not _is_operand(node):
            return self.generic_visit(node)
        name = f"_{len(self.built)}"
        source = ast.Expression(ast.copy_location(node, node))
        self.built[name] = eval(compile(source, "<operand>", "eval"), {**_NAMES, **BUILDERS})
        return ast.copy_location(ast.Name(name, ast.Load()), node)


def prepare(expression: str) -> tuple[ast.Expression, dict[str, Any]]:
    """Make the operands of an expression: the tree without them, and the names it uses."""
    operands = _Operands()
    with flops.BudgetContext(AMPLE, quiet=True):
        tree = operands.visit(ast.parse(expression, mode="eval"))
    return ast.fix_missing_locations(tree), {**_NAMES, **operands.built}


def run(expression: str, price_list: str) -> Outcome:
    """Evaluate an expression in a budget; its operands are made before, in another one."""
    budget, error = _run(expression, price_list, ())
    records = tuple((record.op_name, record.flop_cost) for record in budget.op_log)
    return Outcome(budget.flops_used, records, error)


def bills(expression: str, price_list: str, also: tuple[str, ...] = ()) -> dict[str, int]:
    """What an expression is billed under several price lists, from one run."""
    return _run(expression, price_list, also)[0].bills


def _run(
    expression: str, price_list: str, also: tuple[str, ...]
) -> tuple[flops.BudgetContext, str]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tree, names = prepare(expression)
        code = compile(tree, "<row>", "eval")
        error = ""
        budget = flops.BudgetContext(AMPLE, quiet=True, cost_model=price_list, also=also)
        with budget:
            try:
                eval(code, names)
            except Exception as caught:
                error = type(caught).__name__
    return budget, error


def _of_call(function: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.insert(0, function.attr)
        function = function.value
    if _is_operand(function):
        return _OWNERS.get(function.func.id, "") + ".".join(parts)  # type: ignore[attr-defined]
    if isinstance(function, ast.Name) and function.id not in ("np", "fnp", "flops"):
        parts.insert(0, function.id)
    return ".".join(parts)


def called_name(expression: str) -> str:
    """Name of the operation that an expression calls last, as logs have it."""
    node = ast.parse(expression, mode="eval").body
    if isinstance(node, ast.Call):
        return _of_call(node.func)
    if isinstance(node, ast.Attribute):
        return _of_call(node)
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return _OPERATORS.get(type(node.op), "")
    if isinstance(node, ast.Compare):
        return _OPERATORS.get(type(node.ops[0]), "")
    return ""
