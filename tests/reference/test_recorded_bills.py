"""The recorded bills of single calls, which the twin must find without making the call."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from flopscope import reference

from .recorded_calls import FIGURES, RecordedCall, arguments, recorded_calls


def _parameters() -> list[Any]:
    return [
        pytest.param(cost_model, call, id=f"{cost_model}-{call.case['id']}")
        for cost_model in FIGURES
        for call in recorded_calls(cost_model)
    ]


@pytest.mark.parametrize(("cost_model", "call"), _parameters())
def test_as_recorded(cost_model: str, call: RecordedCall) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        args, kwargs = arguments(call)
        entries = reference.quote(call.name, args, kwargs, cost_model=cost_model)
    # Records of nothing are no part of a price list.
    found = [[entry.op_name, entry.bill] for entry in entries if entry.bill]
    assert found == [record for record in call.case["ops"] if record[1]]
