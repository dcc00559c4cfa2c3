"""Writes docs/cost-reference.md from the operation table of the installed package.

python tools/make_cost_reference.py            write the page
python tools/make_cost_reference.py --check    fail if the page is not current
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from flopscope import _core
from flopscope._legend import LEGEND
from flopscope.numpy._namespace import ROWS, Row
from flopscope.pricing.prices import formula_of, functions_of, is_free, weight_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cost-reference.md"

HEAD = """# The cost of every operation

One row per operation of `flopscope.numpy`, `flopscope.stats` and the symmetry functions, made
from the operation table by `tools/make_cost_reference.py`. A call is billed `int(count * weight)`
FLOPs. Why the counts are what they are is told in [the cost model](cost-model.md) and
[contractions](contractions.md); `flopscope.explain("linalg.svd", shapes=[(4, 3)])` fills in the
numbers of one call. Divisions are floor divisions; what is true counts as 1, what is not as 0.

Methods, operators and NumPy's own functions on counted arrays (`a.sum()`, `a + b`, `np.add(a,
b)`) cost what the function costs. Methods of ufuncs (`add.reduce`, `power.outer`) have the weight
of the ufunc.

Notes: **after** - billed after it has run, since its result decides the price. **callback** -
runs a function of yours, whose time counts as yours. **local** - a helper of NumPy's that
computes nothing on arrays. **unlogged** - free, and not in the log. **texts** - takes texts and
dates too.
"""

SECTIONS = {
    "core": "Functions of flopscope.numpy",
    "linalg": "Linear algebra",
    "fft": "Fourier transforms",
    "random": "Random draws of the module",
    "random.Generator": "Random draws of a Generator",
    "random.RandomState": "Random draws of a RandomState",
    "stats": "Distributions of flopscope.stats",
    "symmetry": "Symmetry",
}
FAMILIES = {"": "everywhere", "poly": "polynomials"}


def _note(row: Row) -> str:
    notes = []
    if row.flags & _core.FLAG_DEFERRED and not is_free(row.name):
        notes.append("after")
    if row.flags & _core.FLAG_CALLBACK:
        notes.append("callback")
    if row.kind == "local":
        notes.append("local")
    if row.flags & _core.FLAG_UNLOGGED:
        notes.append("unlogged")
    if row.flags & _core.FLAG_TEXTS:
        notes.append("texts")
    return ", ".join(notes)


def _code(text: str) -> str:
    # A bar would end the cell of a table.
    return "`" + text.replace("|", "\\|") + "`"


def page() -> str:
    """Return the page as Markdown."""
    lines = [HEAD, "## Symbols", "", "| in | symbol | meaning |", "|---|---|---|"]
    for family in sorted(LEGEND):
        lines += [
            f"| {FAMILIES.get(family, family.rstrip('.'))} | {_code(symbol)} | {meaning} |"
            for symbol, meaning in LEGEND[family].items()
        ]
    lines += ["", "Functions that formulas call:", "", "| function | value |", "|---|---|"]
    for line in functions_of().splitlines():
        signature, _, value = line.partition(" = ")
        lines.append(f"| {_code(signature)} | {_code(value)} |")
    for module, title in SECTIONS.items():
        rows = [row for row in ROWS.values() if row.module == module]
        counted = [row for row in rows if row.kind != "blocked"]
        blocked = sorted(row.name for row in rows if row.kind == "blocked")
        lines += [
            "",
            f"## {title}",
            "",
            "| operation | count | weight | notes |",
            "|---|---|---:|---|",
        ]
        lines += [
            f"| `{row.name}` | {_code(formula_of(row.name))} | {weight_of(row.name):g} "
            f"| {_note(row)} |"
            for row in sorted(counted)
        ]
        if blocked:
            names = ", ".join(f"`{name}`" for name in blocked)
            lines += ["", f"Not supported, and refused with the reason: {names}."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    text = page()
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is not current: run {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
