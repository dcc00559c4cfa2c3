"""`flopscope.explain`, and the page that lists what everything costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope._legend import LEGEND, legend_of
from flopscope.numpy._namespace import ROWS

ROOT = Path(__file__).resolve().parent.parent

CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "exp": (lambda a: fnp.exp(a), {"shapes": (3, 4)}),
    "add": (lambda a, b: a + b, {"shapes": [(3, 1), (1, 4)]}),
    "sum": (lambda a: fnp.sum(a, axis=1), {"shapes": (3, 4), "axis": 1}),
    "std": (lambda a: fnp.std(a), {"shapes": (3, 4)}),
    "matmul": (lambda a, b: a @ b, {"shapes": [(2, 3), (3, 4)]}),
    "linalg.svd": (lambda a: fnp.linalg.svd(a, k=2), {"shapes": [(4, 3)], "k": 2}),
    "linalg.multi_dot": (lambda a: fnp.linalg.multi_dot(a), {"shapes": [[(2, 3), (3, 4), (4, 5)]]}),
    "fft.fft2": (lambda a: fnp.fft.fft2(a), {"shapes": (4, 6)}),
    "sort": (lambda a: fnp.sort(a, axis=0), {"shapes": (8, 2), "axis": 0}),
    "stats.norm.cdf": (lambda a: flops.stats.norm.cdf(a), {"shapes": (5,)}),
    "random.normal": (lambda: fnp.random.normal(size=7), {"size": 7}),
    "random.Generator.normal": (lambda: fnp.random.default_rng(0).normal(size=7), {"size": 7}),
    "concatenate": (lambda a: fnp.concatenate(a), {"shapes": [[(2,), (3,)]]}),
    "power.outer": (lambda a, b: np.power.outer(a, b), {"shapes": [(2,), (3,)]}),
    "finfo": (lambda: fnp.finfo(float), {}),
}


def _zeros(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_zeros(each) for each in shape]
    return fnp.asarray(np.zeros(shape))


@pytest.mark.parametrize("name", CASES)
def test_the_bill_is_the_one_that_a_call_gets(name: str) -> None:
    call, options = CASES[name]
    if name == "finfo":
        options = {**options, "dtype": float}
        found = flops.explain(name, float)
    else:
        found = flops.explain(name, **options)
    shapes = options.get("shapes", [])
    shapes = [shapes] if isinstance(shapes, tuple) else shapes
    with flops.BudgetContext(10**9, quiet=True) as budget:
        operands = [_zeros(shape) for shape in shapes]
        used = budget.flops_used
        call(*operands)
    assert found.charged == budget.flops_used - used
    assert found.charged == int(found.flop_cost * found.weight)
    assert found.op_name == name


def test_what_is_shown() -> None:
    assert str(flops.explain("sum", shapes=(3, 4), axis=0)) == "\n".join(
        [
            "sum on (3, 4)",
            "  formula  max(1, A - O)",
            "  where    A: input elements that differ under the symmetry that keeps their output "
            "element",
            "           O: output elements that differ under symmetry",
            "  numbers  A = 12, O = 4",
            "  count    8",
            "  weight   1",
            "  bill     8 FLOPs",
        ]
    )
    assert str(flops.explain("sum", 0, shapes=(3, 4))) == str(
        flops.explain("sum", shapes=(3, 4), axis=0)
    )
    assert "billed after it has run" in str(flops.explain("arange", 10))


def test_symmetry_and_subscripts() -> None:
    found = flops.explain("exp", shapes=(300, 300), symmetry=(0, 1))
    assert (found.flop_cost, found.weight) == (300 * 301 // 2, 16)
    found = flops.explain("einsum", "ij,jk->ik", shapes=[(2, 3), (3, 4)])
    assert found.charged == 40
    assert found.numbers == {"multiplications": 24, "additions": 16}


def test_nothing_is_computed_or_billed() -> None:
    with flops.BudgetContext(10, quiet=True) as budget:
        found = flops.explain("linalg.svd", shapes=(10**5, 10**5))
        assert found.charged == found.flop_cost == 26 * 10**15
        assert "64 bits" in str(flops.explain("linalg.svd", shapes=(10**7, 10**7)))
    assert budget.flops_used == 0
    assert len(budget.op_log) == 0


def test_bad_questions() -> None:
    with pytest.raises(AttributeError, match=r"linalg\.svd"):
        flops.explain("svd", shapes=(3, 3))
    with pytest.raises(AttributeError, match="blacklisted"):
        flops.explain("loadtxt")
    with pytest.raises(TypeError, match="no operation"):
        flops.explain("pi")
    with pytest.raises(TypeError, match="str"):
        flops.explain(fnp.add)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="matmul"):
        flops.explain("matmul", shapes=[(2, 3), (2, 3)])


def test_symbols_of_formulas_are_explained() -> None:
    explained = {name for family in LEGEND.values() for name in family}
    assert legend_of("fft.fft", "lines * 5*n*ceil_log2(n)")["n"].startswith(
        "length of the transform"
    )
    assert set(legend_of("linalg.inv", "B * max(1, 2*n**3)")) == {"B", "m, n"}
    functions = "lu(n) = 2*n**3 // 3\nother(n) = n"
    assert legend_of("linalg.det", "B * lu(n)", functions)["lu(n)"] == "2*n**3 // 3"
    assert {"A", "O", "S(n)"} <= explained


def test_the_page_is_current() -> None:
    tool = ROOT / "tools" / "make_cost_reference.py"
    done = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "cost-reference.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in ROWS)
