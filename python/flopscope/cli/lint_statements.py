"""Kinds of names through assignments, branches and loops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from flopscope.cli.lint_kinds import (
    ARRAY,
    UNKNOWN,
    Kind,
    Many,
    Several,
    element,
    join,
)
from flopscope.cli.lint_values import Values

__all__ = ["Kinds", "Scope", "Statements"]

Kinds = dict[str, Kind]


class Scope:
    """Names of a module or of a function: now, and over all bindings."""

    def __init__(self, bound: set[str], ever: Kinds, outer: Scope | None) -> None:
        self.bound, self.ever, self.outer = bound, ever, outer
        self.now: Kinds | None = {}  # None after a return
        self.left: list[Kinds] = []  # at breaks out of the loop at work


class Statements(Values):
    """Reads statements; `Flow` knows functions and classes."""

    scope: Scope
    quiet: int
    function: ast.AST | None
    _bound: dict[ast.AST, frozenset[str]]

    def bound_names(self, node: ast.AST, body: Iterable[ast.stmt]) -> frozenset[str]:
        """Names that the body of a node binds itself, without its functions and classes."""
        if node not in self._bound:  # bodies are read repeatedly
            self._bound[node] = _bound_in(body)
        return self._bound[node]

    def set_name(self, name: str, kind: Kind) -> None:
        """Bind a name."""
        raise NotImplementedError

    def leave(self, function: ast.AST, kind: Kind) -> None:
        """Note what a function returns."""
        raise NotImplementedError

    def annotated(self, node: ast.expr | None) -> Kind:
        """What an annotation promises."""
        raise NotImplementedError

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in body:
            method = getattr(self, f"_{type(statement).__name__}", None)
            if method is not None:
                method(statement)
            else:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.kind(child)

    def _Assign(self, node: ast.Assign) -> None:
        found = self.kind(node.value)
        for target in node.targets:
            self.bind(target, found)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        told = self.annotated(node.annotation)
        found = told if node.value is None else self.kind(node.value)
        self.bind(node.target, told if found is UNKNOWN else found)

    def _AugAssign(self, node: ast.AugAssign) -> None:
        before, added = self.kind(_loaded(node.target)), self.kind(node.value)
        if isinstance(before, (Many, Several)) and isinstance(node.op, ast.Add):
            self.bind(node.target, Many(join(element(before), element(added))))
        elif before is not ARRAY:  # a plain array stays plain, a number does not
            self.bind(node.target, UNKNOWN)

    def _Return(self, node: ast.Return) -> None:
        found = self.kind(node.value) if node.value is not None else UNKNOWN
        if self.function is not None:
            self.leave(self.function, found)
        self.scope.now = None

    def _Raise(self, node: ast.Raise) -> None:
        for part in (node.exc, node.cause):
            self.kind(part)
        self.scope.now = None

    def _Break(self, _: ast.Break) -> None:
        if self.scope.now is not None:
            self.scope.left.append(self.scope.now)
        self.scope.now = None

    def _Continue(self, _: ast.Continue) -> None:
        self.scope.now = None

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.set_name(target.id, UNKNOWN)

    def _If(self, node: ast.If) -> None:
        self.kind(node.test)
        self._branches([node.body, node.orelse])

    def _branches(self, bodies: Iterable[Sequence[ast.stmt]]) -> None:
        """Read alternatives; afterwards stands what all that go on agree on."""
        scope, before = self.scope, self.scope.now
        ends: list[Kinds] = []
        for body in bodies:
            scope.now = None if before is None else dict(before)
            self.block(body)
            if scope.now is not None:
                ends.append(scope.now)
        scope.now = _agreed(ends)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        scope = self.scope
        outer_left, scope.left = scope.left, []
        items = UNKNOWN if isinstance(node, ast.While) else element(self.kind(node.iter))
        head = scope.now
        # Silently first: what the body leaves behind is there in its next round.
        for silent in (1, 1, 1, 0):
            scope.now = None if head is None else dict(head)
            scope.left = []
            self.quiet += silent
            if isinstance(node, ast.While):
                self.kind(node.test)
            else:
                self.bind(node.target, items)
            self.block(node.body)
            self.quiet -= silent
            head = _agreed([kinds for kinds in (head, scope.now) if kinds is not None])
        left = scope.left
        scope.now, scope.left = head, outer_left
        self.block(node.orelse)
        scope.now = _agreed([kinds for kinds in (scope.now, *left) if kinds is not None])

    _For = _loop
    _AsyncFor = _loop
    _While = _loop

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.kind(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN)
        self.block(node.body)

    _With = _with
    _AsyncWith = _with

    def _Try(self, node: ast.Try) -> None:
        scope, before = self.scope, self.scope.now
        # A handler finds any state of the body: only what the body does not bind is known there.
        bound = self.bound_names(node, node.body)
        shaken = None if before is None else {
            name: UNKNOWN if name in bound else kind for name, kind in before.items()
        }  # fmt: skip
        self.block([*node.body, *node.orelse])
        ends = [scope.now]
        for handler in node.handlers:
            scope.now = None if shaken is None else dict(shaken)
            if handler.name:
                self.set_name(handler.name, UNKNOWN)
            self.block(handler.body)
            ends.append(scope.now)
        scope.now = _agreed([kinds for kinds in ends if kinds is not None])
        self.block(node.finalbody)

    _TryStar = _Try

    def _Match(self, node: ast.Match) -> None:
        self.kind(node.subject)
        self._branches([*(case.body for case in node.cases), []])


def _agreed(ends: list[Kinds]) -> Kinds | None:
    """What all of several states say; None when there is none."""
    if not ends:
        return None
    first, *others = ends
    found = dict(first)
    for other in others:
        for name in {*found, *other}:
            found[name] = join(found.get(name, UNKNOWN), other.get(name, UNKNOWN))
    return found


def _bound_in(body: Iterable[ast.stmt]) -> frozenset[str]:
    found: set[str] = set()
    outside: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outside |= set(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            found |= {w.target.id for w in ast.walk(node) if isinstance(w, ast.NamedExpr)}
            continue
        waiting += ast.iter_child_nodes(node)
    return frozenset(found - outside)


def _loaded(target: ast.expr) -> ast.expr:
    """A target of ``+=`` as what it is before."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    return target
