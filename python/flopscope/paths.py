"""Contraction orders: which operands of an einsum to combine first.

Every function here has the signature of opt_einsum's path functions and returns what they return,
so ``opt_einsum.contract(..., optimize=flopscope.paths.auto)`` works. The search runs in C++ with
the interpreter lock released, but for greedy ones of few operands.

Two families:

- `reference_auto`, `reference_optimal`, `branch_all`, `branch_2`, `branch_1`, `branch` and
  `greedy` return exactly the path of opt_einsum 3.4, ties included. A contraction is billed along
  the path of `reference_auto`.
- `optimal`, `dp`, `random_greedy`, `auto` and `auto_hq` look for the cheapest path.

The cost of a step is opt_einsum's: the product of the lengths of all labels that it meets, twice
that if a label that both operands have is summed.

Searches end after `time_limit` seconds at most, counted in units of work (80 million per second)
instead of read from a clock: equal arguments give equal paths on every machine, however busy. The
best path found so far is returned.

>>> from flopscope import paths
>>> inputs = [{"i", "j"}, {"j", "k"}, {"k", "l"}]
>>> paths.auto(inputs, {"i", "l"}, {"i": 100, "j": 2, "k": 50, "l": 3})
[(1, 2), (0, 1)]
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flopscope import _core

try:
    # opt_einsum takes a search only if it is an instance of this class.
    from opt_einsum.paths import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        PathOptimizer as _PathOptimizer,
    )
except ImportError:
    _PathOptimizer = object

__all__ = [
    "auto",
    "auto_hq",
    "branch",
    "branch_1",
    "branch_2",
    "branch_all",
    "dp",
    "greedy",
    "optimal",
    "random_greedy",
    "random_greedy_128",
    "reference_auto",
    "reference_optimal",
]

Inputs = Iterable[Iterable[Hashable]]
Path = list[tuple[int, ...]]

_WORK_PER_SECOND = 80e6
_DEFAULT_TIME = 0.05


class PathFunction(_PathOptimizer):  # type: ignore[misc, unused-ignore]
    """A function of this module, which opt_einsum also knows as a path optimizer."""

    __name__: str

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Path: ...

    def __repr__(self) -> str:
        return f"<path function flopscope.paths.{self.__name__}>"

    def __reduce__(self) -> str:
        return self.__name__


def _path_function(function: Callable[..., Path]) -> PathFunction:
    # A class for each: Python then calls the function itself, with no frame in between.
    kind = type("PathFunction", (PathFunction,), {"__call__": staticmethod(function)})
    path_function: PathFunction = kind()
    functools.update_wrapper(path_function, function)
    return path_function


def _work(time_limit: float) -> int:
    if not time_limit >= 0:
        raise ValueError(f"time_limit is a number of seconds, not {time_limit!r}")
    return int(min(time_limit * _WORK_PER_SECOND, 2.0**63))


_DEFAULT_WORK = _work(_DEFAULT_TIME)


@_path_function
def reference_auto(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
) -> Path:
    """Return the path that opt_einsum 3.4 chooses with ``optimize="auto"``.

    Up to 4 operands `reference_optimal`, 5 and 6 `branch_all`, 7 and 8 `branch_2`, 9 to 14
    `branch_1`, more `greedy`. Bills are laid over this path.

    Parameters
    ----------
    inputs : iterable of set
        The labels of each operand. A label is any hashable object; one that an operand repeats
        counts once.
    output : set
        The labels that are not summed.
    size_dict : mapping
        The length of each label.
    memory_limit : int, optional
        The most elements an intermediate may have. None, -1 and infinity: no limit. Where no
        pairwise step keeps it, the remaining operands are contracted in one step.

    Returns
    -------
    list of tuple of int
        The positions of each step's operands in the list of those that are left; the result is
        appended at its end.

    Raises
    ------
    TypeError
        A label is not hashable, or a size is not an integer.
    ValueError
        There is no operand, a label has no size or a negative one, or the output has a label that
        no operand has.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.reference_auto(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return _core._find_path(
        "reference-auto", inputs, output, size_dict, memory_limit, _work(60.0), 1, 0
    )


@_path_function
def reference_optimal(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the path of opt_einsum's `optimal`: all orders, depth first.

    The work grows faster than the factorial of the number of operands. `optimal` finds as cheap a
    path much sooner, though perhaps another one.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit
        As for `reference_auto`.
    time_limit : float
        Seconds of work after which the best path so far is returned.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.reference_optimal(["abd", "ac", "bdc"], "", {"a": 1, "b": 2, "c": 3, "d": 4})
    [(0, 2), (0, 1)]
    """
    return _core._find_path(
        "reference-optimal", inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0
    )


_BRANCH = {None: "branch-all", 1: "branch-1", 2: "branch-2"}


@_path_function
def branch(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    nbranch: int | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the path of opt_einsum's `branch`: the most promising orders, depth first.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit
        As for `reference_auto`.
    nbranch : {None, 1, 2}
        How many continuations of each partial order are followed. None: all.
    time_limit : float
        Seconds of work after which the best path so far is returned.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`, and for another `nbranch`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.branch(["abd", "ac", "bdc"], "", {"a": 1, "b": 2, "c": 3, "d": 4})
    [(0, 2), (0, 1)]
    """
    if nbranch not in _BRANCH:
        raise ValueError(f"nbranch is None, 1 or 2, not {nbranch!r}")
    return _core._find_path(
        _BRANCH[nbranch], inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0
    )


@_path_function
def branch_all(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the path of opt_einsum's `branch-all`: `branch` with ``nbranch=None``.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `branch`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.branch_all(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return branch(inputs, output, size_dict, memory_limit, None, time_limit=time_limit)


@_path_function
def branch_2(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the path of opt_einsum's `branch-2`: `branch` with ``nbranch=2``.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `branch`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.branch_2(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return branch(inputs, output, size_dict, memory_limit, 2, time_limit=time_limit)


@_path_function
def branch_1(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the path of opt_einsum's `branch-1`: `branch` with ``nbranch=1``.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `branch`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.branch_1(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return branch(inputs, output, size_dict, memory_limit, 1, time_limit=time_limit)


@_path_function
def greedy(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
) -> Path:
    """Return the path of opt_einsum's `greedy`: the largest reduction of memory next.

    Parameters
    ----------
    inputs, output, size_dict
        As for `reference_auto`.
    memory_limit : int, optional
        The most elements an intermediate may have. With a limit the path is that of `branch_1`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.greedy(["ab", "bc", "cd", "de"], "ae", dict.fromkeys("abcde", 4))
    [(0, 1), (0, 1), (0, 1)]
    """
    return _core._find_path("greedy", inputs, output, size_dict, memory_limit, _DEFAULT_WORK, 1, 0)


@_path_function
def optimal(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the cheapest path of pairwise steps, outer products included.

    Exact in costs up to ``2**53``, for up to 64 operands, unless the limit on work strikes first:
    that depends on the structure, and happens from about 20 operands on.

    Parameters
    ----------
    inputs, output, size_dict
        As for `reference_auto`.
    memory_limit : int, optional
        The most elements an intermediate may have; the result itself is none.
    time_limit : float
        Seconds of work after which the best path so far is returned.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.optimal([{0, 1}, {1, 2}, {2, 3}], {0, 3}, {0: 100, 1: 2, 2: 50, 3: 3})
    [(1, 2), (0, 1)]
    """
    return _core._find_path(
        "optimal", inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0
    )


@_path_function
def dp(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return a path at most as dear as the cheapest that joins only operands with a common label.

    Much faster than `optimal` from 10 operands on, and rarely dearer.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `optimal`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.dp(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return _core._find_path("dp", inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0)


@_path_function
def random_greedy(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    max_repeats: int = 128,
    seed: int = 0,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return the cheapest of many greedy paths with noise, and of `greedy` itself.

    Parameters
    ----------
    inputs, output, size_dict
        As for `reference_auto`.
    memory_limit : int, optional
        The most elements an intermediate may have. With a limit the path is that of `branch_1`.
    max_repeats : int
        How many paths are tried. Trial ``k`` depends on `seed` and ``k`` only.
    seed : int
        A number from 0 to ``2**64 - 1``.
    time_limit : float
        Seconds of work after which the best path so far is returned.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`, and for a negative `max_repeats` or `seed`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.random_greedy(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    if not 0 <= max_repeats < 2**31:
        raise ValueError(f"max_repeats is a number of trials, not {max_repeats!r}")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed is a number from 0 to 2**64 - 1, not {seed!r}")
    work = _work(time_limit)
    return _core._find_path(
        "random-greedy", inputs, output, size_dict, memory_limit, work, max_repeats, seed
    )


random_greedy_128 = random_greedy


@_path_function
def auto(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return a good path soon.

    Up to 8 operands the path of `optimal`, then that of `dp` as far as work allows. For more, the
    best of a few greedy paths, improved by contracting pieces of up to ten operands in the best
    order.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `optimal`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> import numpy as np
    >>> import opt_einsum
    >>> from flopscope import paths
    >>> x = np.ones((2, 3))
    >>> opt_einsum.contract("ab,cb,cd->ad", x, x, x, optimize=paths.auto).shape
    (2, 3)
    """
    return _core._find_path(
        "auto", inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0
    )


@_path_function
def auto_hq(
    inputs: Inputs,
    output: Collection[Hashable],
    size_dict: Mapping[Any, int],
    memory_limit: float | None = None,
    *,
    time_limit: float = _DEFAULT_TIME,
) -> Path:
    """Return a better path than `auto` where that takes more work.

    Up to about 16 operands the path of `optimal`; for more, more greedy paths and larger pieces
    than `auto`. Use it, perhaps with a larger `time_limit`, for paths that are used often.

    Parameters
    ----------
    inputs, output, size_dict, memory_limit, time_limit
        As for `optimal`.

    Returns
    -------
    list of tuple of int
        As from `reference_auto`.

    Raises
    ------
    TypeError, ValueError
        As from `reference_auto`.

    Examples
    --------
    >>> from flopscope import paths
    >>> paths.auto_hq(["ab", "bc", "cd"], "ad", {"a": 9, "b": 2, "c": 2, "d": 2})
    [(1, 2), (0, 1)]
    """
    return _core._find_path(
        "auto-hq", inputs, output, size_dict, memory_limit, _work(time_limit), 1, 0
    )
