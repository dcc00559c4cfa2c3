"""Files that tools write are what the tools write now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TOOLS = sorted(path.name for path in (ROOT / "tools").glob("make_*.py"))

# Their files list what one NumPy series has.
OF_ONE_NUMPY = ("make_remote_surface.py", "make_stubs.py")


@pytest.mark.parametrize("tool", TOOLS)
def test_generated_files_are_current(tool: str) -> None:
    if tool in OF_ONE_NUMPY and not np.__version__.startswith("2.4."):
        pytest.skip("made with NumPy 2.4")
    if tool == "make_cost_models.py" and sys.version_info < (3, 11):
        pytest.importorskip("tomli")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / tool), "--check"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, f"run `make generate`: {done.stdout}{done.stderr}"


def test_one_chore_writes_them_all() -> None:
    chores = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in TOOLS if name.removesuffix(".py") not in chores] == []
