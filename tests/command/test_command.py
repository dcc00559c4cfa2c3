"""The command ``flopscope`` as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.cli import main
from flopscope.numpy._namespace import ROWS
from flopscope.report.exports import report_schema

SCRIPT = """
    import sys
    import flopscope as flops
    import flopscope.numpy as fnp

    x = fnp.exp(fnp.array([1.0, 2.0, 3.0]))
    with flops.BudgetContext(1000, quiet=True) as own:
        with flops.namespace("inner"):
            y = x * 2.0
    with flops.budget(1000, quiet=True):
        y = y + 1.0
    print("hello", sys.argv[1:], __name__, own.flops_used)
"""


def flopscope(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flopscope", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------- run


def test_run(script: Path, tmp_path: Path) -> None:
    done = flopscope(
        "run", "--by-namespace", "--report", "out.html", "--export", "out.json",
        "--export", "out.speedscope.json", str(script), "a", "--quiet", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "hello ['a', '--quiet'] __main__ 3\n"
    assert "\x1b" not in done.stderr
    for part in ("flopscope FLOP Budget Summary", "exp", "54", "inner"):
        assert part in done.stderr
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, report_schema())
    assert report["budget"]["flops_used"] == 48 + 3 + 3
    assert {row["path"] for row in report["namespaces"]} == {None, "inner"}
    assert {row["place"]["line"] for row in report["lines"]} == {6, 9, 11}
    assert "script.py" in (tmp_path / "out.html").read_text(encoding="utf-8")
    json.loads((tmp_path / "out.speedscope.json").read_text(encoding="utf-8"))


def test_run_hands_on_what_the_script_does(tmp_path: Path) -> None:
    def run(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "s.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return flopscope("run", *options, str(path), cwd=tmp_path)

    assert run("import sys; sys.exit(7)", "--quiet").returncode == 7
    done = run("def f():\n    raise KeyError('gone')\nf()", "--quiet")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert "s.py" in done.stderr.splitlines()[1]
    assert done.stderr.endswith("KeyError: 'gone'\n")
    done = run("import flopscope.numpy as fnp\nfnp.exp([1.0] * 100)", "--budget", "1_000")
    assert done.returncode == 1
    assert "BudgetExhaustedError" in done.stderr
    assert "Total budget:  1,000" in done.stderr
    (tmp_path / "beside.py").write_text("value = 3\n", encoding="utf-8")
    assert run("import beside; print(beside.value)", "--quiet").stdout == "3\n"


def test_run_a_module(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys; print(sys.argv[1:])\n", encoding="utf-8")
    done = flopscope("run", "--quiet", "-m", "pack", "x", cwd=tmp_path)
    assert done.stdout == "['x']\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "none.py"), "there is no script 'none.py'"),
        (("run", "--budget", "0", "s.py"), "must be positive"),
        (("run", "--budget", "many", "s.py"), "no number of FLOPs"),
        (("run", "--export", "out.xml", "s.py"), "cannot be told from its name"),
        (("diff", "none.json", "none.json"), "No such file"),
        (("cost", "no_such", "3"), "no_such"),
        (("cost", "matmul", "2,3", "5,4"), "matmul"),
        (("ops", "no_such"), "no operation matches"),
        (("check", "none.py"), "there is no file"),
        (("no_such",), "No such command 'no_such'"),
    ],
)
def test_bad_input(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.py").write_text("print('ran')", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "ran" not in printed.out


# ------------------------------------------------------------------------------------------ diff


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two reports: 100 and 110 FLOPs."""
    import numpy as np

    import flopscope as flops
    import flopscope.numpy as fnp

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name, extra in (("a", 0), ("b", 10)):
        with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
            fnp.add(np.ones(100), 1.0)
            if extra:
                fnp.negative(np.ones(extra))
        budget.export(f"{name}.json")
    return tmp_path


@pytest.mark.usefixtures("reports")
def test_diff(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.json", "b.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["negative", "0", "10", "+10"] for line in lines)
    assert any(line.split() == ["total", "100", "110", "+10", "+10.00", "%"] for line in lines)
    assert not any(line.split()[:1] == ["add"] for line in lines)
    assert main(["diff", "--all", "a.json", "b.json", "--by", "line"]) == 0
    assert "test_command.py:reports" in capsys.readouterr().out


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize(
    ("files", "growth", "status"),
    [
        ("ab", "0%", 1), ("ab", "9.99%", 1), ("ab", "10%", 0), ("ab", "9", 1), ("ab", "10", 0),
        ("ba", "0%", 0), ("aa", "0%", 0),
    ],
)  # fmt: skip
def test_diff_fails_over(
    files: str, growth: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["diff", *(f"{name}.json" for name in files), "--fail-over", growth]
    assert main(arguments) == status
    assert ("more than is tolerated" in capsys.readouterr().out) == bool(status)
    assert main([*arguments, "--json"]) == status
    assert json.loads(capsys.readouterr().out)["failed"] == bool(status)


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}',
                                  '{"format": "flopscope-report", "version": 2}'])  # fmt: skip
