"""What ``flopscope check`` looks for in a syntax tree."""

from __future__ import annotations

import ast
from typing import NamedTuple

import flopscope.numpy as fnp
from flopscope import remote_unsupported_ops
from flopscope.cli.lint_flow import Flow
from flopscope.cli.lint_kinds import Kind, holds_arrays
from flopscope.cli.lint_names import Names
from flopscope.numpy._namespace import ROWS, missing_attribute
from flopscope.pricing.prices import is_free

__all__ = ["Finding", "check_source"]

_IGNORE = "flopscope: ignore"
_FREE_OF_NUMPY = frozenset(
    "ndim shape size result_type can_cast min_scalar_type promote_types iscomplexobj isrealobj "
    "isscalar dtype broadcast_shapes may_share_memory shares_memory".split()
)
_LEAVING = frozenset({"asarray", "array", "ascontiguousarray", "asanyarray"})


class Finding(NamedTuple):
    """One place and what is to say about it."""

    path: str
    line: int
    column: int
    code: str
    message: str


class _Checker(ast.NodeVisitor):
    def __init__(self, tree: ast.Module, path: str) -> None:
        self.names = Names(tree)
        self.path = path
        self.findings: list[Finding] = []
        self._changing: list[set[str]] = []  # names that enclosing loops change
        if self.names.plain:  # what is looked for there are calls of NumPy
            Flow(tree, self.names, self._check_plain)
        self.visit(tree)

    def _tell(self, node: ast.expr, code: str, message: str) -> None:
        self.findings.append(Finding(self.path, node.lineno, node.col_offset + 1, code, message))

    # --------------------------------------------------------------------------------- statements

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        changing, self._changing = self._changing, []  # runs when it is called
        self.generic_visit(node)
        self._changing = changing

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function
    visit_Lambda = _function

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if not isinstance(node, ast.While):
            self.visit(node.iter)
        self._changing.append(set(self.names.changed(node)))
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
        if home == "fnp":
            if name in remote_unsupported_ops():
                what = f"{name} calls a function back, which a remote backend refuses"
                self._tell(node, "FS003", what)
            self._check_constant(node, name)
        self.generic_visit(node)

    def _check_plain(self, node: ast.Call, arguments: list[Kind]) -> None:
        """A function of NumPy: `arguments` are what is known of its arguments."""
        home, name = self.names.path_of(node.func)
        if home != "np" or name in _FREE_OF_NUMPY or name.startswith("testing."):
            return
        if not any(holds_arrays(kind) for kind in arguments):
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
        is_billed = row is not None and not is_free(name) and row.kind != "sampler"
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
    checker = _Checker(tree, path)
    lines = source.splitlines()
    kept = [f for f in checker.findings if _IGNORE not in lines[f.line - 1]]
    # An inner call of constant work says nothing new.
    seen: set[tuple[int, str]] = set()
    findings = []
    for finding in sorted(set(kept), key=lambda f: (f.line, f.column)):
        if finding.code == "FS004" and (finding.line, finding.code) in seen:
            continue
        seen.add((finding.line, finding.code))
        findings.append(finding)
    return findings
