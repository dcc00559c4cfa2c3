"""Carrying a call out three ways, and what must agree: values, errors, warnings and the bill."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core, reference
from flopscope.errors import RemoteCallbackWarning, SymmetryLossWarning

from .strategies import Call, found_in

BUDGET = 10**15
ERROR_STATES = ("warn", "raise", "ignore")


@dataclass
class Outcome:
    """What one way of carrying a call out came to."""

    value: Any
    error: Exception | None
    warnings: list[tuple[type[Warning], str]]
    args: Any
    kwargs: Any
    bill: int = 0
    records: int = 0


@contextmanager
def inner_loops(enabled: bool) -> Iterator[None]:
    """Switch the inner-loop path on or off for a block."""
    found = _core._use_inner_loops(enabled)
    try:
        yield
    finally:
        _core._use_inner_loops(found)


def carry_out(function: Callable[..., Any], args: Any, kwargs: Any, errors: str) -> Outcome:
    """Call a function and note everything that can be seen of it."""
    value, error = None, None
    with warnings.catch_warnings(record=True) as caught, np.errstate(all=errors):
        warnings.simplefilter("always")
        try:
            value = function(*args, **kwargs)
        except Exception as raised:
            error = raised
    said = [(w.category, str(w.message)) for w in caught if not _is_ours(w)]
    return Outcome(value, error, said, args, kwargs)


def _is_ours(said: warnings.WarningMessage) -> bool:
    """Is it a warning of the meter: on callbacks, lost symmetry, calls through NumPy's names?"""
    ours = (RemoteCallbackWarning, SymmetryLossWarning)
    return said.category in ours or "auto-routed to fnp" in str(said.message)


def metered(function: Callable[..., Any], call: Call, errors: str) -> Outcome:
    """Carry a call out on counted arrays within a budget of its own."""
    args, kwargs = call.make(counted=True)
    with flops.BudgetContext(flop_budget=BUDGET, quiet=True) as budget:
        outcome = carry_out(function, args, kwargs, errors)
    outcome.bill = budget.flops_used
    outcome.records = len(budget.op_log)
    assert sum(record.flop_cost for record in budget.op_log) == outcome.bill
    return outcome


# -------------------------------------------------------------------------------------- equality


def assert_same(got: Any, want: Any, *, exact: bool = True, layout: bool = True) -> None:
    """Same structure, types, dtypes, shapes, bytes (rounding unless `exact`) and memory order."""
    if isinstance(want, (np.ndarray, np.generic)):
        _assert_same_elements(got, want, exact, layout)
    elif isinstance(want, (tuple, list)):
        kind = type(want) if type(want) in (tuple, list) else (tuple, list)
        assert isinstance(got, kind), f"{type(got)} for {type(want)}"
        assert len(got) == len(want), f"{len(got)} results, NumPy has {len(want)}"
        for one, other in zip(got, want, strict=True):
            assert_same(one, other, exact=exact, layout=layout)
    elif isinstance(want, dict):
        assert got.keys() == want.keys()
        for key, item in want.items():
            assert_same(got[key], item, exact=exact, layout=layout)
    elif isinstance(want, float | complex):
        assert type(got) is type(want), f"{got!r} for {want!r}"
        assert repr(got) == repr(want)
    elif isinstance(want, np.random.SeedSequence | np.random.BitGenerator | np.random.Generator):
        assert isinstance(got, type(want))
    else:
        assert type(got) is type(want), f"{got!r} for {want!r}"
        assert got == want, f"{got!r} for {want!r}"


def _assert_same_elements(got: Any, want: Any, exact: bool, layout: bool) -> None:
    if isinstance(want, np.ndarray):
        assert isinstance(got, np.ndarray), f"{type(got)} for an array"
    else:
        # An element may come as NumPy's scalar or as an array without axes.
        assert isinstance(got, (np.generic, np.ndarray)), f"{type(got)} for a NumPy scalar"
    assert got.dtype == want.dtype, f"{got.dtype} for {want.dtype}"
    assert got.dtype.byteorder == want.dtype.byteorder
    assert got.shape == want.shape, f"{got.shape} for {want.shape}"
    if exact:
        assert got.tobytes() == want.tobytes(), f"{got!r} is not {want!r}"
    else:
        room = 64 * np.finfo(want.dtype).eps if want.dtype.kind in "fc" else 0
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=room, atol=room)
    if isinstance(want, np.ndarray) and layout:
        for flag in ("c_contiguous", "f_contiguous"):
            assert getattr(got.flags, flag) == getattr(want.flags, flag), flag
        # The buffer of a tagged array is closed to writers that would not void its tag.
        if getattr(got, "symmetry", None) is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy warns of some flags when they are read
                assert got.flags.writeable == want.flags.writeable, "writeable"


