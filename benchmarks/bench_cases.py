"""The calls that are timed, each for three sides: NumPy, flopscope, and a meter written in Python.

A case is one statement and the names it uses. Both `ratios.py` and the pytest-benchmark files
compile that statement into the body of a loop, the same bytecode for every side, with every name a
local: no closure or wrapper is timed along with the call.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Names = dict[str, Any]
Loop = Callable[[int], None]

SIZES = (1, 16, 256, 4096, 65536)
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
class Goal:
    """What the counted call may cost: a ratio to NumPy's time, or nanoseconds on top of it."""

    ratio: float | None = None
    extra_ns: float | None = None

    def __str__(self) -> str:
        return f"x {self.ratio:.2f}" if self.ratio is not None else f"+ {self.extra_ns:.0f} ns"

    def met(self, counted_ns: float, numpy_ns: float) -> bool:
        if self.ratio is not None:
            return counted_ns <= self.ratio * numpy_ns
        assert self.extra_ns is not None
        return counted_ns <= numpy_ns + self.extra_ns


@dataclass(frozen=True)
class Case:
    """One statement. ``data`` gives the names it uses; arrays among them are converted per side."""

    group: str
    size: int
    statement: str
    data: Names
    function: str | None = None  # name in the array module that `f` stands for
    result: str | None = None  # expression to compare; the statement itself by default
    sides: tuple[str, ...] = SIDES
    goal: Goal | None = None

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
            names["f"] = getattr(side.xp, self.function)
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
        return np.asarray(run(None))

    def _compile(self, names: Names, argument: str, body: str) -> Callable[[Any], Any]:
        parameters = "".join(f", {name}={name}" for name in names)
        scope = dict(names)
        exec(f"def run({argument}{parameters}):\n  {body}\n", scope)
        function: Callable[[Any], Any] = scope["run"]
        return function


def bit_equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def cases_of_size(n: int) -> Iterator[Case]:
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal(n), rng.standard_normal(n)
    side = math.isqrt(n)
    m, k = a.reshape(side, side), b.reshape(side, side)
    integers, singles = np.arange(n), a.astype(np.float32)
    mask = a > 0.0
    column = min(3, side - 1)

    # The Python meter visits every multiplication of a product to price it.
    priced_in_python = SIDES if n <= 256 else ("numpy", "flopscope")

    def case(group: str, statement: str, data: Names, **more: Any) -> Case:
        return Case(group, n, statement, data, **more)

    general = Goal(extra_ns=150) if n <= 256 else None
    fast = {16: Goal(ratio=1.0), 4096: Goal(ratio=1.1)}.get(n)

    # Functions.
    yield case("add", "f(a, b)", {"a": a, "b": b}, function="add", goal=fast)
    yield case("multiply-scalar", "f(a, 1.5)", {"a": a}, function="multiply", goal=general)
    yield case("exp", "f(a)", {"a": a}, function="exp", goal=general)
    yield case("sqrt", "f(p)", {"p": np.abs(a)}, function="sqrt", goal=general)
    yield case("maximum-scalar", "f(a, 0.0)", {"a": a}, function="maximum", goal=general)
    yield case("sum", "f(a)", {"a": a}, function="sum")
    yield case("mean-axis0", "f(m, axis=0)", {"m": m}, function="mean")
    yield case("matmul", "f(m, k)", {"m": m, "k": k}, function="matmul", sides=priced_in_python)
    yield case("where", "f(c, a, b)", {"c": mask, "a": a, "b": b}, function="where")
    yield case("reshape", "f(a, shape)", {"a": a, "shape": (side, side)}, function="reshape")
    yield case("zeros", "f(n)", {"n": n}, function="zeros")
    yield case("concatenate", "f((a, b))", {"a": a, "b": b}, function="concatenate")
    yield case("add-mixed", "f(a, i)", {"a": a, "i": integers}, function="add", goal=general)
    yield case("add-f32-f64", "f(a, s)", {"a": a, "s": singles}, function="add", goal=general)
    yield case("add-broadcast", "f(m, r)", {"m": m, "r": b[:side]}, function="add", goal=general)
    yield case("add-strided", "f(t, k)", {"t": m.T, "k": k}, function="add", goal=general)
    # What no inner loop takes goes through the ufunc itself.
    yield case(
        "add-casting",
        'f(a, b, casting="same_kind")',
        {"a": a, "b": b},
        function="add",
        goal=general,
    )
    yield case(
        "add-where",
        "f(a, b, out=o, where=c)",
        {"a": a, "b": b, "o": np.empty(n), "c": mask},
        function="add",
        goal=general,
    )
    yield case("divmod", "f(a, p)", {"a": a, "p": np.abs(b)}, function="divmod", goal=general)
    yield case(
        "einsum",
        'f("ij,jk->ik", m, k)',
        {"m": np.rint(m), "k": np.rint(k)},  # exact sums: BLAS rounds in another order
        function="einsum",
        sides=("numpy", "flopscope"),
        goal=Goal(extra_ns=1000) if n <= 256 else None,
    )
    yield case(
        "add-out",
        "f(a, b, out=o)",
        {"a": a, "b": b, "o": np.empty(n)},
        function="add",
        goal=general,
    )

    # Operators and methods.
    yield case("op-add", "a + b", {"a": a, "b": b}, goal=fast)
    yield case("op-mul-scalar", "a * 1.5", {"a": a}, goal=general)
    yield case("op-rmul-scalar", "1.5 * a", {"a": a}, goal=general)
    yield case("op-matmul", "m @ k", {"m": m, "k": k}, sides=priced_in_python)
    yield case("op-less", "a < b", {"a": a, "b": b}, goal=general)
    yield case("op-negative", "-a", {"a": a}, goal=general)
    yield case("op-iadd", "o += b", {"o": np.zeros(n), "b": np.zeros(n)}, result="o", goal=general)
    yield case("method-sum", "a.sum()", {"a": a})
    yield case("method-mean-axis0", "m.mean(axis=0)", {"m": m})
    yield case("method-reshape", "a.reshape(-1)", {"a": a})
    yield case("method-astype", "a.astype(t)", {"a": a, "t": np.dtype(np.float32)})
    yield case("transpose", "m.T", {"m": m})

    # Indexing.
    yield case("index-scalar", "a[0]", {"a": a})
    yield case("index-row", "m[0]", {"m": m})
    yield case("index-column", f"m[:, {column}]", {"m": m})
    yield case("index-slice", "a[1:]", {"a": a})
    yield case("index-mask", "a[c]", {"a": a, "c": mask})

    # NumPy's own name on counted arrays: through the array protocols.
    yield case("np-add", "f(a, b)", {"a": a, "b": b, "f": np.add}, sides=("numpy", "flopscope"))
    yield case("np-sum", "f(a)", {"a": a, "f": np.sum}, sides=("numpy", "flopscope"))


CASES: tuple[Case, ...] = tuple(case for n in SIZES for case in cases_of_size(n))
