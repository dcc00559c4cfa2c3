"""Every operation of the table has a test of its bill.

Most are in the recorded cases (`data/golden*.jsonl`) and in the properties of `twin`; the others
are here, with figures worked out by hand from ``docs/cost-model.md``. A row that none of them
names fails `test_every_row_has_a_bill`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.numpy._namespace import ROWS

from . import golden_case
from .twin import test_coverage, test_samplers

_V = "fnp.array([3., 1., 2., 5., 4., 7., 6., 8.])"  # 8 numbers
_W = f"{_V}[:5]"
_S = "fnp.array([[4., 1., 0.], [1., 3., 1.], [0., 1., 2.]])"  # positive definite
_T = (
    "fnp.array([[1., 2., 0., 1.], [0., 1., 3., 1.], [2., 0., 1., 0.], "
    "[1., 1., 1., 3.], [5., 2., 1., 0.]])"
)
_M = f"{_V}[fnp.arange(32).reshape(4, 8) % 8]"
_P = "fnp.array([0.2, 0.5, 0.7])"
_RNG, _RS = "fnp.random.default_rng(0)", "fnp.random.RandomState(0)"
_TEXT = "__import__('io').StringIO('1 2\\n3 4\\n')"

# Row -> code and what its record says; n log2 n and the like are written out as they are counted.
BILLS: dict[str, tuple[str, int]] = {
    # Fourier transforms: lines * 5 n log2 n, half of it for real ones.
    "fft.fft": (f"fnp.fft.fft({_V})", 5 * 8 * 3),
    "fft.ifft": (f"fnp.fft.ifft({_V})", 5 * 8 * 3),
    "fft.rfft": (f"fnp.fft.rfft({_V})", 5 * 4 * 3),
    "fft.irfft": (f"fnp.fft.irfft({_W})", 5 * 4 * 3),
    "fft.hfft": (f"fnp.fft.hfft({_W})", 5 * 4 * 3),
    "fft.ihfft": (f"fnp.fft.ihfft({_V})", 5 * 4 * 3),
    "fft.fft2": (f"fnp.fft.fft2({_M})", 5 * 32 * (2 + 3)),
    "fft.ifft2": (f"fnp.fft.ifft2({_M})", 5 * 32 * (2 + 3)),
    "fft.fftn": (f"fnp.fft.fftn({_M})", 5 * 32 * (2 + 3)),
    "fft.ifftn": (f"fnp.fft.ifftn({_M})", 5 * 32 * (2 + 3)),
    "fft.rfft2": (f"fnp.fft.rfft2({_M})", 5 * 16 * (2 + 3)),
    "fft.rfftn": (f"fnp.fft.rfftn({_M})", 5 * 16 * (2 + 3)),
    "fft.irfft2": (f"fnp.fft.irfft2({_M}[:, :5])", 5 * 16 * (2 + 3)),
    "fft.irfftn": (f"fnp.fft.irfftn({_M}[:, :5])", 5 * 16 * (2 + 3)),
    "fft.fftfreq": ("fnp.fft.fftfreq(8)", 8),
    "fft.rfftfreq": ("fnp.fft.rfftfreq(8)", 5),
    "fft.fftshift": (f"fnp.fft.fftshift({_V})", 0),
    "fft.ifftshift": (f"fnp.fft.ifftshift({_V})", 0),
    # Linear algebra: S is 3x3, T is 5x4.
    "linalg.cholesky": (f"fnp.linalg.cholesky({_S})", 27 // 3),
    "linalg.det": (f"fnp.linalg.det({_S})", 2 * 27 // 3 + 3),
    "linalg.slogdet": (f"fnp.linalg.slogdet({_S})", 2 * 27 // 3 + 18 * 3),
    "linalg.eig": (f"fnp.linalg.eig({_S})", 25 * 27),
    "linalg.eigvals": (f"fnp.linalg.eigvals({_S})", 10 * 27),
    "linalg.eigh": (f"fnp.linalg.eigh({_S})", 9 * 27),
    "linalg.eigvalsh": (f"fnp.linalg.eigvalsh({_S})", 4 * 27 // 3),
    "linalg.inv": (f"fnp.linalg.inv({_S})", 2 * 27),
    "linalg.solve": (f"fnp.linalg.solve({_S}, {_S}[0])", 2 * 27 // 3 + 2 * 9),
    "linalg.cond": (f"fnp.linalg.cond({_S})", 2 * 27 + 2 * 27 + 1),
    "linalg.qr": (f"fnp.linalg.qr({_T})", 2 * (2 * 5 * 4 * 4 - 2 * 64 // 3)),
    "linalg.svd": (f"fnp.linalg.svd({_T}, full_matrices=False)", 6 * 5 * 16 + 20 * 64),
    "linalg.svdvals": (f"fnp.linalg.svdvals({_T})", 2 * 5 * 16 + 2 * 64),
    "linalg.matrix_rank": (f"fnp.linalg.matrix_rank({_T})", 2 * 5 * 16 + 2 * 64 + 4),
    "linalg.pinv": (f"fnp.linalg.pinv({_T})", 1760 + 4 + 4 * 4 + (2 * 4 * 4 * 5 - 4 * 5)),
    "linalg.lstsq": (f"fnp.linalg.lstsq({_T}, {_W})", 1760 + (2 * 20 - 4) + 4 + (2 * 16 - 4)),
    "linalg.norm": (f"fnp.linalg.norm({_V})", 2 * 8),
    "linalg.vector_norm": (f"fnp.linalg.vector_norm({_V})", 2 * 8),
    "linalg.matrix_norm": (f"fnp.linalg.matrix_norm({_T})", 2 * 20),
    "linalg.matrix_power": (f"fnp.linalg.matrix_power({_S}, 3)", 2 * (2 * 27 - 9)),
    "linalg.multi_dot": (f"fnp.linalg.multi_dot([{_T}, {_T}.T])", 2 * 5 * 4 * 5 - 25),
    "linalg.tensorsolve": (
        "fnp.linalg.tensorsolve(fnp.eye(6).reshape(2, 3, 6), fnp.eye(3)[:2])",
        2 * 216 // 3 + 2 * 36,
    ),
    "linalg.tensorinv": ("fnp.linalg.tensorinv(fnp.eye(6).reshape(2, 3, 6))", 2 * 216),
    # Polynomials.
    "poly": (f"fnp.poly({_S}[0])", (3 * 9 + 3) // 2),
    "polyadd": (f"fnp.polyadd({_S}[0], {_T}[0])", 4),
    "polysub": (f"fnp.polysub({_S}[0], {_T}[0])", 4),
    "polymul": (f"fnp.polymul({_S}[0], {_T}[0])", 2 * 3 * 4 - 3 - 4),
    "polydiv": (f"fnp.polydiv({_W}, {_S}[0])", 1 + 3 * (2 * 3 + 1)),
    "polyval": (f"fnp.polyval({_T}[0], {_W})", 2 * 3 * 5),
    "polyder": (f"fnp.polyder({_W})", 5 - 1),
    "polyint": (f"fnp.polyint({_W})", 5),
    "polyfit": (f"fnp.polyfit(fnp.arange(8), {_V}, 2)", 2 * 8 * 9),
    "roots": (f"fnp.roots({_T}[3])", 10 * 27),
    # Windows of 4 elements.
    "bartlett": ("fnp.bartlett(4)", 4 * 4),
    "blackman": ("fnp.blackman(4)", 40 * 4),
    "hamming": ("fnp.hamming(4)", 8 * 2 * 4),
    "hanning": ("fnp.hanning(4)", 8 * 2 * 4),
    "kaiser": ("fnp.kaiser(4, 14)", 23 * 4),
    # Symmetry.
    "as_symmetric": (f"flops.as_symmetric({_S}, symmetry=(0, 1))", 7 * 9 - 1),
    "is_symmetric": (f"flops.is_symmetric({_S}, symmetry=(0, 1))", 7 * 9 - 1),
    "symmetrize": (f"flops.symmetrize({_S}, symmetry=(0, 1))", (2 + 1) * 9),
    "random.symmetric": ("fnp.random.symmetric((2, 2), (0, 1))", 4 + (2 + 1) * 4),
    # Sampling: 16 a draw for what transforms a uniform number.
    "random.geometric": ("fnp.random.geometric(0.5, 3)", 16 * 3),
    "random.lognormal": ("fnp.random.lognormal(size=3)", 16 * 3),
    "random.multinomial": ("fnp.random.multinomial(5, [0.5, 0.5], 3)", 16 * 6),
    "random.ranf": ("fnp.random.ranf(3)", 3),
    "random.weibull": ("fnp.random.weibull(2.0, 3)", 16 * 3),
    "random.default_rng": ("fnp.random.default_rng(0)", 0),
    "random.seed": ("fnp.random.seed(0)", 0),
    "random.get_state": ("fnp.random.get_state()", 0),
    "random.set_state": ("fnp.random.set_state(fnp.random.get_state())", 0),
    "random.Generator.bytes": (f"{_RNG}.bytes(5)", 5),
    "random.Generator.f": (f"{_RNG}.f(2.0, 3.0, 3)", 16 * 3),
    "random.Generator.bit_generator": (f"{_RNG}.bit_generator", 0),
    "random.Generator.spawn": (f"{_RNG}.spawn(2)", 0),
    "random.RandomState.bytes": (f"{_RS}.bytes(5)", 5),
    "random.RandomState.lognormal": (f"{_RS}.lognormal(size=3)", 16 * 3),
    "random.RandomState.pareto": (f"{_RS}.pareto(2.0, 3)", 16 * 3),
    "random.RandomState.rand": (f"{_RS}.rand(3)", 3),
    "random.RandomState.standard_gamma": (f"{_RS}.standard_gamma(2.0, 3)", 16 * 3),
    "random.RandomState.tomaxint": (f"{_RS}.tomaxint(3)", 3),
    "random.RandomState.wald": (f"{_RS}.wald(1.0, 2.0, 3)", 16 * 3),
    "random.RandomState.seed": (f"{_RS}.seed(0)", 0),
    "random.RandomState.get_state": (f"{_RS}.get_state()", 0),
    "random.RandomState.set_state": (f"{_RS}.set_state({_RS}.get_state())", 0),
    # Text and files: what computes is the text's length or nothing.
    "base_repr": ("fnp.base_repr(10)", 4),
    "isnat": ("fnp.isnat(np.array(['2001-01-01', 'NaT'], 'M8[D]'))", 2),
    "fromregex": (f"fnp.fromregex({_TEXT}, r'(\\d) (\\d)', [('a', int), ('b', int)])", 0),
    "fromfile": ("fnp.fromfile(path / 'raw')", 0),
    "load": ("fnp.load(path / 'a.npy')", 0),
    "save": ("fnp.save(path / 'b.npy', fnp.ones(2))", 0),
    "savez": ("fnp.savez(path / 'c.npz', a=fnp.ones(2))", 0),
    "savez_compressed": ("fnp.savez_compressed(path / 'd.npz', a=fnp.ones(2))", 0),
}
# FLOPs an element of pdf, cdf and ppf.
_DISTRIBUTIONS = {
    "norm": (27, 48, 83),
    "expon": (22, 22, 27),
    "cauchy": (6, 20, 28),
    "logistic": (23, 21, 28),
    "uniform": (1, 4, 1),
    "laplace": (22, 40, 51),
    "truncnorm": (28, 51, 81),
    "lognorm": (62, 70, 106),
}
_LEADING = {"truncnorm": ", -1.0, 1.0", "lognorm": ", 0.5"}
for _name, _each in _DISTRIBUTIONS.items():
    for _method, _price in zip(("pdf", "cdf", "ppf"), _each, strict=True):
        BILLS[f"stats.{_name}.{_method}"] = (
            f"flops.stats.{_name}.{_method}({_P}{_LEADING.get(_name, '')})",
            3 * _price,
        )


@pytest.mark.parametrize("name", BILLS)
def test_bill(name: str, tmp_path: Path) -> None:
    code, price = BILLS[name]
    np.ones(2).tofile(tmp_path / "raw")
    np.save(tmp_path / "a.npy", np.ones(2))
    with flops.BudgetContext(flop_budget=10**9, quiet=True) as budget:
        eval(code, {"fnp": fnp, "flops": flops, "np": np, "path": tmp_path})
    billed = [record.flop_cost for record in budget.op_log if record.op_name == name]
    if price == 0 and not billed:
        return  # free, and some of the free ones are not logged at all
    assert billed == [price]


def _recorded() -> set[str]:
    return {record[0] for case in golden_case.cases() for record in case.get("ops", ())}


def _tested() -> set[str]:
    samplers = {
        name
        for name, row in ROWS.items()
        if row.module in ("random", "random.Generator", "random.RandomState")
        and name.rpartition(".")[2] in test_samplers.CASES
    }
    return _recorded() | set(test_coverage._compared()) | samplers | set(BILLS)


def test_every_row_has_a_bill() -> None:
    counted = {
        name for name, row in ROWS.items() if row.kind not in ("blocked", "local", "indexing")
    }
    assert sorted(counted - _tested()) == []


def test_no_bill_is_of_nothing() -> None:
    assert sorted(set(BILLS) - set(ROWS)) == []
