"""What is timed, each for three sides: NumPy, flopscope, and a meter written in Python.

A case is one statement and the names it uses. Both `ratios.py` and the pytest-benchmark files
compile that statement into the body of a loop, the same bytecode for every side, with every name a
local: no closure or wrapper is timed along with the call.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Names = dict[str, Any]
Loop = Callable[[int], None]

BUDGET = 10**15


@dataclass(frozen=True)
class Side:
    """An array module, and how plain data becomes its arrays (over the same memory)."""

    name: str
    xp: Any
    array: Callable[[np.ndarray], Any]


@contextlib.contextmanager
def open_side(name: str) -> Iterator[Side]:
    """The side called ``numpy``, ``flopscope`` or ``reference``, inside a budget of its own."""
    if name == "numpy":
        yield Side(name, np, lambda data: data)
    elif name == "flopscope":
        import flopscope as flops
        import flopscope.numpy as fnp

        with flops.BudgetContext(flop_budget=BUDGET, quiet=True):
            yield Side(name, fnp, fnp.asarray)
    elif name == "reference":
        from flopscope.reference import Budget, MeteredNumpy

        xp = MeteredNumpy(Budget(BUDGET), exact=False)
        yield Side(name, xp, xp.asarray)
    else:
        raise ValueError(f"no side called {name!r}")


SIDES = ("numpy", "flopscope", "reference")


@dataclass(frozen=True)
class Case:
    """One statement. ``data`` gives the names it uses; arrays among them are converted per side."""

    group: str
    size: int
    statement: str
    data: Names
    function: str | None = None  # name in the array module that `f` stands for, dots allowed
    functions: dict[str, Any] | None = None  # what `f` stands for by side, where names differ
    setup: str | None = None  # an expression for the name `g`
    result: str | None = None  # expression to compare; the statement itself by default
    sides: tuple[str, ...] = SIDES
    is_exact: bool = True  # whether results have the same bits, or only nearly the same values
    goal: float | None = None  # the most that the ratio to NumPy's time may be

    @property
    def id(self) -> str:
        return f"{self.group}-{self.size}"

    def names(self, side: Side) -> Names:
        """Fresh names for ``side``; arrays called ``o...`` are written to, so they are copies."""

        def convert(key: str, value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return side.array(value.copy() if key.startswith("o") else value)
            if isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value):
                return tuple(convert(key, v) for v in value)
            return value

        names = {key: convert(key, value) for key, value in self.data.items()}
        if self.function is not None:
            names["f"] = functools.reduce(getattr, self.function.split("."), side.xp)
        if self.functions is not None:
            names["f"] = self.functions[side.name]
        if self.setup is not None:
            names["g"] = eval(self.setup, dict(names))
        return names

    def loop(self, names: Names) -> Loop:
        """A function that runs the statement as often as it is told to."""
        run = self._compile(names, "_times", f"for _ in _times:\n    {self.statement}")
        return lambda times: run(itertools.repeat(None, times))

    def value(self, names: Names) -> np.ndarray:
        """What one run of the statement yields, as a plain array."""
        if self.result is None:
            run = self._compile(names, "_", f"return ({self.statement})")
        else:
            run = self._compile(names, "_", f"{self.statement}\n  return ({self.result})")
        result = run(None)
        # Somebody who holds what is written to would make every write an escape from the meter.
        writes = any(key.startswith("o") for key in names)
        return np.array(result) if writes else np.asarray(result)

    def _compile(self, names: Names, argument: str, body: str) -> Callable[[Any], Any]:
        parameters = "".join(f", {name}={name}" for name in names)
        scope = dict(names)
        exec(f"def run({argument}{parameters}):\n  {body}\n", scope)
        function: Callable[[Any], Any] = scope["run"]
        return function

    def agrees(self, value: np.ndarray, numpy: np.ndarray) -> bool:
        """Whether a result is NumPy's."""
        return bit_equal(value, numpy) if self.is_exact else np.allclose(value, numpy, rtol=1e-13)


def bit_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Same dtype, shape and bits."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
