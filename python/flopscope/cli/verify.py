"""``flopscope verify``: checks what `BudgetContext.attest` wrote."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

_MARKS = {True: "ok", False: "FAILED", None: "note"}


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help="check the attestation of a budget",
        description="Checks the seal, the hash chain over the log, the sums and limits, and that "
        "prices and library are those installed here. Status 1 when a check fails.",
    )
    parser.add_argument("file", metavar="FILE", help="what budget.attest(path=...) wrote")
    parser.add_argument(
        "--key-file", metavar="FILE", help="the secret that the attestation must be signed with"
    )
    parser.add_argument(
        "--no-escapes", action="store_true", help="fail when the budget recorded escapes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    return parser


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out."""
    from flopscope._attestation.verify import Check, load, verify

    key = None
    if options.key_file is not None:
        key = Path(options.key_file).read_bytes()
        if not key:
            raise ValueError(f"{options.key_file}: the key is empty")
    try:
        report = load(Path(options.file).read_bytes())
    except ValueError as error:
        raise ValueError(f"{options.file}: {error}") from None
    checks = verify(report, key)
    if options.no_escapes:
        checks = [
            Check(c.name, False, c.text) if c.name in ("escapes", "elsewhere") else c
            for c in checks
        ]
    failed = sum(check.passed is False for check in checks)
    if options.json:
        print(json.dumps({"holds": not failed, "checks": [asdict(c) for c in checks]}, indent=2))
        return 1 if failed else 0
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{_MARKS[check.passed]:<6}  {check.name:<{width}}  {check.text}")
    plural = "" if failed == 1 else "s"
    print(f"{options.file}: {'holds' if not failed else f'{failed} check{plural} FAILED'}")
    return 1 if failed else 0
