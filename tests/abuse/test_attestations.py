"""Attestations: what they say, and what becomes of forged ones."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope._attestation import digests
from flopscope._attestation.verify import load, verify
from flopscope.cli import main

from .registry import Attack, attack, register

GROUP = "Attestations"
KEY = b"known to the organisers"


def run() -> flops.BudgetContext:
    with flops.BudgetContext(10_000, quiet=True) as budget:
        x = fnp.ones((4, 4)) * 2.0
        with budget.sub("part", flops=1_000), flops.namespace("inner"):
            fnp.einsum("ij,jk->ik", x, x)
        fnp.exp(x)
    return budget


@pytest.fixture(scope="module")
def statement() -> dict[str, Any]:
    return run().attest(key=KEY)


def failed(report: dict[str, Any], key: bytes | None = None) -> list[str]:
    return [check.name for check in verify(report, key) if check.passed is False]


def reread(report: dict[str, Any]) -> dict[str, Any]:
    return load(json.dumps(report))


def test_an_honest_one_holds(statement: dict[str, Any]) -> None:
    assert failed(reread(statement), KEY) == []
    assert failed(reread(run().attest())) == []
    budget = statement["budget"]
    assert budget["flops_used"] == sum(
        statement["log"]["records"][i][3] for i in statement["log"]["order"]
    )
    assert statement["sub_budgets"][0]["namespace"] == "part"


def test_two_runs_have_the_same_chain(statement: dict[str, Any]) -> None:
    again = run().attest()
    assert again["log"]["chain"] == statement["log"]["chain"]
    assert again["digests"] == statement["digests"]
    with flops.BudgetContext(10_000, quiet=True) as other:
        fnp.ones((4, 4)) * 2.0
    assert other.attest()["log"]["chain"] != statement["log"]["chain"]


def test_an_empty_log() -> None:
    report = flops.BudgetContext(5, quiet=True).attest()
    assert report["log"] == {"records": [], "order": [], "chain": "00" * 32}
    assert failed(reread(report)) == []


def test_it_is_written_as_json(tmp_path: Path) -> None:
    report = run().attest(tmp_path / "a.json")
    assert load((tmp_path / "a.json").read_bytes()) == json.loads(json.dumps(report))


@pytest.mark.parametrize("key", [b"", "text", 3])
def test_keys_that_are_none(key: Any) -> None:
    with pytest.raises(TypeError, match="key"):
        run().attest(key=key)


# ---------------------------------------------------------------------------------------- forgeries


def _cheaper(report: dict[str, Any]) -> None:
    report["budget"]["flops_used"] -= 1


def _record(report: dict[str, Any]) -> None:
    report["log"]["records"][1][3] = 0


def _both(report: dict[str, Any]) -> None:
    order, records = report["log"]["order"], report["log"]["records"]
    report["budget"]["flops_used"] -= records[order.pop()][3]
    report["budget"]["operations"] -= 1


def _swapped(report: dict[str, Any]) -> None:
    order = report["log"]["order"]
    order[0], order[1] = order[1], order[0]


def _limit(report: dict[str, Any]) -> None:
    report["budget"]["flop_budget"] = report["budget"]["flops_used"] - 1


def _prices(report: dict[str, Any]) -> None:
    report["digests"]["price_table"] = "0" * 64


def _escapes(report: dict[str, Any]) -> None:
    report["escapes"].clear()
    report["budget"]["flops_elsewhere"] = 7


def _changed(report: dict[str, Any]) -> None:
    report["changed_functions"] = ["flopscope.pricing.facts.linalg._svd"]


def _part(report: dict[str, Any]) -> None:
    report["sub_budgets"][0]["flops_used"] += 10_000


# What is changed -> (tried, the checks that fail although the seal is made anew).
FORGERIES: dict[str, tuple[str, Callable[[dict[str, Any]], None], set[str]]] = {
    "attest-total": ("the total lowered", _cheaper, {"total"}),
    "attest-record": ("the cost of a record lowered", _record, {"chain", "total"}),
    "attest-shortened": ("the last record and its cost taken out", _both, {"chain"}),
    "attest-swapped": ("two records swapped", _swapped, {"chain"}),
    "attest-limit": ("a total above the limit", _limit, {"limit"}),
    "attest-prices": ("another price table", _prices, {"price table 0.8"}),
    "attest-changed": ("functions changed in memory", _changed, {"functions in memory"}),
    "attest-part": ("a sub-budget that spent more than its namespace", _part, {"sub-budget part"}),
}
for _name, (_tried, _, _) in FORGERIES.items():
    register(Attack(_name, GROUP, _tried, "shows", "`flopscope verify` fails, resealed or not"))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_one_fails(name: str, statement: dict[str, Any]) -> None:
    report = copy.deepcopy(statement)
    FORGERIES[name][1](report)
    assert "seal" in failed(reread(report))
    report["seal"] = digests.seal(report)
    report["signature"] = None
    assert set(failed(reread(report))) == FORGERIES[name][2]
    assert "signature" in failed(reread(report), KEY)


@attack(GROUP, "cheap prices by `configure(cost_model=...)`, taken back before `attest`", "shows",
        "by its name; under the name of a list that ships, the price table fails")  # fmt: skip
def test_a_list_of_ones_own() -> None:
    flops.configure(cost_model=flops.cost_model("0.8").derive("cheap", weights={"exp": 0}))
    try:
        budget = flops.BudgetContext(100, quiet=True)
    finally:
        flops.configure(cost_model="0.8")
    with budget:
        fnp.exp(fnp.ones(10))
    report = budget.attest()
    assert report["budget"]["cost_model"] == "cheap"
    assert failed(reread(report)) == ["price table 0.8"]
    report["budget"]["cost_model"] = "0.8"
    report["seal"] = digests.seal(report)
    assert failed(reread(report)) == ["price table 0.8"]
    with flops.BudgetContext(100, quiet=True, cost_model="0.5") as other:
        fnp.ones(3)
    assert failed(reread(other.attest())) == []


@attack(GROUP, "escapes taken out of the file, and the file sealed anew", "shows",
        "only to those who have the key: the signature fails")  # fmt: skip
def test_resealed() -> None:
    with flops.BudgetContext(100, quiet=True) as budget:
        np.asarray(fnp.ones(3))
    report = budget.attest(key=KEY)
    assert len(report["escapes"]) == 1
    _escapes(report)
    report["seal"] = digests.seal(report)
    assert failed(reread(report)) == []
    assert failed(reread(report), KEY) == ["signature"]
    report["signature"] = digests.signature(report["seal"], b"a guess")
    assert failed(reread(report), KEY) == ["signature"]


@attack(GROUP, "files that are no attestations, or damaged ones", "refused", "status 2")
def test_damaged_files(tmp_path: Path, statement: dict[str, Any]) -> None:
    good = json.dumps(statement)
    bad = ["", "[]", "{}", "[" * 10_000, '{"format": "flopscope-attestation", "version": 1}']
    bad += [good[:-5], good.replace('"version": 1', '"version": 99', 1)]
    bad += [good.replace("10000", "NaN", 1)]
    for path, value in (
        (("budget", "flops_used"), -1), (("budget", "flops_used"), True),
        (("log", "order"), [10**9]), (("log", "order"), [-1]), (("log", "records"), [[1]]),
        (("log", "chain"), None), (("seal",), 3), (("sub_budgets",), [3]), (("escapes",), None),
    ):  # fmt: skip
        report: Any = copy.deepcopy(statement)
        target = report
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
        bad.append(json.dumps(report))
    for text in bad:
        (tmp_path / "bad.json").write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["verify", str(tmp_path / "bad.json")])
        assert ended.value.code == 2


# -------------------------------------------------------------------------------------- the command


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, key = tmp_path / "a.json", tmp_path / "key"
    key.write_bytes(KEY)
    run().attest(path, key=KEY)
    assert main(["verify", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{path}: holds"
    assert any(line.startswith("ok      chain") for line in lines)
    assert main(["verify", str(path), "--key-file", str(key)]) == 0
    key.write_bytes(b"other")
    capsys.readouterr()
    assert main(["verify", str(path), "--key-file", str(key), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["holds"] is False
    assert [c["name"] for c in answer["checks"] if c["passed"] is False] == ["signature"]


def test_command_and_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with flops.BudgetContext(100, quiet=True) as budget:
        np.asarray(fnp.ones(3))
    budget.attest(tmp_path / "a.json")
    assert main(["verify", str(tmp_path / "a.json")]) == 0
    assert "note    escapes" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "a.json"), "--no-escapes"]) == 1
    assert "1 check FAILED" in capsys.readouterr().out


def test_nobody_rewrites_the_library() -> None:
    # Pytest rewrites the assertions of plugins' distributions, and ours has a plugin.
    folder = Path(flops.__file__).parent
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), file


def test_the_library_is_what_its_files_say() -> None:
    from flopscope._attestation.memory import changed_functions

    assert changed_functions() == []
