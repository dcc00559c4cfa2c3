#!/usr/bin/env python3
"""Write the tables of attacks in docs/security.md from the tests in tests/abuse.

python tools/make_attack_tables.py [--check]
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
BEGIN = "<!-- attacks: made by tools/make_attack_tables.py -->\n"
MODULES = (
    "test_escapes", "test_tampering", "test_forged_tags", "test_limits", "test_attestations",
)  # fmt: skip


def tables() -> str:
    """Return the tables of all groups, in the order of the modules."""
    sys.path.insert(0, str(ROOT))
    try:
        registry = importlib.import_module("tests.abuse.registry")
        for name in MODULES:
            importlib.import_module(f"tests.abuse.{name}")
    finally:
        sys.path.remove(str(ROOT))
    groups = dict.fromkeys(entry.group for entry in registry.ATTACKS.values())
    parts = [f"### {group}\n\n{registry.table(group)}\n" for group in groups]
    return "\n".join(parts)


def page() -> str:
    """Return the page with new tables."""
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    return f"{head}{BEGIN}\n{tables()}"


def main() -> int:
    """Write the page, or tell whether it is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only tell whether it is current")
    written = page()
    is_current = PAGE.read_text(encoding="utf-8") == written
    if parser.parse_args().check:
        if not is_current:
            print(f"is not current: {PAGE}", file=sys.stderr)
        return int(not is_current)
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
