"""Price lists: examples of their descriptions, how lists differ, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from flopscope import reference
from flopscope.reference.rates import UnsupportedDtype
from flopscope.reference.rules import PRICE_LISTS, derive, rule

A = np.arange(12.0).reshape(3, 4)
V = np.arange(5.0)
Q = np.ones((2, 3, 4))


def _of(code: str) -> np.ndarray:
    return (np.arange(12) % 5).reshape(3, 4).astype(code)


F, D, N, B, Z, W = (_of(code) for code in ("f4", "f8", "i4", "?", "c8", "c16"))
U4 = np.ones(4, "c16")

#: Operation, arguments, keywords, bill.
_EXAMPLES_0_5: list[Any] = [
    ("vstack", [[V, V]], {}, 10),
    ("row_stack", [[V, V]], {}, 10),
    ("block", [[[A, A], [A, A]]], {}, 48),
    ("bmat", [[[A, A], [A, A]]], {}, 192),
    ("put", [V, [0, 1], 0.0], {}, 5),
    ("put_along_axis", [A, np.zeros((3, 1), int), 0.0, 1], {}, 12),
    ("take_along_axis", [A, np.zeros((3, 1), int), 1], {}, 3),
    ("compress", [[True, False, True], A, 0], {}, 32),
    ("choose", [[0, 1, 0], [[1, 2, 3], [4, 5, 6]]], {}, 12),
    ("fromiter", [range(4), float], {}, 64),
    ("diagflat", [V, 2], {}, 49),
    ("mask_indices", [3, np.triu], {}, 48),
    ("fill_diagonal", [A, 0.0], {}, 12),
    ("ix_", [[0, 1], [1, 2, 3]], {}, 5),
    ("linalg.diagonal", [Q], {}, 3),
    ("linalg.tensordot", [A, A.T, 1], {}, 36),
    ("linalg.multi_dot", [[V, np.ones((5, 5)), V]], {}, 60),
    ("as_symmetric", [np.ones((3, 3))], {"symmetry": (0, 1)}, 0),
    ("random.multivariate_normal", [[0.0, 0.0], np.eye(2), 5], {}, 160),
    ("power.outer", [V, V], {}, 400),
    ("cross", [[1.0, 2.0], [3.0, 4.0]], {}, 10),
    ("acos", [V / 5], {}, 80),
]
_EXAMPLES_0_12: list[Any] = [
    ("multiply", [F, F], {}, 12),
    ("multiply", [D, D], {}, 24),
    ("multiply", [W, W], {}, 144),
    ("sin", [W], {}, 1305),
    ("log1p", [Z], {}, 441),
    ("take", [D, [0, 1, 2]], {}, 24),
    ("multiply", [F, F], {"out": W}, 48),
    ("power", [F, F], {"out": W}, 768),
    ("exp", [F], {"out": Z}, 595),
    ("multiply", [F, F], {"signature": "FF->F"}, 72),
    ("greater", [F, D], {}, 24),
    ("greater", [F, F], {"signature": "dd->?"}, 24),
    ("logical_or", [D, Z], {}, 24),
    ("logical_or", [Z, Z], {}, 24),
    ("frexp", [F], {"out": (F, N)}, 24),
    ("frexp", [F], {"out": (D, N)}, 48),
    ("divmod", [F, F], {}, 384),
    ("divmod", [F, F], {"out": (D, F)}, 768),
    ("ldexp", [F, N.astype("i8")], {}, 12),
    ("matmul", [np.ones((1, 9), "c8"), np.ones((9, 3), "c8")], {}, 209),
    ("matmul", [Z, np.ones((4, 2), "c8")], {}, 180),
    ("einsum", ["i,i->i", U4, U4.copy()], {}, 48),
    ("hypot.reduce", [F], {}, 128),
    ("multiply.outer", [U4.astype("c8"), U4.astype("c8")], {}, 96),
    ("outer", [np.ones(4), np.ones(4)], {}, 32),
    ("sum", [N], {"dtype": "int32"}, 11),
    ("sum", [D], {"out": np.zeros((), "f4")}, 22),
    ("append", [F, 1.0], {}, 26),
    ("where", [B, F, 0.0], {}, 48),
    ("where", [B, F, np.float64(0)], {}, 96),
    ("linalg.solve", [np.eye(3, dtype="f4"), np.ones(3, int)], {}, 72),
    ("save", [io.BytesIO(), F], {}, 112),
    ("savez", [io.BytesIO(), F], {}, 164),
    ("ix_", [[0, 2, 1], [True, False, False, False]], {}, 16),
    ("compress", [[True, False, True], F, 0], {}, 35),
    ("piecewise", [F, [F > 1, F < 1], [0, 1]], {}, 24),
    ("take_along_axis", [F, np.zeros((3, 1), int), 1], {}, 12),
    ("getitem", [F, ([0, 1],)], {}, 32),
    ("getitem", [F, True], {}, 49),
    ("getitem", [F, (slice(None), 0)], {}, 0),
    ("pad", [F, 1], {"mode": "mean"}, 71),
    ("fft.irfftn", [F], {}, 255),
    ("fft.rfftn", [F], {"s": (5, 3)}, 180),
    ("random.Generator.permuted", [F], {}, 48),
    ("random.lognormal", [0.0, 1.0, 6], {}, 192),
    ("gcd", [N, N], {}, 192),
    ("unpackbits", [np.zeros(2, "u1")], {}, 16),
]


def _examples() -> Iterator[Any]:
    for cost_model, examples in (("0.5", _EXAMPLES_0_5), ("0.12", _EXAMPLES_0_12)):
        for i, example in enumerate(examples):
            yield pytest.param(cost_model, *example, id=f"{cost_model}-{example[0]}-{i}")


@pytest.mark.parametrize(("cost_model", "name", "args", "kwargs", "bill"), list(_examples()))
def test_examples(
    cost_model: str, name: str, args: list[Any], kwargs: dict[str, Any], bill: int
) -> None:
    assert reference.charged(name, *args, cost_model=cost_model, **kwargs) == bill


def test_a_quote_says_what_the_bill_is_the_product_of() -> None:
    (entry,) = reference.quote("sin", (W,), cost_model="0.12")
    assert (entry.count, entry.rate, entry.factor, entry.weight) == (12, 2.0, 3.4, 16.0)
    assert (entry.op_name, entry.dtype, entry.bill) == ("sin", "complex128", 1305)


def test_further_records() -> None:
    entries = reference.quote("histogram", (F, 4), {"density": True}, cost_model="0.12")
    names = [entry.op_name for entry in entries]
    assert names == ["histogram", "linspace", "diff", "divide", "sum", "divide"]


@pytest.mark.parametrize("name", ["floor", "bitwise_count", "cbrt", "percentile", "unwrap", "i0"])
def test_complex_operands_that_have_no_price(name: str) -> None:
    with pytest.raises((UnsupportedDtype, TypeError)):
        reference.quote(name, (Z, 50) if name == "percentile" else (Z,), cost_model="0.12")


@pytest.mark.parametrize(
    "operand", [np.array([1, None]), np.array(["a"]), np.array(["2020"], "M8[D]")]
)
def test_operands_that_are_no_numbers(operand: Any) -> None:
    with pytest.raises(UnsupportedDtype):
        reference.quote("sort", (operand,), cost_model="0.12")


def test_a_list_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"no price list '0\.7'; there are 0\.12, 0\.5"):
        reference.quote("exp", (V,), cost_model="0.7")


def test_a_list_is_differences_from_another() -> None:
    derive("mine", "0.5")
    try:
        rule("exp", "mine")(lambda x: 100)
        assert reference.price("exp", V, cost_model="mine") == 100
        assert reference.charged("std", V, cost_model="mine") == 8
        assert reference.charged("std", V) == 21
        with pytest.raises(ValueError, match="exp has two rules"):
            rule("exp", "mine")(lambda x: 1)
        with pytest.raises(ValueError, match="differs from no rule of nothing"):
            rule("nothing", "mine")(lambda x: 1)
    finally:
        del PRICE_LISTS["mine"]
