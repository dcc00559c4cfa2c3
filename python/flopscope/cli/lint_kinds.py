"""What ``flopscope check`` knows of values: counted arrays, and what holds them.

The kinds form a lattice. `NOTHING` is below all (no binding was seen yet), `UNKNOWN` above (it may
be anything); two different kinds meet in `UNKNOWN`, so that a finding is never a guess.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

__all__ = [
    "ARRAY",
    "NOTHING",
    "UNKNOWN",
    "Function",
    "Instance",
    "Kind",
    "Many",
    "Several",
    "Table",
    "Type",
    "element",
    "holds_arrays",
    "join",
]


class Kind:
    """What is known of a value."""


@dataclass(frozen=True)
class Simple(Kind):
    """A kind without parts."""

    name: str


NOTHING = Simple("nothing")
UNKNOWN = Simple("unknown")
ARRAY = Simple("array")


@dataclass(frozen=True)
class Many(Kind):
    """A sequence whose items are all of a kind."""

    item: Kind


@dataclass(frozen=True)
class Table(Kind):
    """A dictionary whose values are all of a kind."""

    item: Kind


@dataclass(frozen=True)
class Several(Kind):
    """A tuple, item by item."""

    items: tuple[Kind, ...]


@dataclass(frozen=True)
class Function(Kind):
    """A function of the file; `owner` is the class whose method it is, when bound."""

    node: ast.FunctionDef
    owner: ast.ClassDef | None = None


@dataclass(frozen=True)
class Type(Kind):
    """A class of the file."""

    node: ast.ClassDef


@dataclass(frozen=True)
class Instance(Kind):
    """An object of a class of the file."""

    node: ast.ClassDef


def join(a: Kind, b: Kind) -> Kind:
    """The least kind that holds both."""
    if a == b or b is NOTHING:
        return a
    if a is NOTHING:
        return b
    if isinstance(a, Table) and isinstance(b, Table):
        return Table(join(a.item, b.item))
    if isinstance(a, Several) and isinstance(b, Several) and len(a.items) == len(b.items):
        pairs = zip(a.items, b.items, strict=True)
        return Several(tuple(join(x, y) for x, y in pairs))
    if isinstance(a, (Many, Several)) and isinstance(b, (Many, Several)):
        return Many(join(element(a), element(b)))
    return UNKNOWN


def element(kind: Kind) -> Kind:
    """What iterating gives. Rows of a counted array may be plain numbers: unknown."""
    if isinstance(kind, Many):
        return kind.item
    if isinstance(kind, Several):
        found: Kind = NOTHING
        for item in kind.items:
            found = join(found, item)
        return found
    return NOTHING if kind is NOTHING else UNKNOWN


def holds_arrays(kind: Kind) -> bool:
    """Whether NumPy would meet counted arrays in it."""
    if isinstance(kind, Many):
        return holds_arrays(kind.item)
    if isinstance(kind, Several):
        return any(holds_arrays(item) for item in kind.items)
    return kind is ARRAY
