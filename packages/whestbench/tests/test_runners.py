"""Both runners, on estimators that behave and on ones that do not."""

from __future__ import annotations

import contextlib
import math
import os
import time
import warnings

import numpy as np
import pytest

from whestbench.exhaustion import ScoringExhaustionWarning
from whestbench.runner import (
    EstimatorEntrypoint,
    LocalRunner,
    ResourceLimits,
    RunnerError,
    SubprocessRunner,
    make_runner,
)
from whestbench.runner.wire import Channel, ProtocolError
from whestbench.scoring import ContestSpec, make_contest
from whestbench.sdk import SetupContext
from whestbench.suite import run_suite

BOTH = pytest.mark.parametrize("runner_name", ["local", "subprocess"])
TIMES = (
    "wall_time_s",
    "flopscope_backend_time_s",
    "flopscope_overhead_time_s",
    "residual_wall_time_s",
    "effective_compute",  # residual time is part of it
    "traceback",
)


def score(runner, path, n_mlps=2, class_name=None, **changes):
    # Residual time is free: on a busy machine it would decide what is within the budget.
    fields = {"flop_budget": 10**9, "ground_truth_samples": 300, "seed": 3}
    fields |= {"lambda_flops_per_second": 0.0, **changes}
    spec = ContestSpec(5, 2, n_mlps, **fields)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoringExhaustionWarning)
        return run_suite(
            runner,
            EstimatorEntrypoint(path, class_name),
            spec,
            lambda: make_contest(spec),
            seed=3,
        ).results


def timeless(value, key=""):
    """A report without what differs from run to run."""
    if isinstance(value, dict):
        return {
            k: timeless(v, k)
            for k, v in value.items()
            if not (k in TIMES or k.startswith(("mean_effective", "mean_compute")))
        }
    if isinstance(value, list):
        return [timeless(item) for item in value]
    return value


GOOD = """
with flops.namespace("moments"):
    x = fnp.random.default_rng(mlp.seed).standard_normal((50, mlp.width))
layers = []
for w in mlp.weights:
    x = fnp.maximum(x @ w, 0.0)
    layers.append(fnp.mean(x, axis=0))
return fnp.stack(layers)
"""

# What `predict` does on the first network; it answers GOOD on the others.
BAD = {
    "raises": "raise KeyError('boom')",
    "wrong shape": "return fnp.zeros((mlp.depth, 3))",
    "not an array": "return None",
    "not finite": "return fnp.full((mlp.depth, mlp.width), float('nan'))",
    "exits": "sys.exit(3)",
    "spends too much": "for _ in range(10**5): x = fnp.ones(10**5) + 1.0",
    "interrupted": "raise SystemExit",
    "huge answer": "return np.broadcast_to(np.float32(0), (10**6, 10**6))",
    "text": "return np.array([['a'] * mlp.width] * mlp.depth)",
    "prints": "print('{\"status\": \"ok\"}' * 1000); os.write(1, b'\\xff' * 100000)",
}


def first(body):
    return f"self.n = getattr(self, 'n', 0) + 1\nif self.n == 1:\n    {body}\n{GOOD}"


@pytest.mark.parametrize("name", list(BAD))
def test_both_runners_report_the_same(write_estimator, name):
    path = write_estimator(first(BAD[name]))
    local = score(LocalRunner(), path, n_mlps=3)
    worker = score(SubprocessRunner(), path, n_mlps=3)
    assert timeless(local) == timeless(worker)
    assert [bool("error" in row or row["budget_exhausted"]) for row in local["per_mlp"]] == [
        name != "prints",
        False,
        False,
    ]


@BOTH
def test_a_good_estimator(write_estimator, runner_name):
    path = write_estimator(GOOD)
    results = score(make_runner(runner_name), path)
    spaces = results["breakdowns"]["estimator"]["by_namespace"]
    assert set(spaces) == {"estimator.moments", "estimator.estimator-client"}
    assert spaces["estimator.moments"]["flops_used"] == 2 * 16 * 50 * 5
    for row in results["per_mlp"]:
        parts = ("flopscope_backend_time_s", "flopscope_overhead_time_s", "residual_wall_time_s")
        assert math.isclose(sum(row[p] for p in parts), row["wall_time_s"], abs_tol=1e-6)


