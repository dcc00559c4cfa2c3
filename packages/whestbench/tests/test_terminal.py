"""What a person at a terminal sees: live bars, colour, a debugger that works."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

from .conftest import SMALL


def on_terminal(arguments, answers=(), **environment):
    """Run `whest` on a terminal of its own; answer prompts as (prompt, answer)."""
    master, slave = pty.openpty()
    kept = {name: os.environ[name] for name in os.environ if name not in ("NO_COLOR", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", "whestbench", *map(str, arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**kept, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
        close_fds=True,
    )
    os.close(slave)
    waiting, text = list(answers), b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        text += data
        if waiting and waiting[0][0].encode() in text:
            os.write(master, waiting.pop(0)[1].encode())
    status = process.wait(timeout=30)
    os.close(master)
    return status, text.decode("utf-8", "replace")


def test_rich_output(write_estimator):
    status, text = on_terminal(["run", "--estimator", write_estimator(), *SMALL])
    assert status == 0
    assert "sampling ground truth" in text
    assert "scoring" in text
    assert "2/2" in text
    assert "final score" in text
    assert "\x1b[" in text
    assert "[run] scoring" not in text


def test_no_color(write_estimator):
    _, text = on_terminal(["run", "--estimator", write_estimator(), *SMALL], NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*[39][0-7]m", text)  # bold and italics are no colours
    assert "final score" in text


@pytest.mark.parametrize("environment", [{}, {"PYTHONBREAKPOINT": "pdb.set_trace"}])
def test_a_breakpoint_stops_the_display(write_estimator, environment):
    path = write_estimator(
        "if not hasattr(self, 'seen'):\n    self.seen = True\n    breakpoint()\n"
        "return fnp.zeros((mlp.depth, mlp.width))"
    )
    small = [*SMALL, "--lambda-flops-per-second", 0]
    status, text = on_terminal(
        ["run", "--estimator", path, *small],
        [("(Pdb)", "p mlp.width * 111\n"), ("666", "c\n")],
        **environment,
    )
    assert "666" in text
    assert status == 0, text
    assert ("[run] scoring" in text) == bool(environment)
