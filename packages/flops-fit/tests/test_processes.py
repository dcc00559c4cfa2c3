"""Requirement A6 and section 4: two data-parallel processes, pools of workers, and what survives kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from flops_fit import (  # noqa: E402
    PlanOptions,
    ProgressEvent,
    Result,
    ResultStore,
    RunRecord,
    SweepPlanner,
    TrainingRunner,
    TrainSettings,
    check_model,
    find_optimal,
)
from toy import MLP, Poisoned, Slow, teacher_data  # noqa: E402

HERE = Path(__file__).parent


def sweep(path: Path, **options: Any) -> Result:
    given = {
        "model_cls": MLP,
        "model_size_param": "width",
        "dataset": TensorDataset(*teacher_data(20_000)),
        "loss_fn": nn.MSELoss(),
        "compute_budgets": [4e6],
        "runs_per_budget": 3,
        "half_width": 2.0,
        "output_dir": path,
        "bootstrap": 0,
        "progress": False,
    }
    result = find_optimal(**{**given, **options})
    assert isinstance(result, Result)
    return result


def first_runs(path: Path, count: int, *, model: Any = None, dataset: Any = None, **options: Any) -> list[RunRecord]:
    """The first runs of a plan: starting processes takes most of the time here."""
    family = check_model(Poisoned, "width", model)
    plan = SweepPlanner.of(family, PlanOptions(runs_per_budget=3, half_width=2.0)).plan([4e6])
    plan = replace(plan, experiments=plan.experiments[:count])
    settings = {key: options.pop(key) for key in ("processes", "validation_batches") if key in options}
    runner = TrainingRunner(
        family,
        TensorDataset(*teacher_data(20_000)) if dataset is None else dataset,
        nn.MSELoss(),
        TrainSettings(**settings),
        output_dir=path,
        progress=False,
        **options,
    )
    return runner.run(plan)


@pytest.mark.parametrize("loader", [False, True])
def test_two_processes_train_like_one(tmp_path: Path, loader: bool) -> None:
    data: Any = TensorDataset(*teacher_data(20_000))
    validation = TensorDataset(*teacher_data(500, seed=1))
    if loader:
        data = DataLoader(data, batch_size=32)
    one = first_runs(tmp_path / "one", 1, dataset=data, validation=validation, validation_batches=9)
    two = first_runs(tmp_path / "two", 1, dataset=data, validation=validation, validation_batches=9, processes=2)
    for a, b in zip(one, two, strict=True):
        assert b.completed, b.error
        assert a.key == b.key  # the number of processes is no part of a result
        assert b.loss == pytest.approx(a.loss, rel=1e-4)
        assert b.train_loss == pytest.approx(a.train_loss, rel=1e-4)
        assert b.tokens == a.tokens
        assert a.tokens - 32 < a.experiment.num_tokens <= a.tokens  # D in total, not 2 D


def test_a_failing_process_fails_its_run(tmp_path: Path) -> None:
    widths = [r.experiment.size_param_value for r in first_runs(tmp_path / "x", 2)]
    runs = first_runs(tmp_path / "y", 2, model={"die_at": widths[0]}, processes=2)
    assert [r.status for r in runs] == ["failed", "completed"]
    assert "out of luck" in runs[0].error


def test_a_launcher_starts_the_ranks(tmp_path: Path) -> None:
    """What torchrun does: several processes run the same script, the first one writes."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "from test_processes import sweep\nfrom pathlib import Path\n"
        "print(json.dumps([r.loss for r in sweep(Path(sys.argv[2])).records]))\n",
        encoding="utf-8",
    )
    shared = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": "2"}
    ranks = [
        subprocess.Popen(
            [sys.executable, str(script), str(HERE), str(tmp_path / "out")],
            env={**shared, "RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [rank.communicate(timeout=300)[0] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0]
    losses = [json.loads(text.splitlines()[-1]) for text in outputs]
    assert losses[0] == losses[1]
    assert losses[0] == pytest.approx([r.loss for r in sweep(tmp_path / "alone").records], rel=1e-4)
    assert len(list((tmp_path / "out" / "runs").glob("*.json"))) == 3


def test_a_pool_of_workers_gives_the_same(tmp_path: Path) -> None:
    alone, pool = sweep(tmp_path / "alone"), sweep(tmp_path / "pool", workers=2)
    assert [r.loss for r in pool.records] == pytest.approx([r.loss for r in alone.records], rel=1e-5)
    assert [r.key for r in pool.records] == [r.key for r in alone.records]
    threads = sweep(tmp_path / "threads", executor=ThreadPoolExecutor(1))
    assert [r.loss for r in threads.records] == [r.loss for r in alone.records]


def test_a_worker_that_dies_costs_only_its_run(tmp_path: Path) -> None:
    widths = [r.experiment.size_param_value for r in first_runs(tmp_path / "x", 2)]
    runs = first_runs(tmp_path / "y", 2, model={"exit_at": widths[0]}, workers=2)
    assert [r.status for r in runs] == ["failed", "completed"]
    assert "BrokenProcessPool: a worker process died" in runs[0].error


def test_what_cannot_be_sent_fails_by_name(tmp_path: Path) -> None:
    result = sweep(tmp_path, loss_fn=lambda a, b: ((a - b) ** 2).mean(), workers=2)
    assert all("pickle" in r.error.lower() for r in result.records)


def test_a_dask_scheduler(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra 'distributed' is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        result = sweep(tmp_path, executor=cluster.scheduler_address)
    assert all(r.completed for r in result.records)


SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_processes import slow_sweep
slow_sweep(Path(sys.argv[2]), workers=int(sys.argv[3]))
"""


def slow_sweep(path: Path, **options: Any) -> Result:
    return sweep(path, model_cls=Slow, compute_budgets=[2e6, 4e6, 8e6], **options)


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_and_resume(tmp_path: Path, workers: int) -> None:
    out = tmp_path / "out"
    arguments = [sys.executable, "-c", SCRIPT, str(HERE), str(out), str(workers)]
    process = subprocess.Popen(arguments, start_new_session=True)
    deadline = time.monotonic() + 240
    while len(list((out / "runs").glob("*.json"))) < 3:
        assert process.poll() is None, "the sweep ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    finished = {
        path: (path.read_text(encoding="utf-8"), path.stat().st_mtime_ns) for path in (out / "runs").glob("*.json")
    }
    assert 3 <= len(finished) < 9
    listed = json.loads((out / "results.json").read_text(encoding="utf-8")) if (out / "results.json").exists() else []
    assert len(listed) <= len(finished)

    events: list[ProgressEvent] = []
    result = slow_sweep(out, workers=workers, progress=events.append)
    ran = {event.record.key for event in events if event.record is not None}
    assert len(ran) == 9 - len(finished)  # none repeated
    assert not ran & {path.stem for path in finished}
    for path, (text, written) in finished.items():  # none lost, none touched
        assert (path.read_text(encoding="utf-8"), path.stat().st_mtime_ns) == (text, written)
    assert len(result.records) == 9
    assert all(r.completed for r in result.records)


def test_a_write_that_is_cut_off_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = sweep(tmp_path)
    store = ResultStore(tmp_path)
    before = store.read()

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", crash)
    for record in result.records:
        with pytest.raises(KeyboardInterrupt):
            store.write(record)
    with pytest.raises(KeyboardInterrupt):
        store.write_results([])
    monkeypatch.undo()
    assert store.read() == before
    assert len(json.loads(store.results_path.read_text(encoding="utf-8"))) == 3
    # The leftovers of a process killed in the middle of a write are no records either.
    (tmp_path / "runs" / ".abc.json.123.tmp").write_text('{"key": "ab', encoding="utf-8")
    assert store.read() == before


def test_a_spoilt_file_is_set_aside_and_its_run_repeated(tmp_path: Path) -> None:
    result = sweep(tmp_path)
    spoilt = tmp_path / "runs" / f"{result.records[1].key}.json"
    spoilt.write_text(spoilt.read_text(encoding="utf-8")[:50], encoding="utf-8")
    events: list[ProgressEvent] = []
    with pytest.warns(UserWarning, match="is no record of a run"):
        again = sweep(tmp_path, progress=events.append)
    assert [e.record.key for e in events if e.record] == [result.records[1].key]
    assert [r.loss for r in again.records] == [r.loss for r in result.records]
    assert spoilt.with_suffix(".unreadable").is_file()


def _free_port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
