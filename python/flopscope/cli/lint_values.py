"""Kinds of expressions: what ``flopscope check`` can tell of a value without running anything."""

from __future__ import annotations

import ast

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
from flopscope.cli.lint_names import Names
from flopscope.numpy._namespace import ROWS

__all__ = ["Values"]

# Attributes of arrays that are no arrays, and methods that return none.
_PLAIN = frozenset("shape ndim size dtype nbytes itemsize strides flags base ctypes data".split())
_PLAIN_METHODS = frozenset(
    "tolist item tobytes tofile dump dumps fill sort put resize setflags partition getfield".split()
)
# Counted functions that return no array.
_NO_ARRAYS = frozenset(
    "allclose array_equal array_equiv can_cast common_type copyto einsum_path fill_diagonal "
    "iscomplexobj isdtype isfortran isrealobj isscalar issubdtype iterable load may_share_memory "
    "mintypecode min_scalar_type ndim place promote_types put put_along_axis putmask random.bytes "
    "random.default_rng random.get_state random.seed random.set_state random.shuffle result_type "
    "save savez savez_compressed shape shares_memory size typename".split()
)
# Counted functions that return several arrays.
_SEVERAL = frozenset(
    "array_split atleast_1d atleast_2d atleast_3d broadcast_arrays divmod dsplit frexp gradient "
    "histogram histogram2d hsplit ix_ linalg.eig linalg.eigh linalg.qr linalg.slogdet linalg.svd "
    "meshgrid modf nonzero split unravel_index unstack vsplit where".split()
)
# Of these, those that may also return one array: nothing is known of what they return.
_EITHER = frozenset("atleast_1d atleast_2d atleast_3d gradient linalg.qr linalg.svd".split())


