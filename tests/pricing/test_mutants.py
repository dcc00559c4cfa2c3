"""The program that changes prices: what it changes, and what it notices."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / "tools"

pytestmark = pytest.mark.skipif(
    not TOOLS.exists() or not hasattr(os, "fork"), reason="needs tools/, and a system that forks"
)


def load(name: str) -> Any:
    path = TOOLS / "price_mutants" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_mutants_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n + 1", {"n - 1", "n + 2"}),
        ("2*n", {"2 + n", "3 * n"}),
        ("n // 2", {"n * 2", "n // 3"}),
        ("max(n, m)", {"min(n, m)"}),
        ("-k", {"k"}),
        ("not k", {"k"}),
        ("a < b", {"a <= b", "a > b"}),
        ("a == b", {"a != b"}),
        ("a and b", {"a or b"}),
        ("a if k else b", {"a if k or True else b", "a if k and False else b"}),
        ("mode == 'full'", {"mode != 'full'", "mode == '~'"}),
        (
            "sum(n for n in s if n)",
            {f"sum((n for n in s if n {x}))" for x in ("or True", "and False")},
        ),
        ("zip(a, b, strict=True)", set()),
    ],
)
def test_changes(text: str, expected: set[str]) -> None:
    tree = ast.parse(text, mode="eval")
    changed = [ast.unparse(other) for other, _ in load("changes").changes(tree)]
    assert set(changed) == expected
    assert len(changed) == len(expected)
    assert ast.unparse(tree) == ast.unparse(ast.parse(text, mode="eval"))


def test_messages_and_annotations_are_not_changed() -> None:
    source = "def f(x: 'int') -> 'int':\n    '''Doc.'''\n    raise ValueError('no ' + x)"
    assert list(load("changes").changes(ast.parse(source))) == []


def test_equivalents() -> None:
    text = "# Always 0.\na: 1 -> 2\nb: 1 -> 2\n\n# unread: edges of histogram\nc: 1 -> 2\n"
    equivalents = load("equivalents").Equivalents(text)
    assert equivalents.reasons["b: 1 -> 2"] == "Always 0."
    names = set(equivalents.reasons)
    assert equivalents.stale(names, names, lambda *_: False) == []
    killed = equivalents.stale(names, names - {"a: 1 -> 2"}, lambda *_: False)
    assert killed == ["a: 1 -> 2  (it does not survive)"]
    gone = equivalents.stale(names - {"b: 1 -> 2"}, names, lambda *_: False)
    assert gone == ["b: 1 -> 2  (there is no such mutant)"]
    read = equivalents.stale(names, names, lambda op, fact: (op, fact) == ("histogram", "edges"))
    assert read == ["c: 1 -> 2  (edges of histogram is read)"]


@pytest.mark.parametrize("text", ["a: 1 -> 2", "# Why.\na\n\nb", "# Why.\na\na"])
def test_equivalents_have_reasons(text: str) -> None:
    with pytest.raises(ValueError, match=r"no reason|twice"):
        load("equivalents").Equivalents(text)


def mutate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program without known equivalents."""
    nothing = folder / "equivalents.txt"
    nothing.write_text("", encoding="utf-8")
    program = [sys.executable, str(TOOLS / "mutate_prices.py"), "--jobs", "1"]
    return subprocess.run(
        [*program, "--equivalents", str(nothing), *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_formula(tmp_path: Path) -> None:
    """Bills kill changes of a formula, except those that change no bill."""
    done = mutate(tmp_path, "--only", "lists", "--match", "0.5: interp")
    assert done.stdout.splitlines()[1:] == [
        "survives: 0.5: interp: max(1, m)*L2(max(1, p)) -> max(1, m) * L2(max(2, p))"
    ]
    assert "5 mutants, 4 killed, 0 equivalent" in done.stdout
    assert done.returncode == 1


def test_a_fact_function(tmp_path: Path) -> None:
    """Rows kill changes of a fact function, except those that change no bill."""
    done = mutate(tmp_path, "--only", "facts", "--match", "_digitize")
    [survivor] = done.stdout.splitlines()[1:]
    assert survivor.startswith("survives: ordering.py: _digitize: ")
    assert survivor.endswith("if np.ndim(bins) else 2, size_of(x))")
    assert "4 mutants, 3 killed, 0 equivalent" in done.stdout
    assert done.returncode == 1