def test_diff_of_other_files(text: str, reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (reports / "c.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["diff", "a.json", "c.json"])
    assert "c.json" in capsys.readouterr().err


# ------------------------------------------------------------------------------- cost, ops, info


@pytest.mark.parametrize(
    ("arguments", "bill"),
    [
        (["einsum", "ij,jk->ik", "256,256", "256,256"], 33_488_896),
        (["exp", "1000"], 16_000),
        (["exp", "()"], 16),
        (["sum", "10,20", "axis=0"], 180),
        (["exp", "4,4", "--symmetry", "0,1"], 160),
        (["linalg.svd", "100,50", "full_matrices=False"], 4_000_000),
        (["cumsum", "10", "--dtype", "float32"], 9),
    ],
)
def test_cost(arguments: list[str], bill: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", *arguments]) == 0
    assert f"{bill:,} FLOPs" in capsys.readouterr().out
    assert main(["cost", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["charged"] == bill


def test_ops(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["ops", "linalg.*", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 31
    assert found["linalg.cholesky"]["formula"]
    assert main(["ops", "sort"]) == 0
    text = capsys.readouterr().out
    assert "argsort" in text
    assert "searchsorted" in text
    assert main(["ops"]) == 0
    assert f"{len(ROWS)} operations" in capsys.readouterr().out


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    assert main(["info"]) == 0
    text = capsys.readouterr().out
    for part in ("flopscope", np.__version__, "BLAS", "clock", "CPUs"):
        assert part in text
    assert main(["info", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"core", "clock", "processor", "BLAS"}


# ----------------------------------------------------------------------------------------- check

HEAD = "import numpy as np\nimport flopscope as flops\nimport flopscope.numpy as fnp\n"


def findings(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    path = tmp_path / "checked.py"
    path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    status = main(["check", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert status == int(bool(found))
    return [(finding["code"], finding["line"] - 3) for finding in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = fnp.ones(3)\nnp.sum(x)", [("FS001", 2)]),
        ("x = fnp.ones(3) * 2\ny = -x[1:].T\nnp.fft.fft(y.reshape(-1))", [("FS001", 3)]),
        ("np.exp(fnp.ones(3))", [("FS001", 1)]),
        ("x = fnp.ones(3)\nx = np.ones(3)\nnp.sum(x)", []),
        ("x = fnp.ones(3)\nnp.ones(x.shape)\nnp.shape(x)", []),
        ("def f(x):\n    return np.sum(x)", []),
        ("x = fnp.ones(3)\nnp.asarray(x)", [("FS002", 2)]),
        ("fnp.apply_along_axis(sum, 0, [1])", [("FS003", 1)]),
        ("x = 3.0\nfor i in range(3):\n    y = fnp.exp(x)", [("FS004", 3)]),
        ("x = 3.0\nwhile True:\n    y = fnp.linalg.inv(fnp.exp(x))", [("FS004", 3)]),
        ("x = fnp.ones(3)\nfor i in range(3):\n    x = fnp.exp(x)", []),
        ("for i in range(3):\n    fnp.exp(i)", []),
        (
            "x = fnp.ones(3)\nfor i in range(3):\n    fnp.random.normal(size=3)\n    fnp.zeros(3)",
            [],
        ),
        ("x = fnp.ones(3)\nfor i in range(3):\n    x[i] = 2.0\n    fnp.sum(x)", []),
        ("for i in range(3):\n    fnp.exp(load())", []),
        ("for i in range(3):\n    def f():\n        return fnp.exp(2.0)", []),
        ("fnp.loadtxt('a')", [("FS005", 1)]),
        ("fnp.no_such(3)\nflops.numpy.no_other", [("FS005", 1), ("FS005", 2)]),
        ("fnp.loadtxt('a')  # flopscope: ignore", []),
        ("from flopscope import numpy as n\nn.no_such", [("FS005", 2)]),
    ],
)
def test_check(
    text: str, expected: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(text, tmp_path, capsys) == expected


def test_check_prints_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.py").write_text(HEAD + "fnp.loadtxt('a')\n", encoding="utf-8")
    (folder / "b.py").write_text("def broken(:\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{folder}/a.py:4:1: FS005 flopscope.numpy does not support")
    assert "b.py: cannot be read" in printed.err


def test_the_examples_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    examples = Path(__file__).parents[2] / "examples"
    main(["check", str(examples)])
    assert "FS005" not in capsys.readouterr().out


def test_without_typer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as stop:
        main(["info"])
    assert stop.value.code == 2
    assert "pip install typer" in capsys.readouterr().err


def test_options_after_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """Only `run` keeps what follows its first argument for somebody else."""
    assert main(["cost", "exp", "--json", "10", "--dtype=float32"]) == 0
    assert json.loads(capsys.readouterr().out)["charged"] == 160


@pytest.mark.parametrize("command", ["run", "diff", "cost", "ops", "check", "info", "inference"])
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: flopscope {command} ")
    assert "  FS001  a NumPy" in text or command != "check"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in "run diff cost ops check info inference".split())
