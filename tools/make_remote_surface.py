"""Write the names that a remote client offers, from the operation table.

    python tools/make_remote_surface.py            write python/flopscope/remote/surface.py
    python tools/make_remote_surface.py --check    only tell whether it is current

A client has no NumPy and no compiled core to ask.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

from flopscope import _core
from flopscope.pricing.prices import weight_of
from flopscope.remote import operations

_FILE = Path(__file__).resolve().parents[1] / "python" / "flopscope" / "remote" / "surface.py"

# They make or read text, which stays in the process.
_IN_PROCESS = ("base_repr", "binary_repr", "isnat", "fromfile", "fromregex", "fromstring")

_HEAD = '''"""Operations of a server by name, for clients.

Written by tools/make_remote_surface.py from the operation table: change that, not this file.
"""

from __future__ import annotations

__all__ = ["BLOCKED", "CALLBACKS", "FUNCTIONS", "LOCAL", "METHODS", "UFUNCS", "WEIGHTS"]
'''


def _words(names: list[str]) -> str:
    lines = "\n".join(textwrap.wrap(" ".join(sorted(names)), 92))
    return f'frozenset(\n    """\n{lines}\n""".split()\n)'


def _name(comment: str, name: str, names: list[str]) -> str:
    return f"\n#: {comment}\n{name} = {_words(names)}\n"


def _mapping(comment: str, name: str, groups: dict[str, list[str]]) -> str:
    items = (
        f'    "{group}": {textwrap.indent(_words(names), "    ").lstrip()},\n'
        for group, names in sorted(groups.items())
    )
    return f"\n#: {comment}\n{name}: dict[str, frozenset[str]] = {{\n{''.join(items)}}}\n"


def _heavy(rows: list[tuple[str, str, str, str, int, str]]) -> dict[str, int]:
    names = [row[0] for row in rows if row[2] in ("ufunc", "elementwise")]
    return {name: int(weight_of(name)) for name in sorted(names) if weight_of(name) != 1}


def surface() -> str:
    """Return the text of the module."""
    rows = _core._op_rows()
    table = operations._build()
    functions: dict[str, list[str]] = {}
    for name, module, kind, *_ in rows:
        if name in _IN_PROCESS:
            continue
        if name in table and kind not in ("blocked", "local") and "." not in module:
            functions.setdefault(module, []).append(name)
    ufuncs = [row[0] for row in rows if row[2] == "ufunc" and f"{row[0]}.reduce" in table]
    blocked = [row[0] for row in rows if row[2] == "blocked"]
    local = [row[0] for row in rows if row[2] == "local" or row[0] in _IN_PROCESS]
    callbacks = sorted(operations._CALLBACKS)
    methods = {
        owner: sorted(
            name.partition(".")[2]
            for name in table
            if name.startswith(f"{owner}.") and not name.endswith(".shuffle")
        )
        for owner in ("Generator", "RandomState", "SeedSequence")
    }
    return (
        _HEAD
        + _mapping("By module of the table: what a server carries out.", "FUNCTIONS", functions)
        + _name("Functions with methods: ``add.reduce`` and the like.", "UFUNCS", ufuncs)
        + _name("Refused: text files, settings, dates.", "BLOCKED", blocked)
        + _name("Helpers of the library in process.", "LOCAL", local)
        + _name("They call the caller's code back.", "CALLBACKS", callbacks)
        + _mapping("Methods of the random classes.", "METHODS", methods)
        + "\n#: Packaged weights other than 1 of functions of each element.\nWEIGHTS = {\n"
        + "".join(f'    "{name}": {weight},\n' for name, weight in _heavy(rows).items())
        + "}\n"
    )


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args().check
    text = surface()
    if _FILE.exists() and _FILE.read_text(encoding="utf-8") == text:
        return 0
    if not is_check:
        _FILE.write_text(text, encoding="utf-8")
    print(f"{'is not current' if is_check else 'written'}: {_FILE}")
    return int(is_check)


if __name__ == "__main__":
    sys.exit(main())
