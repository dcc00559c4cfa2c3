"""From einsum's ``optimize=`` to the order in which pairs are contracted."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from flopscope import _core
from flopscope.pricing.facts.products import label_lengths

__all__ = ["Path", "find_path", "optimizer_name"]

Path = tuple[tuple[int, ...], ...]
Shape = tuple[int, ...]

# opt_einsum's names, and the searches behind them; see `flopscope.paths`.
_METHODS = {
    "auto": "reference-auto",
    "auto-hq": "auto-hq",
    "branch-1": "branch-1",
    "branch-2": "branch-2",
    "branch-all": "branch-all",
    "dp": "dp",
    "dynamic-programming": "dp",
    "eager": "greedy",
    "greedy": "greedy",
    "opportunistic": "greedy",
    "optimal": "reference-optimal",
    "random-greedy": "random-greedy",
    "random-greedy-128": "random-greedy",
}

# What no search of einsum's may exceed, in units of work: about 50 ms.
_MOST_WORK = 4_000_000
_TRIALS = 32
_MANY_TRIALS = 128


def _split(optimize: Any) -> tuple[Any, Any]:
    """Take NumPy's pair of a name and the most elements of a result apart; others have no limit."""
    if isinstance(optimize, (tuple, list)) and len(optimize) == 2:
        name, limit = optimize
        if isinstance(name, str) and isinstance(limit, (int, float)):
            return name, limit
    return optimize, None


def optimizer_name(optimize: Any) -> str:
    """Return what to call a value of ``optimize=`` in a report.

    Parameters
    ----------
    optimize : bool, str, (str, number), path or callable

    Returns
    -------
    str

    Raises
    ------
    KeyError
        A name that is not known.
    """
    optimize, _ = _split(optimize)
    if optimize is None or isinstance(optimize, bool):
        return "auto"
    if isinstance(optimize, str):
        if optimize not in _METHODS:
            raise KeyError(
                f"unknown optimize={optimize!r}; the names are {', '.join(sorted(_METHODS))}"
            )
        return optimize
    if callable(optimize):
        return getattr(optimize, "__name__", type(optimize).__name__)
    return "explicit"


def _explicit(path: Sequence[Any], count: int) -> Path:
    """Check a path that the caller wrote down; NumPy's form begins with a word."""
    steps = list(path)
    if steps and isinstance(steps[0], str):
        steps = steps[1:]
    remaining = count
    checked = []
    for step in steps:
        try:
            positions = tuple(operator.index(i) for i in step)
        except TypeError:
            raise TypeError(f"a path is a list of tuples of positions; found {step!r}") from None
        if not positions or len(set(positions)) != len(positions):
            raise ValueError(f"step {positions} of the path does not name different operands")
        if not all(0 <= i < remaining for i in positions):
            raise ValueError(f"step {positions} of the path, with {remaining} operands left")
        remaining -= len(positions) - 1
        checked.append(positions)
    if remaining != 1:
        raise ValueError(f"the path leaves {remaining} of {count} operands uncontracted")
    return tuple(checked)


def _called(
    search: Callable[..., Any], inputs: Sequence[str], output: str, lengths: dict[str, int]
) -> Path:
    """Ask a path function, or a path object, of opt_einsum's kind."""
    path = search([frozenset(term) for term in inputs], frozenset(output), lengths, None)
    return _explicit(path, len(inputs))


@lru_cache(1024)
def _searched(
    method: str,
    trials: int,
    inputs: tuple[str, ...],
    output: str,
    shapes: tuple[Shape, ...],
    memory_limit: float | None,
) -> Path:
    lengths = label_lengths(inputs, shapes)
    path = _core._find_path(method, inputs, output, lengths, memory_limit, _MOST_WORK, trials, 0)
    return _explicit(path, len(inputs))


def find_path(
    optimize: Any,
    inputs: Sequence[str],
    output: str,
    shapes: Sequence[Shape],
    *,
    executes: bool = True,
) -> Path:
    """Find the order in which to contract.

    Parameters
    ----------
    optimize : bool, str, (str, number), path or callable
        As for `numpy.einsum`, where a number beside a name is the most elements that a result on
        the way may have; also the names of opt_einsum and its path functions.
    inputs, output : sequence of str, str
        A label per axis.
    shapes : sequence of shapes
    executes : bool
        The order is to be run: then ``"auto"`` looks for a better one than opt_einsum's.

    Returns
    -------
    tuple of tuple of int
        Positions in the shrinking list of operands; results are appended.

    Raises
    ------
    KeyError
        A name that is not known.
    ValueError, TypeError
        A path that does not fit the operands.
    """
    name = optimizer_name(optimize)
    count = len(inputs)
    if name == "explicit":
        return _explicit(optimize, count)
    if count <= 2:
        return (tuple(range(count)),)
    if callable(optimize):
        return _called(optimize, inputs, output, label_lengths(inputs, shapes))
    # What runs may follow a better path than what is billed.
    method = "auto" if executes and name == "auto" else _METHODS[name]
    trials = _MANY_TRIALS if name == "random-greedy-128" else _TRIALS
    _, memory_limit = _split(optimize)
    path: Path = _searched(method, trials, tuple(inputs), output, tuple(shapes), memory_limit)
    return path
