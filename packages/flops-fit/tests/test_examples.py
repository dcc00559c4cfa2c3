"""The examples run as a user runs them, in an empty folder. Requirements A7, A8, A11, and a sweep end to end."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(script: str, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs_torch() -> None:
    pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")


def test_chinchilla(tmp_path: Path) -> None:
    text = run("chinchilla.py", "--bootstrap", "200", cwd=tmp_path)
    assert "240 runs, objective 0.001018274" in text
    assert "| 5.76e+23 | 73,190," in text
    assert "next run worth most per FLOP" in text
    assert len(list((tmp_path / "chinchilla" / "plots").glob("*.png"))) == 4


def test_teacher_and_student(tmp_path: Path) -> None:
    """A sweep end to end: exponents with intervals, and a prediction outside of the range that holds."""
    needs_torch()
    text = run("teacher_student.py", cwd=tmp_path)
    assert re.search(r"n_exponent +0\.\d+ +95 % 0\.\d+ to 0\.\d+", text)
    check = re.search(r"predicted ([\d.]+) \(95 % ([\d.]+) to ([\d.]+)\), measured ([\d.]+)", text)
    assert check is not None, text
    predicted, low, high, measured = map(float, check.groups())
    assert low < predicted < high
    assert measured == pytest.approx(predicted, rel=0.3)
    assert (tmp_path / "teacher_student" / "result.json").is_file()


def test_gpt_quick(tmp_path: Path) -> None:
    needs_torch()
    text = run("gpt_tinystories.py", "--quick", "--stories", "4000", cwd=tmp_path)
    match = re.search(r"held-out loss ([\d.]+) nats; ([\d.]+) before", text)
    assert match is not None
    loss, uniform = map(float, match.groups())
    assert math.exp(uniform) > 200
    assert 0.8 < loss < 0.6 * uniform


def test_gpt_sweep(tmp_path: Path) -> None:
    needs_torch()
    text = run(
        "gpt_tinystories.py", "--stories", "3000", "--seq-len", "32", "--budgets", "1e9", "2e9", "4e9", cwd=tmp_path
    )
    assert "3, parametric" in text
    assert len(list((tmp_path / "gpt_tinystories" / "runs").glob("*.json"))) == 18


def test_vit_quick(tmp_path: Path) -> None:
    needs_torch()
    text = run("vit_cifar.py", "--quick", "--images", "10000", cwd=tmp_path)
    match = re.search(r"accuracy ([\d.]+) %", text)
    assert match is not None
    assert float(match[1]) > 60


def test_vit_sweep(tmp_path: Path) -> None:
    needs_torch()
    text = run("vit_cifar.py", "--images", "2000", "--budgets", "5e8", "1e9", "2e9", cwd=tmp_path)
    assert "3, parametric" in text
    assert len(list((tmp_path / "vit_cifar" / "plots").glob("*.png"))) >= 3


def test_command_line(tmp_path: Path) -> None:
    text = run("sweep_cli.py", "--help", cwd=tmp_path)
    for option in ("--layers", "--heads", "--budgets", "--seq-len", "--real", "--mock", "--output-dir"):
        assert option in text
    needs_torch()
    text = run(
        "sweep_cli.py", "--layers", "2", "--heads", "2", "--budgets", "1e17", "1e18", "--output-dir", "x", cwd=tmp_path
    )
    assert "| 1.00e+18 | 80,531,862 |" in text  # the planted surface
    assert len(list((tmp_path / "x" / "plots").glob("*.png"))) == 4
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "sweep_cli.py"), "--mock", "--real"], check=False, capture_output=True
    )
    assert done.returncode == 2
