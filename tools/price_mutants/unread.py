"""Which facts some formula of some price list reads, and which functions serve these.

A fact that no list reads decides about no bill. Changes of what tells it are counted apart: they
become mutants like all others once a list reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from flopscope.numpy._namespace import ROWS
from flopscope.pricing.facts import FACTS, FROM_RESULT, TAGGERS
from price_mutants.collectors import names_of
from price_mutants.fact_sources import FILES, functions_in
from price_mutants.lists import Lists

__all__ = ["Facts"]

Place = tuple[str, int]
Function = tuple[str, str]  # file and name


def _place(function: Callable[..., Any]) -> Place:
    assert isinstance(function, FunctionType)
    return Path(function.__code__.co_filename).name, function.__code__.co_firstlineno


def _top_name(function: Callable[..., Any]) -> Function:
    return _place(function)[0], function.__qualname__.partition(".")[0]


@cache
def _words(text: str) -> frozenset[str]:
    tree = ast.parse(text.replace(";", "\n").replace("\n ", "\n").strip())
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


class Facts:
    """What is read of the facts of every operation."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._positions: dict[Place, set[int]] = {}
        roots: set[Function] = set()
        for op_name, function in FACTS.items():
            if op_name not in ROWS:
                continue
            names = names_of(op_name)
            read = {at for at, name in enumerate(names) if name in self._read(op_name)}
            self._positions.setdefault(_place(function), set()).update(read)
            if read:
                roots.add(_top_name(function))
        for op_name, function in FROM_RESULT.items():
            words = ROWS[op_name].facts.split()
            late = [word.rstrip("@") for word in words if word.endswith("@")]
            read = {at for at, name in enumerate(late) if name in self._read(op_name)}
            self._positions.setdefault(_place(function), set()).update(read)
            if read:
                roots.add(_top_name(function))
        roots |= {_top_name(function) for function in TAGGERS.values()}
        self._serving = _reachable(roots)

    def _read(self, op_name: str) -> set[str]:
        return set().union(
            *(_words(" ".join(prices[op_name].count.split())) for prices in self._lists.values())
        )

    def is_read(self, op_name: str, fact: str) -> bool:
        """Whether a formula of some list reads a fact."""
        return fact in self._read(op_name)

    def serves(self, file: str, function: str) -> bool:
        """Whether a function is needed for a fact that is read, or for a tag."""
        return (file, function) in self._serving

    def differ_unread(self, before: Any, after: Any) -> bool:
        """Whether what fact functions told differs, and only in what no list reads."""
        if before == after or len(before) != len(after):
            return False
        told = False
        for (place, old), (_, new) in zip(before, after, strict=True):
            if old == new or place not in self._positions:
                continue
            if len(old) != len(new):
                return False
            pairs = enumerate(zip(old, new, strict=True))
            differing = {at for at, (was, now) in pairs if was != now}
            if differing & self._positions[place]:
                return False
            told = True
        return told


def _reachable(roots: set[Function]) -> set[Function]:
    known: dict[Function, set[str]] = {}
    public: dict[str, Function] = {}
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, node in functions_in(tree).items():
            known[path.name, name] = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if not name.startswith("_"):
                public[name] = (path.name, name)
    found: set[Function] = set()
    waiting = {*roots, *public.values()}
    while waiting:
        function = waiting.pop()
        if function in found or function not in known:
            continue
        found.add(function)
        for name in known[function]:
            own = (function[0], name)
            waiting.add(own if own in known else public.get(name, own))
    return found
