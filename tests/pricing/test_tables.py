"""Every bill of the tables, one test per row; every operation has a row, and a weight."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from flopscope import _core

from .known_defects import KNOWN_DEFECTS
from .metering import called_name, run
from .table_files import WEIGHTS, Row, families, parse_bill, read, read_table
from .versions import reason_to_skip

# The column that the library bills by unless it is told otherwise.
PRICE_LIST = "0.8"

ROWS = [row for family in families() for row in read(family)]


def _parameter(row: Row) -> Any:
    marks = []
    if reason := reason_to_skip(row.expression):
        marks.append(pytest.mark.skip(reason=reason))
    if reason := KNOWN_DEFECTS.get(row.expression, ""):
        marks.append(pytest.mark.xfail(reason=reason))
    return pytest.param(row, id=f"{row.family}: {row.expression}", marks=marks)


@pytest.mark.parametrize("row", [_parameter(row) for row in ROWS])
def test_bill(row: Row) -> None:
    expected = parse_bill(row.columns[PRICE_LIST])
    name = called_name(row.expression)
    records = tuple((given or name, flops) for given, flops in expected.records)
    assert run(row.expression) == (expected.total, records, expected.error)


# ------------------------------------------------------------------------- the tables themselves


def _named(row: Row) -> set[str]:
    """Operations that a row is about: those it calls or nests, and those of its records."""
    called = called_name(row.expression)
    return {called, *(name for name, _ in parse_bill(row.columns[PRICE_LIST]).records if name)}


def test_every_operation_has_a_row() -> None:
    named = set().union(*map(_named, ROWS))
    assert [name for name, *_ in _core._op_rows() if name not in named] == []


def test_no_row_is_there_twice() -> None:
    counts = Counter(row.expression for row in ROWS)
    assert [expression for expression, count in counts.items() if count > 1] == []


def test_known_defects_have_rows() -> None:
    assert KNOWN_DEFECTS.keys() - {row.expression for row in ROWS} == set()


@pytest.mark.parametrize("family", families())
def test_arithmetic_of_remarks(family: str) -> None:
    """A remark that begins with arithmetic says how its bill comes about."""
    wrong = []
    for row in read(family):
        arithmetic, _, _ = row.remark.partition(";")
        if re.fullmatch(r"[\d\s+*/()-]+", arithmetic):
            expected = parse_bill(row.columns[PRICE_LIST]).total
            if eval(arithmetic) != expected:
                wrong.append(row.expression)
    assert wrong == []


def test_weights() -> None:
    pinned = {row.expression: float(row.columns[PRICE_LIST]) for row in read_table(WEIGHTS)}
    assert {name: weight for name, _, _, _, weight, *_ in _core._op_rows()} == pinned
    assert list(pinned) == sorted(pinned)