@BOTH
def test_context_and_order_of_calls(write_estimator, tmp_path, runner_name):
    log = tmp_path / "log"
    path = write_estimator(
        "self.log('predict', mlp.name, mlp.seed, budget)\nreturn fnp.zeros((2, 5))",
        rest=f"""
        def log(self, *words):
            with open({str(log)!r}, 'a') as file:
                print(*words, file=file)
        def setup(self, ctx):
            self.log('setup', ctx.width, ctx.depth, ctx.flop_budget, ctx.api_version,
                     ctx.scratch_dir, ctx.submission_dir, ctx.seed)
        def teardown(self):
            self.log('teardown')
        """,
    )
    results = score(make_runner(runner_name), path)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"setup 5 2 1000000000 1.0 None {tmp_path.resolve()} 3"
    names = [row["mlp_name"] for row in results["per_mlp"]]
    assert [line.split()[1] for line in lines[1:3]] == names
    assert all(line.endswith(" 1000000000") for line in lines[1:3])
    assert lines[3:] == ["teardown"]


@BOTH
@pytest.mark.parametrize(
    ("body", "catches"),
    [("time.sleep(60)", False), ("while True: pass", False), ("while True: 1 + 1", True)],
)
def test_a_hang_is_time_exhausted(write_estimator, runner_name, body, catches):
    if catches:  # swallows one interruption; the next one comes a second later
        body = "try:\n        while True: pass\n    except Exception:\n        time.sleep(60)"
    path = write_estimator(first(body))
    began = time.monotonic()
    hung, good = score(make_runner(runner_name), path, wall_time_limit_s=0.3)["per_mlp"]
    assert time.monotonic() - began < 20
    assert hung["time_exhausted"]
    assert "error" not in hung
    assert 0.3 <= hung["wall_time_s"] < 10
    assert not good["time_exhausted"]


@BOTH
def test_a_slow_metered_loop_is_time_exhausted_with_its_flops(write_estimator, runner_name):
    path = write_estimator("while True: fnp.ones(1000) + 1.0")
    (row,) = score(make_runner(runner_name), path, 1, wall_time_limit_s=0.2, flop_budget=10**15)[
        "per_mlp"
    ]
    assert row["time_exhausted"]
    assert row["flops_used"] >= 1000
    assert row["effective_compute"] >= row["flops_used"]


@BOTH
@pytest.mark.parametrize(
    ("setup", "code"),
    [
        ("time.sleep(30)", "SETUP_TIMEOUT"),
        ("raise ValueError('bad weights')", "SETUP_ERROR"),
        ("sys.exit(0)", "SETUP_ERROR"),
    ],
)
def test_setup_failures(write_estimator, runner_name, setup, code):
    path = write_estimator(rest=f"def setup(self, ctx):\n    {setup}\n")
    with pytest.raises(RunnerError) as caught:
        score(make_runner(runner_name), path, setup_timeout_s=0.3)
    assert (caught.value.stage, caught.value.detail.code) == ("setup", code)


@BOTH
def test_load_failures(tmp_path, runner_name):
    path = tmp_path / "estimator.py"
    path.write_text("import nowhere_to_be_found\n", encoding="utf-8")
    with pytest.raises(RunnerError) as caught:
        score(make_runner(runner_name), path)
    assert caught.value.detail.code == "ESTIMATOR_MISSING_MODULE"
    with pytest.raises(RunnerError, match="does not exist"):
        score(make_runner(runner_name), tmp_path / "no.py")


@BOTH
def test_predict_before_start(runner_name):
    with pytest.raises(RunnerError) as caught:
        make_runner(runner_name).predict(None, 1)
    assert caught.value.detail.code == "RUNNER_NOT_STARTED"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(7)", "exited with status 7"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_dead_worker_loses_one_network(write_estimator, tmp_path, body, said):
    # The new worker starts anew, so the count is kept on disk.
    mark = tmp_path / "died"
    path = write_estimator(
        f"if not os.path.exists({str(mark)!r}):\n"
        f"    open({str(mark)!r}, 'w').close(); print('last words'); {body}\n" + GOOD
    )
    dead, *others = score(SubprocessRunner(), path, n_mlps=3)["per_mlp"]
    assert dead["error_code"] == "WORKER_EOF"
    assert said in dead["error"]["message"] if isinstance(dead["error"], dict) else dead["error"]
    assert "last words" in dead["error"]["details"]["worker_output"]
    assert dead["flops_used"] == 0
    assert not any("error" in row for row in others)


