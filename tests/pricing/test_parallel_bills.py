"""One execution, several bills: each is that of a run under its list alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.cli import main

from .metering import bills
from .table_files import families, read

_PROGRAM = """\
import flopscope.numpy as fnp

x = fnp.arange(64.0).reshape(8, 8)
y = fnp.std(x)
z = fnp.linalg.cholesky(fnp.eye(8))
z = fnp.exp(x)
"""


@pytest.mark.parametrize("family", families())
@pytest.mark.parametrize("own", ["0.8", "0.5"])
def test_equal_to_separate_runs(own: str, family: str) -> None:
    """Of every row of the tables, also of those that NumPy refuses."""
    others = tuple(name for name in ("0.8", "0.5", "0.8rc1") if name != own)
    different = []
    for row in read(family):
        together = bills(row.expression, own, others)
        separate = {name: bills(row.expression, name)[name] for name in together}
        if together != separate:
            different.append((row.expression, together, separate))
    assert different == []


def test_bills_of_a_budget() -> None:
    with flops.BudgetContext(10**6, quiet=True, also=("0.5", "0.8", "0.5")) as budget:
        fnp.std(fnp.ones(5))
        budget.deduct("mine", flop_cost=7)
        budget.deduct("std", flop_cost=7)
    assert budget.bills == {"0.8": 21 + 7 + 7, "0.5": 8 + 7 + 14}
    assert list(budget.bills) == ["0.8", "0.5"]
    with flops.BudgetContext(10**6, quiet=True) as plain:
        fnp.std(fnp.ones(5))
    assert plain.bills == {"0.8": 21}


def test_derived_lists_beside_one_another() -> None:
    cheap = flops.cost_model("0.8").derive("cheap", weights={"exp": 1})
    with flops.BudgetContext(10**6, quiet=True, also=(cheap,)) as budget:
        fnp.exp(fnp.ones(5))
    assert budget.bills == {"0.8": 80, "cheap": 5}


def test_other_lists_have_no_limit() -> None:
    with flops.BudgetContext(30, quiet=True, also=("0.5",)) as budget:
        fnp.linalg.cholesky(fnp.eye(4))
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.exp(fnp.ones(4))
    assert budget.bills == {"0.8": 21, "0.5": 256}


def test_a_summary_has_a_column_for_each() -> None:
    with flops.BudgetContext(10**6, quiet=True, also=("0.5",)) as budget:
        fnp.std(fnp.ones(5))
        fnp.exp(fnp.ones(5))
    lines = budget.summary().splitlines()
    at = lines.index("  By price list:")
    assert [line.split() for line in lines[at + 1 : at + 5]] == [
        ["0.8", "0.5"],
        ["exp", "80", "80"],
        ["std", "21", "8"],
        ["total", "101", "88"],
    ]
    assert budget.summary_dict()["bills"] == {"0.8": 101, "0.5": 88}
    with flops.BudgetContext(10**6, quiet=True, cost_model="0.5") as other:
        pass
    assert "Price list:  0.5" in other.summary()


def test_estimates() -> None:
    told = flops.estimate(fnp.std, flops.ShapeDtype((10**6,)), also=("0.5",))
    assert told.bills == {"0.8": 4 * 10**6 + 1, "0.5": 2 * (10**6 - 1)}
    told = flops.estimate(fnp.std, flops.ShapeDtype((10**6,)), cost_model="0.5")
    assert told.flops_used == 2 * (10**6 - 1)


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text(_PROGRAM, encoding="utf-8")
    return str(path)


def test_run(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--cost-model", "0.5", program]) == 0
    assert "Price list:  0.5" in capsys.readouterr().err
    assert main(["run", "--cost-models", "0.8,0.5", program]) == 0
    told = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["total", f"{128 + 257 + 170 + 1024:,}", f"{64 + 126 + 2048 + 1024:,}"] in told
    with pytest.raises(SystemExit):
        main(["run", "--cost-model", "0.6", program])
    assert "there are 0.8" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["run", "--cost-model", "0.5", "--cost-models", "0.8,0.5", program])
    assert "exclude" in capsys.readouterr().err


def test_migrate(program: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["migrate", program, "--from", "0.8", "--to", "0.5", "--json"]) in (0, 2)
    capsys.readouterr()
    assert main(["migrate", "--from", "0.8", "--to", "0.5", "--json", program]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bills"] == {"0.8": 128 + 257 + 170 + 1024, "0.5": 64 + 126 + 2048 + 1024}
    assert next(iter(told["operations"])) == "linalg.cholesky"
    assert list(told["operations"])[-1] == "std"
    assert told["operations"]["linalg.cholesky"] == {"0.8": 170, "0.5": 2048}
    first = told["lines"][0]
    assert (first["line"], first["operation"], first["0.8"], first["0.5"]) == (
        5, "linalg.cholesky", 170, 2048,
    )  # fmt: skip
    assert main(["migrate", "--to", "0.5", program]) == 0
    shown = capsys.readouterr().out
    assert "program.py:5" in shown
    assert "B * max(1, n**3) * 4" in shown
    assert main(["migrate", "--to", "0.8", program]) == 0
    assert "changes its price" in capsys.readouterr().out
