"""``flopscope cost``: the bill of one operation, from shapes."""

from __future__ import annotations

import ast
import re
from typing import Annotated, Any

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "the bill of one operation"
DESCRIPTION = """\
Tells what an operation bills for operands of given shapes, and by which rule. As in:

    flopscope cost einsum "ij,jk->ik" 256,256 256,256
"""

_SHAPE = re.compile(r"^\(?\s*(\d+\s*(,\s*\d*\s*)*)?\)?$")


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", text))


def run(
    operation: Annotated[str, typer.Argument(help="as in the log: exp, linalg.svd, random.normal")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="shapes as 256,256 (a number alone: a vector; (): a number), name=value for other "
            "arguments, text for subscripts"
        ),
    ] = None,
    dtype: Annotated[str, typer.Option()] = "float64",
    symmetry: Annotated[
        str | None,
        typer.Option(
            metavar="AXES", help="axes of the first operand that may be exchanged, as in 0,1"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    import flopscope

    shapes: list[tuple[int, ...]] = []
    texts: list[str] = []
    keywords: dict[str, Any] = {}
    for argument in arguments or []:
        name, equals, value = argument.partition("=")
        if equals and name.isidentifier():
            keywords[name] = _value(value)
        elif _SHAPE.match(argument):
            shapes.append(_shape(argument))
        else:
            texts.append(argument)
    try:
        told = flopscope.explain(
            operation, *texts, shapes=shapes, dtype=dtype,
            symmetry=None if symmetry is None else _shape(symmetry), **keywords,
        )  # fmt: skip
    except (AttributeError, TypeError, flopscope.errors.FlopscopeError) as error:
        raise ValueError(str(error)) from None
    if as_json:
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
