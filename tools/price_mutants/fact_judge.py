"""Whether a pinned row sees that a fact function is changed."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import partial

from price_mutants.fact_sources import FactMutant
from price_mutants.forks import KILLED, codes_of
from price_mutants.observation import Observed, holds, watched
from price_mutants.transplants import forget, install
from price_mutants.unread import Facts

__all__ = ["Verdict", "judge"]

# More of the processor's time than any row takes.
_ROW_SECONDS = 5


class Verdict(IntEnum):
    """What became of a mutant."""

    killed = 0
    survives = 1
    unread = 2


def _order(row: Observed) -> str:
    # Neighbours in a table are alike: a mix of all meets a difference sooner.
    return hashlib.md5(row.pin.expression.encode(), usedforsecurity=False).hexdigest()


def rows_for(mutant: FactMutant, rows: Sequence[Observed]) -> list[Observed]:
    """Rows that run the changed statement; or, of what ran at import, the function around it."""
    name = mutant.file.name
    for lines in (mutant.lines, mutant.around):
        wanted = {(name, line) for line in lines}
        found = [row for row in rows if not wanted.isdisjoint(row.lines)]
        if found:
            return sorted(found, key=_order)
    return []


def _try(mutant: FactMutant, rows: Sequence[Observed], facts: Facts) -> int:
    forget()
    try:
        install(mutant.file, mutant.code())
    except Exception:  # no module any more
        return Verdict.killed
    for row in rows:
        signal.setitimer(signal.ITIMER_PROF, _ROW_SECONDS)
        if not holds(row.pin):
            return Verdict.killed
    signal.setitimer(signal.ITIMER_PROF, 0)
    forget()
    for row in rows:
        signal.setitimer(signal.ITIMER_PROF, 2 * _ROW_SECONDS)
        if facts.differ_unread(row.told, watched(row.pin)[1].told):
            return Verdict.unread
    return Verdict.survives


def judge(
    mutants: Sequence[FactMutant], rows: Sequence[Observed], facts: Facts, jobs: int
) -> Iterator[tuple[FactMutant, Verdict]]:
    """Try mutants, each in a child of its own."""
    works = []
    tried = []
    for mutant in mutants:
        if not facts.serves(mutant.file.name, mutant.function):
            yield mutant, Verdict.unread
            continue
        tried.append(mutant)
        works.append(partial(_try, mutant, rows_for(mutant, rows), facts))
    for at, code in codes_of(works, jobs):
        if code not in (KILLED, *Verdict):
            raise RuntimeError(f"the mutator failed at {tried[at].name}")
        yield tried[at], Verdict.killed if code == KILLED else Verdict(code)
