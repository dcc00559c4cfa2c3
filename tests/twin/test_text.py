"""Numbers written out, read from text and files, missing times, and NumPy's own state."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import reference

from .comparison import check
from .strategies import (
    Call,
    Cases,
    Draw,
    Operand,
    array,
    call,
    integer,
    maybe,
    pick,
    shape_of,
)

CASES = Cases()


def _number(draw: Draw) -> int:
    return draw(st.integers(-(2**70), 2**70)) if maybe(draw, 2) else integer(draw, -9, 9)


@CASES.add("base_repr")
def _base_repr(draw: Draw, name: str) -> Call:
    number = _number(draw)
    if maybe(draw, 2):
        return call(number, integer(draw, 1, 37), integer(draw, 0, 3))
    return call(number)


@CASES.add("binary_repr")
def _binary_repr(draw: Draw, name: str) -> Call:
    number = _number(draw)
    if abs(number) < 9 and maybe(draw, 2):
        return call(number, integer(draw, 5, 12))
    return call(number)


@CASES.add("fromstring")
def _fromstring(draw: Draw, name: str) -> Call:
    text = pick(draw, " ", ",", ", ").join(str(integer(draw, 0, 99)) for _ in range(4))
    return call(text, sep=pick(draw, " ", ",")) if maybe(draw, 2) else call(text, int, sep=" ")


@CASES.add("isnat")
def _isnat(draw: Draw, name: str) -> Call:
    shape = shape_of(draw)
    days = array(draw, shape, ("i4",), tame=True)
    if maybe(draw, 12):
        return call(days)
    values = days.values.astype(pick(draw, "M8[D]", "m8[s]"))
    values[days.values == 0] = "NaT"
    return call(Operand(values, pick(draw, "c", "fortran", "strided")))


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
@pytest.mark.filterwarnings("ignore:string or file could not be read:DeprecationWarning")
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(name, data.draw(CASES.calls(name)), paths=(True,))


# ---------------------------------------------------------------------------------- what is free


def _file(folder: Path) -> Path:
    path = folder / "x.npy"
    np.save(path, np.arange(3.0))
    return path


def _asked(function: Callable[[], Any]) -> Any:
    value = function()
    getattr(value, "__enter__", lambda: None)()
    getattr(value, "__exit__", lambda *_: None)(None, None, None)
    return value


# Operation -> a call in an empty folder.
FREE: dict[str, Callable[[Path], Any]] = {
    "broadcast": lambda folder: fnp.broadcast(fnp.ones(3), fnp.ones((2, 1))),
    "errstate": lambda folder: _asked(lambda: fnp.errstate(all="ignore")),
    "finfo": lambda folder: fnp.finfo("f4"),
    "fromfile": lambda folder: fnp.fromfile(_file(folder)),
    "fromregex": lambda folder: fnp.fromregex(io.StringIO("1 2"), r"(\d)", [("n", "i4")]),
    "get_printoptions": lambda folder: fnp.get_printoptions(),
    "geterr": lambda folder: fnp.geterr(),
    "iinfo": lambda folder: fnp.iinfo("i4"),
    "load": lambda folder: fnp.load(_file(folder)),
    "ndenumerate": lambda folder: list(fnp.ndenumerate(fnp.ones(3))),
    "ndindex": lambda folder: list(fnp.ndindex(2, 3)),
    "nditer": lambda folder: list(fnp.nditer(np.ones(3))),
    "printoptions": lambda folder: _asked(lambda: fnp.printoptions(precision=3)),
    "random.Generator.bit_generator": lambda folder: fnp.random.default_rng(0).bit_generator,
    "save": lambda folder: fnp.save(folder / "y.npy", fnp.ones(3)),
    "savez": lambda folder: fnp.savez(folder / "y.npz", x=fnp.ones(3)),
    "savez_compressed": lambda folder: fnp.savez_compressed(folder / "z.npz", x=fnp.ones(3)),
    "set_printoptions": lambda folder: fnp.set_printoptions(**np.get_printoptions()),
    "seterr": lambda folder: fnp.seterr(**np.geterr()),
}


@pytest.mark.parametrize("name", sorted(FREE))
def test_free(name: str, tmp_path: Path) -> None:
    with flops.BudgetContext(flop_budget=1, quiet=True) as budget:
        FREE[name](tmp_path)
    assert budget.flops_used == 0
    assert reference.charged(name) == 0
