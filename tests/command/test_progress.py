"""Progress is for terminals: shown there, and nowhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rich")

SCRIPT = """
import sys, time
import flopscope.numpy as fnp
end = time.monotonic() + 1.8
x = fnp.ones(100)
while time.monotonic() < end:
    fnp.exp(x)
print("said by the script")
"""


def on_terminal(
    *arguments: str, cwd: Path, stdout_too: bool = False, **environment: str
) -> tuple[str, str]:
    """What a command writes to a terminal on standard error, and to standard output."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flopscope", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=its if stdout_too else subprocess.PIPE,
        stderr=its,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(its)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end was closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    out = b"" if process.stdout is None else process.stdout.read()
    if process.stdout is not None:
        process.stdout.close()
    assert process.wait() == 0, seen
    return seen.decode(), out.decode()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_a_run_on_a_terminal(script: Path, tmp_path: Path) -> None:
    shown, out = on_terminal("run", "--budget", "1e12", str(script), cwd=tmp_path)
    assert re.search(r"[\d,]+ FLOPs.* % of 1,000,000,000,000\), 0:00:01", shown), shown
    assert "\x1b[1m" in shown
    assert out == "said by the script\n"
    shown, _ = on_terminal("run", "--no-progress", str(script), cwd=tmp_path)
    assert "FLOP/s" not in shown


def test_without_colour_and_above_what_a_script_prints(script: Path, tmp_path: Path) -> None:
    shown, _ = on_terminal(
        "run", "--progress", str(script), cwd=tmp_path, stdout_too=True, NO_COLOR="1"
    )
    assert "FLOP/s" in shown
    assert "said by the script" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)
    shown, _ = on_terminal("run", str(script), cwd=tmp_path, stdout_too=True)
    assert "FLOP/s" not in shown


def test_nothing_elsewhere(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flopscope", "run", "--progress", "--quiet", str(script)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("said by the script\n", "")


def test_check_of_many_files(tmp_path: Path) -> None:
    """A bar when it takes long; the same findings."""
    code = "".join(f"def f{i}(x):\n    return x + {i}\n" for i in range(400))
    text = "import numpy as np\nimport flopscope.numpy as fnp\n" + code
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(text, encoding="utf-8")
    shown, out = on_terminal("check", str(tmp_path), cwd=tmp_path)
    assert out == ""
    assert "checking" in shown
