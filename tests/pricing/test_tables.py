"""Every bill of the tables, one test per row; every operation has a row, and a weight."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import flopscope as flops
from flopscope import _core

from .known_defects import KNOWN_DEFECTS, MISNAMED
from .metering import billed_lists, called_name, run
from .table_files import PRICE_LISTS, SAME, WEIGHTS, Row, families, read, read_table
from .versions import reason_to_skip

ROWS = [row for family in families() for row in read(family)]


def _parameter(price_list: str, row: Row) -> Any:
    marks = []
    if reason := reason_to_skip(row.expression):
        marks.append(pytest.mark.skip(reason=reason))
    if reason := KNOWN_DEFECTS.get(row.expression, ""):
        marks.append(pytest.mark.xfail(reason=reason))
    return pytest.param(
        price_list, row, id=f"{price_list} {row.family}: {row.expression}", marks=marks
    )


@pytest.mark.parametrize(
    ("price_list", "row"), [_parameter(name, row) for name in billed_lists() for row in ROWS]
)
def test_bill(price_list: str, row: Row) -> None:
    expected = row.bill(price_list)
    name = called_name(row.expression)
    records = tuple((given or name, flops) for given, flops in expected.records)
    assert run(row.expression, price_list) == (expected.total, records, expected.error)


@pytest.mark.parametrize("price_list", billed_lists())
@pytest.mark.parametrize("row", [row for row in ROWS if row.expression in MISNAMED])
def test_bill_of_a_misnamed_record(price_list: str, row: Row) -> None:
    assert run(row.expression, price_list).total == row.bill(price_list).total


# ------------------------------------------------------------------------- the tables themselves


def _named(row: Row) -> set[str]:
    """Operations that a row is about: those it calls or nests, and those of its records."""
    records = [record for price_list in PRICE_LISTS for record in row.bill(price_list).records]
    return {called_name(row.expression), *(name for name, _ in records if name)}


def test_every_operation_has_a_row() -> None:
    named = set().union(*map(_named, ROWS))
    assert [name for name, *_ in _core._op_rows() if name not in named] == []


def test_no_row_is_there_twice() -> None:
    counts = Counter(row.expression for row in ROWS)
    assert [expression for expression, count in counts.items() if count > 1] == []


def test_known_defects_have_rows() -> None:
    assert KNOWN_DEFECTS.keys() - {row.expression for row in ROWS} == set()


@pytest.mark.parametrize("family", families())
def test_columns(family: str) -> None:
    """Every row has a bill under every price list, written once where lists agree."""
    for row in read(family):
        assert tuple(row.columns) == PRICE_LISTS
        bills = [row.bill(name) for name in PRICE_LISTS]
        written = [name for name in PRICE_LISTS if row.columns[name] != SAME]
        assert all(row.bill(name) != bills[0] for name in written[1:]), row


@pytest.mark.parametrize("price_list", PRICE_LISTS)
@pytest.mark.parametrize("family", families())
def test_arithmetic_of_remarks(family: str, price_list: str) -> None:
    """Arithmetic that begins a remark, or stands after the name of a list, gives the bill."""
    wrong = []
    for row in read(family):
        arithmetic = row.arithmetic(price_list)
        if arithmetic and int(eval(arithmetic)) != row.bill(price_list).total:
            wrong.append(row.expression)
    assert wrong == []


@pytest.mark.parametrize("price_list", billed_lists())
def test_weights(price_list: str) -> None:
    rows = list(read_table(WEIGHTS))
    pinned = {row.expression: float(row.text(price_list)) for row in rows}
    weights = flops.cost_model(price_list).weights
    assert {name: weights[name] for name in pinned if name in weights} == {
        name: weight for name, weight in pinned.items() if name in weights
    }
    assert weights.keys() <= pinned.keys() | {"getitem"}
    assert list(pinned) == sorted(pinned)
    assert all(float(row.text(name)) >= 0 for row in rows for name in PRICE_LISTS)
