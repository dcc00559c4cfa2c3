"""The commands: options, exit statuses, JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from whestbench.cli import main
from whestbench.cli.app import COMMANDS

from .conftest import SMALL


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = (
        "import sys; from whestbench.cli import main; status = main(['--help'])\n"
        "print(status, [m for m in ('numpy', 'flopscope', 'rich', 'pyarrow', 'faker', 'httpx')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    for name, (_, text) in COMMANDS.items():
        assert not text or f"  {name} " in done.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(whest, name):
    ran = whest(name, "--help")
    assert ran.status == 0
    assert "Usage: whest" in ran.out


def test_version(whest):
    assert whest("version").out == "whestbench 0.12.0\n"
    assert whest("version", "--json").json == {
        "ok": True,
        "command": "version",
        "name": "whestbench",
        "version": "0.12.0",
        "whestbench_version": "0.12.0",
    }


def test_unknown_commands_and_options(whest):
    ran = whest("rnu")
    assert ran.status == 2
    assert "Did you mean 'run'?" in ran.err
    assert whest("zzzzzz").status == 2
    assert whest("run").status == 2
    ran = whest("run", "--json", "--nope")
    assert ran.status == 2
    assert ran.json["error"]["code"] == "USAGE_ERROR"


def test_init_keeps_what_is_there(whest, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "requirements.txt").write_text("mine\n", encoding="utf-8")
    created = whest("init", folder, "--json").json["created"]
    assert [os.path.basename(path) for path in created] == ["estimator.py", ".whestignore"]
    assert (folder / "requirements.txt").read_text(encoding="utf-8") == "mine\n"
    assert whest("init", folder, "--json").json["created"] == []
    # What it wrote is a sound estimator.
    assert whest("validate", "--estimator", folder / "estimator.py").status == 0
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    ran = whest("init", blocked / "x", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "INIT_ERROR")


def test_validate(whest, write_estimator):
    ran = whest("validate", "--estimator", write_estimator(), "--json")
    assert ran.status == 0
    assert ran.json["ok"] is True
    assert ran.json["class_name"] == "Estimator"
    assert ran.json["output_shape"] == [2, 4]
    assert ran.json["module_name"].startswith("_whestbench_estimator_")
    plain = whest("validate", "--estimator", write_estimator())
    assert [line[:2] for line in plain.out.splitlines()] == ["ok"] * 4


@pytest.mark.parametrize(
    ("body", "rest", "stage", "code"),
    [
        ("return fnp.zeros((mlp.width, mlp.depth))", "", "validate", "ESTIMATOR_BAD_SHAPE"),
        ("return fnp.zeros((2, 4)) / 0", "", "validate", "ESTIMATOR_NON_FINITE"),
        ("raise KeyError(1)", "", "predict", "PREDICT_ERROR"),
        ("return 1", "def setup(self, ctx): raise OSError('x')", "setup", "SETUP_ERROR"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_validate_tells_what_is_wrong(whest, write_estimator, body, rest, stage, code):
    path = write_estimator(body, rest=rest)
    ran = whest("validate", "--estimator", path, "--json")
    assert ran.status == 1
    assert (ran.json["error"]["stage"], ran.json["error"]["code"]) == (stage, code)
    plain = whest("validate", "--estimator", path)
    assert plain.status == 1
    assert f"Error [{stage}:{code}]" in plain.err


def test_run_json(whest, write_estimator):
    path = write_estimator("print('noise'); return fnp.ones((2, 6)) * 0.5")
    ran = whest("run", "--estimator", path, *SMALL, "--json")
    report = ran.json
    assert ran.status == 0
    assert set(report) == {
        "schema_version",
        "mode",
        "results",
        "run_meta",
        "run_config",
        "whestbench_version",
    }
    assert (report["schema_version"], report["mode"]) == ("1.1", "agent")
    config = report["run_config"]
    assert (config["n_mlps"], config["width"], config["depth"], config["seed"]) == (2, 6, 2, 1)
    assert config["lambda_flops_per_second"] == 1e11
    assert config["flop_budget"] == 272_000_000_000
    assert (config["wall_time_limit_s"], config["residual_wall_time_limit_s"]) == (60.0, None)
    assert (config["runner"], config["ground_truth_samples"]) == ("local", 500)
    meta = report["run_meta"]
    assert meta["run_started_at_utc"] < meta["run_finished_at_utc"]
    assert meta["run_duration_s"] > 0
    row = report["results"]["per_mlp"][0]
    assert set(row) == set(
        "mlp_index mlp_name final_layer_mse all_layers_mse per_layer_mse score_multiplier "
        "adjusted_final_layer_score flops_used effective_compute budget_exhausted time_exhausted "
        "residual_wall_time_exhausted combined_budget_exhausted wall_time_s "
        "flopscope_backend_time_s flopscope_overhead_time_s residual_wall_time_s breakdowns "
        "traceback".split()
    )
    assert row["flops_used"] == 12
    assert set(report["results"]["breakdowns"]) == {"sampling", "estimator"}
    assert report["results"]["truth"]["noise_floor"] > 0
    # The same seed again: the same networks and errors.
    again = whest("run", "--estimator", path, *SMALL, "--json").json["results"]
    assert again["per_layer_mse"] == report["results"]["per_layer_mse"]
    assert [r["mlp_name"] for r in again["per_mlp"]] == [
        r["mlp_name"] for r in report["results"]["per_mlp"]
    ]


def test_run_on_a_pipe_has_json_alone_on_stdout(write_estimator):
    path = write_estimator("print('noise'); os.write(1, b'more'); return fnp.zeros((2, 6))")
    done = subprocess.run(
        [sys.executable, "-m", "whestbench", "run", "--estimator", path, *SMALL, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["run_config"]["seed"] == 1
    assert "noise" in done.stderr
    assert "more" in done.stderr


def test_run_without_a_seed_can_be_repeated(whest, write_estimator):
    path = write_estimator()
    small = SMALL[: SMALL.index("--seed")]
    first = whest("run", "--estimator", path, *small, "--json").json
    seed = first["run_config"]["seed"]
    assert first["run_config"]["seed_source"] == "drawn"
    again = whest("run", "--estimator", path, *small, "--seed", seed, "--json").json
    assert again["results"]["final_layer_mse"] == first["results"]["final_layer_mse"]
    assert f"--seed {seed}" not in whest("run", "--estimator", path, *small).out


def test_run_plain(whest, write_estimator):
    ran = whest("run", "--estimator", write_estimator(), *SMALL, "--detail", "full", "--profile")
    assert ran.status == 0
    for title in ("Run", "Hardware", "Ground truth", "Estimator", "Networks", "final score"):
        assert title in ran.out
    assert "\x1b" not in ran.out
    assert "[run] scoring: 2/2" in ran.err
    assert "sampling_ground_truth: 2/2" in ran.err


def test_plots(whest, write_estimator):
    path = write_estimator()
    ran = whest("run", "--estimator", path, *SMALL, "--profile", "--show-diagnostic-plots")
    assert ran.status == 0
    assert "seconds since the start" in ran.out
    assert "memory, MiB" in ran.out
    assert whest("run", "--estimator", path, *SMALL, "--show-diagnostic-plots").status == 2
    profile = whest("run", "--estimator", path, *SMALL, "--profile", "--json").json["profile"]
    assert len(profile) == 2


def test_an_exception_scores_the_others_and_exits_with_1(whest, write_estimator):
    path = write_estimator(
        "self.n = getattr(self, 'n', 0) + 1\n"
        "if self.n == 1: raise KeyError('boom')\n"
        "return fnp.zeros((2, 6))"
    )
    ran = whest("run", "--estimator", path, *SMALL, "--json")
    assert ran.status == 1
    bad, good = ran.json["results"]["per_mlp"]
    assert (bad["error_code"], bad["error"]) == ("PREDICT_ERROR", "KeyError: 'boom'")
    assert "in predict" in bad["traceback"]
    assert "error" not in good
    plain = whest("run", "--estimator", path, *SMALL)
    assert plain.status == 1
    assert "1 network failed" in plain.out
    fast = whest("run", "--estimator", path, *SMALL, "--fail-fast", "--json")
    assert (fast.status, fast.json["error"]["code"]) == (1, "PREDICT_ERROR")
    assert "traceback" not in fast.json["error"]
    debug = whest("run", "--estimator", path, *SMALL, "--fail-fast", "--json", "--debug")
    assert "KeyError" in debug.json["error"]["traceback"]


def test_exhaustion_is_a_score_not_a_failure(whest, write_estimator):
    path = write_estimator("return fnp.ones((2, 6)) + 1.0")
    ran = whest("run", "--estimator", path, *SMALL, "--flop-budget", "5")
    assert ran.status == 0
    assert "2 networks ran out of FLOPs, 0 out of time" in ran.err
    assert "FLOP budget exhausted" in ran.out
    ran = whest("run", "--estimator", path, *SMALL, "--flop-budget", "5", "--json")
    assert ran.err == ""
    assert ran.json["results"]["failure_breakdown"]["budget_exhausted"] == 2


def test_the_estimator_is_opened_before_the_truth_is_sampled(whest, tmp_path, monkeypatch):
    import whestbench.cli.scored as scored

    monkeypatch.setattr(scored, "make_contest", None)  # calling it would fail otherwise
    for output in ((), ("--json",)):
        ran = whest("run", "--estimator", tmp_path / "no.py", *SMALL, *output)
        assert ran.status == 1
        # The panel breaks lines wherever the path is long.
        said = " ".join((ran.out + ran.err).replace("│", " ").split())
        assert "does not exist" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--n-mlps", "0"], "n-mlps"),
        (["--runner", "moon"], "moon"),
        (["--lambda-flops-per-second", "-1"], "lambda"),
        (["--wall-time-limit", "0"], "wall-time-limit"),
        (["--streaming"], "--dataset"),
        (["--no-residual-wall-time-limit", "--residual-wall-time-limit", "1"], "contradicts"),
    ],
)
def test_bad_options_exit_with_2(whest, write_estimator, arguments, said):
    ran = whest("run", "--estimator", write_estimator(), *arguments)
    assert ran.status == 2
    assert said in ran.err


def test_rounds_fill_in_what_options_leave_out(whest, write_estimator):
    path = write_estimator()
    ran = whest("run", "--estimator", path, *SMALL, "--round", "v2-phase2", "--json")
    config = ran.json["run_config"]
    assert (config["round"], config["width"]) == ("v2-phase2", 6)
    assert config["flop_budget"] == 2**41
    assert config["lambda_flops_per_second"] == 0.0
    assert (config["wall_time_limit_s"], config["residual_wall_time_limit_s"]) == (120.0, 0.4)
    gate = whest(
        "run", "--estimator", path, *SMALL, "--round", "v2-phase2", "--json",
        "--no-residual-wall-time-limit",
    )  # fmt: skip
    assert gate.json["run_config"]["residual_wall_time_limit_s"] is None


def test_remote_runner(whest, write_estimator):
    ran = whest("run", "--estimator", write_estimator(), *SMALL, "--runner", "remote", "--json")
    assert ran.status == 0
    local = whest("run", "--estimator", write_estimator(), *SMALL, "--json")
    flops_used = [[row["flops_used"] for row in d.json["results"]["per_mlp"]] for d in (ran, local)]
    assert flops_used[0] == flops_used[1]


def test_smoke_test(whest, monkeypatch):
    ran = whest("smoke-test", "--json")
    assert ran.status == 0
    report = ran.json
    config = report["run_config"]
    assert (config["n_mlps"], config["width"], config["depth"]) == (3, 256, 32)
    assert config["ground_truth_samples"] == 10_000
    assert config["lambda_flops_per_second"] == 1e11
    assert report["results"]["n_failed_mlps"] == 0
    # Covariance propagation: 63 products of 256 x 256 matrices and little else.
    flops = {row["flops_used"] for row in report["results"]["per_mlp"]}
    assert len(flops) == 1
    assert 63 * (2 * 256**3 - 256**2) < flops.pop() < 2.2e9
    assert report["results"]["final_layer_mse"] < 1e-3


def test_doctor(whest, monkeypatch):
    ran = whest("doctor", "--json")
    diagnosis = ran.json
    assert [check["name"] for check in diagnosis["checks"]] == [
        "python_version",
        "uv",
        "install_mode",
        "blas_threads",
        "disk_space",
        "cwd_writable",
    ]
    assert diagnosis["schema_version"] == "1.0"
    assert sum(diagnosis["counts"].values()) == 6
    assert ran.status == (diagnosis["overall"] == "fail")
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert whest("doctor", "--strict").status == 1

    def crash(path):
        raise RuntimeError("no disk")

    monkeypatch.setattr("shutil.disk_usage", crash)
    ran = whest("doctor", "--json")
    assert ran.status == 1
    (disk,) = [check for check in ran.json["checks"] if check["name"] == "disk_space"]
    assert (disk["status"], ran.json["overall"]) == ("fail", "fail")


def test_a_closed_pipe_ends_quietly():
    done = subprocess.run(
        f"{sys.executable} -m whestbench doctor --json | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_main_takes_arguments():
    assert main(["version"]) == 0