class Values:
    """Evaluates expressions; `Flow` knows the names and sees the calls."""

    names: Names

    def lookup(self, name: str) -> Kind:
        """Kind of a name here."""
        raise NotImplementedError

    def attribute(self, owner: ast.ClassDef, name: str) -> Kind:
        """Kind of an attribute of an instance."""
        raise NotImplementedError

    def returned(self, function: Function) -> Kind:
        """Kind of what a function returns."""
        raise NotImplementedError

    def saw_call(self, node: ast.Call, arguments: list[Kind]) -> None:
        """Called for every call, inner ones first."""

    def bind(self, target: ast.expr, kind: Kind) -> None:
        """Bind a target of an assignment or of a comprehension."""
        raise NotImplementedError

    def scoped(self, generators: list[ast.comprehension], results: list[ast.expr]) -> list[Kind]:
        """Kinds of expressions within a comprehension."""
        raise NotImplementedError

    def kind(self, node: ast.expr | None) -> Kind:
        """Kind of an expression."""
        if node is None:
            return UNKNOWN
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is not None:
            found: Kind = method(node)
            return found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.kind(child)
        return UNKNOWN

    def _Constant(self, node: ast.Constant) -> Kind:
        # None stands for "not yet": what comes later counts.
        return NOTHING if node.value is None else UNKNOWN

    # --- names and containers -------------------------------------------------------------------

    def _Name(self, node: ast.Name) -> Kind:
        return self.lookup(node.id)

    def _Tuple(self, node: ast.Tuple) -> Kind:
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return self._List(node)
        return Several(tuple(self.kind(item) for item in node.elts))

    def _List(self, node: ast.List | ast.Set | ast.Tuple) -> Kind:
        found: Kind = NOTHING
        for item in node.elts:
            inner = isinstance(item, ast.Starred)
            kind = self.kind(item.value if isinstance(item, ast.Starred) else item)
            found = join(found, element(kind) if inner else kind)
        return Many(found)

    _Set = _List

    def _Dict(self, node: ast.Dict) -> Kind:
        found: Kind = NOTHING
        for key, value in zip(node.keys, node.values, strict=True):
            kind = self.kind(value)
            if key is None:  # **other
                kind = kind.item if isinstance(kind, Table) else UNKNOWN
            else:
                self.kind(key)
            found = join(found, kind)
        return Table(found)

    def _ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Kind:
        return Many(self.scoped(node.generators, [node.elt])[0])

    _SetComp = _ListComp
    _GeneratorExp = _ListComp

    def _DictComp(self, node: ast.DictComp) -> Kind:
        return Table(self.scoped(node.generators, [node.key, node.value])[1])

    def _Lambda(self, node: ast.Lambda) -> Kind:
        return UNKNOWN  # its parameters are not known, and so is nothing it does

    def _NamedExpr(self, node: ast.NamedExpr) -> Kind:
        found = self.kind(node.value)
        self.bind(node.target, found)
        return found

    # --- operators ------------------------------------------------------------------------------

    def _BinOp(self, node: ast.BinOp) -> Kind:
        left, right = self.kind(node.left), self.kind(node.right)
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return UNKNOWN  # formatting
        if ARRAY in (left, right):
            return ARRAY
        if NOTHING in (left, right):
            return NOTHING
        if isinstance(node.op, ast.Add) and Many in (type(left), type(right)):
            return join(left, right)
        if isinstance(node.op, ast.Mult):
            return next((Many(element(k)) for k in (left, right) if isinstance(k, Many)), UNKNOWN)
        return UNKNOWN

    def _UnaryOp(self, node: ast.UnaryOp) -> Kind:
        found = self.kind(node.operand)
        return UNKNOWN if isinstance(node.op, ast.Not) else _numeric(found)

    def _Compare(self, node: ast.Compare) -> Kind:
        kinds = [self.kind(item) for item in (node.left, *node.comparators)]
        compared = all(
            not isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops
        )
        return ARRAY if compared and len(node.ops) == 1 and ARRAY in kinds else UNKNOWN

    def _BoolOp(self, node: ast.BoolOp) -> Kind:
        found: Kind = NOTHING
        for item in node.values:
            found = join(found, self.kind(item))
        return found

    def _IfExp(self, node: ast.IfExp) -> Kind:
        self.kind(node.test)
        return join(self.kind(node.body), self.kind(node.orelse))

    # --- parts ----------------------------------------------------------------------------------

    def _Attribute(self, node: ast.Attribute) -> Kind:
        owner = self.kind(node.value)
        if owner is ARRAY:
            return UNKNOWN if node.attr in _PLAIN else ARRAY
        if isinstance(owner, Instance):
            return self.attribute(owner.node, node.attr)
        return NOTHING if owner is NOTHING else UNKNOWN

    def _Subscript(self, node: ast.Subscript) -> Kind:
        owner, place = self.kind(node.value), self.kind(node.slice)
        if owner is ARRAY:
            return ARRAY if _keeps_axes(node.slice) or place is ARRAY else UNKNOWN
        if isinstance(owner, Table):
            return owner.item
        if isinstance(node.slice, ast.Slice):
            return Many(element(owner)) if isinstance(owner, (Many, Several)) else UNKNOWN
        if isinstance(owner, Several):
            at = _whole_number(node.slice)
            if at is not None and -len(owner.items) <= at < len(owner.items):
                return owner.items[at]
        return element(owner)

    # --- calls ----------------------------------------------------------------------------------

    def _Call(self, node: ast.Call) -> Kind:
        home, name = self.names.path_of(node.func)
        called = UNKNOWN if home else self.kind(node.func)
        given = [self.kind(item.value if isinstance(item, ast.Starred) else item)
                 for item in node.args]  # fmt: skip
        for keyword in node.keywords:
            self.kind(keyword.value)
        self.saw_call(node, given)
        if home == "fnp":
            return _counted_result(name, given)
        if called is NOTHING:
            return NOTHING
        if isinstance(called, Type):
            return Instance(called.node)
        if isinstance(called, Function):
            return self.returned(called)
        if isinstance(node.func, ast.Attribute) and not home:
            return self._method(self.kind(node.func.value), node.func.attr)
        if isinstance(node.func, ast.Name) and given:
            return _builtin_result(node.func.id, given)
        return UNKNOWN

    def _method(self, owner: Kind, name: str) -> Kind:
        if owner is ARRAY:
            return UNKNOWN if name in _PLAIN_METHODS else ARRAY
        if isinstance(owner, Many) and name in ("pop", "copy"):
            return owner.item if name == "pop" else owner
        if isinstance(owner, Table):
            if name == "values":
                return Many(owner.item)
            if name == "items":
                return Many(Several((UNKNOWN, owner.item)))
        return UNKNOWN


def _numeric(kind: Kind) -> Kind:
    """What arithmetic of one operand gives."""
    return kind if kind in (ARRAY, NOTHING) else UNKNOWN


def _counted_result(name: str, given: list[Kind]) -> Kind:
    """What a function of flopscope.numpy returns."""
    row = ROWS.get(name)
    if row is None or row.kind in ("local", "blocked") or name in _NO_ARRAYS:
        return UNKNOWN
    if name == "where":
        return ARRAY if len(given) > 1 else Many(ARRAY)
    if name in _EITHER:
        return UNKNOWN
    return Many(ARRAY) if name in _SEVERAL else ARRAY


def _builtin_result(name: str, given: list[Kind]) -> Kind:
    """What a builtin returns that hands items on; a name bound otherwise has another kind."""
    if name in ("list", "tuple", "sorted", "reversed", "iter"):
        return Many(element(given[0]))
    if name == "enumerate":
        return Many(Several((UNKNOWN, element(given[0]))))
    if name == "zip":
        return Many(Several(tuple(element(kind) for kind in given)))
    return UNKNOWN


def _keeps_axes(index: ast.expr) -> bool:
    """Whether the index leaves an axis for certain: otherwise an item may be a plain number."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(
        isinstance(part, (ast.Slice, ast.List))
        or (isinstance(part, ast.Constant) and part.value in (None, Ellipsis))
        for part in parts
    )


def _whole_number(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _whole_number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None
