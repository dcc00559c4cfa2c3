"""From einsum's ``optimize=`` to the order in which pairs are contracted."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Path", "find_path", "optimizer_name", "shape_lengths"]

Path = tuple[tuple[int, ...], ...]
Shape = tuple[int, ...]

# Names as opt_einsum has them, and what finds the path.
_NAMES = frozenset(
    {
        "auto",
        "auto-hq",
        "branch-1",
        "branch-2",
        "branch-all",
        "dp",
        "dynamic-programming",
        "eager",
        "greedy",
        "opportunistic",
        "optimal",
        "random-greedy",
        "random-greedy-128",
    }
)

# From here on the search for a good order would cost more than it saves.
_GREEDY_FROM = 8


def optimizer_name(optimize: Any) -> str:
    """Return what to call a value of ``optimize=`` in a report.

    Parameters
    ----------
    optimize : bool, str, path or callable

    Returns
    -------
    str

    Raises
    ------
    KeyError
        A name that is not known.
    """
    if optimize is None or isinstance(optimize, bool):
        return "auto"
    if isinstance(optimize, str):
        if optimize not in _NAMES:
            raise KeyError(
                f"unknown optimize={optimize!r}; the names are {', '.join(sorted(_NAMES))}"
            )
        return optimize
    if callable(optimize):
        return getattr(optimize, "__name__", type(optimize).__name__)
    return "explicit"


def shape_lengths(inputs: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """Return the length of every label, 1 where all operands have 1."""
    lengths: dict[str, int] = {}
    for term, shape in zip(inputs, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            if lengths.get(label, 1) == 1:
                lengths[label] = n
    return lengths


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


def _search(name: str, inputs: Sequence[str], output: str, lengths: dict[str, int]) -> Path:
    import opt_einsum  # type: ignore[import-not-found,import-untyped,unused-ignore]

    shapes = [tuple(lengths[label] for label in term) for term in inputs]
    expression = ",".join(inputs) + "->" + output
    path, _info = opt_einsum.contract_path(expression, *shapes, shapes=True, optimize=name)
    return _explicit(path, len(inputs))


def _named_path(name: str, inputs: tuple[str, ...], output: str, shapes: tuple[Shape, ...]) -> Path:
    return _search(name, inputs, output, shape_lengths(inputs, shapes))


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
    optimize : bool, str, path or callable
        As for `numpy.einsum`; also the names of opt_einsum and its path functions.
    inputs, output : sequence of str, str
        A label per axis.
    shapes : sequence of shapes
    executes : bool
        The order is to be run: then ``"auto"`` spends no time on a search for many operands.

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
        return _called(optimize, inputs, output, shape_lengths(inputs, shapes))
    if executes and name == "auto" and count >= _GREEDY_FROM:
        name = "greedy"
    path: Path = _named_path(name, tuple(inputs), output, tuple(shapes))
    return path
