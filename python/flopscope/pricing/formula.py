"""Counts as expressions: what price lists state, checked, evaluated exactly, and put into C++.

A formula is an expression in Python's syntax over the facts of a call, after any number of
``name = expression;``. Divisions are floor divisions; there are no floats. Beside arithmetic,
comparisons and choices it knows ``sum(... for x in list)``, over several lists with ``zip``, and
the functions of `BUILTINS` and of its price list.

This file imports nothing of flopscope: the program that writes the tables runs it before there is
a library.

>>> Formula("a = max(m, n); 2*a*k + (1 if k > 1 else 0)", {"m", "n", "k"}).evaluate(
...     {"m": 2, "n": 5, "k": 3})
31
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

__all__ = ["BUILTINS", "Formula", "FormulaError", "Function", "parse_signature"]


class FormulaError(ValueError):
    """A formula that cannot be read; the message quotes it."""


def _ceil_log2(n: int) -> int:
    return (n - 1).bit_length() if n > 1 else 0


def _cheapest_chain(sizes: Sequence[int], step: Callable[[int, int, int], int]) -> int:
    """Cheapest order of a chain of products of sizes[i] x sizes[i + 1] matrices."""
    count = len(sizes) - 1
    if count < 2:
        return 0
    best = [[0] * count for _ in range(count)]
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            best[i][j] = min(
                best[i][k] + best[k + 1][j] + step(sizes[i], sizes[k + 1], sizes[j + 1])
                for k in range(i, j)
            )
    return best[0][-1]


#: Functions that every formula may call, by name.
BUILTINS: dict[str, Callable[..., int]] = {
    "bit_count": lambda n: n.bit_count(),
    "bit_length": lambda n: n.bit_length(),
    "ceil_log2": _ceil_log2,
    "cheapest_chain": _cheapest_chain,
    "isqrt": lambda n: math.isqrt(max(0, n)),
    "max": max,
    "min": min,
    "product": math.prod,
}

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
_COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_LARGEST_POWER = 8


def parse_signature(text: str) -> tuple[str, tuple[str, ...]]:
    """Take ``"svd(m, n)"`` apart into a name and parameters."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        call = None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.keywords
        or not all(isinstance(argument, ast.Name) for argument in call.args)
    ):
        raise FormulaError(f"{text!r} is no signature like 'f(a, b)'")
    return call.func.id, tuple(argument.id for argument in call.args)  # type: ignore[attr-defined]


