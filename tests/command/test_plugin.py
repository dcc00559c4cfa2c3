"""The plugin of pytest, in runs of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import numpy as np
import pytest
import flopscope as flops
import flopscope.numpy as fnp

@pytest.fixture
def prepared():
    return fnp.exp(np.ones(1000))  # fixtures are not billed

@pytest.mark.flops(max=100)
def test_within(prepared):
    fnp.add(np.ones(SIZE), 1.0)

@pytest.mark.flops(max=9)
def test_beyond():
    with flops.BudgetContext(1000, quiet=True):
        fnp.exp(np.ones(1))

@pytest.mark.flops(5)
def test_fails_itself():
    fnp.exp(np.ones(1))
    assert False, "its own failure"

def test_meter(flop_meter):
    fnp.add(np.ones(3), 1.0)
    assert flop_meter.flops_used == 3
    with flops.BudgetContext(100, quiet=True) as budget:
        fnp.exp(np.ones(2))
    assert flop_meter.flops_used == 35
    assert flop_meter.operations == {"exp": 32, "add": 3}
    assert len(flop_meter.op_log) == 2
    flop_meter.reset()
    assert flop_meter.flops_used == 0
    assert isinstance(budget, flops.BudgetContext)

def test_unmarked():
    fnp.add(np.ones(4), 1.0)

def test_plain():
    pass
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n", encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(TESTS.replace("SIZE", "50"), encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_marker_and_fixture(suite: Path) -> None:
    done = run(suite)
    assert "2 failed, 4 passed" in done.stdout, done.stdout
    assert "billed 16 FLOPs, at most 9 are allowed (exp 16)" in done.stdout
    assert "its own failure" in done.stdout
    assert "at most 5" not in done.stdout
    section = done.stdout.partition("= FLOPs =")[2]
    assert "50  test_suite.py::test_within" in section
    assert "117 FLOPs in 4 metered tests" in section
    assert "test_unmarked" not in section


def test_inert_unless_used(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\ndef test_nothing():\n"
        "    assert 'pytest_flopscope' in sys.modules\n"
        "    assert 'flopscope' not in sys.modules and 'numpy' not in sys.modules\n",
        encoding="utf-8",
    )
    done = run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout
    assert "FLOPs" not in done.stdout


def test_baseline(suite: Path) -> None:
    done = run(suite, "--flops-record", "-k", "within or meter or unmarked or plain")
    assert "recorded in flops-baseline.json" in done.stdout, done.stdout
    path = suite / "flops-baseline.json"
    assert json.loads(path.read_text(encoding="utf-8"))["tests"] == {
        "test_suite.py::test_meter": 35,
        "test_suite.py::test_unmarked": 4,
        "test_suite.py::test_within": 50,
    }
    done = run(suite, "--flops-check", "-k", "within or meter or unmarked or plain")
    assert "4 passed" in done.stdout, done.stdout
    done = run(suite, "--flops-check", "-k", "within or beyond")
    assert "not in flops-baseline.json: 1 (test_suite.py::test_beyond)" in done.stdout
    (suite / "test_suite.py").write_text(TESTS.replace("SIZE", "51"), encoding="utf-8")
    done = run(suite, "--flops-check", "-k", "within or meter")
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "billed 51 FLOPs, the baseline has 50 (+2.00 %)" in done.stdout
    # Recording again changes what ran, and leaves the rest.
    run(suite, "--flops-record", "-k", "within")
    assert json.loads(path.read_text(encoding="utf-8"))["tests"] == {
        "test_suite.py::test_meter": 35,
        "test_suite.py::test_unmarked": 4,
        "test_suite.py::test_within": 51,
    }


def test_baseline_with_workers(suite: Path) -> None:
    pytest.importorskip("xdist")
    run(suite, "-n", "2", "--flops-record", "own.json", "-k", "within or meter or unmarked")
    assert sum(json.loads((suite / "own.json").read_text(encoding="utf-8"))["tests"].values()) == 89
    done = run(suite, "-n", "2", "--flops-check", "own.json", "-k", "within or meter or unmarked")
    assert "3 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--flops-check"], "make it with --flops-record"),
        (["--flops-check", "test_suite.py"], "is no baseline of FLOPs"),
        (["--flops-check", "other.json"], "is no baseline of FLOPs"),
        (["--flops-check", "--flops-record"], "exclude each other"),
    ],
)
def test_refusals(arguments: list[str], message: str, suite: Path) -> None:
    (suite / "other.json").write_text('{"format": "flopscope-report"}', encoding="utf-8")
    done = run(suite, *arguments)
    assert done.returncode == 4
    assert message in done.stdout + done.stderr


@pytest.mark.parametrize("marker", ["()", "(max='many')", "(most=3)", "(1, 2)", "(max=True)"])
def test_wrong_markers(marker: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.flops{marker}\ndef test_it():\n    pass\n",
        encoding="utf-8",
    )
    done = run(tmp_path)
    assert done.returncode != 0
    assert "flops(max=" in done.stdout + done.stderr
