"""Recorded bills and results, one test per case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .golden_case import Case, agrees, run

_FILE = Path(__file__).parent / "data" / "golden.jsonl"


# The figures were recorded with NumPy 2.4. What other releases do differently, by a text that the
# case has in it.
_NUMPY = np.lib.NumpyVersion(np.__version__)
_ELSEWHERE: dict[str, tuple[bool, str]] = {
    "unique_values(": (_NUMPY < "2.3.0", "NumPy sorts the values before 2.3"),
    '"a": {"shape": [2]': (_NUMPY >= "2.5.0", "NumPy has no 2-d cross product from 2.5 on"),
}


def _cases() -> list[Any]:
    params = []
    for case in map(json.loads, _FILE.read_text(encoding="utf-8").splitlines()):
        text = json.dumps(case)
        is_cross = case["family"] == "count.cross"
        marks = [
            pytest.mark.skipif(differs, reason=reason)
            for part, (differs, reason) in _ELSEWHERE.items()
            if part in text and (is_cross or "unique" in part)
        ]
        params.append(pytest.param(case, id=case["id"], marks=marks))
    return params


@pytest.mark.parametrize("case", _cases())
def test_as_recorded(case: Case) -> None:
    outcome = run(case)
    assert outcome.get("error") == case.get("error")
    assert outcome["flops"] == case["flops"]
    assert outcome["ops"] == case["ops"]
    if "result" in case:
        got = json.loads(json.dumps(outcome["result"]))
        assert agrees(got, case["result"]), f"{got} is not {case['result']}"
