"""The calls that are timed, by what they ask: one statement each, at five sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from bench_cases import SIDES, Case, Names
from goals import goal_of

SIZES = (1, 16, 256, 4096, 65536)
UNPRICED = ("numpy", "flopscope")  # the Python meter has no such function


class Cases:
    """The cases of one size: arrays of ``n`` elements, or square matrices of about as many."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(n)
        self.n = n
        self.side = math.isqrt(n)
        self.a, self.b = rng.standard_normal(n), rng.standard_normal(n)
        self.m, self.k = (x.reshape(self.side, self.side) for x in (self.a, self.b))
        self.singles = self.a.astype(np.float32)
        self.mask = self.a > 0.0
        # The Python meter visits every multiplication of a product to price it.
        self.priced = SIDES if n <= 256 else UNPRICED

    def case(self, group: str, statement: str, data: Names, **more: Any) -> Case:
        return Case(group, self.n, statement, data, goal=goal_of(group, self.n), **more)

    def elementwise(self) -> Iterator[Case]:
        """Functions of one and two operands."""
        a, b = self.a, self.b
        for name in ("add", "less"):
            yield self.case(name, "f(a, b)", {"a": a, "b": b}, function=name)
        yield self.case("exp", "f(a)", {"a": a}, function="exp")
        yield self.case("sqrt", "f(p)", {"p": np.abs(a)}, function="sqrt")
        yield self.case("divmod", "f(a, p)", {"a": a, "p": np.abs(b)}, function="divmod")
        s = self.singles
        yield self.case("add-float32", "f(s, s)", {"s": s}, function="add")
        yield self.case("isfinite", "f(a)", {"a": a}, function="isfinite")

    def scalars(self) -> Iterator[Case]:
        """One operand is a Python number."""
        a = self.a
        yield self.case("multiply-scalar", "f(a, 1.5)", {"a": a}, function="multiply")
        yield self.case("maximum-scalar", "f(a, 0.0)", {"a": a}, function="maximum")
        yield self.case("op-mul-scalar", "a * 2.0", {"a": a})
        yield self.case("op-rmul-scalar", "2.0 * a", {"a": a})
        yield self.case("op-pow-scalar", "a ** 2", {"a": a})

    def shapes(self) -> Iterator[Case]:
        """Operands of other dtypes, shapes and layouts."""
        a, m, k = self.a, self.m, self.k
        row, integers = self.b[: self.side], np.arange(self.n)
        yield self.case("add-mixed", "f(a, i)", {"a": a, "i": integers}, function="add")
        yield self.case("add-f32-f64", "f(a, s)", {"a": a, "s": self.singles}, function="add")
        yield self.case("add-broadcast", "f(m, r)", {"m": m, "r": row}, function="add")
        yield self.case("add-column", "f(m, r)", {"m": m, "r": row[:, None]}, function="add")
        yield self.case("add-strided", "f(t, k)", {"t": m.T, "k": k}, function="add")

    def keywords(self) -> Iterator[Case]:
        a, b, n = self.a, self.b, self.n
        names = {"a": a, "b": b}
        out = {**names, "o": np.empty(n)}
        masked = {**out, "c": self.mask}
        yield self.case("add-out", "f(a, b, out=o)", out, function="add")
        yield self.case("add-where", "f(a, b, out=o, where=c)", masked, function="add")
        # What no inner loop takes goes through the ufunc itself.
        yield self.case("add-casting", 'f(a, b, casting="same_kind")', names, function="add")

    def operators(self) -> Iterator[Case]:
        a, b, n = self.a, self.b, self.n
        yield self.case("op-add", "a + b", {"a": a, "b": b})
        yield self.case("op-less", "a < b", {"a": a, "b": b})
        yield self.case("op-negative", "-a", {"a": a})
        in_place = {"o": np.zeros(n), "b": np.zeros(n)}
        yield self.case("op-iadd", "o += b", in_place, result="o")

    def reductions(self) -> Iterator[Case]:
        """As functions, as methods, and next to the ufunc's own ``reduce``."""
        a, m = self.a, self.m
        yield self.case("sum", "f(a)", {"a": a}, function="sum")
        yield self.case("max", "f(a)", {"a": a}, function="max")
        yield self.case("mean-axis0", "f(m, axis=0)", {"m": m}, function="mean")
        yield self.case("std", "f(a)", {"a": a}, function="std")
        yield self.case("cumsum", "f(a)", {"a": a}, function="cumsum")
        yield self.case("method-sum", "a.sum()", {"a": a})
        yield self.case("method-mean-axis0", "m.mean(axis=0)", {"m": m})
        yield self._beside_reduce("sum-to-reduce", np.add, "sum")
        yield self._beside_reduce("max-to-reduce", np.maximum, "max")

    def _beside_reduce(self, group: str, ufunc: np.ufunc, name: str) -> Case:
        import flopscope.numpy as fnp

        functions = {"numpy": ufunc.reduce, "flopscope": getattr(fnp, name)}
        return self.case(group, "f(a)", {"a": self.a}, functions=functions, sides=UNPRICED)

    def contractions(self) -> Iterator[Case]:
        m, k, v = self.m, self.k, self.b[: self.side]
        pair = {"m": m, "k": k}
        yield self.case("matmul", "f(m, k)", pair, function="matmul", sides=self.priced)
        yield self.case("op-matmul", "m @ k", pair, sides=self.priced)
        yield self.case("op-matmul-same", "m @ m", {"m": m}, sides=self.priced)
        yield self.case("op-matvec", "m @ v", {"m": m, "v": v}, sides=self.priced)
        yield self.case("outer", "f(v, v)", {"v": v}, function="outer", sides=UNPRICED)
        # Exact sums: BLAS rounds in another order than NumPy's einsum.
        whole = {"m": np.rint(m), "k": np.rint(k)}
        statement = 'f("ij,jk->ik", m, k)'
        yield self.case("einsum", statement, whole, function="einsum", sides=UNPRICED)

    def creation(self) -> Iterator[Case]:
        n, square = self.n, (self.side, self.side)
        yield self.case("zeros", "f(n)", {"n": n}, function="zeros")
        yield self.case("ones", "f(n)", {"n": n}, function="ones")
        yield self.case("arange", "f(n)", {"n": n}, function="arange", sides=UNPRICED)
        yield self.case("reshape", "f(a, s)", {"a": self.a, "s": square}, function="reshape")
        pair = {"a": self.a, "b": self.b}
        yield self.case("concatenate", "f((a, b))", pair, function="concatenate")
        yield self.case("stack", "f((a, b))", pair, function="stack", sides=UNPRICED)
        yield self.case("where", "f(c, a, b)", {"c": self.mask, **pair}, function="where")
        yield self.case("transpose", "m.T", {"m": self.m})
        yield self.case("method-reshape", "a.reshape(-1)", {"a": self.a})
        names = {"a": self.a, "t": np.dtype(np.float32)}
        yield self.case("method-astype", "a.astype(t)", names)

    def indexing(self) -> Iterator[Case]:
        a, m = self.a, self.m
        yield self.case("index-scalar", "a[0]", {"a": a})
        yield self.case("index-row", "m[0]", {"m": m})
        yield self.case("index-column", f"m[:, {min(3, self.side - 1)}]", {"m": m})
        yield self.case("index-slice", "a[1:]", {"a": a})
        yield self.case("index-mask", "a[c]", {"a": a, "c": self.mask})
        yield self.case("index-assign", "o[1:] = 0.0", {"o": a.copy()}, result="o")

    def others(self) -> Iterator[Case]:
        """Sorting, linear algebra, transforms, generators, and NumPy's own names."""
        a = self.a
        yield self.case("sort", "f(a)", {"a": a}, function="sort")
        fft = {"function": "fft.fft", "sides": UNPRICED}
        yield self.case("fft", "f(a)", {"a": a}, **fft)
        if self.n <= 4096:
            spd = self.m @ self.m.T + self.side * np.eye(self.side)
            system = {"m": spd, "v": self.b[: self.side]}
            solve = {"function": "linalg.solve", "sides": UNPRICED}
            yield self.case("linalg-solve", "f(m, v)", system, **solve)
            yield self.case("linalg-norm", "f(a)", {"a": a}, function="linalg.norm", sides=UNPRICED)
        generator = {"function": "random.default_rng", "setup": "f(0)", "sides": UNPRICED}
        yield self.case("standard-normal", "g.standard_normal(n)", {"n": self.n}, **generator)
        yield self.case("np-add", "f(a, b)", {"a": a, "b": self.b, "f": np.add}, sides=UNPRICED)
        yield self.case("np-sum", "f(a)", {"a": a, "f": np.sum}, sides=UNPRICED)

    def distributions(self) -> Iterator[Case]:
        """Next to SciPy's ufunc and the formula in NumPy."""
        from scipy.special import ndtr

        import flopscope as flops

        def pdf(x: np.ndarray) -> np.ndarray:
            return np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)

        norm = flops.stats.norm
        for group, plain, counted in (("norm-cdf", ndtr, norm.cdf), ("norm-pdf", pdf, norm.pdf)):
            yield self.case(
                group,
                "f(a)",
                {"a": self.a},
                functions={"numpy": plain, "flopscope": counted},
                sides=UNPRICED,
                is_exact=False,
            )

    def all(self) -> Iterator[Case]:
        yield from self.elementwise()
        yield from self.scalars()
        yield from self.shapes()
        yield from self.keywords()
        yield from self.operators()
        yield from self.reductions()
        yield from self.contractions()
        yield from self.creation()
        yield from self.indexing()
        yield from self.others()
        yield from self.distributions()


CASES: tuple[Case, ...] = tuple(case for n in SIZES for case in Cases(n).all())
