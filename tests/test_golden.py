"""Recorded bills and results, one test per case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .golden_case import Case, agrees, run

_FILE = Path(__file__).parent / "data" / "golden.jsonl"


def _cases() -> list[Any]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", _cases())
def test_as_recorded(case: Case) -> None:
    outcome = run(case)
    assert outcome.get("error") == case.get("error")
    assert outcome["flops"] == case["flops"]
    assert outcome["ops"] == case["ops"]
    if "result" in case:
        got = json.loads(json.dumps(outcome["result"]))
        assert agrees(got, case["result"]), f"{got} is not {case['result']}"
