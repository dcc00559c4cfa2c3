"""Every command of the tutorial runs, in order, in an empty folder; the examples score."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TUTORIAL = ROOT / "docs" / "whestbench-tutorial.md"
EXAMPLES = ROOT / "packages" / "whestbench" / "examples"

WAIT = """
for attempt in $(seq 300); do
    python -c "import urllib.request as u; u.urlopen('$WHEST_SERVER/healthz')" 2>/dev/null && break
    sleep 0.2
done
"""


def commands_of(text):
    """The shell script of the console blocks."""
    lines = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            lines.append(line.removeprefix("$ "))
            if line.startswith("$ export WHEST_SERVER"):
                lines.append(WAIT)  # what the reader waits for
    return "\n".join(lines)


def test_every_command_runs(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = commands_of(TUTORIAL.read_text(encoding="utf-8"))
    assert script.count("whest ") >= 15
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    script = script.replace("--port 8000", f"--port {port}")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        ["bash", "-euc", f"set -x\n{script}\nkill $!"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=400)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, output[-3000:]
    assert "b is better" in output
    assert "graded: score" in output
    assert (tmp_path / "sweep.png").is_file()
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize(
    ("name", "worst"),
    [
        ("01_random.py", 2.0),
        ("02_mean_propagation.py", 0.02),
        ("03_covariance_propagation.py", 0.005),
        ("04_hybrid.py", 0.005),
        ("05_monte_carlo.py", 0.01),
    ],
)
def test_examples_score(whest, name, worst):
    ran = whest(
        "run", "--estimator", EXAMPLES / name, "--width", 48, "--depth", 4, "--n-mlps", 3,
        "--n-samples", 20_000, "--seed", 1, "--flop-budget", 10**9, "--json",
        "--lambda-flops-per-second", 0,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    results = ran.json["results"]
    assert results["n_failed_mlps"] == 0
    assert results["final_layer_mse"] < worst


def test_a_module_with_weights_from_run_to_archive(whest, tmp_path):
    folder = tmp_path / "module"
    shutil.copytree(EXAMPLES / "06_module_with_weights", folder)
    subprocess.run([sys.executable, "model.py"], cwd=folder, check=True)
    small = [
        "--width", 64, "--depth", 8, "--n-mlps", 5, "--n-samples", 20_000, "--seed", 1,
        "--lambda-flops-per-second", 0, "--json",
    ]  # fmt: skip
    for runner in ("local", "subprocess"):
        ran = whest("run", "--estimator", folder / "estimator.py", *small, "--runner", runner)
        plain = whest("run", "--estimator", EXAMPLES / "02_mean_propagation.py", *small)
        error = ran.json["results"]["final_layer_mse"]
        assert error < 0.9 * plain.json["results"]["final_layer_mse"]
    archive = tmp_path / "a.tar.gz"
    assert whest("package", "--estimator", folder / "estimator.py", "--output", archive).status == 0
    manifest = whest("validate-package", archive, "--json").json["manifest"]
    names = {item["name"] for item in manifest["files"]}
    assert names == {"estimator.py", "model.py", "weights.npz"}


def test_python_of_the_reference_runs(tmp_path):
    text = (ROOT / "docs" / "whestbench.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 0.01


def modules():
    import whestbench

    found = pkgutil.walk_packages(whestbench.__path__, "whestbench.")
    skipped = ("whestbench.templates", "whestbench.__main__")
    return [module.name for module in found if not module.name.startswith(skipped)]


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0
