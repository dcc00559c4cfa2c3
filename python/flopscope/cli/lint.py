"""What ``flopscope check`` looks for in a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import flopscope.numpy as fnp
from flopscope import remote_unsupported_ops
from flopscope.numpy._namespace import ROWS, missing_attribute

__all__ = ["Finding", "check_source"]

_IGNORE = "flopscope: ignore"
_FREE_OF_NUMPY = frozenset(
    "ndim shape size result_type can_cast min_scalar_type promote_types iscomplexobj isrealobj "
    "isscalar dtype broadcast_shapes may_share_memory shares_memory".split()
)
# Attributes of arrays that are no arrays.
_PLAIN = frozenset({"shape", "ndim", "size", "dtype", "nbytes", "itemsize", "strides", "flags"})
_LEAVING = frozenset({"asarray", "array", "ascontiguousarray", "asanyarray"})


class Finding(NamedTuple):
    """One place and what is to say about it."""

    path: str
    line: int
    column: int
    code: str
    message: str


class _Names:
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


def _assigned(node: ast.AST) -> Iterator[str]:
    """Names that code binds or changes."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        elif isinstance(inner, (ast.Subscript, ast.Attribute)) and isinstance(inner.ctx, ast.Store):
            root: ast.expr = inner
            while isinstance(root, (ast.Subscript, ast.Attribute)):
                root = root.value
            if isinstance(root, ast.Name):
                yield root.id
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name


class _Checker(ast.NodeVisitor):
    def __init__(self, names: _Names, path: str) -> None:
        self.names = names
        self.path = path
        self.findings: list[Finding] = []
        self._arrays: list[set[str]] = [set()]  # names of counted arrays, by scope
        self._changing: list[set[str]] = []  # names that enclosing loops change

    def _tell(self, node: ast.expr, code: str, message: str) -> None:
        self.findings.append(Finding(self.path, node.lineno, node.col_offset + 1, code, message))

    # ------------------------------------------------------------------- what is a counted array

    def _is_array(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return any(node.id in scope for scope in self._arrays)
        if isinstance(node, ast.Call):
            home, name = self.names.path_of(node.func)
            if home == "fnp":
                row = ROWS.get(name)
                return row is not None and row.kind not in ("local", "blocked")
            method = node.func
            if home or not isinstance(method, ast.Attribute):
                return False
            return method.attr not in ("tolist", "item") and self._is_array(method.value)
        if isinstance(node, ast.BinOp):
            return self._is_array(node.left) or self._is_array(node.right)
        if isinstance(node, ast.UnaryOp):
            return self._is_array(node.operand)
        if isinstance(node, ast.Attribute):
            return node.attr not in _PLAIN and self._is_array(node.value)
        return isinstance(node, ast.Subscript) and self._is_array(node.value)

    # --------------------------------------------------------------------------------- statements

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        changing, self._changing = self._changing, []  # runs when it is called
        self._arrays.append(set())
        self.generic_visit(node)
        self._arrays.pop()
        self._changing = changing

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        is_array = self._is_array(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                (self._arrays[-1].add if is_array else self._arrays[-1].discard)(target.id)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if not isinstance(node, ast.While):
            self.visit(node.iter)
        self._changing.append(set(_assigned(node)))
        if isinstance(node, ast.While):
            self.visit(node.test)
        for statement in node.body:
            self.visit(statement)
        self._changing.pop()
        for statement in node.orelse:
            self.visit(statement)

    visit_For = _loop
    visit_AsyncFor = _loop
    visit_While = _loop

    # -------------------------------------------------------------------------------- expressions

    def visit_Attribute(self, node: ast.Attribute) -> None:
        home, name = self.names.path_of(node)
        if home == "fnp" and name and "." not in name and not hasattr(fnp, name):
            self._tell(node, "FS005", str(missing_attribute("flopscope.numpy", name, dir(fnp))))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        home, name = self.names.path_of(node.func)
        if home == "np":
            self._check_plain(node, name)
        elif home == "fnp":
            if name in remote_unsupported_ops():
                what = f"{name} calls a function back, which a remote backend refuses"
                self._tell(node, "FS003", what)
            self._check_constant(node, name)
        self.generic_visit(node)

    def _check_plain(self, node: ast.Call, name: str) -> None:
        if name in _FREE_OF_NUMPY or not any(self._is_array(value) for value in node.args):
            return
        if name in _LEAVING:
            what = f"numpy.{name} takes the array out of the meter; what follows is not billed"
            self._tell(node, "FS002", what)
        elif name in ROWS:
            self._tell(node, "FS001", f"numpy.{name} on a counted array; call fnp.{name}")
        else:
            what = f"numpy.{name} on a counted array is not counted, and refused"
            self._tell(node, "FS001", what)

    def _check_constant(self, node: ast.Call, name: str) -> None:
        row = ROWS.get(name)
        is_billed = row is not None and row.rule != "none" and row.kind != "sampler"
        if not self._changing or not is_billed or any(k.arg == "out" for k in node.keywords):
            return
        if row is not None and row.module != "core" and row.module not in ("linalg", "fft"):
            return
        changing = set().union(*self._changing[-1:])
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        # Calls of anything but fnp may return something else each time.
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
        is_pure = all(self._is_steady(call) for call in calls)
        if is_pure and not used & changing:
            self._tell(node, "FS004", f"{name} computes the same in every round of the loop")

    def _is_steady(self, call: ast.Call) -> bool:
        home, name = self.names.path_of(call.func)
        row = ROWS.get(name)
        return home == "fnp" and row is not None and row.kind != "sampler"


def check_source(source: str, path: str) -> list[Finding]:
    """Check a program.

    Parameters
    ----------
    source : str
    path : str
        Put into the findings.

    Returns
    -------
    list of Finding
        In the order of the lines.

    Raises
    ------
    SyntaxError, ValueError
        It is no Python.
    """
    tree = ast.parse(source, path)
    checker = _Checker(_Names(tree), path)
    checker.visit(tree)
    lines = source.splitlines()
    kept = [f for f in checker.findings if _IGNORE not in lines[f.line - 1]]
    # An inner call of constant work says nothing new.
    seen: set[tuple[int, str]] = set()
    findings = []
    for finding in sorted(kept, key=lambda f: (f.line, f.column)):
        if finding.code == "FS004" and (finding.line, finding.code) in seen:
            continue
        seen.add((finding.line, finding.code))
        findings.append(finding)
    return findings
