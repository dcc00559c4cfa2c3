"""Examples in docstrings and in the documentation run."""

from __future__ import annotations

import doctest
import importlib.util
import pkgutil
import re
from pathlib import Path

import pytest

import flops_fit

MODULES = [m.name for m in pkgutil.walk_packages(flops_fit.__path__, "flops_fit.")]
PAGE = Path(__file__).parents[3] / "docs" / "flops-fit.md"


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is installed with WITH_TORCH=1")
    assert module.__doc__
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_public_names_say_what_they_do() -> None:
    for name in flops_fit.__all__:
        try:
            item = getattr(flops_fit, name)
        except flops_fit.MissingExtraError:
            continue
        assert item.__doc__, name
        assert not item.__doc__.startswith(f"{name}("), name  # what a dataclass writes by itself


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks of Python run in order, in an empty folder; those that train need torch."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        if "import torch" in block and importlib.util.find_spec("torch") is None:
            continue
        exec(compile(block, str(PAGE), "exec"), names)
