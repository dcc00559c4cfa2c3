"""The tables of attacks in `docs/security.md` are those of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import (  # noqa: F401 - each registers its attacks
    test_attestations,
    test_escapes,
    test_forged_tags,
    test_limits,
    test_tampering,
)
from .registry import ATTACKS, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
IN_PROCESS = (
    "Ways out of the meter",
    "NumPy's own functions",
    "Totals, limits, prices and clocks",
    "Symmetry tags",
    "Limits of numbers",
    "Attestations",
)


@pytest.mark.parametrize("group", IN_PROCESS)
def test_the_page_shows_every_attack(group: str) -> None:
    if not PAGE.exists():
        pytest.skip("docs/ is not part of this checkout")
    assert table(group) in PAGE.read_text(encoding="utf-8"), (
        "run `python tools/make_attack_tables.py`"
    )


def test_there_are_many() -> None:
    assert sum(entry.group in IN_PROCESS for entry in ATTACKS.values()) >= 60
    assert all(entry.tried for entry in ATTACKS.values())
    assert all(entry.why for entry in ATTACKS.values() if entry.outcome == "out of reach")
