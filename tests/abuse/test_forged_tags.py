"""Symmetry tags lower bills: they cannot be forged, and do not survive a write."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core, _tensor
from flopscope.errors import SymmetryError

from .registry import Attack, attack, register

pytestmark = pytest.mark.filterwarnings("ignore")
GROUP = "Symmetry tags"
PAIR = flops.SymmetryGroup.symmetric((0, 1))
FULL = 16  # elements of a 4 x 4 array; 10 of them are unique under PAIR


def tagged() -> Any:
    return flops.as_symmetric(np.ones((4, 4)), symmetry=PAIR)


def plain() -> Any:
    return fnp.array(np.arange(16.0).reshape(4, 4))


def bill(array: Any) -> int:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        fnp.add(array, 1.0)
    return budget.flops_used


def test_the_measure() -> None:
    assert (bill(tagged()), bill(plain())) == (10, FULL)


FORGERIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "tag-dict": ("`a.__dict__['_symmetry'] = group`", lambda a: a.__dict__.update(symmetry=PAIR)),
    "tag-attribute": ("`a._symmetry = group`", lambda a: setattr(a, "_symmetry", PAIR)),
    "tag-property": ("`a.symmetry = group`", lambda a: setattr(a, "symmetry", PAIR)),
    "tag-object-setattr": (
        "`object.__setattr__(a, 'symmetry', group)`",
        lambda a: object.__setattr__(a, "symmetry", PAIR),
    ),
    "tag-class": (
        "`a.__class__ = SymmetricTensor`", lambda a: setattr(a, "__class__", flops.SymmetricTensor)
    ),
    "tag-view": ("`a.view(SymmetricTensor)`", lambda a: a.view(flops.SymmetricTensor)),
    "tag-new": (
        "`SymmetricTensor(shape, buffer=...)`",
        lambda a: flops.SymmetricTensor((4, 4), buffer=np.arange(16.0)),
    ),
    "tag-subclass": (
        "`class S(SymmetricTensor)`", lambda a: a.view(type("S", (flops.SymmetricTensor,), {}))
    ),
    "tag-finalize": (
        "`a.__array_finalize__(tagged)`", lambda a: a.__array_finalize__(tagged())
    ),
    "tag-finalize-type": (
        "`SymmetricTensor.__array_finalize__(a, tagged)`",
        lambda a: flops.SymmetricTensor.__array_finalize__(a, tagged()),
    ),
    "tag-setstate": (
        "`a.__setstate__(tagged.__reduce__()[2])`",
        lambda a: a.__setstate__(tagged().view(np.ndarray).__reduce__()[2]),
    ),
    "tag-pickle": (
        "a pickle that claims a group the data does not have",
        lambda a: pickle.loads(pickle.dumps(_Claim(a))),
    ),
    "tag-core": ("`_core._tag(a, group, False)`", lambda a: _core._tag(a, PAIR, False)),
    "tag-declared": (
        "`flops.as_symmetric(a, symmetry=group)`", lambda a: flops.as_symmetric(a, symmetry=PAIR)
    ),
    "tag-module": (
        "`is_symmetric` and `check_symmetric` patched, then declared",
        lambda a: _declare_with_patched_check(a),
    ),
}  # fmt: skip
for _name, (_tried, _) in FORGERIES.items():
    register(Attack(_name, GROUP, _tried, "refused", "or the result is billed in full"))


class _Claim:
    """Pickles as a tagged array would, with data that is not symmetric."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __reduce__(self) -> Any:
        return _tensor._restore, (np.asarray(self.array), PAIR.to_payload(), False)


def _declare_with_patched_check(array: Any) -> Any:
    from flopscope import _symmetric

    before = _symmetric.check_symmetric
    _symmetric.check_symmetric = lambda *_: None
    try:
        return flops.as_symmetric(array, symmetry=PAIR)
    finally:
        _symmetric.check_symmetric = before


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_tag_lowers_no_bill(name: str) -> None:
    array = plain()
    try:
        result = FORGERIES[name][1](array)
    except (TypeError, AttributeError, ValueError, SymmetryError):
        result = None
    for forged in (array, result):
        if isinstance(forged, np.ndarray):
            assert getattr(forged, "symmetry", None) is None
            assert bill(forged) == FULL


def _write_with(elements: Any) -> None:
    for number, element in enumerate(elements):
        element[...] = 3.0 * number


