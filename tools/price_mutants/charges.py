"""The charges of pinned rows: each with the facts it is priced by.

The core keeps no facts. They are told here from the arguments and the result of every call in a
row's expression; calls that cannot be told from outside are left out, and bills that the facts do
not reproduce are an error.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from tests.pricing.metering import AMPLE, called_name, prepare

import flopscope as flops
from flopscope._core import FLAG_UNLOGGED
from flopscope.numpy._namespace import ROWS
from price_mutants.collectors import Unknown, facts_of
from price_mutants.pins import Pin

__all__ = ["NOTHING", "Charge", "charges_of"]

#: The bill of an operation that is free and leaves no record.
NOTHING = -1


class Charge(NamedTuple):
    """A charge: the operation, its facts by name (up to those nobody told), and its bill."""

    price_list: str
    op_name: str
    facts: tuple[tuple[str, Any], ...]
    bill: int


_BINARY: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.MatMult: operator.matmul,
    ast.Mod: operator.mod,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.RShift: operator.rshift,
    ast.Sub: operator.sub,
}


class _Watched(ast.NodeTransformer):
    """Sends calls and binary operators through `_watch`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return ast.Call(ast.Name("_watch", ast.Load()), [node.func, *node.args], node.keywords)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = ast.Attribute(ast.Name("_operators", ast.Load()), type(node.op).__name__, ast.Load())
        return ast.Call(ast.Name("_watch", ast.Load()), [name, node.left, node.right], [])


class _Operators:
    """Functions of operators, by the name of their node."""


for _kind, _function in _BINARY.items():
    setattr(_Operators, _kind.__name__, staticmethod(_function))


def _is_unlogged(op_name: str) -> bool:
    """Whether an operation leaves no record where it is free."""
    row = ROWS.get(op_name)
    return row is not None and row.collector != "none" and bool(row.flags & FLAG_UNLOGGED)


def charges_of(pin: Pin) -> list[Charge]:
    """Run a row, and return those of its charges whose facts can be told."""
    found: list[Charge] = []
    called = called_name(pin.expression)
    if not pin.bill.records and _is_unlogged(called):
        return [Charge(pin.price_list, called, (), NOTHING)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tree, names = prepare(pin.expression)
        code = compile(ast.fix_missing_locations(_Watched().visit(tree)), "<row>", "eval")
        budget = flops.BudgetContext(AMPLE, quiet=True, cost_model=pin.price_list)

        def watch(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            before = len(budget.op_log)
            result = None
            try:
                result = function(*args, **kwargs)
            finally:
                records = budget.op_log[before:]
                if len(records) == 1:
                    record = records[0]
                    try:
                        facts = facts_of(record.op_name, function, args, kwargs, result)
                    except Unknown:
                        facts = None
                    if facts is not None:
                        told = tuple(facts.items())
                        found.append(Charge(pin.price_list, record.op_name, told, record.flop_cost))
            return result

        with budget:
            try:
                eval(code, {**names, "_watch": watch, "_operators": _Operators})
            except Exception:
                if not pin.bill.error:
                    raise
    return found
