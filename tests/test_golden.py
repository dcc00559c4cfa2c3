"""Recorded bills and results, one test per case."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from .golden_case import Case, agrees, cases, run

# The figures were recorded with NumPy 2.4. Calls that other releases answer differently: the first
# release that answers as recorded, the first that does not any more, what the case has in it.
_SPANS = (
    ("2.1.0", "", r"fnp\.(cumulative_(sum|prod)|unstack)\(", "came with NumPy 2.1"),
    ("2.2.0", "", r"fnp\.(matvec|vecmat)\(", "came with NumPy 2.2"),
    (
        "2.1.0",
        "",
        r"fnp\.clip\([af](, None, None|, min=.*)?\)",
        "NumPy wants both limits before 2.1",
    ),
    ("2.1.0", "", r"fnp\.(floor|trunc)\(a\).*int", "NumPy makes floats of integers before 2.1"),
    ("2.2.0", "", r"fnp\.trim_zeros\(a, axis", "NumPy trims vectors only before 2.2"),
    (
        "2.2.0",
        "",
        r'fnp\.cov\(a, rowvar=False\).*"shape": \[1, 5\]',
        "NumPy turned vectors before 2.2",
    ),
    ("2.3.0", "", r"fnp\.unique_values\(", "NumPy sorts the values before 2.3"),
    ("2.3.0", "", r"fnp\.histogram\(d, 'auto'\)", "NumPy has another estimator before 2.3"),
    ("2.3.0", "", r"linalg\.cond\(a, 1\).*complex", "NumPy makes complex numbers before 2.3"),
    ("2.3.0", "", r'linalg\.norm\(a, ord=2\).*"shape": \[0', "NumPy refuses it before 2.3"),
    ("2.4.0", "", r'linalg\.matrix_rank\(a\).*"shape": \[0', "NumPy refuses it before 2.4"),
    ("2.4.0", "", r'"versioned\.removed"', "NumPy has these functions before 2.4"),
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


def _parameters() -> list[Any]:
    return [pytest.param(case, id=case["id"], marks=_marks(case)) for case in cases()]


@pytest.mark.parametrize("case", _parameters())
def test_as_recorded(case: Case) -> None:
    outcome = run(case)
    assert outcome.get("error") == case.get("error")
    assert outcome["flops"] == case["flops"]
    assert outcome["ops"] == case["ops"]
    if "result" in case:
        got = json.loads(json.dumps(outcome["result"]))
        assert agrees(got, case["result"]), f"{got} is not {case['result']}"