WRITES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "write-item": ("`t[0, 1] = 5`", lambda t: t.__setitem__((0, 1), 5.0)),
    "write-view": ("`t[0][1] = 5`, through a view", lambda t: t[0].__setitem__(1, 5.0)),
    "write-transposed": ("`t.T[1, 0] = 5`", lambda t: t.T.__setitem__((1, 0), 5.0)),
    "write-reshaped": ("`t.reshape(16)[1] = 5`", lambda t: t.reshape(16).__setitem__(1, 5.0)),
    "write-ravel": ("`t.ravel()[1] = 5`", lambda t: t.ravel().__setitem__(1, 5.0)),
    "write-flat": ("`t.flat[1] = 5`", lambda t: t.flat.__setitem__(1, 5.0)),
    "write-out": (
        "`fnp.add(x, y, out=t)`", lambda t: fnp.add(fnp.arange(16.0).reshape(4, 4), 0.0, out=t)
    ),
    "write-out-view": (
        "`fnp.add(x, y, out=t[0])`", lambda t: fnp.add(fnp.arange(4.0), 0.0, out=t[0])
    ),
    "write-in-place": (
        "`t += x`", lambda t: t.__iadd__(fnp.arange(16.0).reshape(4, 4))
    ),
    "write-put": ("`t.put(1, 5)`", lambda t: t.put(1, 5.0)),
    "write-fill-view": ("`t[0].fill(5)`", lambda t: t[0].fill(5.0)),
    "write-reversed": ("`t[::-1][0, 1] = 7`", lambda t: t[::-1].__setitem__((0, 1), 7.0)),
    "write-copyto": ("`np.copyto(t, x)`", lambda t: np.copyto(t, np.arange(16.0).reshape(4, 4))),
    "write-fill-diagonal": (
        "`fnp.fill_diagonal(t[1:], 5)`", lambda t: fnp.fill_diagonal(t[1:], 5.0)
    ),
    "write-setfield": ("`t.setfield(...)`", lambda t: t.setfield(5.0, np.float64)),
    "write-resize": ("`t.resize(...)`, `t.shape = ...`", lambda t: setattr(t, "shape", (2, 8))),
    "write-byteswap": ("`t[0].byteswap(inplace=True)`", lambda t: t[0].byteswap(inplace=True)),
    "write-dtype": ("`t.dtype = 'i8'`", lambda t: setattr(t, "dtype", "i8")),
    "write-flags": (
        "`t.flags.writeable = True`, then a raw write",
        lambda t: (setattr(t.flags, "writeable", True), np.asarray(t).__setitem__((0, 1), 5.0)),
    ),
    "write-setflags": (
        "`np.ndarray.setflags(t, write=True)`, then a raw write",
        lambda t: (np.ndarray.setflags(t, write=True), np.asarray(t).__setitem__((0, 1), 5.0)),
    ),
    "write-raw": ("`np.asarray(t)[0, 1] = 5`", lambda t: np.asarray(t).__setitem__((0, 1), 5.0)),
    "write-memoryview": (
        "`memoryview(t)[0, 1] = 5`", lambda t: memoryview(t).__setitem__((0, 1), 5.0)
    ),
    "write-random": (
        "`rng.random(out=t)`", lambda t: np.random.default_rng(0).random(out=t)
    ),
    "write-nditer": (
        "`np.nditer(t, op_flags=['readwrite'])`",
        lambda t: _write_with(np.nditer(t, op_flags=[["readwrite"]])),
    ),
}  # fmt: skip
for _name, (_tried, _) in WRITES.items():
    register(
        Attack(
            _name, GROUP, _tried, "refused", "or the tag goes, and the bill is for every element"
        )
    )


@pytest.mark.parametrize("name", WRITES)
def test_no_tag_survives_a_write_that_breaks_it(name: str) -> None:
    array = tagged()
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        WRITES[name][1](array)
    data = np.asarray(array)
    is_symmetric = data.ndim == 2 and data.shape[0] == data.shape[1] and (data == data.T).all()
    if not is_symmetric:
        assert array.symmetry is None
        assert bill(array) == FULL
    if array.symmetry is not None:
        assert is_symmetric


@attack(GROUP, "copies of tagged arrays written to", "harmless", "the original keeps tag and data")
def test_copies_of_tagged() -> None:
    array = tagged()
    for twin in (
        copy.copy(array),
        copy.deepcopy(array),
        array.copy(),
        pickle.loads(pickle.dumps(array)),
    ):
        assert twin.symmetry == PAIR
        twin[0, 1] = 5.0
        assert twin.symmetry is None
    assert array.symmetry == PAIR
    assert bill(array) == 10


@attack(GROUP, "tagged arrays freed while views live, and their addresses used again", "harmless")
def test_reused_addresses() -> None:
    for _ in range(200):
        view = tagged()[1:]
        fresh = plain()
        assert fresh.symmetry is None
        assert bill(fresh) == FULL
        assert view.symmetry is None
