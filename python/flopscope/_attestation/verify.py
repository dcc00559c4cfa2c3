"""Checks of an attestation."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flopscope import _core
from flopscope._attestation import digests
from flopscope._attestation.attest import FORMAT, VERSION

__all__ = ["Check", "load", "verify"]

# A file that is larger than any honest one is not read.
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Check:
    """One question that was asked of an attestation.

    `passed` is None for what is only told: it is the reader's to judge.
    """

    name: str
    passed: bool | None
    text: str


def load(text: str | bytes) -> dict[str, Any]:
    """Read an attestation.

    Raises
    ------
    ValueError
        The text is none.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"an attestation has at most {MOST_BYTES:,} bytes, got {len(text):,}")
    try:
        report = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ValueError(f"no attestation: its 'format' is not {FORMAT!r}")
    if report.get("version") != VERSION:
        raise ValueError(
            f"an attestation of version {report.get('version')!r}; this flopscope reads {VERSION}"
        )
    problem = _shape_problem(report)
    if problem:
        raise ValueError(f"a damaged attestation: {problem}")
    return report


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_PARTS: dict[str, type] = {
    "versions": dict, "budget": dict, "sub_budgets": list, "escapes": list,
    "changed_functions": list, "unhooked": list, "digests": dict, "log": dict, "seal": str,
}  # fmt: skip


def _shape_problem(report: dict[str, Any]) -> str | None:
    for name, kind in _PARTS.items():
        if not isinstance(report.get(name), kind):
            return f"{name!r} is missing or no {kind.__name__}"
    if not isinstance(report.get("signature", 0), (str, type(None))):
        return "'signature' is missing or no str"
    for name in ("flop_budget", "flops_used", "flops_elsewhere", "operations"):
        if not _is_count(report["budget"].get(name)):
            return f"budget.{name} is no count"
    log = report["log"]
    records, order = log.get("records"), log.get("order")
    if not isinstance(records, list) or not isinstance(order, list):
        return "the log has no records or no order"
    if not isinstance(log.get("chain"), str):
        return "the log has no chain"
    for record in records:
        if not isinstance(record, list) or len(record) != 5 or not _is_count(record[3]):
            return f"a record is none: {record!r:.80}"
        if not isinstance(record[0], str) or not isinstance(record[4], (str, type(None))):
            return f"a record is none: {record!r:.80}"
    if not all(_is_count(index) and index < len(records) for index in order):
        return "the order names records that are not there"
    for part in report["sub_budgets"]:
        if not isinstance(part, dict) or not _is_count(part.get("flops_used")):
            return "a sub-budget is none"
        limit = part.get("flop_budget")
        if not isinstance(part.get("namespace"), str) or not (limit is None or _is_count(limit)):
            return "a sub-budget is none"
    return None


def _log_checks(report: dict[str, Any]) -> list[Check]:
    log, budget = report["log"], report["budget"]
    records, order = log["records"], log["order"]
    found = digests.chain(records, order)
    total = sum(records[index][3] for index in order)
    used = budget["flops_used"]
    return [
        Check("chain", hmac.compare_digest(found.encode(), log["chain"].encode()),
              f"{len(order):,} records, last link {found[:16]}"),
        Check("records", len(order) == budget["operations"],
              f"{len(order):,} in the log, {budget['operations']:,} counted"),
        Check("total", total == used, f"records sum to {total:,} FLOPs, the total is {used:,}"),
        Check("limit", used <= budget["flop_budget"],
              f"{used:,} of {budget['flop_budget']:,} FLOPs"),
    ]  # fmt: skip


def _sub_budget_checks(report: dict[str, Any]) -> list[Check]:
    records, order = report["log"]["records"], report["log"]["order"]
    spent: dict[str, int] = {}
    for index in order:
        path = records[index][4] or ""
        spent[path] = spent.get(path, 0) + records[index][3]
    checks = []
    for part in report["sub_budgets"]:
        path, used, limit = part["namespace"], part["flops_used"], part["flop_budget"]
        below = sum(cost for key, cost in spent.items() if f"{key}.".startswith(f"{path}."))
        within = limit is None or part.get("soft") is True or used <= limit
        shown = "no limit" if limit is None else f"{limit:,}"
        checks.append(
            Check(
                f"sub-budget {path}",
                within and used <= below,
                f"{used:,} of {shown} FLOPs, {below:,} in its namespace",
            )
        )
    return checks


def _digest_checks(report: dict[str, Any]) -> list[Check]:
    # What a report calls by the name of a list that ships has to be that list.
    name = report["budget"].get("cost_model")
    ships = isinstance(name, str) and name in _core._cost_models()
    model = _core._cost_model(name) if ships else _core._default_cost_model()
    table = f"price table {model.name}"
    names = {"price_table": table, "core": "compiled core", "facade": "Python facade"}
    here = digests.installed(model)
    checks = []
    for name, shown in names.items():
        told = report["digests"].get(name)
        same = isinstance(told, str) and told == here[name]
        text = (
            f"{here[name][:16]}, as installed here"
            if same
            else (f"{str(told)[:16]}; installed here is {here[name][:16]}")
        )
        checks.append(Check(shown, same, text))
    return checks


def _told(report: dict[str, Any]) -> list[Check]:
    budget = report["budget"]
    checks = []
    changed = report["changed_functions"]
    checks.append(
        Check("functions in memory", not changed,
              ", ".join(map(str, changed)) or "those of the files")
    )  # fmt: skip
    if report["unhooked"]:
        checks.append(
            Check("hooks", None, f"not in place: {', '.join(map(str, report['unhooked']))}")
        )
    escapes = report["escapes"]
    if escapes:
        what = sorted({str(e.get("what")) for e in escapes if isinstance(e, dict)})
        checks.append(Check("escapes", None, f"{len(escapes):,}: {', '.join(what)}"))
    if budget["flops_elsewhere"]:
        checks.append(
            Check("elsewhere", None,
                  f"{budget['flops_elsewhere']:,} FLOPs were billed to other budgets")
        )  # fmt: skip
    if budget.get("is_open") is True:
        checks.append(Check("open", None, "the context was still open"))
    return checks


def _signature_check(report: dict[str, Any], key: bytes | None) -> Check:
    told = report["signature"]
    if key is None:
        text = "none" if told is None else "there is one, and no key to check it with"
        return Check("signature", None, text)
    if told is None:
        return Check("signature", False, "none")
    same = hmac.compare_digest(digests.signature(report["seal"], key).encode(), told.encode())
    return Check("signature", same, "made with this key" if same else "not made with this key")


def verify(report: dict[str, Any], key: bytes | None = None) -> list[Check]:
    """Check an attestation.

    Parameters
    ----------
    report : dict
        What `load` returned.
    key : bytes, optional
        The secret that it must be signed with.

    Returns
    -------
    list of Check
        The attestation holds when none of them is False.
    """
    seal = digests.seal(report)
    steps: list[Callable[[dict[str, Any]], list[Check]]] = [
        _log_checks, _sub_budget_checks, _digest_checks, _told,
    ]  # fmt: skip
    checks = [
        Check("seal", hmac.compare_digest(seal.encode(), report["seal"].encode()), seal[:16]),
        _signature_check(report, key),
    ]
    for step in steps:
        checks += step(report)
    return checks
