"""The list of attacks, of which `docs/security.md` shows a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pytest

# What must happen. "recorded" means an escape on the budget, which a strict budget refuses;
# "harmless": it works and changes no figure; "shows": the attestation, or its check, tells;
# "out of reach": one process cannot see it, and the test shows just that.
Outcome = Literal["billed", "refused", "recorded", "harmless", "shows", "out of reach"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Attack:
    """One attack. `name` is its id in the table and in pytest's output."""

    name: str
    group: str
    tried: str
    outcome: Outcome
    why: str = ""


ATTACKS: dict[str, Attack] = {}


def register(attack: Attack) -> Attack:
    """Add an attack to the list."""
    if attack.name in ATTACKS and ATTACKS[attack.name] != attack:
        raise ValueError(f"two attacks are called {attack.name!r}")
    ATTACKS[attack.name] = attack
    return attack


def attack(group: str, tried: str, outcome: Outcome, why: str = "") -> Callable[[F], F]:
    """Make a test function an attack; its name, without ``test_``, is the id."""

    def enlist(function: F) -> F:
        name = function.__name__.removeprefix("test_").replace("_", "-")
        register(Attack(name, group, tried, outcome, why))
        return pytest.mark.filterwarnings("ignore")(function)

    return enlist


def table(group: str) -> str:
    """Return the attacks of a group as a table in Markdown."""
    lines = ["| id | tried | outcome |", "|---|---|---|"]
    for entry in ATTACKS.values():
        if entry.group == group:
            tried = entry.tried.replace("|", "\\|")
            outcome = f"{entry.outcome}: {entry.why}" if entry.why else entry.outcome
            lines.append(f"| `{entry.name}` | {tried} | {outcome} |")
    return "\n".join(lines)