def test_memory_is_limited(write_estimator):
    path = write_estimator(first("np.ones(3 * 2**30, np.uint8)"))
    hungry, good = score(SubprocessRunner(), path, memory_limit_mb=2048)["per_mlp"]
    assert hungry["error_code"] == "PREDICT_ERROR"
    assert "MemoryError" in hungry["error"]
    assert "error" not in good


def test_a_worker_that_cannot_be_interrupted_is_killed(write_estimator, monkeypatch):
    import whestbench.runner.subprocess as module

    monkeypatch.setattr(module, "GRACE_S", 0.5)
    path = write_estimator(
        first("import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN); time.sleep(60)")
    )
    began = time.monotonic()
    results = score(SubprocessRunner(), path, n_mlps=1, wall_time_limit_s=0.3)
    assert time.monotonic() - began < 20
    (row,) = results["per_mlp"]
    assert row["time_exhausted"]
    assert row["wall_time_s"] >= 0.8
    assert row["residual_wall_time_s"] == row["wall_time_s"]


@BOTH
def test_forked_children_answer_nothing(write_estimator, runner_name):
    path = write_estimator("if os.fork() == 0: return None\nos.wait()\n" + GOOD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads, from 3.12 on
        results = score(make_runner(runner_name), path)
    assert results["n_failed_mlps"] == 0


def test_children_left_behind_are_ended(write_estimator, tmp_path):
    pid_file = tmp_path / "pid"
    path = write_estimator(
        f"pid = os.fork()\nif pid == 0: time.sleep(600)\n"
        f"open({str(pid_file)!r}, 'w').write(str(pid))\n" + GOOD
    )
    score(SubprocessRunner(), path, n_mlps=1)
    pid = int(pid_file.read_text(encoding="utf-8"))
    for _ in range(50):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.1)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)
    pytest.fail("the child of the estimator still runs")


def test_threads_of_the_worker_are_limited(write_estimator, tmp_path):
    path = write_estimator(
        "assert os.environ['OMP_NUM_THREADS'] == '1' == os.environ['OPENBLAS_NUM_THREADS']\n"
        "import threadpoolctl\n"
        "assert all(p['num_threads'] == 1 for p in threadpoolctl.threadpool_info())\n" + GOOD
    )
    runner = SubprocessRunner()
    limits = ResourceLimits(max_threads=1)
    runner.start(EstimatorEntrypoint(path), SetupContext(5, 2, 10**9), limits)
    data = make_contest(ContestSpec(5, 2, 1, 10**9, 100, seed=0))
    assert np.shape(runner.predict(data.mlps[0], 10**9)) == (2, 5)
    assert runner.class_name == "Estimator"
    runner.close()


def test_output_is_shown(write_estimator, capfd):
    score(SubprocessRunner(), write_estimator("print('hello')\n" + GOOD), n_mlps=1)
    assert "[estimator] hello" in capfd.readouterr().err
    score(SubprocessRunner(echo=False), write_estimator("print('hello')\n" + GOOD), n_mlps=1)
    assert "hello" not in capfd.readouterr().err


def pair():
    a_read, b_write = os.pipe()
    b_read, a_write = os.pipe()
    return Channel(a_read, a_write), Channel(b_read, b_write)


def test_messages_carry_numbers_and_arrays():
    here, there = pair()
    arrays = {
        "x": np.arange(6, dtype=np.int16).reshape(2, 3),
        "e": np.zeros((0, 4)),
        "s": np.array(1.5),
    }
    here.send(7, {"type": "start", "n": np.float64(2.5)}, arrays)
    message = there.receive(1.0)
    assert (message.number, message.header) == (7, {"type": "start", "n": 2.5})
    for name, array in arrays.items():
        assert message.arrays[name].dtype == array.dtype
        assert np.array_equal(message.arrays[name], array)
    with pytest.raises(TimeoutError):
        there.receive(0.05)
    here.close()
    with pytest.raises(EOFError):
        there.receive(1.0)
    there.close()


@pytest.mark.parametrize(
    "data",
    [
        b'{"status": "ok"}' * 10,
        b"WHB1" + bytes(8) + b"\xff" * 16,
        b"WHB1" + bytes(8) + (3).to_bytes(8, "big") + bytes(8) + b"{}}",
        b"WHB1" + bytes(8) + (2).to_bytes(8, "big") + bytes(8) + b"{}",
    ],
)
def test_what_is_no_message_is_told_from_one(data):
    read, write = os.pipe()
    os.write(write, data)
    channel = Channel(read, write)
    with pytest.raises(ProtocolError):
        channel.receive(1.0)
    channel.close()
