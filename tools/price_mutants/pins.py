"""Everything that the tables pin: bills and weights under every price list."""

from __future__ import annotations

from typing import NamedTuple

from tests.pricing.known_defects import KNOWN_DEFECTS, MISNAMED
from tests.pricing.metering import called_name
from tests.pricing.table_files import (
    FIRST_PHASE,
    WEIGHTS,
    Bill,
    families,
    read,
    read_table,
)
from tests.pricing.versions import reason_to_skip

import flopscope as flops

__all__ = ["Pin", "pinned_bills", "pinned_weights"]


class Pin(NamedTuple):
    """A row under one price list."""

    price_list: str
    expression: str
    bill: Bill  # its records have their names
    is_misnamed: bool = False  # only the total holds


def pinned_bills() -> list[Pin]:
    """All rows that the installed NumPy answers as the tables say."""
    rows = [row for family in families() for row in read(family)]
    rows += read_table(FIRST_PHASE / "bills.txt")
    found = []
    for row in rows:
        is_misnamed = row.expression in MISNAMED
        if row.expression in KNOWN_DEFECTS and not is_misnamed:
            continue
        if reason_to_skip(row.expression):
            continue
        called = called_name(row.expression)
        for name in row.columns:
            if name in flops.cost_models():
                bill = row.bill(name)
                records = tuple((given or called, count) for given, count in bill.records)
                bill = bill._replace(records=records)
                found.append(Pin(name, row.expression, bill, is_misnamed))
    return found


def pinned_weights() -> dict[tuple[str, str], float]:
    """Weights by price list and operation."""
    rows = [*read_table(WEIGHTS), *read_table(FIRST_PHASE / "weights.txt")]
    return {
        (name, row.expression): float(row.text(name))
        for row in rows
        for name in row.columns
        if name in flops.cost_models()
    }
