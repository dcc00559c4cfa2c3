"""The names of `flopscope.numpy`: all of the table, with NumPy's signatures, and nothing else."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.numpy import _namespace
from flopscope.numpy._namespace import BLOCKED, ROWS, SYNTAX
from flopscope.pricing.prices import formula_of, is_free

# Module of the table -> where its functions are, and where NumPy has them.
_HOMES: dict[str, tuple[Any, Any]] = {
    "core": (fnp, np),
    "linalg": (fnp.linalg, np.linalg),
    "fft": (fnp.fft, np.fft),
    "random": (fnp.random, np.random),
    "random.Generator": (fnp.random.Generator, np.random.Generator),
    "random.RandomState": (fnp.random.RandomState, np.random.RandomState),
    "symmetry": (flops, None),
}
# Parameters of ours, or functions that NumPy does not have.
# Files: without NumPy's options that concern pickles, and with texts of their own.
_OWN_FILES = {"load", "save", "savez", "savez_compressed"}
_OWN_SIGNATURES = {"linalg.svd", "linalg.svdvals", "random.symmetric"}


def _ours(name: str) -> Any:
    row = ROWS[name]
    if row.module == "stats":
        _, distribution, method = name.split(".")
        return getattr(getattr(flops.stats, distribution), method)
    return getattr(_HOMES[row.module][0], name.rpartition(".")[2])


ROOT = Path(__file__).parents[1]


def _numpys(name: str) -> Any:
    home = _HOMES.get(ROWS[name].module, (None, None))[1]
    return getattr(home, name.rpartition(".")[2], None)


def test_the_table_is_complete() -> None:
    with (ROOT / "cost_models" / "operations.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(ROWS) == sorted(row["name"] for row in csv.DictReader(file))
    assert len(BLOCKED) == sum(row.kind == "blocked" for row in ROWS.values())


@pytest.mark.parametrize("name", sorted(set(ROWS) - BLOCKED - SYNTAX))
def test_every_operation_exists(name: str) -> None:
    found = _ours(name)
    if not name.endswith("bit_generator"):
        assert callable(found)


@pytest.mark.parametrize("name", sorted(BLOCKED))
def test_blocked_operations_say_so(name: str) -> None:
    with pytest.raises(AttributeError, match="blacklisted"):
        _ours(name)


def _compared() -> list[str]:
    return [
        name
        for name in sorted(set(ROWS) - BLOCKED - SYNTAX)
        if isinstance(_ours(name), _core.CountedFunction)
        and _numpys(name) is not None
        and name not in _OWN_FILES
    ]


@pytest.mark.parametrize("name", _compared())
def test_signatures_are_numpys(name: str) -> None:
    if name in _OWN_SIGNATURES:
        own = list(inspect.signature(_ours(name)).parameters)
        assert own[:-1] == list(inspect.signature(_numpys(name)).parameters)
        return
    try:
        expected = inspect.signature(_numpys(name))
    except ValueError:  # NumPy does not tell; neither do we
        with pytest.raises((ValueError, TypeError)):
            inspect.signature(_ours(name))
        return
    assert inspect.signature(_ours(name)) == expected


@pytest.mark.parametrize("name", _compared())
def test_docs_are_numpys_below_the_price(name: str) -> None:
    text = _ours(name).__doc__
    first, _, rest = text.partition("\n")
    assert first.startswith("Cost: ")
    assert ("0 FLOPs" if is_free(name) else formula_of(name)) in first
    assert (inspect.getdoc(_numpys(name)) or "") in rest


def test_files_have_signatures_and_docs_of_their_own() -> None:
    signatures = {name: str(inspect.signature(_ours(name))) for name in _OWN_FILES}
    assert signatures == {
        "load": "(file)",
        "save": "(file, arr)",
        "savez": "(file, **arrays)",
        "savez_compressed": "(file, **arrays)",
    }
    for name in _OWN_FILES:
        assert _ours(name).__doc__.startswith("Cost: 0 FLOPs.")
        assert "WeightFileError" in _ours(name).__doc__


def test_docs_are_taken_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(x: Any) -> Any:
        """Another text."""

    op = _namespace.make("exp2", np.exp2)
    assert "Another text" not in op.__doc__
    made = _namespace.make("sinc", changed)
    assert "Another text" in made.__doc__
    monkeypatch.setattr(changed, "__doc__", "A third text.")
    assert "A third text" in made.__doc__


@pytest.mark.parametrize("module", ["core", "linalg", "fft", "random"])
def test_nothing_falls_through_to_numpy(module: str) -> None:
    ours, numpys = _HOMES[module]
    for name in sorted(set(dir(numpys)) - set(vars(ours))):
        if name.startswith("__") or name in ours.__all__:
            continue
        with pytest.raises(AttributeError, match=r"does not|has no attribute"):
            getattr(ours, name)


# Names that are the module's own machinery, on its way to its functions.
_MACHINERY = {"annotations", "Any", "NoReturn"}


@pytest.mark.parametrize("module", ["core", "linalg", "fft", "random"])
def test_functions_of_numpy_are_not_handed_out(module: str) -> None:
    ours, _ = _HOMES[module]
    local = {name for name, row in ROWS.items() if row.kind == "local"}
    for name, value in vars(ours).items():
        if name.startswith("_") or name in _MACHINERY:
            continue
        home = getattr(value, "__module__", "") or ""
        if callable(value) and home.startswith("numpy") and not isinstance(value, type):
            assert name in local, name


# ------------------------------------------------------------------------------ symmetric draws


def test_symmetric_draws() -> None:
    with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        drawn = fnp.random.symmetric((3, 3, 2), (0, 1), "uniform", low=2.0, high=3.0)
    assert isinstance(drawn, flops.SymmetricTensor)
    assert drawn.symmetry == flops.SymmetryGroup.symmetric(axes=(0, 1))
    raw = np.array(drawn)
    assert np.array_equal(raw, raw.transpose(1, 0, 2))
    assert 2.0 <= raw.min() <= raw.max() <= 3.0
    assert [(r.op_name, r.flop_cost) for r in budget.op_log] == [
        ("random.symmetric", 18 + (2 + 1) * 18)
    ]


def test_symmetric_draws_follow_the_seed() -> None:
    fnp.random.seed(5)
    drawn = np.array(fnp.random.symmetric((2, 2), (0, 1)))
    np.random.seed(5)
    plain = np.random.randn(2, 2)
    assert np.array_equal(drawn, (plain + plain.T) / 2)


def test_symmetric_draws_of_a_function_of_the_users() -> None:
    rng = fnp.random.default_rng(0)
    with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        drawn = fnp.random.symmetric((4,), (0,), rng.normal)
    assert drawn.shape == (4,)
    assert budget.flops_used == 4 + (1 + 1) * 4
    with pytest.raises(ValueError, match="drew shape"):
        fnp.random.symmetric((4,), (0,), lambda size: np.ones(3))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (((2, 2), (0, 1), "no_such"), AttributeError),
        (((2, 2), (0, 1), "_rand"), AttributeError),
        (((2, 2), (0, 1), 3), TypeError),
        (((2, -2), (0, 1)), ValueError),
        ((("2", 2), (0, 1)), ValueError),
        (((2, 2), (0, 2)), ValueError),
        (((2, 2), None), ValueError),
        (((2, 3), (0, 1)), flops.SymmetryError),
    ],
)
def test_symmetric_draws_that_are_refused(
    arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget, pytest.raises(error):
        fnp.random.symmetric(*arguments)
    assert budget.flops_used == 0
    assert np.array_equal(state, np.random.get_state()[1])  # type: ignore[index]


def test_a_budget_that_is_short_draws_nothing() -> None:
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    with (
        flops.BudgetContext(flop_budget=15, quiet=True),
        pytest.raises(flops.BudgetExhaustedError),
    ):
        fnp.random.symmetric((2, 2), (0, 1))
    assert np.array_equal(state, np.random.get_state()[1])  # type: ignore[index]
