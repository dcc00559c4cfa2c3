"""Recorded bills and results, one test per case."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .golden_case import Case, agrees, run

_FILE = Path(__file__).parent / "data" / "golden.jsonl"


# The figures were recorded with NumPy 2.4. Calls that other releases answer differently: the first
# release that answers as recorded, the first that does not any more, what the case has in it.
_SPANS = (
    ("2.1.0", "", r"fnp\.(cumulative_(sum|prod)|unstack)\(", "came with NumPy 2.1"),
    ("2.2.0", "", r"fnp\.(matvec|vecmat)\(", "came with NumPy 2.2"),
    ("2.1.0", "", r"fnp\.clip\(a(, None, None|, min=.*)?\)", "NumPy wants both limits before 2.1"),
    ("2.1.0", "", r"fnp\.floor\(a\).*int", "NumPy makes floats of integers before 2.1"),
    ("2.2.0", "", r"fnp\.trim_zeros\(a, axis", "NumPy trims vectors only before 2.2"),
    (
        "2.2.0",
        "",
        r'fnp\.cov\(a, rowvar=False\).*"shape": \[1, 5\]',
        "NumPy turned vectors before 2.2",
    ),
    ("2.3.0", "", r"fnp\.unique_values\(", "NumPy sorts the values before 2.3"),
    ("", "2.5.0", r"fnp\.row_stack\(", "NumPy has no row_stack from 2.5 on"),
    ("", "2.5.0", r'fnp\.cross\(.*"shape": \[2\]', "NumPy has no 2-d cross product from 2.5 on"),
)
_NUMPY = np.lib.NumpyVersion(np.__version__)


def _marks(case: Case) -> list[Any]:
    text = json.dumps(case)
    return [
        pytest.mark.skip(reason=reason)
        for first, end, pattern, reason in _SPANS
        if ((first and first > _NUMPY) or (end and end <= _NUMPY)) and re.search(pattern, text)
    ]


def _cases() -> list[Any]:
    cases = map(json.loads, _FILE.read_text(encoding="utf-8").splitlines())
    return [pytest.param(case, id=case["id"], marks=_marks(case)) for case in cases]


@pytest.mark.parametrize("case", _cases())
def test_as_recorded(case: Case) -> None:
    outcome = run(case)
    assert outcome.get("error") == case.get("error")
    assert outcome["flops"] == case["flops"]
    assert outcome["ops"] == case["ops"]
    if "result" in case:
        got = json.loads(json.dumps(outcome["result"]))
        assert agrees(got, case["result"]), f"{got} is not {case['result']}"
