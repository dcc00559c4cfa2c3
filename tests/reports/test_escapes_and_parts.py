"""Escapes and sub-budgets in summaries, pages and exports."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.report.exports import report_schema


@pytest.fixture(scope="module")
def budget() -> flops.BudgetContext:
    with flops.BudgetContext(10_000, quiet=True) as opened:
        x = fnp.ones(50)
        with opened.sub("encoder", flops=500), opened.sub("<x>", seconds=10.0, soft=True):
            y = x * 2.0
        np.asarray(y)
        np.asarray(y)
    return opened


@pytest.fixture(scope="module")
def clean() -> flops.BudgetContext:
    with flops.BudgetContext(10_000, quiet=True) as opened:
        fnp.ones(50) * 2.0
    return opened


def test_dictionary(budget: flops.BudgetContext, clean: flops.BudgetContext) -> None:
    figures = budget.summary_dict()
    assert [part["namespace"] for part in figures["sub_budgets"]] == ["encoder", "encoder.<x>"]
    assert figures["sub_budgets"][0]["flops_used"] == figures["sub_budgets"][1]["flops_used"]
    assert [(e["what"], e["nbytes"]) for e in figures["escapes"]] == [
        ("np.asarray", 400), ("np.asarray", 400),
    ]  # fmt: skip
    assert {"sub_budgets", "escapes"}.isdisjoint(clean.summary_dict())


def test_text(budget: flops.BudgetContext, clean: flops.BudgetContext) -> None:
    text = budget.summary()
    assert "Sub-budgets:" in text
    assert "of no limit (soft)" in text
    assert "Escapes from the meter:" in text
    assert "test_escapes_and_parts.py:" in text
    assert "Escapes" not in clean.summary()
    assert "Sub-budgets" not in clean.summary()


def test_html(budget: flops.BudgetContext, clean: flops.BudgetContext, tmp_path: Path) -> None:
    for name, source in (("full", budget), ("clean", clean)):
        source.report(tmp_path / f"{name}.html", peaks=False)
    page = (tmp_path / "full.html").read_text(encoding="utf-8")
    for text in (page, budget._repr_html_()):
        assert "Escapes from the meter" in text
        assert "encoder.&lt;x&gt;" in text
        assert "<x>" not in text.split("</style>")[1]
    assert "Escapes from" not in (tmp_path / "clean.html").read_text(encoding="utf-8")


def test_json(budget: flops.BudgetContext, clean: flops.BudgetContext, tmp_path: Path) -> None:
    for source, parts, escapes in ((budget, 2, 2), (clean, 0, 0)):
        source.export(tmp_path / "figures.json")
        report: dict[str, Any] = json.loads((tmp_path / "figures.json").read_text("utf-8"))
        jsonschema.validate(report, report_schema())
        assert (len(report["sub_budgets"]), len(report["escapes"])) == (parts, escapes)


def test_panel(budget: flops.BudgetContext) -> None:
    from rich.console import Console

    from flopscope.report.figures import context_figures
    from flopscope.report.panel import summary_panel

    console = Console(width=160, record=True, file=io.StringIO())
    console.print(summary_panel(context_figures(budget)))
    text = console.export_text()
    assert "Escapes from the meter" in text
    assert "np.asarray" in text
