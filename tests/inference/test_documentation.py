"""The documentation page and the docstrings say what happens."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import shlex
from pathlib import Path

import pytest

from flopscope import cli, inference

PAGE = (Path(__file__).parents[2] / "docs" / "inference.md").read_text(encoding="utf-8")
MODULES = [
    *(found.name for found in pkgutil.iter_modules(inference.__path__, "flopscope.inference.")),
    "flopscope.inference",
    "flopscope.cli",
]


def test_the_page() -> None:
    text = re.sub(r"^```.*$", "", PAGE, flags=re.MULTILINE)  # a fence would count as output
    examples = doctest.DocTestParser().get_doctest(text, {}, "inference.md", "inference.md", 0)
    assert len(examples.examples) > 40
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_the_commands_on_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    blocks = re.findall(r"```console\n\$ flopscope (.*?)\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for command, expected in blocks:
        assert cli.main(shlex.split(command)) == 0
        printed = capsys.readouterr().out.splitlines()
        assert [line.rstrip() for line in printed if line.strip()] == [
            line for line in expected.splitlines() if line
        ]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        assert runner.run(test).failed == 0


@pytest.mark.parametrize("name", inference.__all__)
def test_public_names_are_documented(name: str) -> None:
    found = getattr(inference, name)
    if inspect.isfunction(found):
        assert "Examples\n" in (inspect.getdoc(found) or ""), f"{name} has no example"
    elif inspect.isclass(found):
        assert inspect.getdoc(found)


def test_the_readme_counts_right() -> None:
    root = Path(__file__).parents[2]
    models, devices = len(inference.model_names()), len(inference.device_names())
    assert f"{models} models, {devices} accelerators" in (root / "README.md").read_text("utf-8")
    changes = (root / "CHANGELOG.md").read_text("utf-8")
    assert f"from {models} known shapes" in changes
    assert f"on {devices} known devices" in changes


def test_the_figures_of_the_rule_of_thumb() -> None:
    assert "0.951 times 2PT at 512 tokens and 1.202 times at" in PAGE
    llama = inference.get_model("llama-3.1-8b")
    for seq, ratio in ((512, 0.951), (8192, 1.202)):
        exact = llama.forward_flops(1, seq)
        assert exact / (2 * llama.params_total * seq) == pytest.approx(ratio, abs=5e-4)