def _assert_same_error(got: Exception | None, want: Exception | None) -> None:
    if want is None:
        if got is not None:
            raise AssertionError(f"NumPy accepts this call: {got!r}") from got
        return
    assert got is not None, f"NumPy refuses this call: {want!r}"
    assert isinstance(got, type(want)), f"{got!r} for {want!r}"


def _arrays(tree: Any) -> Iterator[np.ndarray]:
    if isinstance(tree, np.ndarray):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _arrays(item)
    elif isinstance(tree, dict):
        yield from _arrays(list(tree.values()))


def _assert_counted(got: Outcome) -> None:
    """Arrays that come back are counted, unless they are the caller's own plain ones."""
    given = [id(array) for array in _arrays([got.args, got.kwargs])]
    for array in _arrays(got.value):
        assert isinstance(array, fnp.ndarray) or id(array) in given, "a result is not counted"


# --------------------------------------------------------------------------------------- the check


def price_of(name: str, call: Call) -> int | None:
    """What the twin charges, or None where it finds that the call cannot be priced."""
    args, kwargs = call.make(counted=False, tagged=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return reference.charged(name, *args, **kwargs)
        except Exception:
            return None


def check_bill(
    name: str,
    call: Call,
    *,
    function: Callable[..., Any] | None = None,
    counted: Call | None = None,
) -> None:
    """Compare the bill alone with the twin's, for calls that NumPy does not have.

    Parameters
    ----------
    name : str
        Name in the twin's table.
    call : Call
        The arguments.
    function : callable, optional
        The counted function; ``fnp.<name>`` when left out.
    counted : Call, optional
        What the counted function is given, where that is not the same.
    """
    function = found_in(fnp, name) if function is None else function
    assert function is not None, f"there is no fnp.{name}"
    price = price_of(name, call)
    got = metered(function, call if counted is None else counted, "ignore")
    if got.error is None:
        assert price is not None, "the twin cannot price a call that is carried out"
        assert got.bill == price, f"bill {got.bill}, twin {price}"
        assert got.records <= 1, f"{got.records} records of one call"
        _assert_counted(got)
    else:
        assert got.bill in (0, price), f"bill {got.bill}, twin {price}, {got.error!r}"


def check(
    name: str,
    call: Call,
    *,
    function: Callable[..., Any] | None = None,
    target: Callable[..., Any] | None = None,
    errors: str = "ignore",
    exact: bool = True,
    layout: bool = True,
    compare: bool = True,
    paths: tuple[bool, ...] = (True, False),
) -> None:
    """Compare the counted function of a name with NumPy's and with the twin.

    Parameters
    ----------
    name : str
        Name in the twin's table.
    call : Call
        The arguments.
    function, target : callable, optional
        The counted and the plain function; ``fnp.<name>`` and ``np.<name>`` when left out.
    errors : str
        Floating-point error handling.
    exact : bool
        Bytes must agree; else values up to rounding.
    layout : bool
        Results lie in memory as NumPy's do.
    compare : bool
        False for results without defined values, such as those of ``empty``.
    paths : tuple of bool
        Settings of the inner-loop path to try.
    """
    function = found_in(fnp, name) if function is None else function
    target = found_in(np, name) if target is None else target
    assert function is not None, f"there is no fnp.{name}"
    assert target is not None, f"there is no np.{name}"
    price = price_of(name, call)
    want = carry_out(target, *call.make(counted=False), errors)
    for path in paths:
        with inner_loops(path):
            got = metered(function, call, errors)
        _assert_same_error(got.error, want.error)
        if want.error is None:
            assert price is not None, "the twin cannot price a call that NumPy accepts"
            assert got.bill == price, f"bill {got.bill}, twin {price}"
            assert got.records <= 1, f"{got.records} records of one call"
            _assert_counted(got)
            # NumPy returns a scalar where a scalar was reduced into `out`; `out` is compared below.
            if compare and not ("out" in got.kwargs and got.value is got.kwargs["out"]):
                assert_same(got.value, want.value, exact=exact, layout=layout)
        else:
            # Charged before NumPy refuses, or found unfit before; never anything else.
            assert got.bill in (0, price), f"bill {got.bill}, twin {price}, {want.error!r}"
        if compare:
            assert got.warnings == want.warnings, f"{got.warnings}, NumPy {want.warnings}"
        if compare and want.error is None:
            # What a call wrote before it failed is not defined, not even in NumPy.
            assert_same(got.args, want.args, exact=exact)
            assert_same(got.kwargs, want.kwargs, exact=exact)
        if "out" in want.kwargs and want.value is want.kwargs["out"]:
            assert got.value is got.kwargs["out"], "another object than `out` came back"
