"""Past runs: kept, compared, told, and never in the way."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from whestbench.history import History, changes, contest_key

from .conftest import SMALL


def half(value):
    return f"return fnp.full((mlp.depth, mlp.width), {value})"


def test_runs_are_kept_and_compared(whest, write_estimator):
    run = ("run", "--estimator", write_estimator(half(0.5)), *SMALL)
    first = whest(*run)
    assert "change since" not in first.err
    path = write_estimator(half(0.6))
    second = whest(*run)
    assert "change since" in second.err
    whest(*run, "--flop-budget", 10**9)
    whest(*run)
    whest(*run, "--no-history")
    runs = whest("history", "--json").json["runs"]
    assert [r["estimator"] for r in runs] == [str(path)] * 4
    scores = [r["adjusted_final_layer_score"] for r in runs]
    assert runs[0]["change"] is None
    assert runs[1]["change"] == pytest.approx(scores[1] / scores[0] - 1)
    assert runs[2]["change"] is None  # another budget is another contest
    # Residual time differs from run to run, but 0.1 is the floor of both.
    assert runs[3]["change"] == 0
    assert len({r["contest_key"] for r in runs}) == 2
    assert runs[0]["sha256"] != runs[1]["sha256"] == runs[3]["sha256"]
    assert runs[0]["mean_flops_used"] >= 0
    shown = whest("history", "--limit", 2)
    assert shown.out.count("6x2 ") == 2
    assert " = " in shown.out
    assert whest("history", "--estimator", "other.py").err.startswith("no runs are kept")
    assert whest("history", "--clear").status == 0
    assert whest("history", "--json").json["runs"] == []


def test_nothing_is_kept_when_off(whest, write_estimator, monkeypatch, tmp_path):
    monkeypatch.setenv("WHEST_HISTORY", "off")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert whest("run", "--estimator", write_estimator(), *SMALL).status == 0
    assert whest("history", "--json").json["runs"] == []
    assert whest("history", "--clear").status == 0
    assert not (tmp_path / "data").exists()


def test_a_history_that_cannot_be_written_is_a_note(whest, write_estimator, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WHEST_HISTORY", str(tmp_path / "file" / "history.jsonl"))
    ran = whest("run", "--estimator", write_estimator(), *SMALL)
    assert ran.status == 0
    assert "not in the history" in ran.err
    assert "final score" in ran.out


def record(number=0, score=1.0, path="/a/estimator.py"):
    names = "final_layer_mse all_layers_mse mean_score_multiplier mean_effective_compute".split()
    return {
        "version": 1, "at_utc": "2026-01-01T00:00:00+00:00", "estimator": path,
        "contest": {"seed": number}, "adjusted_final_layer_score": score, "n_failed_mlps": 0,
        "mean_flops_used": 1.0, **dict.fromkeys(names, 1.0),
    }  # fmt: skip


def test_damaged_lines_are_left_out(tmp_path):
    history = History(tmp_path / "h")
    history.add(record(1))
    with history.path.open("a", encoding="latin-1") as file:
        file.write('{"half a li\n[]\n\n{"version": 9}\n\xff\n')
    history.add(record(2))
    assert [found["contest"]["seed"] for found in history.records()] == [1, 2]
    assert (os.stat(history.path).st_mode & 0o777) == 0o600
    assert History(tmp_path / "none").records() == []


def test_runs_that_end_at_once(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: History(tmp_path / "h").add(record(n)), range(200)))
    assert sorted(r["contest"]["seed"] for r in History(tmp_path / "h").records()) == [*range(200)]


def test_changes():
    rows = [record(0, 2.0), record(0, 1.0), record(1, 9.0), record(0, 0.0), record(0, 5.0),
            record(0, None), record(0, 10.0), record(0, 10.0, "/b.py")]  # fmt: skip
    assert changes(rows) == [None, -0.5, None, -1.0, None, None, 1.0, None]
    assert contest_key(rows[0]) == contest_key(rows[-1]) != contest_key(rows[2])


def test_the_default_place(monkeypatch, tmp_path):
    monkeypatch.delenv("WHEST_HISTORY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = History().path
    assert path.name == "history.jsonl"
    assert Path(path).parent.name == "whestbench"
    assert json.dumps(record())
