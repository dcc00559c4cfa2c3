"""Kinds of names: through functions, methods and attributes of one file.

A name has the kind that all paths agree on. Functions and classes are read repeatedly, until what
they return and hold changes no more; kinds only rise in their lattice, so that comes to an end.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from flopscope.cli.lint_kinds import (
    ARRAY,
    NOTHING,
    UNKNOWN,
    Function,
    Instance,
    Kind,
    Many,
    Several,
    Table,
    Type,
    element,
    join,
)
from flopscope.cli.lint_names import Names, parameters
from flopscope.cli.lint_statements import Kinds, Scope, Statements

__all__ = ["Flow"]

_MOST_READINGS = 8
_Seen = Callable[[ast.Call, list[Kind]], None]


class Flow(Statements):
    """Reads a file.

    Parameters
    ----------
    tree : ast.Module
    names : Names
    on_call : callable
        Given every call and the kinds of its arguments, once all is known.
    """

    def __init__(self, tree: ast.Module, names: Names, on_call: _Seen) -> None:
        self.names = names
        self._on_call = on_call
        self.quiet = 1
        self._changed = True
        self._ever: dict[ast.AST, Kinds] = {}
        self._returns: dict[ast.AST, Kind] = {}
        self._plain: dict[ast.AST, bool] = {}
        self._bound: dict[ast.AST, frozenset[str]] = {}
        self._owner: ast.ClassDef | None = None  # of the method that is read
        self.scope = Scope(set(), {}, None)
        readings = 0
        while self._changed and readings < _MOST_READINGS:
            self._changed, readings = False, readings + 1
            self._read(tree, tree.body, [])
        if not self._changed:  # else it is no file that one can tell much of
            self.quiet = 0
            self._read(tree, tree.body, [])

    # --- scopes ---------------------------------------------------------------------------------

    def _read(
        self, node: ast.AST, body: Sequence[ast.stmt], given: Iterable[tuple[str, Kind]]
    ) -> bool:
        """Read a body in a scope of its own; whether its end can be reached."""
        given = list(given)
        outer = None if isinstance(node, ast.Module) else self.scope
        bound = set(self.bound_names(node, body)) | {name for name, _ in given}
        before, self.scope = self.scope, Scope(bound, self._ever.setdefault(node, {}), outer)
        for name, kind in given:
            self.set_name(name, kind)
        self.block(body)
        reached = self.scope.now is not None
        self.scope = before
        return reached

    def set_name(self, name: str, kind: Kind) -> None:
        """Bind a name now, and among all its bindings."""
        scope = self.scope
        if scope.now is not None:
            scope.now[name] = kind
        while name not in scope.bound and scope.outer is not None:
            scope = scope.outer  # declared global or nonlocal
        self._raise(scope.ever, name, kind)

    def _raise(self, kinds: Kinds, name: str, kind: Kind) -> None:
        old = kinds.get(name, NOTHING)
        new = join(old, kind)
        if new != old:
            kinds[name] = new
            self._changed = True

    def lookup(self, name: str) -> Kind:
        """Kind of a name here; of an outer scope's name over all its bindings."""
        scope: Scope | None = self.scope
        if scope is not None and name in scope.bound:
            return UNKNOWN if scope.now is None else scope.now.get(name, UNKNOWN)
        while scope is not None:
            if name in scope.bound:
                return scope.ever.get(name, NOTHING)
            scope = scope.outer
        return UNKNOWN

    def attribute(self, owner: ast.ClassDef, name: str) -> Kind:
        """Kind of an attribute over all places that bind it; methods are bound."""
        found = self._ever.get(owner, {}).get(name, NOTHING)
        if isinstance(found, Function):
            decorators = [_last_name(item) for item in found.node.decorator_list]
            if decorators in (["property"], ["cached_property"]):
                return self._returns.get(found.node, NOTHING)
            return Function(found.node, owner) if decorators in ([], ["staticmethod"]) else UNKNOWN
        if found is not NOTHING:
            return found
        for base in owner.bases:
            above = self.lookup(base.id) if isinstance(base, ast.Name) else UNKNOWN
            if not isinstance(above, Type) or above.node is owner:
                return UNKNOWN  # of another file: it may hold anything
            return self.attribute(above.node, name)
        return NOTHING

    def returned(self, function: Function) -> Kind:
        """Kind of what a function returns; decorated ones may return anything."""
        node = function.node
        known = not node.decorator_list or function.owner is not None
        return self._returns.get(node, NOTHING) if known else UNKNOWN

    def saw_call(self, node: ast.Call, arguments: list[Kind]) -> None:
        """Hand a call on, and note what it appends to a list."""
        if not self.quiet:
            self._on_call(node, arguments)
        if not isinstance(node.func, ast.Attribute) or not arguments:
            return
        added = {"append": 0, "insert": 1, "extend": 0}.get(node.func.attr)
        if added is None or added >= len(arguments):
            return
        owner = self.kind(node.func.value)
        if isinstance(owner, Many):
            kind = arguments[added]
            item = element(kind) if node.func.attr == "extend" else kind
            self.bind(node.func.value, Many(join(owner.item, item)))

    # --- binding --------------------------------------------------------------------------------

    def bind(self, target: ast.expr, kind: Kind) -> None:
        """Bind a name, an attribute, an item, or each of several."""
        if isinstance(target, ast.Name):
            self.set_name(target.id, kind)
        elif isinstance(target, (ast.Tuple, ast.List)):
            exact = isinstance(kind, Several) and len(kind.items) == len(target.elts)
            starred = any(isinstance(item, ast.Starred) for item in target.elts)
            for place, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    self.bind(item.value, Many(element(kind)))
                elif exact and not starred and isinstance(kind, Several):
                    self.bind(item, kind.items[place])
                else:
                    self.bind(item, element(kind))
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, kind)
        elif isinstance(target, ast.Subscript):
            self.kind(target.slice)
            owner = self.kind(target.value)
            if isinstance(owner, Table):
                self.bind(target.value, Table(join(owner.item, kind)))
            elif isinstance(owner, (Many, Several)):
                added = element(kind) if isinstance(target.slice, ast.Slice) else kind
                self.bind(target.value, Many(join(element(owner), added)))

    def _bind_attribute(self, target: ast.Attribute, kind: Kind) -> None:
        owner = self.kind(target.value)
        if isinstance(owner, Instance):
            self._raise(self._ever.setdefault(owner.node, {}), target.attr, kind)
        elif owner is not ARRAY:  # of whom, is not known: perhaps of any class here
            for node, kinds in self._ever.items():
                if isinstance(node, ast.ClassDef) and target.attr in kinds:
                    self._raise(kinds, target.attr, kind)

    def scoped(self, generators: list[ast.comprehension], results: list[ast.expr]) -> list[Kind]:
        """Kinds within a comprehension, whose names are gone afterwards."""
        scope = self.scope
        targets = {name.id for g in generators for name in ast.walk(g.target)
                   if isinstance(name, ast.Name)}  # fmt: skip
        self.scope = inner = Scope(targets, self._ever.setdefault(generators[0], {}), scope)
        inner.bound |= scope.bound
        inner.now = dict(scope.now or {})
        for generator in generators:
            self.bind(generator.target, element(self.kind(generator.iter)))
            for condition in generator.ifs:
                self.kind(condition)
        found = [self.kind(result) for result in results]
        self.scope = scope
        return found

    # --- functions and classes ------------------------------------------------------------------

    function: ast.AST | None = None

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for expression in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            self.kind(expression)
        if node not in self._plain:
            self._plain[node] = isinstance(node, ast.FunctionDef) and not _yields(node)
        plain = self._plain[node]
        self.set_name(node.name, Function(node) if plain and isinstance(node, ast.FunctionDef)
                  else UNKNOWN)  # fmt: skip
        given = [(one.arg, self.annotated(one.annotation)) for one in parameters(node)]
        static = any(_last_name(item) in ("staticmethod", "classmethod")
                     for item in node.decorator_list)  # fmt: skip
        owner, self._owner = self._owner, None  # functions within are no methods
        if owner is not None and given and not static:
            given[0] = (given[0][0], Instance(owner))
        before = self.function, self.scope
        self.function = node
        if owner is not None:  # the names of a class's body are not seen from its methods
            self.scope = self.scope.outer or self.scope
        if self._read(node, node.body, given):
            self.leave(node, UNKNOWN)  # without a value
        self.function, self.scope = before
        self._owner = owner

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef) -> None:
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.kind(base)
        self.set_name(node.name, UNKNOWN if node.decorator_list else Type(node))
        owner, function = self._owner, self.function
        self._owner, self.function = node, None
        self._read(node, node.body, [])
        self._owner, self.function = owner, function

    def leave(self, function: ast.AST, kind: Kind) -> None:
        old = self._returns.get(function, NOTHING)
        self._returns[function] = join(old, kind)
        self._changed |= self._returns[function] != old

    def annotated(self, node: ast.expr | None) -> Kind:
        """What an annotation promises."""
        if isinstance(node, ast.Subscript) and _last_name(node.value) in (
            "list", "List", "Sequence", "Iterable", "tuple",
        ):  # fmt: skip
            inner = self.annotated(node.slice)
            return Many(ARRAY) if inner is ARRAY else UNKNOWN
        if not isinstance(node, (ast.Attribute, ast.Name)):
            return UNKNOWN
        known = {("fnp", "ndarray"), ("flops", "FlopscopeArray"), ("flops", "SymmetricTensor")}
        return ARRAY if self.names.path_of(node) in known else UNKNOWN


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _yields(function: ast.FunctionDef) -> bool:
    """Whether it is a generator."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return False
