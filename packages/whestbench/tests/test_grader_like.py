"""Running locally what a grader would run, and watching a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from whestbench.runner.isolation import Isolation

from .conftest import SMALL

confined = pytest.mark.skipif(
    bool(Isolation(no_network=True, no_files=True).missing()),
    reason="this system offers neither Landlock nor namespaces",
)


def run(whest, path, *more):
    ran = whest("run", "--estimator", path, *SMALL, "--grader-like", "--json", *more)
    return ran, ran.json


def test_figures_are_those_of_a_run(whest, write_estimator, tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 0.5\n", encoding="utf-8")
    path = write_estimator(
        "from helper import VALUE\nprint('hello')\n"
        "return fnp.exp(fnp.full((mlp.depth, mlp.width), VALUE))"
    )
    _, plain = run(whest, path)
    other = whest("run", "--estimator", path, *SMALL, "--json").json
    config = plain["run_config"]
    assert (config["runner"], config["estimator_path"]) == ("subprocess", str(path))
    assert config["grader_like"]["callbacks"] is True
    for name in ("final_layer_mse", "all_layers_mse", "per_layer_mse"):
        assert plain["results"][name] == other["results"][name]
    flops = [entry["flops_used"] for entry in other["results"]["per_mlp"]]
    assert [entry["flops_used"] for entry in plain["results"]["per_mlp"]] == flops == [192, 192]
    assert not list(tmp_path.glob("*.tar.gz"))


def test_what_is_not_sent_is_not_there(whest, write_estimator, tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 0.5\n", encoding="utf-8")
    (tmp_path / ".whestignore").write_text("helper.py\n", encoding="utf-8")
    path = write_estimator("return fnp.zeros((mlp.depth, mlp.width))", top="import helper")
    ran, report = run(whest, path)
    assert ran.status == 1
    assert "helper" in report["error"]["message"]
    assert whest("run", "--estimator", path, *SMALL).status == 0


def test_callbacks_fail_as_on_a_remote_backend(whest, write_estimator):
    path = write_estimator("return fnp.fromfunction(lambda i, j: i + j, (mlp.depth, mlp.width))")
    ran, report = run(whest, path)
    assert ran.status == 1
    assert "which a remote backend refuses" in report["results"]["per_mlp"][0]["error"]
    with pytest.warns(UserWarning, match="which a remote backend refuses"):
        assert whest("run", "--estimator", path, *SMALL).status == 0


@confined
def test_files_and_keys_of_the_machine_are_out_of_reach(
    whest, write_estimator, tmp_path, monkeypatch
):
    monkeypatch.setenv("AICROWD_API_KEY", "secret")
    (tmp_path.parent / "data.npy").write_text("beside", encoding="utf-8")
    path = write_estimator(
        f"assert 'AICROWD_API_KEY' not in os.environ\nopen({str(tmp_path.parent / 'data.npy')!r})\n"
    )
    _, report = run(whest, path)
    assert report["run_config"]["grader_like"] == {
        "network": True, "files": True, "processes": True, "callbacks": True,
    }  # fmt: skip
    assert "Permission denied" in report["results"]["per_mlp"][0]["error"]


def test_it_runs_in_a_worker(whest, write_estimator):
    ran = whest("run", "--estimator", write_estimator(), "--grader-like", "--runner", "local")
    assert ran.status == 2
    assert "runs in a worker" in ran.err


# --- watch --------------------------------------------------------------------------------------


def watch(path, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "whestbench", "watch", "--estimator", str(path),
         *(item for item in SMALL if item not in ("--seed", "1")), "--seed", "1", *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ},
    )  # fmt: skip


def test_a_save_runs_it_again(write_estimator, tmp_path):
    path = write_estimator("from helper import VALUE\nreturn fnp.full((2, 6), VALUE)")
    helper = tmp_path / "helper.py"
    helper.write_text("VALUE = 0.5\n", encoding="utf-8")
    process = watch(path, "--max-runs", "2")
    lines = []
    saved = threading.Event()
    for line in process.stdout:
        lines.append(line)
        if line.startswith("watching") and not saved.is_set():
            saved.set()
            time.sleep(0.1)
            helper.write_text("VALUE = 0.625\n", encoding="utf-8")
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    text = "".join(lines)
    scores = [line.split()[3] for line in lines if "final score " in line]
    assert len(set(scores)) == 2, text
    assert "change since" in text
    assert saved.is_set()


def test_a_save_ends_the_run_that_is_at_work(write_estimator, tmp_path):
    path = write_estimator(f"open({str(tmp_path / 'begun')!r}, 'w')\ntime.sleep(50)")
    process = watch(path, "--max-runs", "2")
    end = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    write_estimator("return fnp.zeros((mlp.depth, mlp.width))")
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "saved; starting again" in text
    assert text.count("final score ") == 1


def test_wrong_options_end_the_watch(write_estimator, tmp_path):
    process = watch(write_estimator(), "--nope")
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "No such option" in text
    process = watch(tmp_path / "none.py")
    assert "there is no file" in process.communicate(timeout=60)[0]
    assert process.returncode == 2
