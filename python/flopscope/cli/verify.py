"""``flopscope verify``: checks what `BudgetContext.attest` wrote."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "check the attestation of a budget"
DESCRIPTION = """\
Checks what budget.attest(path) wrote: the seal, the hash chain over the log, sums and limits, and
that prices and library are those installed here. Exit status 1 when a check fails.
"""

_MARKS = {True: "ok", False: "FAILED", None: "note"}


def run(
    file: Annotated[str, typer.Argument(help="what budget.attest(path) wrote")],
    key_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="the secret that the attestation must be signed with"),
    ] = None,
    no_escapes: Annotated[
        bool,
        typer.Option("--no-escapes", help="fail for escapes and for FLOPs billed elsewhere"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of lines")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope._attestation.verify import Check, load, verify

    key = None
    if key_file is not None:
        key = Path(key_file).read_bytes()
        if not key:
            raise ValueError(f"{key_file}: the key is empty")
    try:
        report = load(Path(file).read_bytes())
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    checks = verify(report, key)
    if no_escapes:
        checks = [
            Check(c.name, False, c.text) if c.name in ("escapes", "elsewhere") else c
            for c in checks
        ]
    failed = sum(check.passed is False for check in checks)
    if as_json:
        print(json.dumps({"holds": not failed, "checks": [asdict(c) for c in checks]}, indent=2))
        return 1 if failed else 0
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{_MARKS[check.passed]:<6}  {check.name:<{width}}  {check.text}")
    plural = "" if failed == 1 else "s"
    print(f"{file}: {'holds' if not failed else f'{failed} check{plural} FAILED'}")
    return 1 if failed else 0
