"""The finest figures that a budget keeps: per namespace, place in the source, and operation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from flopscope import _core

if TYPE_CHECKING:
    from flopscope._budget import BudgetContext
    from flopscope.report.record import Recording

    Source: TypeAlias = BudgetContext | Recording

__all__ = ["Entry", "Place", "Totals", "budgets_of", "entries", "group", "places"]

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """A line of a function.

    Attributes
    ----------
    file : str
        As Python knows it; ``"<stdin>"`` and the like for code without a file.
    line : int
        From 1.
    function : str
        Qualified where Python tells it (3.11 and later).
    """

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Entry:
    """Totals of one operation at one place in one namespace; times in seconds."""

    namespace: str | None
    stack: tuple[Place, ...]  # from the outermost call; empty: the place was not kept
    op_name: str
    calls: int
    flops: int
    backend_s: float
    overhead_s: float
    bytes_read: int
    bytes_written: int

    @property
    def place(self) -> Place | None:
        """The line of the operation itself."""
        return self.stack[-1] if self.stack else None


@dataclass
class Totals:
    """Sums over entries; times in seconds."""

    calls: int = 0
    flops: int = 0
    backend_s: float = 0.0
    overhead_s: float = 0.0
    bytes_read: int = 0
    bytes_written: int = 0

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self.calls += entry.calls
        self.flops += entry.flops
        self.backend_s += entry.backend_s
        self.overhead_s += entry.overhead_s
        self.bytes_read += entry.bytes_read
        self.bytes_written += entry.bytes_written

    @property
    def bytes_moved(self) -> int:
        """Bytes read and written."""
        return self.bytes_read + self.bytes_written


_stacks: dict[int, tuple[Place, ...]] = {0: ()}


def places(site: int) -> tuple[Place, ...]:
    """Return the stack that a site of the core stands for, the outermost call first."""
    found = _stacks.get(site)
    if found is None:
        code, line, parent = _core._site(site)
        name: str = getattr(code, "co_qualname", code.co_name)
        found = _stacks[site] = (*places(parent), Place(code.co_filename, line, name))
    return found


def budgets_of(source: Source) -> list[BudgetContext]:
    """Return the budgets of a recording, or the one that is given."""
    return getattr(source, "budgets", [source])


def entries(source: Source) -> list[Entry]:
    """Return what a budget, or a recording, has gathered so far."""
    return [
        Entry(row[0], places(row[1]), *row[2:])
        for budget in budgets_of(source)
        for row in _core._site_rows(budget)
    ]


def group(rows: Iterable[Entry], key: Callable[[Entry], K]) -> dict[K, Totals]:
    """Sum entries by a key, the most expensive first."""
    sums: dict[K, Totals] = {}
    for entry in rows:
        sums.setdefault(key(entry), Totals()).add(entry)
    ranked = sorted(sums.items(), key=lambda item: (-item[1].flops, str(item[0])))
    return dict(ranked)
