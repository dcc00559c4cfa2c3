"""The functions that tell facts, as source: every one with one change, each in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import flopscope.pricing.facts as package
from price_mutants.changes import changes, places

__all__ = ["FILES", "FactMutant", "fact_mutants", "functions_in"]

_FOLDER = Path(package.__file__).parent

#: The files with such functions.
FILES = sorted(path for path in _FOLDER.glob("*.py") if path.name != "__init__.py")


class FactMutant(NamedTuple):
    """A changed function of a file."""

    name: str
    file: Path
    function: str
    lines: range  # of the statement that is changed
    around: range  # of the function
    tree: ast.Module

    def code(self) -> CodeType:
        """The whole file with the change."""
        return compile(self.tree, str(self.file), "exec")


def functions_in(tree: ast.Module) -> dict[str, ast.stmt]:
    """Functions at the top of a file, and tables with functions in them, by name."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and any(isinstance(inner, ast.Lambda) for inner in ast.walk(node))
        ):
            found[node.target.id] = node
    return found


def _idle_defaults(function: ast.stmt) -> set[ast.AST]:
    """Defaults of parameters that nothing reads, with all that is in them."""
    idle: set[ast.AST] = set()
    for node in ast.walk(function):
        if not isinstance(node, ast.FunctionDef):
            continue
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        positional = [*node.args.posonlyargs, *node.args.args]
        pairs: list[tuple[ast.arg, ast.expr | None]] = [
            *zip(positional[::-1], node.args.defaults[::-1], strict=False),
            *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None and parameter.arg not in read:
                idle.update(ast.walk(default))
    return idle


def _beside_lambdas(function: ast.stmt) -> set[ast.AST]:
    """What is in a table of functions, but in none of them."""
    if isinstance(function, ast.FunctionDef):
        return set()
    lambdas = (node for node in ast.walk(function) if isinstance(node, ast.Lambda))
    inside = {inner for node in lambdas for inner in ast.walk(node)}
    return set(ast.walk(function)) - inside


def _statement_of(tree: ast.AST, at: int) -> int:
    """Place of the innermost statement around a place."""
    found = places(tree)
    target = found[at]
    around = [i for i, n in enumerate(found[: at + 1]) if isinstance(n, ast.stmt)]
    return max(i for i in around if any(n is target for n in ast.walk(found[i])))


def _head(statement: ast.AST) -> str:
    """A statement on one line, without what it encloses."""
    text = ast.unparse(statement)
    compound = (ast.FunctionDef, ast.If, ast.For, ast.While, ast.With, ast.Try)
    return text.splitlines()[0] if isinstance(statement, compound) else text


def fact_mutants(file: Path, only: str = "") -> Iterator[FactMutant]:
    """Every change of a constant, an operator, a comparison or a branch."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    for name, function in functions_in(module).items():
        title = f"{file.name}: {name}"
        if only not in title:
            continue
        nodes = places(function)
        idle = _idle_defaults(function) | _beside_lambdas(function)
        around = range(function.lineno, (function.end_lineno or function.lineno) + 1)
        for changed, at in changes(function):
            if nodes[at] in idle:
                continue
            place = _statement_of(function, at)
            statement = nodes[place]
            assert isinstance(statement, ast.stmt)
            after = places(changed)[place]
            body = [changed if node is function else node for node in module.body]
            tree = ast.fix_missing_locations(ast.Module(body, []))  # type: ignore[arg-type]
            is_head = isinstance(statement, ast.FunctionDef)
            last = statement.end_lineno or statement.lineno
            lines = around if is_head else range(statement.lineno, last + 1)
            text = f"{title}: {_head(statement)} -> {_head(after)}"
            yield FactMutant(text, file, name, lines, around, tree)
