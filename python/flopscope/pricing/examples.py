"""Facts of an ordinary call, to show by numbers what two prices make of the same work."""

from __future__ import annotations

from typing import Any

__all__ = ["example_facts"]

# By name, for a reduction of 12 elements to 3, matrices of 4 x 4 and the like; 4 for all others.
_VALUES: dict[str, Any] = {
    "A": 12, "B": 1, "K": 4, "N": 12, "O": 3, "additions": 48, "batch": 1, "broadcast": 12,
    "changes": 0,
    "contracted": 4, "copies": 12, "degree": 3, "density": 0, "drawn": 12, "draws": 1, "edges": 0,
    "first": 12, "general": 0, "groups": 1, "inputs": 12, "k": 0, "lines": 3, "matrix": 0,
    "means": 0, "multiplications": 64, "ndim": 2, "out": 12, "replace": 1, "size": 12, "size_a": 16,
    "size_b": 16, "small": -1, "spectral": 1, "symmetric": 0, "unique": 12, "unique_in": 12,
    "unique_out": 16, "vector": 0, "vectors": 1, "weighted": 0, "written": 12,
}  # fmt: skip
_TEXTS = {"mode": "full", "estimator": "fd", "covariance": ""}


def example_facts(schema: str) -> dict[str, Any]:
    """Return values for the facts of a schema, in its order."""
    facts: dict[str, Any] = {}
    for word in schema.replace("@", "").split():
        name = word.rstrip("[]:")
        if word.endswith("[]"):
            facts[name] = [4, 4]
        elif word.endswith(":"):
            facts[name] = _TEXTS[name]
        else:
            facts[name] = _VALUES.get(name, 4)
    return facts
