"""Small changes of Python expressions: every constant, operator, comparison and branch in turn.

>>> import ast
>>> [ast.unparse(tree) for tree, _ in changes(ast.parse("max(1, n - 2)", mode="eval"))]
['min(1, n - 2)', 'max(2, n - 2)', 'max(1, n + 2)', 'max(1, n - 3)']
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

__all__ = ["changes", "places"]

_OPERATORS: dict[type[ast.AST], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
}
_COMPARISONS: dict[type[ast.AST], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_FUNCTIONS = {"max": "min", "min": "max", "all": "any", "any": "all"}
# What decides about no bill: what is raised and warned of, and the checks of `zip`.
_SILENT = (ast.Raise, ast.JoinedStr)
_SILENT_KEYWORDS = ("strict", "stacklevel")

Edit = Callable[[ast.AST], None]


def _with(name: str, value: object) -> Edit:
    return lambda node: setattr(node, name, value)


def _forced(condition: ast.expr, value: bool) -> ast.expr:
    # The condition stays, so that the code refers to the same names.
    joined = ast.Or() if value else ast.And()
    return ast.BoolOp(joined, [condition, ast.Constant(value)])


def _force(name: str, value: bool) -> Edit:
    return lambda node: setattr(node, name, _forced(getattr(node, name), value))


def _force_clause(place: int, value: bool) -> Edit:
    def edit(node: ast.AST) -> None:
        assert isinstance(node, ast.comprehension)
        node.ifs[place] = _forced(node.ifs[place], value)

    return edit


def _compare(place: int, operator: type[ast.cmpop]) -> Edit:
    def edit(node: ast.AST) -> None:
        assert isinstance(node, ast.Compare)
        node.ops[place] = operator()

    return edit


def _rename(name: str) -> Edit:
    def edit(node: ast.AST) -> None:
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        node.func.id = name

    return edit


def _edits(node: ast.AST) -> Iterator[Edit]:
    """Ways to change a node itself."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield _with("value", not node.value)
        elif isinstance(node.value, (int, float)):
            yield _with("value", node.value + 1)
        elif isinstance(node.value, str) and node.value:
            yield _with("value", "~")
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield _with("op", _OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield _compare(place, other)
    elif isinstance(node, ast.BoolOp):
        yield _with("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, (ast.IfExp, ast.If, ast.While)):
        yield _force("test", True)
        yield _force("test", False)
    elif isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            yield _force_clause(place, True)
            yield _force_clause(place, False)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", None) in _FUNCTIONS:
        yield _rename(_FUNCTIONS[node.func.id])  # type: ignore[attr-defined]


class _DropUnary(ast.NodeTransformer):
    """Takes `not` and the minus sign off one node."""

    def __init__(self, node: ast.UnaryOp) -> None:
        self.node = node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return node.operand if node is self.node else self.generic_visit(node)


def places(tree: ast.AST) -> list[ast.AST]:
    """All nodes that may be changed, in the order of the source."""
    found: list[ast.AST] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, _SILENT):
            return
        if isinstance(node, ast.keyword) and node.arg in _SILENT_KEYWORDS:
            return
        found.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, ast.AST):
                    continue
                is_docstring = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
                if not is_docstring:
                    walk(item)

    walk(tree)
    return found


def changes(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Return changed copies of a tree, each with the place (`places`) of what was changed."""
    for at, node in enumerate(places(tree)):
        for number in range(len(list(_edits(node)))):
            changed = copy.deepcopy(tree)
            target = places(changed)[at]
            list(_edits(target))[number](target)
            yield changed, at
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            changed = copy.deepcopy(tree)
            target = places(changed)[at]
            assert isinstance(target, ast.UnaryOp)
            yield _DropUnary(target).visit(changed), at
