"""The notebook's table: what it holds, and in a browser that it sorts."""

from __future__ import annotations

import html.parser
import sys
import types
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp


class Reader(html.parser.HTMLParser):
    """Collects the text of cells, and complains about tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.cells[-1] += data


@pytest.fixture
def budget() -> flops.BudgetContext:
    with flops.BudgetContext(flop_budget=10_000, quiet=True, namespace="root") as made:
        with flops.namespace("<b>bold & co</b>"):
            fnp.exp(np.ones(100))
        fnp.add(np.ones(30), 1.0)
        fnp.sum(np.ones(5))
    return made


def test_the_fragment_holds_the_figures(budget: flops.BudgetContext) -> None:
    text = budget._repr_html_()
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    for cell in ("10,000", "1,634", "16.3%", "root.<b>bold & co</b>", "exp", "1,600"):
        assert cell in reader.cells
    assert "http" not in text
    assert "<b>" not in text


def test_a_budget_without_namespaces_has_no_table_of_them() -> None:
    with flops.BudgetContext(flop_budget=10_000, quiet=True) as budget:
        fnp.exp(np.ones(100))
    assert "By namespace" not in budget._repr_html_()
    assert "By operation" in budget._repr_html_()
    assert "Total budget" in flops.BudgetContext(flop_budget=1)._repr_html_()  # nothing ran


def test_two_fragments_do_not_meet(budget: flops.BudgetContext) -> None:
    first, second = budget._repr_html_(), budget._repr_html_()
    assert first != second
    assert first.replace("flopscope-", "") != second.replace("flopscope-", "")


def test_ipython_gets_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.ModuleType("IPython")
    shell.get_ipython = lambda: object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", shell)
    flops.budget_reset()
    with flops.BudgetContext(flop_budget=100, quiet=True):
        fnp.add(np.ones(30), 1.0)
        view = flops.budget_summary()
    assert repr(view).startswith("flopscope FLOP Budget Summary\n")
    assert "By operation" in view._repr_html_()
    rich = pytest.importorskip("rich.console")
    console = rich.Console(width=100)
    with console.capture() as shown:
        console.print(view)
    assert "Remaining:" in shown.get()


@pytest.mark.browser
def test_a_click_sorts(budget: flops.BudgetContext, page: Any) -> None:
    page.set_content(f"<!doctype html>{budget._repr_html_()}{budget._repr_html_()}")
    table = page.locator("table[data-sortable]").nth(1)

    def names() -> list[str]:
        return table.locator("tbody tr td:first-child").all_inner_texts()

    assert names() == ["exp", "add", "sum"]
    table.get_by_role("button", name="operation").click()
    assert names() == ["add", "exp", "sum"]
    table.get_by_role("button", name="operation").click()
    assert names() == ["sum", "exp", "add"]
    table.get_by_role("button", name="FLOPs").click()
    assert names() == ["exp", "add", "sum"]
    table.get_by_role("button", name="FLOPs").focus()
    page.keyboard.press("Enter")
    assert names() == ["sum", "add", "exp"]
    assert page.locator("#" + table.evaluate("t => t.closest('.flopscope').id")).count() == 1
