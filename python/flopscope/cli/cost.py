"""``flopscope cost``: the bill of one operation, from shapes."""

from __future__ import annotations

import argparse
import ast
import re
from typing import Any

__all__ = ["add_parser", "run"]

_SHAPE = re.compile(r"^\(?\s*(\d+\s*(,\s*\d*\s*)*)?\)?$")


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "cost",
        help="the bill of one operation",
        description="Tells what an operation bills for operands of given shapes, and by which "
        'rule. As in: flopscope cost einsum "ij,jk->ik" 256,256 256,256',
    )
    parser.add_argument("operation", help="as in the log: exp, linalg.svd, random.normal")
    parser.add_argument(
        "arguments",
        nargs="*",
        help="shapes as 256,256 (a number alone: a vector; (): a number), name=value for other "
        "arguments, text for subscripts",
    )
    parser.add_argument("--dtype", default="float64")
    parser.add_argument(
        "--symmetry", metavar="AXES", help="axes of the first operand that may be exchanged: 0,1"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", text))


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out; returns the exit status."""
    import flopscope

    shapes: list[tuple[int, ...]] = []
    texts: list[str] = []
    keywords: dict[str, Any] = {}
    for argument in options.arguments:
        name, equals, value = argument.partition("=")
        if equals and name.isidentifier():
            keywords[name] = _value(value)
        elif _SHAPE.match(argument):
            shapes.append(_shape(argument))
        else:
            texts.append(argument)
    symmetry = None if options.symmetry is None else _shape(options.symmetry)
    try:
        told = flopscope.explain(
            options.operation, *texts, shapes=shapes, dtype=options.dtype, symmetry=symmetry,
            **keywords,
        )  # fmt: skip
    except (AttributeError, TypeError, flopscope.errors.FlopscopeError) as error:
        raise ValueError(str(error)) from None
    if options.json:
        import json

        figures = {
            "operation": told.op_name,
            "shapes": told.shapes,
            "formula": told.formula,
            "flop_cost": told.flop_cost,
            "weight": told.weight,
            "charged": told.charged,
        }
        print(json.dumps(figures, indent=2))
    else:
        print(told)
    return 0
