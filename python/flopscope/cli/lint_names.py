"""What the modules are called in a file, and which names a piece of it binds or changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["Names", "assigned", "parameters", "root_of"]

# Calls that leave their arguments as they are.
_HARMLESS = frozenset(
    "abs all any bool complex dict enumerate float format getattr hasattr hash id int isinstance "
    "issubclass iter len list max min print range repr reversed round set sorted str sum tuple "
    "type zip".split()
)
# Methods that leave their object as it is: those of arrays, and the readers of containers.
_READING = frozenset(
    "all any argmax argmin argsort astype clip conj copy cumprod cumsum diagonal dot flatten get "
    "index item items keys max mean min nonzero prod ravel repeat reshape round squeeze std sum "
    "swapaxes take tolist trace transpose values var".split()
)


class Names:
    """What the modules are called in a file."""

    def __init__(self, tree: ast.Module) -> None:
        self.counted: set[str] = set()
        self.plain: set[str] = set()
        self.package: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._add(alias.name, alias.asname)
            elif isinstance(node, ast.ImportFrom) and node.module == "flopscope":
                for alias in node.names:
                    if alias.name == "numpy":
                        self.counted.add(alias.asname or "numpy")

    def _add(self, name: str, bound: str | None) -> None:
        if name == "flopscope.numpy":
            if bound:
                self.counted.add(bound)
            else:
                self.package.add("flopscope")
        elif name == "flopscope":
            self.package.add(bound or name)
        elif name == "numpy":
            self.plain.add(bound or name)

    def path_of(self, node: ast.expr) -> tuple[str, str]:
        """The module that a dotted name begins with, and the rest: ("fnp", "linalg.svd")."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return "", ""
        if node.id in self.counted:
            return "fnp", ".".join(parts)
        if node.id in self.plain:
            return "np", ".".join(parts)
        if node.id in self.package and parts[:1] == ["numpy"]:
            return "fnp", ".".join(parts[1:])
        return ("flops", ".".join(parts)) if node.id in self.package else ("", "")

    def changed(self, node: ast.AST) -> Iterator[str]:
        """Names that code binds, writes into, or hands to code that may."""
        yield from assigned(node)
        for call in ast.walk(node):
            if not isinstance(call, ast.Call) or self.path_of(call.func)[0]:
                continue
            harmless = isinstance(call.func, ast.Name) and call.func.id in _HARMLESS
            if isinstance(call.func, ast.Attribute) and call.func.attr not in _READING:
                yield from root_of(call.func)
            elif isinstance(call.func, ast.Attribute):
                harmless = True
            if not harmless:
                for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                    yield from root_of(argument)


def root_of(node: ast.expr) -> Iterator[str]:
    """The name that `x`, `x.a` or `x[i].a` begins with."""
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Starred)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def assigned(node: ast.AST) -> Iterator[str]:
    """Names that code binds, or into whose objects it writes."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        elif isinstance(inner, (ast.Subscript, ast.Attribute)) and isinstance(inner.ctx, ast.Store):
            yield from root_of(inner)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """All parameters of a function."""
    found = node.args
    extra = [one for one in (found.vararg, found.kwarg) if one is not None]
    return [*found.posonlyargs, *found.args, *found.kwonlyargs, *extra]
