"""The report's page: its figures, and what a browser makes of it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.report.entries import Totals
from flopscope.report.page import page_html
from flopscope.report.roofline import Peaks, machine_peaks, roofline_svg

from .test_notebook import Reader

PEAKS = Peaks(1e12, 1e11, "given by the test")


def layer(x: Any) -> Any:
    return fnp.exp(x) @ x.T


@pytest.fixture
def budget() -> flops.BudgetContext:
    with flops.profile(attribute="stack", namespace="<demo>") as made:
        x = fnp.array(np.ones((40, 30)))
        for name in ("first", "second"):
            with flops.namespace(name):
                layer(x)
        fnp.sort(x)
    return made


def test_the_page_holds_the_figures(budget: flops.BudgetContext, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    budget.report(path, title="A & B", peaks=PEAKS)
    text = path.read_text(encoding="utf-8")
    assert "<title>A &amp; B</title>" in text
    assert "https://" not in text
    assert "http://" not in text
    assert "<demo>" not in text
    assert f"{budget.flops_used:,}" in text
    for part in ("By operation", "By namespace", "By source line", "Roofline", "1 TFLOP/s"):
        assert part in text
    for part in ("return fnp.exp(x) @ x.T", "&lt;demo&gt;.second", "given by the test"):
        assert part in text
    body = text.partition("<body>")[2].partition("<script>")[0].removesuffix("</main>")
    reader = Reader()
    reader.feed(re.sub(r"<(meta|line|polyline|circle)\b([^>]*?)/>", "", body))
    assert "matmul" in reader.cells


def test_the_page_leaves_out_what_is_not_known() -> None:
    with flops.BudgetContext(1000, quiet=True) as budget:
        fnp.exp(np.ones(3))
        text = page_html(budget)  # still open
    assert "By source line" not in text
    assert "By namespace" not in text
    assert "did not meter bytes" in text
    assert "Roofline" not in page_html(budget, peaks=False)
    empty = page_html(flops.BudgetContext(10), peaks=False)
    assert "No FLOPs were spent" in empty


def test_the_icicle_is_as_wide_as_the_flops(budget: flops.BudgetContext) -> None:
    text = page_html(budget, peaks=False)
    cells = re.findall(
        r'class="cell (\w+)" data-x="([\d.]+)" data-w="([\d.]+)" style="[^"]*top:(\d+)px[^"]*" '
        r'title="([^"]*)"', text)  # fmt: skip
    rows: dict[int, float] = {}
    for kind, x, width, top, told in cells:
        rows[int(top)] = rows.get(int(top), 0.0) + float(width)
        assert float(x) + float(width) <= 1.0 + 1e-5
        if kind == "operation" and told.startswith("matmul"):
            spent = int(re.search(r"([\d,]+) FLOPs", told)[1].replace(",", ""))  # type: ignore[index]
            assert float(width) == pytest.approx(spent / budget.flops_used, abs=1e-5)
    assert rows[0] == 1.0
    assert all(total <= 1.0 + 1e-5 for total in rows.values())


def test_the_roofline_puts_points_where_they_belong() -> None:
    operations = {
        "wide": Totals(1, 10**9, 0.1, 0.0, 10**7, 0),
        "idle": Totals(1, 0, 0.1, 0.0, 10**7, 0),
        "narrow": Totals(1, 10**6, 0.1, 0.0, 10**8, 0),
    }
    svg = roofline_svg(operations, Peaks(1e11, 1e10))
    dots = {
        name: (float(x), float(y))
        for x, y, name in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="[\d.]+"><title>(\w+):', svg)
    }
    assert set(dots) == {"wide", "narrow"}
    corners = [tuple(map(float, pair.split(",")))
               for pair in re.search(r'class="roof" points="([^"]*)"', svg)[1].split()]  # type: ignore[index]  # fmt: skip
    # One decade is as wide everywhere: 100 FLOP/B and 1e-2 are four of them apart.
    decade = (dots["wide"][0] - dots["narrow"][0]) / 4
    ridge = corners[-2]
    assert dots["wide"][0] - ridge[0] == pytest.approx(decade * 1.0, abs=0.2)
    step = (dots["narrow"][1] - dots["wide"][1]) / 3
    assert dots["wide"][1] - ridge[1] == pytest.approx(step * math.log10(1e11 / 1e10), abs=0.2)
    assert roofline_svg({"idle": operations["idle"]}, PEAKS) == ""


def test_peaks() -> None:
    peaks = machine_peaks()
    assert peaks.flops_per_s > 1e7
    assert peaks.bytes_per_s > 1e7
    assert machine_peaks() is peaks
    assert PEAKS.ridge == 10.0
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="must be positive"):
            Peaks(bad, 1.0)


@pytest.mark.browser
def test_in_a_browser(budget: flops.BudgetContext, tmp_path: Path, page: Any) -> None:
    path = tmp_path / "report.html"
    budget.report(path, peaks=PEAKS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.locator("h1").inner_text() == "flopscope report: <demo>"

    # Nothing sticks out: neither of the page nor of the icicle.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    icicle = page.locator(".icicle")
    box = icicle.bounding_box()
    for cell in icicle.locator(".cell").all():
        inside = cell.bounding_box()
        assert inside["x"] + inside["width"] <= box["x"] + box["width"] + 1.0
        assert inside["y"] + inside["height"] <= box["y"] + box["height"] + 1.0

    # A click widens a cell, one on the top row shows all again.
    cell = icicle.locator(".namespace", has_text="second")
    narrow = cell.bounding_box()["width"]
    cell.click()
    assert cell.bounding_box()["width"] == pytest.approx(box["width"], abs=2.0)
    assert icicle.locator(".namespace", has_text="first").is_hidden()
    icicle.locator(".all").click()
    assert cell.bounding_box()["width"] == pytest.approx(narrow, abs=1.0)

    # Tables sort.
    first = page.locator("h2", has_text="By operation").locator("xpath=following::table[1]")
    first.get_by_role("button", name="operation").click()
    names = first.locator("tbody tr td:first-child").all_inner_texts()
    assert names == sorted(names)

    # The roofline is drawn, below its roof.
    assert page.locator("svg.roofline circle").count() >= 2
    picture = page.screenshot(full_page=True)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000

    page.emulate_media(color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(20, 24, 29)"