class Formula:
    """An expression over named integers, texts and lists of integers.

    Parameters
    ----------
    text : str
    names : iterable of str
        What it may refer to.
    functions : mapping of str to Function, optional
        What it may call beside `BUILTINS`.

    Raises
    ------
    FormulaError
        It is no expression, or one that refers to something unknown.
    """

    def __init__(
        self,
        text: str,
        names: Iterable[str],
        functions: Mapping[str, Function] | None = None,
    ) -> None:
        self.text = " ".join(text.split())
        self.functions = dict(functions or {})
        self.lets: list[tuple[str, ast.expr]] = []
        self.used: set[str] = set()
        known = set(names)
        *assignments, last = self.text.split(";")
        for assignment in assignments:
            name, equals, value = assignment.partition("=")
            if not equals or not name.strip().isidentifier():
                raise self._error(f"{assignment.strip()!r} is no assignment")
            self.lets.append((name.strip(), self._parse(value, known)))
            known.add(name.strip())
        self.result = self._parse(last, known)
        self.used -= {name for name, _ in self.lets}

    def _error(self, what: str) -> FormulaError:
        return FormulaError(f"{what} in the formula {self.text!r}")

    def _parse(self, text: str, known: set[str]) -> ast.expr:
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise self._error(f"syntax error ({error.msg})") from None
        self._check(tree, known)
        return tree

    def _check(self, node: ast.expr, known: set[str]) -> None:
        if isinstance(node, ast.Name):
            if node.id not in known:
                raise self._error(f"unknown name {node.id!r} (known: {', '.join(sorted(known))})")
            self.used.add(node.id)
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, str):
                raise self._error(f"{node.value!r} is neither a whole number nor a text")
        elif isinstance(node, ast.BinOp):
            self._check_arithmetic(node, known)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            self._check(node.operand, known)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._check(value, known)
        elif isinstance(node, ast.IfExp):
            for part in (node.test, node.body, node.orelse):
                self._check(part, known)
        elif isinstance(node, ast.Compare):
            self._check_comparison(node, known)
        elif isinstance(node, ast.Call):
            self._check_call(node, known)
        else:
            raise self._error(f"{ast.unparse(node)!r} is not understood")

    def _check_arithmetic(self, node: ast.BinOp, known: set[str]) -> None:
        if isinstance(node.op, ast.Pow):
            power = node.right
            if not isinstance(power, ast.Constant) or power.value not in range(_LARGEST_POWER):
                raise self._error("a power is a small whole number")
        elif type(node.op) not in _OPERATORS:
            raise self._error(f"the operator of {ast.unparse(node)!r} is not understood")
        self._check(node.left, known)
        self._check(node.right, known)

    def _check_comparison(self, node: ast.Compare, known: set[str]) -> None:
        self._check(node.left, known)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In) and isinstance(right, ast.Tuple):
                for item in right.elts:
                    self._check(item, known)
            elif type(operator) in _COMPARISONS:
                self._check(right, known)
            else:
                raise self._error(f"the comparison {ast.unparse(node)!r} is not understood")

    def _check_call(self, node: ast.Call, known: set[str]) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if node.keywords:
            raise self._error("functions take no keywords")
        if name == "sum" and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
            variables, lists, conditions = self.loop(node.args[0])
            for item in lists:
                self._check(item, known)
            for inner in (node.args[0].elt, *conditions):
                self._check(inner, known | set(variables))
            self.used -= set(variables)
        elif name == "cheapest_chain" and len(node.args) == 2:
            step = node.args[1]
            if not isinstance(step, ast.Name) or step.id not in self.functions:
                raise self._error("the step of a chain is a function of the price list")
            self._check(node.args[0], known)
        elif name in BUILTINS or name in self.functions:
            function = self.functions.get(name)
            if function is not None and len(node.args) != len(function.parameters):
                raise self._error(f"{name} takes {len(function.parameters)} arguments")
            for argument in node.args:
                self._check(argument, known)
        else:
            raise self._error(f"unknown function {ast.unparse(node.func)!r}")

    def loop(self, node: ast.GeneratorExp) -> tuple[list[str], list[ast.expr], list[ast.expr]]:
        """Names, lists and conditions of a sum."""
        clause = node.generators[0]
        target, source = clause.target, clause.iter
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        lists = (
            source.args
            if isinstance(source, ast.Call) and ast.unparse(source.func) == "zip"
            else [source]
        )
        if (
            len(node.generators) != 1
            or len(names) != len(lists)
            or not all(isinstance(part, ast.Name) for part in (*names, *lists))
        ):
            raise self._error("a sum goes over one list, or over several with zip,")
        return [name.id for name in names], list(lists), clause.ifs  # type: ignore[attr-defined]

    def evaluate(self, facts: Mapping[str, Any]) -> int:
        """Return the exact value, however large."""
        names = {**BUILTINS, "sum": sum, "zip": zip, **facts}
        names.update({name: f.evaluate for name, f in self.functions.items()})
        for name, value in self.lets:
            names[name] = _value_of(value, names)
        return int(_value_of(self.result, names))


def _value_of(tree: ast.expr, names: dict[str, Any]) -> Any:
    # Checked above: nothing but arithmetic on these names.
    return eval(compile(ast.Expression(tree), "<formula>", "eval"), {"__builtins__": {}, **names})


class Function:
    """A function of a price list.

    Parameters
    ----------
    signature : str
        Such as ``"MM(m, k, n)"``.
    text : str
        Its value.
    functions : mapping of str to Function
        What it may call.
    """

    def __init__(self, signature: str, text: str, functions: Mapping[str, Function]) -> None:
        self.name, self.parameters = parse_signature(signature)
        self.formula = Formula(text, self.parameters, functions)

    def evaluate(self, *arguments: Any) -> int:
        """Return the exact value."""
        return self.formula.evaluate(dict(zip(self.parameters, arguments, strict=True)))
