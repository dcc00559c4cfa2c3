"""The tables of bills: text files that are read here.

``README.md`` describes the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "FIRST_PHASE",
    "FOLDER",
    "PRICE_LISTS",
    "SAME",
    "WEIGHTS",
    "Bill",
    "Row",
    "families",
    "parse_bill",
    "read",
    "read_table",
]

FOLDER = Path(__file__).parent / "tables"
WEIGHTS = Path(__file__).parent / "weights.txt"

#: Bills and weights of 0.8rc1, where they differ from those of 0.8.
FIRST_PHASE = Path(__file__).parent / "first_phase"

_COMMENT = re.compile(r"(?:^|\s{2,})#\s?(.*)$")
_BILL = re.compile(r"(?P<total>\d+)?(?: ?= (?P<records>.+?))?(?: ?raises (?P<error>\w+))?")
_ARITHMETIC = re.compile(r"[\d\s.+*/()-]+")
_RECORD = re.compile(r"(?P<name>[\w.]+)(?: (?P<flops>\d+))?")

#: The columns of every table, by the price lists they are bills of.
PRICE_LISTS = ("0.8", "0.5", "0.12")

#: What stands in a column where a price list says the same as the first.
SAME = "="

#: The one record of a row that does not say which: it has the name that is called.
CALLED = ""

Records = tuple[tuple[str, int], ...]


class Bill(NamedTuple):
    """What a call is billed: FLOPs in all, its records, the name of the exception or ""."""

    total: int
    records: Records
    error: str


class Row(NamedTuple):
    """A row: its family and line, the expression, its columns by name, the remark behind them."""

    family: str
    line: int
    expression: str
    columns: dict[str, str]
    remark: str

    def text(self, price_list: str) -> str:
        """What stands in the column of a price list, or in that of the first where they agree."""
        text = self.columns[price_list]
        return self.columns[PRICE_LISTS[0]] if text == SAME else text

    def bill(self, price_list: str) -> Bill:
        """The bill under a price list."""
        return parse_bill(self.text(price_list))

    def arithmetic(self, price_list: str) -> str:
        """How the remark says that the bill under a price list comes about, or ""."""
        parts = self.remark.split("; ")
        if price_list == PRICE_LISTS[0]:
            return parts[0] if _ARITHMETIC.fullmatch(parts[0]) else ""
        found = [part.removeprefix(f"{price_list}: ") for part in parts]
        return next((new for new, old in zip(found, parts, strict=True) if new != old), "")


def _records(text: str | None, total: int) -> Records:
    if text is None:
        return ((CALLED, total),)
    if text == "nothing":
        return ()
    found = []
    for part in text.split(", "):
        match = _RECORD.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no record")
        found.append((match["name"], total if match["flops"] is None else int(match["flops"])))
    return tuple(found)


def parse_bill(text: str) -> Bill:
    """Read a bill: ``12``, ``12 = sum``, ``7 = add 3, sum 4``, ``raises ValueError``."""
    match = _BILL.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text!r} is no bill")
    error = match["error"] or ""
    if match["total"] is None:
        if not error or match["records"]:
            raise ValueError(f"{text!r} does not say what is billed")
        return Bill(0, (), error)
    total = int(match["total"])
    records = _records(match["records"], total)
    if sum(flops for _, flops in records) != total:
        raise ValueError(f"the records of {text!r} do not add up")
    return Bill(total, records, error)


def read_table(path: Path) -> Iterator[Row]:
    """Read the rows of a table, whose first line that is no comment names the columns."""
    names: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        comment = _COMMENT.search(line)
        remark = comment[1] if comment else ""
        text = line[: comment.start()] if comment else line
        if not text.strip():
            continue
        expression, *values = re.split(r"\s{2,}", text.strip())
        if not names:
            names = values
            continue
        if len(values) != len(names):
            raise ValueError(f"{path.name}:{number}: {len(values)} columns, not {len(names)}")
        yield Row(path.stem, number, expression, dict(zip(names, values, strict=True)), remark)


def families() -> list[str]:
    """Names of the tables."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def read(family: str) -> list[Row]:
    """All rows of a family."""
    return list(read_table(FOLDER / f"{family}.txt"))
