"""``flopscope inference`` as users run it, and what importing the package brings in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flopscope.cli import inference as command
from flopscope.cli import main
from flopscope.inference import device_names, estimate_request, get_model, model_names

REQUEST = ["inference", "--model", "llama-3.1-8b", "--prompt", "4096", "--output", "256"]
ON_H100 = [*REQUEST, "--device", "H100", "--dtype", "bf16"]
TOTAL = get_model("llama-3.1-8b").request_flops(4096, 256)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, *ON_H100)
    assert f"{TOTAL:,}" in text
    for part in ("llama-3.1-8b: 4096 tokens in, 256 out", "H100-SXM: 989.4 TFLOP/s bf16 dense",
                 "3.35 TB/s", "compute", "memory", "MFU at most"):  # fmt: skip
        assert part in text
    more = output(capsys, *ON_H100, "--seconds", "2", "--power", "700", "--formulas",
                  "--num-devices", "2", "--batch", "3", "--causal")  # fmt: skip
    for part in ("2 x H100-SXM", "3 sequences", "MBU", "per generated token", "chinchilla"):
        assert part in more


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    figures = json.loads(output(capsys, *ON_H100, "--json"))
    assert figures == estimate_request("llama-3.1-8b", 4096, 256, device="H100").as_dict()
    figures = json.loads(output(capsys, *REQUEST, "--json", "--formulas"))
    assert figures["total_flops"] == TOTAL
    assert figures["device"] is None
    assert figures["prefill_formulas"]["exact"] == get_model("llama-3.1-8b").forward_flops(1, 4096)


def test_a_configuration_on_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_head": 12,
              "n_layer": 12, "n_positions": 1024}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    figures = json.loads(output(capsys, "inference", "--config", str(tmp_path), "--json"))
    assert figures["params_total"] == 124_439_808


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    models = output(capsys, "inference", "--list", "models")
    devices = output(capsys, "inference", "--list", "devices")
    assert all(name in models for name in model_names())
    assert all(name in devices for name in device_names())
    table = json.loads(output(capsys, "inference", "--list", "devices", "--json"))
    assert list(table) == device_names()
    assert table["A40"]["confirmed"] is True
    totals = json.loads(output(capsys, "inference", "--list", "models", "--json"))
    assert totals["gpt2"] == {"params_total": 124_439_808, "params_active": 124_439_808}


def test_this_machine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from flopscope import inference

    found = inference.CpuPeak(1.5e11, "fp64", "measured", "made up")
    monkeypatch.setattr(inference, "measured_cpu_peak", lambda dtype: found)
    text = output(capsys, "inference", "--cpu-peak", "fp64")
    assert text == "150 GFLOP/s (measured: made up)\n"
    assert json.loads(output(capsys, "inference", "--cpu-peak", "fp64", "--json")) == {
        "flops_per_s": 1.5e11, "dtype": "fp64", "source": "measured", "detail": "made up",
    }  # fmt: skip


def test_without_rich(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rich = output(capsys, *ON_H100)
    for name in ("rich", "rich.console", "rich.table"):
        monkeypatch.setitem(sys.modules, name, None)
    plain = output(capsys, *ON_H100)
    assert [line.rstrip() for line in plain.splitlines()] == [
        line.rstrip() for line in rich.splitlines()
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "llama-3.1-9b"], "unknown model 'llama-3.1-9b'; nearest: 'llama-3.1-8b'"),
        (["--model", "gpt2", "--device", "H1000"], "unknown device 'H1000'; nearest: 'H100"),
        (["--model", "gpt2", "--device", "V100"], "V100-SXM2 has no bf16 peak"),
        (["--model", "gpt2", "--dtype", "bf17"], "unknown dtype 'bf17'; nearest: 'bf16'"),
        (["--model", "gpt2", "--prompt", "-1"], "'--prompt': -1 is negative"),
        (["--model", "gpt2", "--output", "many"], "'--output': 'many' is not a whole number"),
        (["--model", "gpt2", "--batch", "0"], "batch must be at least 1"),
        (["--model", "gpt2", "--device", "H100", "--num-devices", "0"], "n_devices"),
        (["--model", "gpt2", "--device", "H100", "--seconds", "nan"], "seconds"),
        (["--model", "gpt2", "--seconds", "1"], "seconds needs a device"),
        (["--config", "/nowhere/config.json"], "/nowhere/config.json"),
        ([], "required"),
    ],
)
def test_bad_input(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = refusal(capsys, "inference", *arguments)
    assert message in text
    assert "Traceback" not in text


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in refusal(capsys)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 FLOP"), (999, "999 FLOP"), (8.03e9, "8.03 GFLOP"), (1e27, "1000 YFLOP")],
)
def test_scaled(value: float, text: str) -> None:
    assert command._scaled(value, "FLOP") == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0 ns"), (2.5, "2.5 s"), (2.5e-5, "25 µs")])
def test_times(value: float, text: str) -> None:
    assert command._time(value) == text


def test_as_a_module(tmp_path: Path) -> None:
    command_line = [sys.executable, "-m", "flopscope", *ON_H100, "--json"]
    done = subprocess.run(command_line, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)["total_flops"] == TOTAL


NUMPY_FREE = """
import importlib.util, json, sys, types
# A stand-in for the package around it, which does import NumPy.
outer = types.ModuleType("flopscope")
outer.__path__ = [sys.argv[1]]
sys.modules["flopscope"] = outer
before = set(sys.modules)
import flopscope.inference as inference
spec = inference.get_model("mixtral-8x7b")
inference.estimate_flops("qwen3:8b", 100, 50), inference.compute_mfu(1e12, 1.0, "H100")
inference.estimate_request(spec, 100, 20, batch=4, device="H100", seconds=1.0, power_w=700.0)
inference.spec_from_config({"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1,
    "num_attention_heads": 2, "intermediate_size": 8}).breakdown(1, 3, include_elementwise=True)
inference.compare_formulas(spec, 1, 10), inference.derived_cpu_peak(2, 1e9)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_numbers_need_no_numpy(tmp_path: Path) -> None:
    import flopscope

    package = str(Path(flopscope.__file__).parent)
    done: Any = subprocess.run(
        [sys.executable, "-c", NUMPY_FREE, package],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    loaded = json.loads(done.stdout)
    heavy = ("numpy", "rich", "torch", "pandas", "opt_einsum", "argparse", "flopscope._core")
    assert [name for name in loaded if name.startswith(heavy)] == []


def test_flopscope_does_not_load_it() -> None:
    program = "import sys, flopscope; print('flopscope.inference' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
