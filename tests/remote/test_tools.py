"""What is generated is current; the soak and the fuzzer run; a missing extra is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flopscope.remote import _extra

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    """Output of a program, which must succeed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not np.__version__.startswith("2.4."), reason="made with NumPy 2.4")
def test_the_surface_of_clients_is_current() -> None:
    run(str(ROOT / "tools" / "make_remote_surface.py"), "--check")


def test_a_soak_of_five_seconds() -> None:
    said = run(str(ROOT / "tools" / "soak_remote.py"), "--seconds", "5", "--clients", "4")
    assert "exact bills" in said


def test_a_fuzz_of_three_seconds() -> None:
    assert "clean" in run(str(ROOT / "tools" / "fuzz_protocol.py"), "--seconds", "3")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgpack", None)
    with pytest.raises(ImportError, match=r"pip install 'flopscope\[remote\]'"):
        _extra.require("msgpack")
