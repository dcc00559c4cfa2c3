"""Exports: the formats are what their readers expect, and their figures those of the budget."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.report.exports import FORMATS, json_report, report_schema


def helper(x: Any) -> Any:
    return fnp.exp(x)


@pytest.fixture(params=["line", "stack", None])
def budget(request: pytest.FixtureRequest) -> flops.BudgetContext:
    with flops.BudgetContext(
        10_000, quiet=True, namespace="root", attribute=request.param, memory=True
    ) as made:
        x = fnp.ones(10)
        with flops.namespace("a"):
            x = helper(x) + helper(x)
            with flops.namespace("b"):
                fnp.add(x, 1.0)
        with flops.namespace("a"), flops.namespace("b"):
            fnp.sum(x)
    return made


def test_json_follows_its_schema(budget: flops.BudgetContext, tmp_path: Path) -> None:
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    path = tmp_path / "report.json"
    budget.export(path)
    read = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(read, schema, jsonschema.Draft202012Validator)
    assert read == json.loads(json.dumps(json_report(budget)))
    for part in ("operations", "namespaces", "lines", "entries"):
        if read[part] is not None:
            assert sum(row["flops"] for row in read[part]) == budget.flops_used == 349
    assert (read["lines"] is None) == (budget.attribute is None)
    read["operations"][0]["flops"] = "many"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read, schema, jsonschema.Draft202012Validator)


def test_json_before_anything_ran() -> None:
    fresh = flops.BudgetContext(10, attribute="line")
    jsonschema.validate(json_report(fresh), report_schema(), jsonschema.Draft202012Validator)


def test_csv(budget: flops.BudgetContext, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    budget.export(path)
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(int(row["flops"]) for row in rows) == 349
    assert sum(int(row["calls"]) for row in rows) == len(budget.op_log)
    assert {row["namespace"] for row in rows} == {"root", "root.a", "root.a.b"}
    assert all(row["file"] == (__file__ if budget.attribute else "") for row in rows)


def _nested(events: list[dict[str, Any]], weight: str, budget: flops.BudgetContext) -> list[Any]:
    """The leaves, with what was open around them; checks that everything nests and moves on."""
    stack: list[tuple[str, float]] = []
    leaves = []
    last = 0.0
    for event in events:
        assert event["at"] >= last
        last = event["at"]
        if event["opens"]:
            stack.append((event["name"], event["at"]))
        else:
            name, begun = stack.pop()
            assert name == event["name"]
            leaves.append(([*(n for n, _ in stack), name], event["at"] - begun))
    assert stack == []
    return leaves


@pytest.mark.parametrize("weight", ["flops", "time"])
def test_speedscope(budget: flops.BudgetContext, tmp_path: Path, weight: Any) -> None:
    path = tmp_path / "run.speedscope.json"
    budget.export(path, weight=weight)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    (profile,) = read["profiles"]
    assert profile["type"] == "evented"
    assert profile["unit"] == {"flops": "none", "time": "seconds"}[weight]
    frames = [frame["name"] for frame in read["shared"]["frames"]]
    events = [
        {"opens": e["type"] == "O", "name": frames[e["frame"]], "at": e["at"]}
        for e in profile["events"]
    ]
    leaves = _nested(events, weight, budget)
    names = {name for path, _ in leaves for name in path}
    assert {"root", "a", "b", "exp", "add", "sum"} <= names
    if weight == "flops":
        assert profile["endValue"] == budget.flops_used
        assert sum(width for path, width in leaves if path == ["root"]) == budget.flops_used
        assert sum(width for path, width in leaves if path[-1] == "exp") == 320
    if budget.attribute is not None:
        assert "helper" in names


@pytest.mark.parametrize("weight", ["flops", "time"])
def test_chrome(budget: flops.BudgetContext, tmp_path: Path, weight: Any) -> None:
    path = tmp_path / "run.trace.json"
    budget.export(path, weight=weight)
    read = json.loads(path.read_text(encoding="utf-8"))
    events = [event for event in read["traceEvents"] if event["ph"] != "M"]
    assert {event["ph"] for event in events} == {"B", "E"}
    leaves = _nested(
        [{"opens": e["ph"] == "B", "name": e["name"], "at": e["ts"]} for e in events],
        weight,
        budget,
    )
    spent = sum(e["args"]["flops"] for e in events if "flops" in e.get("args", {}))
    assert spent == budget.flops_used
    if weight == "flops":
        assert sum(w for path, w in leaves if path[-1] == "exp") == 320


def test_callbacks_nest_in_time(tmp_path: Path) -> None:
    with (
        pytest.warns(flops.errors.RemoteCallbackWarning),
        flops.BudgetContext(10**6, quiet=True, attribute="line") as budget,
    ):
        fnp.apply_along_axis(lambda row: fnp.exp(row), 0, np.ones((3, 4)))
    for weight in ("flops", "time"):
        budget.export(tmp_path / "a.trace.json", weight=weight)  # type: ignore[arg-type]
        read = json.loads((tmp_path / "a.trace.json").read_text(encoding="utf-8"))
        events = [event for event in read["traceEvents"] if event["ph"] != "M"]
        made = [{"opens": e["ph"] == "B", "name": e["name"], "at": e["ts"]} for e in events]
        assert _nested(made, weight, budget)


def test_an_empty_budget_exports(tmp_path: Path) -> None:
    with flops.BudgetContext(10, quiet=True) as budget:
        pass
    for name in FORMATS:
        budget.export(tmp_path / name, format=name)
        if name != "csv":
            json.loads((tmp_path / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "arguments", [("run.txt",), ("run", "xml"), ("run.json", None, "bytes"), ("run",)]
)
def test_what_cannot_be_written(arguments: Any, tmp_path: Path) -> None:
    budget = flops.BudgetContext(10)
    path, *rest = arguments
    with pytest.raises(ValueError, match=r"format|weight"):
        budget.export(tmp_path / path, *rest)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        budget.export(tmp_path / "no" / "run.json")
