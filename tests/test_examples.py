"""The example scripts run as a user runs them, and what they and the tutorial print is right."""

from __future__ import annotations

import csv
import doctest
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flopscope.pricing.formula import Formula, Function
from flopscope.pricing.price_file import resolve

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TINY = ("--width", "16", "--depth", "3", "--samples", "1500", "--truth-samples", "6000")
ESTIMATORS = ["mean propagation", "covariance propagation", "sampling"]


def python(*arguments: str, cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the tests' interpreter outside of the clone, so on the installed package."""
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={
            **os.environ,
            "COLUMNS": "120",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(EXAMPLES),  # for `import estimate_mlp`
        },
        timeout=300,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def run(
    script: str, *arguments: str, cwd: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    return python(str(EXAMPLES / script), *arguments, cwd=cwd, status=status)


def run_mlp(tmp_path: Path, *arguments: str, status: int = 0) -> tuple[str, list[dict[str, Any]]]:
    figures = tmp_path / "figures.json"
    done = run(
        "estimate_mlp.py", *TINY, "--json", str(figures), *arguments, cwd=tmp_path, status=status
    )
    assert done.stderr == ""  # no banner, and no progress bar when not on a terminal
    runs: list[dict[str, Any]] = json.loads(figures.read_text(encoding="utf-8"))
    return done.stdout, runs


def test_quickstart(tmp_path: Path) -> None:
    done = run("quickstart.py", cwd=tmp_path)
    totals = re.search(r"FLOPs used +([\d,]+) of ([\d,]+)", done.stdout)
    assert totals is not None
    used, total = totals.groups()
    log = done.stdout.split("refused")[0]
    records = re.findall(r"^  (\S+) +([\d,]+)  (\S+)$", log, re.MULTILINE)
    assert sum(int(cost.replace(",", "")) for _, cost, _ in records) == int(used.replace(",", ""))
    assert total == "1,000,000"
    assert ("matmul", "8,128", "layer") in records
    assert ("maximum", "64", "layer") in records
    assert ("linspace", "128", "-") in records
    # exp of 100,000 elements at 16 FLOPs each is refused and not billed.
    assert re.search(r"refused +exp: 1,600,000 FLOPs", done.stdout)
    assert re.search(rf"Used: +{used} ", done.stdout)
    assert done.stderr == ""


def test_estimators_report_consistent_figures(tmp_path: Path) -> None:
    text, runs = run_mlp(tmp_path, "--seeds", "0", "1", "--plain")
    assert [(run["seed"], run["estimator"]) for run in runs] == [
        (seed, name) for seed in (0, 1) for name in ESTIMATORS
    ]
    for run in runs:
        assert run["refused"] is None
        assert 0.0 < run["rms_final"] < 0.5
        assert 0.0 < run["rms_mean"] < 0.5
        bill = sum(operation["flop_cost"] for operation in run["operations"].values())
        assert bill == run["flops_used"] > 0
        buckets = ("flopscope_backend_time_s", "flopscope_overhead_time_s", "residual_wall_time_s")
        assert all(run[bucket] >= 0.0 for bucket in buckets)
        assert math.isclose(
            sum(run[bucket] for bucket in buckets), run["wall_time_s"], rel_tol=1e-6, abs_tol=1e-6
        )
        assert f"{run['flops_used']:,}" in text
        assert f"{run['rms_final']:.2e}" in text
    for name in ESTIMATORS:
        assert f"FLOPs by operation: {name}" in text


def test_bill_of_the_sampler(tmp_path: Path) -> None:
    _, runs = run_mlp(tmp_path, "--seeds", "0")
    operations = {name: figures["flop_cost"] for name, figures in runs[2]["operations"].items()}
    width, depth, samples = 16, 3, 1500
    assert operations["random.Generator.standard_normal"] == 16 * samples * width
    assert operations["matmul"] == depth * samples * (2 * width * width - width)
    assert operations["maximum"] == depth * samples * width
    chunks = 2  # 1000 + 500
    assert operations["sum"] == depth * (samples - chunks) * width


def test_same_seed_same_figures(tmp_path: Path) -> None:
    exact = ("flops_used", "rms_final", "rms_mean")
    first, second = (run_mlp(tmp_path, "--seeds", "3")[1] for _ in range(2))
    assert [[run[key] for key in exact] for run in first] == [
        [run[key] for key in exact] for run in second
    ]


def test_covariances_help(tmp_path: Path) -> None:
    """With correlations carried along, deeper layers are estimated better than without."""
    more = ("--width", "64", "--depth", "4", "--truth-samples", "40000")
    _, runs = run_mlp(tmp_path, "--seeds", "0", *more)
    error = {run["estimator"]: run["rms_final"] for run in runs}
    assert error["covariance propagation"] < 0.7 * error["mean propagation"]


def test_exhausted_budget_is_reported(tmp_path: Path) -> None:
    text, runs = run_mlp(tmp_path, "--seeds", "0", "--budget", "1e6", "--plain", status=1)
    sampler = runs[2]
    assert sampler["rms_final"] is None
    assert "would cost" in sampler["refused"]
    assert sampler["flops_used"] <= 1_000_000
    assert "sampling stopped" in text
    assert runs[0]["refused"] is None


@pytest.mark.parametrize("arguments", [("--budget", "0"), ("--width", "-3"), ("--samples", "x")])
def test_bad_arguments(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = run("estimate_mlp.py", *arguments, cwd=tmp_path, status=2)
    assert "error: argument" in done.stderr


def test_estimators_agree_on_plain_numpy(tmp_path: Path) -> None:
    """The same estimators on NumPy and on counted arrays yield the same bits."""
    program = """
import numpy as np
import flopscope as flops, flopscope.numpy as fnp
import estimate_mlp as example

network = example.he_network(24, 4, seed=5)
counted = [fnp.asarray(w) for w in network]
with flops.BudgetContext(flop_budget=10**9, quiet=True):
    pairs = [
        (example.mean_propagation(network, np), example.mean_propagation(counted, fnp)),
        (example.covariance_propagation(network, np), example.covariance_propagation(counted, fnp)),
        (
            example.sampling(network, np, samples=300, seed=1),
            example.sampling(counted, fnp, samples=300, seed=1),
        ),
    ]
for plain, metered in pairs:
    assert isinstance(metered, flops.FlopscopeArray)
    np.testing.assert_array_equal(plain, np.asarray(metered))
print("same")
"""
    done = python("-c", program, cwd=tmp_path)
    assert done.stdout == "same\n"


def test_normal_distribution_function(tmp_path: Path) -> None:
    """The rational approximation stays within its stated error of the exact function."""
    program = """
import math
import numpy as np
import estimate_mlp as example

a = np.linspace(-9.0, 9.0, 20001)
pdf, cdf = example.gaussian_pdf_cdf(a, np)
exact = np.array([0.5 * math.erfc(-x / math.sqrt(2.0)) for x in a])
print(np.abs(cdf - exact).max(), (np.diff(cdf) >= 0).all(), cdf.min() >= 0, cdf.max() <= 1)
"""
    done = python("-c", program, cwd=tmp_path)
    error, *facts = done.stdout.split()
    assert float(error) < 1e-7
    assert facts == ["True", "True", "True"]


PAGES = (
    "contractions.md", "dry-runs.md", "price-lists.md", "reports.md", "tutorial.md",
    "weight-files.md",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_pages(page: str) -> None:
    """Every line typed in a page prints what the page says."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    text = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)  # a fence would count as output
    examples = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    assert len(examples.examples) > 5
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_price_list_of_the_page() -> None:
    """The file that the page shows is a price list, and its formulas can be read."""
    tomllib = pytest.importorskip("tomllib")  # since Python 3.11
    page = (ROOT / "docs" / "price-lists.md").read_text(encoding="utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    with (ROOT / "cost_models" / "operations.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    for line in page.partition("```text\n")[2].partition("```")[0].splitlines()[1:]:
        assert line == ",".join(rows[line.partition(",")[0]].values())

    def load(name: str) -> tuple[str, Any]:
        if name == "fused":
            return "fused.toml", tomllib.loads(text)
        path = ROOT / "cost_models" / f"{name}.toml"
        return path.name, tomllib.loads(path.read_text(encoding="utf-8"))

    priced = [
        name
        for name, row in rows.items()
        if row["kind"] not in ("blocked", "local") and row["facts"] != "delegated"
    ]
    prices = resolve("fused", load, priced)
    functions: dict[str, Function] = {}
    for signature, value in prices.functions.items():
        function = Function(signature, value, functions)
        functions[function.name] = function
    assert functions["MM"].evaluate(2, 3, 4) == 24
    product = Formula(prices.prices["matmul"].count, ["multiplications", "additions"])
    assert product.evaluate({"multiplications": 24, "additions": 16}) == 24
    assert prices.prices["exp"].weight == 20
    assert prices.prices["exp"].count == "max(1, unique)"
    assert prices.prices["random.Generator.normal"].weight == 8
