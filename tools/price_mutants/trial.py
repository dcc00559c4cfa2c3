"""All mutants, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from price_mutants.charges import Charge, charges_of
from price_mutants.fact_judge import Verdict, judge
from price_mutants.fact_sources import FILES, fact_mutants
from price_mutants.forks import result_of, results_of
from price_mutants.list_mutants import ListMutant, Pinned, is_killed, list_mutants, verified
from price_mutants.lists import documents, resolved
from price_mutants.observation import Observed, observe
from price_mutants.pins import Pin, pinned_bills, pinned_weights
from price_mutants.unread import Facts

__all__ = ["Trial", "Unsound", "try_facts", "try_lists"]


class Unsound(Exception):
    """What mutants are judged by does not hold to begin with."""


class Trial(NamedTuple):
    """A mutant and its verdict."""

    name: str
    verdict: Verdict


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """Names with a number behind those that are there again."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _recorded(pins: Sequence[Pin]) -> list[Charge]:
    return [charge for pin in pins for charge in charges_of(pin)]


def _judged(mutants: Sequence[ListMutant], pinned: Pinned) -> list[bool]:
    return [is_killed(mutant, pinned) for mutant in mutants]


def try_lists(jobs: int, only: str = "") -> list[Trial]:
    """Try the changes of price lists."""
    given = documents()
    lists = resolved(given)
    charges, wrong = verified(lists, result_of(lambda: _recorded(pinned_bills())))
    if wrong:
        raise Unsound(f"formulas do not give the bills of {len(wrong)} charges, as {wrong[0]}")
    pinned = Pinned(lists, charges, pinned_weights())
    mutants = list(list_mutants(given, only))
    parts = [mutants[at::jobs] for at in range(jobs)]
    verdicts = [False] * len(mutants)
    works = [partial(_judged, part, pinned) for part in parts]
    for at, killed in enumerate(results_of(works)):
        verdicts[at::jobs] = killed
    names = _numbered([mutant.name for mutant in mutants])
    return [
        Trial(name, Verdict.killed if killed else Verdict.survives)
        for name, killed in zip(names, verdicts, strict=True)
    ]


def try_facts(jobs: int, only: str = "") -> list[Trial]:
    """Try the changes of fact functions."""
    rows: list[Observed]
    rows, wrong = result_of(lambda: observe(pinned_bills()))
    if wrong:
        raise Unsound(f"{len(wrong)} rows do not hold, as {wrong[0]}")
    facts = Facts(resolved(documents()))
    mutants = [mutant for file in FILES for mutant in fact_mutants(file, only)]
    verdicts = {id(mutant): verdict for mutant, verdict in judge(mutants, rows, facts, jobs)}
    names = _numbered([mutant.name for mutant in mutants])
    return [Trial(name, verdicts[id(mutant)]) for name, mutant in zip(names, mutants, strict=True)]
