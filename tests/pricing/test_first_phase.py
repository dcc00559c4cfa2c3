"""Bills and weights of the list of the contest's first phase."""

from __future__ import annotations

import pytest

import flopscope as flops

from .metering import called_name, run
from .table_files import FIRST_PHASE, Row, read_table

NAME = "0.8rc1"


@pytest.mark.parametrize(
    "row", list(read_table(FIRST_PHASE / "bills.txt")), ids=lambda row: row.expression
)
def test_bill(row: Row) -> None:
    total = row.bill(NAME).total
    assert run(row.expression, NAME) == (total, ((called_name(row.expression), total),), "")


def test_weights() -> None:
    pinned = {
        row.expression: float(row.text(NAME)) for row in read_table(FIRST_PHASE / "weights.txt")
    }
    expected = {**flops.cost_model("0.8").weights, **pinned}
    assert dict(flops.cost_model(NAME).weights) == expected
