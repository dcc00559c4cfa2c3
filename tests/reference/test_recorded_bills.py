"""The recorded bills of single calls, which the twin must find without making the call."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import reference

from ..golden_case import Case, build

_FILE = Path(__file__).parents[1] / "data" / "golden.jsonl"


def _single_call(source: str) -> ast.Call | None:
    """The syntax of ``fnp.name(...)`` whose arguments call nothing that is counted."""
    statements = ast.parse(source).body
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr):
        return None
    call = statements[0].value
    if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("fnp."):
        return None
    computed = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare)
    inner = (node for part in (*call.args, *call.keywords) for node in ast.walk(part))
    return None if any(isinstance(node, computed) and _counted(node) for node in inner) else call


def _counted(node: ast.AST) -> bool:
    """Does a part of an expression go to the meter? Numbers with a sign do not."""
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return bool(names - {"np", "SG", "int", "float", "complex", "slice", "range", "list", "tuple"})


def _cases() -> Iterator[Any]:
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if "error" in case or "budget" in case or case.get("mode") == "bare":
            continue
        call = _single_call(case["expr"])
        if call is not None and ast.unparse(call.func)[4:] in reference.operations():
            yield pytest.param(case, call, id=case["id"])


def _plain(x: Any, made: dict[int, Any]) -> Any:
    """The argument without the meter; an array given twice stays one."""
    if isinstance(x, np.ndarray):
        if id(x) not in made:
            group = getattr(x, "symmetry", None)
            values = np.array(x)
            made[id(x)] = values if group is None else reference.tagged(values, _plain(group, made))
        return made[id(x)]
    if isinstance(x, flops.SymmetryGroup):
        return reference.Group(x.axes, tuple(map(tuple, x.generator_literals)))
    if isinstance(x, (tuple, list)):
        return type(x)(_plain(item, made) for item in x)
    return x


def _arguments(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


@pytest.mark.parametrize(("case", "call"), list(_cases()))
def test_as_recorded(case: Case, call: ast.Call) -> None:
    names: dict[str, Any] = {"fnp": fnp, "flops": flops, "np": np, "SG": flops.SymmetryGroup}
    with flops.BudgetContext(flop_budget=10**15, quiet=True):
        names |= {name: build(spec) for name, spec in case.get("arrays", {}).items()}
        exec(case.get("prep", ""), names)
        names["_arguments"] = _arguments
        given = ast.Call(ast.Name("_arguments", ast.Load()), call.args, call.keywords)
        expression = ast.fix_missing_locations(ast.Expression(given))
        args, kwargs = eval(compile(expression, case["id"], "eval"), names)
        made: dict[int, Any] = {}
        args = tuple(_plain(x, made) for x in args)
        kwargs = {key: _plain(x, made) for key, x in kwargs.items()}
    operation = ast.unparse(call.func)[4:]
    assert reference.charged(operation, *args, **kwargs) == case["flops"]
