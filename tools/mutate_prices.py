"""Shows that tests pin every price: changes each detail of the prices, and sees a test fail.

    python tools/mutate_prices.py                    all changes; fails if one goes unnoticed
    python tools/mutate_prices.py --only lists       of the price lists (cost_models/*.toml)
    python tools/mutate_prices.py --only facts       of the functions that tell facts
    python tools/mutate_prices.py --match linalg     those whose name has this in it

Every weight, constant, operator, comparison and branch is changed in turn, and judged by the tables
of bills in tests/pricing. Nothing is compiled: changed formulas are evaluated on the facts of the
charges that the tables pin, and changed fact functions run in forked children, with the rows that
come by the change. Mutants that no bill can show are listed in tools/equivalent_mutants.txt.

Needs flopscope with its extension `test`, and a system that can fork.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from price_mutants.equivalents import Equivalents  # noqa: E402
from price_mutants.fact_judge import Verdict  # noqa: E402
from price_mutants.lists import documents, resolved  # noqa: E402
from price_mutants.trial import Trial, Unsound, try_facts, try_lists  # noqa: E402
from price_mutants.unread import Facts  # noqa: E402

EQUIVALENTS = ROOT / "tools" / "equivalent_mutants.txt"


def _report(title: str, trials: list[Trial], equivalent: set[str], seconds: float) -> None:
    counts = Counter(trial.verdict for trial in trials)
    known = sum(trial.name in equivalent for trial in trials)
    print(
        f"{title}: {len(trials)} mutants, {counts[Verdict.killed]} killed, {known} equivalent, "
        f"{counts[Verdict.unread]} of facts that no list reads, "
        f"{counts[Verdict.survives] - known} survive; {seconds:.0f} s",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("lists", "facts"), help="one kind of changes")
    parser.add_argument("--match", default="", help="only mutants whose name has this in it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="children at a time")
    parser.add_argument("--equivalents", type=Path, default=EQUIVALENTS, help="the text file")
    options = parser.parse_args()
    equivalents = Equivalents.read(options.equivalents)
    trials: list[Trial] = []
    for title, kind, attempt in (
        ("price lists", "lists", try_lists),
        ("fact functions", "facts", try_facts),
    ):
        if options.only in (None, kind):
            start = time.monotonic()
            try:
                tried = attempt(options.jobs, options.match)
            except Unsound as error:
                print(f"error: {error}", file=sys.stderr)
                return 2
            surviving = {trial.name for trial in tried if trial.verdict == Verdict.survives}
            known = surviving & equivalents.reasons.keys()
            _report(title, tried, known, time.monotonic() - start)
            trials += tried
    surviving = {trial.name for trial in trials if trial.verdict == Verdict.survives}
    unnoticed = [trial.name for trial in trials if trial.name in surviving]
    unnoticed = [name for name in unnoticed if name not in equivalents.reasons]
    for name in unnoticed:
        print(f"survives: {name}")
    stale: list[str] = []
    if options.only is None and not options.match:
        facts = Facts(resolved(documents()))
        stale = equivalents.stale({trial.name for trial in trials}, surviving, facts.is_read)
    for name in stale:
        print(f"stale in {options.equivalents.name}: {name}")
    return 1 if unnoticed or stale else 0


if __name__ == "__main__":
    sys.exit(main())
