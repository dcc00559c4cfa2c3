"""Symmetry tags: who carries one, and that no write gets past them."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import FlopscopeArray, SymmetricTensor, SymmetryGroup

PAIR = SymmetryGroup.symmetric(axes=(0, 1))


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**12, quiet=True) as context:
        yield context


def price_of_exp(array: Any) -> int:
    """What an elementwise operation costs now: the tag decides."""
    with flops.BudgetContext(10**12, quiet=True) as inner:
        fnp.exp(array)
    return inner.flops_used


def tagged() -> Any:
    array = fnp.ones((4, 4))
    assert isinstance(array, SymmetricTensor)
    return array


# ----------------------------------------------------------------------------------- who has one


@pytest.mark.parametrize(
    ("make", "group"),
    [
        (lambda: fnp.ones((4, 4)), PAIR),
        (lambda: fnp.zeros((4, 4)), PAIR),
        (lambda: fnp.full((3, 3), 2.5), PAIR),
        (lambda: fnp.zeros((2, 3, 2)), SymmetryGroup.symmetric(axes=(0, 2))),
        (lambda: fnp.ones((3, 3, 3)), SymmetryGroup.symmetric(axes=(0, 1, 2))),
        (
            lambda: fnp.ones((2, 3, 2, 3)),
            SymmetryGroup.direct_product(
                SymmetryGroup.symmetric(axes=(0, 2)), SymmetryGroup.symmetric(axes=(1, 3))
            ),
        ),
        (lambda: fnp.eye(4), PAIR),
        (lambda: fnp.identity(3), PAIR),
        (lambda: fnp.ones_like(np.empty((4, 4))), PAIR),
        (lambda: fnp.zeros_like(fnp.empty((4, 4))), PAIR),
        (lambda: fnp.full_like(np.empty((4, 4)), 7.0), PAIR),
        (lambda: fnp.exp(fnp.ones((4, 4))), PAIR),
        (lambda: fnp.ones((4, 4)) * 2.0 + fnp.eye(4), PAIR),
    ],
)
def test_arrays_with_a_tag(make: Callable[[], Any], group: SymmetryGroup) -> None:
    array = make()
    assert type(array) is SymmetricTensor
    assert isinstance(array, FlopscopeArray)
    assert array.symmetry == group
    assert repr(array).startswith("SymmetricTensor(")


@pytest.mark.parametrize(
    "make",
    [
        lambda: fnp.ones(4),
        lambda: fnp.ones((2, 3)),
        lambda: fnp.ones(()),
        lambda: fnp.empty((4, 4)),
        lambda: fnp.empty_like(fnp.ones((4, 4))),
        lambda: fnp.array(np.ones((4, 4))),
        lambda: fnp.array(fnp.ones((4, 4))),
        lambda: fnp.eye(4, 5),
        lambda: fnp.eye(4, k=1),
        lambda: fnp.ones((4, 4)) + np.arange(16.0).reshape(4, 4),
        lambda: fnp.ones((4, 4)) + np.arange(4.0),
        lambda: fnp.tri(4),
    ],
)
def test_arrays_without_a_tag(make: Callable[[], Any]) -> None:
    array = make()
    assert array.symmetry is None
    assert not isinstance(array, SymmetricTensor)
    assert array.flags.writeable


@pytest.mark.parametrize(
    ("make", "cost"),
    [
        (lambda: fnp.ones((4, 4)), 160),
        (lambda: fnp.eye(4), 160),
        (lambda: fnp.ones((2,) * 9), 160),
        (lambda: fnp.zeros((100, 100)), 5050 * 16),
        (lambda: fnp.ones((3, 3, 3)), 10 * 16),
        (lambda: fnp.ones((2, 3, 2)), 9 * 16),
        (lambda: fnp.array(np.ones((4, 4))), 256),
    ],
)
def test_tags_lower_the_price(make: Callable[[], Any], cost: int) -> None:
    assert price_of_exp(make()) == cost


def test_pointwise_results_have_numpys_values() -> None:
    array = fnp.exp(fnp.eye(3) * 2.0 - 1.0)
    assert np.asarray(array).tobytes() == np.exp(np.eye(3) * 2.0 - 1.0).tobytes()


# --------------------------------------------------------------- writing is possible, and noticed


def write_item(a: Any) -> None:
    a[0, 1] = 5.0


def write_slice(a: Any) -> None:
    a[1:, 0] = np.arange(3.0)


def write_mask(a: Any) -> None:
    a[np.tri(4, dtype=bool)] = 9.0


def write_row(a: Any) -> None:
    a[0][2] = 5.0


def write_transposed(a: Any) -> None:
    a.T[1] = 5.0


def write_reshaped(a: Any) -> None:
    a.reshape(2, 8)[0, 1] = 5.0


def write_ravelled(a: Any) -> None:
    fnp.ravel(a)[3] = 5.0


def write_view(a: Any) -> None:
    a.view()[0, 1] = 5.0


def write_view_of_view(a: Any) -> None:
    a.T[1:].view()[::-1][0, 0] = 5.0


def write_real(a: Any) -> None:
    a.real[0, 1] = 5.0


def write_iterated(a: Any) -> None:
    for row in a:
        row[0] = 5.0
        break


def write_in_place(a: Any) -> None:
    a += np.arange(4.0)


def write_in_place_row(a: Any) -> None:
    row = a[0]
    row *= 3.0


def write_in_place_matmul(a: Any) -> None:
    a @= np.arange(16.0).reshape(4, 4)


def write_flat(a: Any) -> None:
    a.flat[1] = 5.0


def write_flat_all(a: Any) -> None:
    a.flat = np.arange(16.0)


WRITES: dict[str, Callable[[Any], Any]] = {
    "item": write_item,
    "slice": write_slice,
    "mask": write_mask,
    "row": write_row,
    "transposed": write_transposed,
    "reshaped": write_reshaped,
    "ravelled": write_ravelled,
    "view": write_view,
    "view of a view": write_view_of_view,
    "real": write_real,
    "iterated": write_iterated,
    "in place": write_in_place,
    "in place, row": write_in_place_row,
    "in place, matmul": write_in_place_matmul,
    "flat": write_flat,
    "flat, all": write_flat_all,
    "put": lambda a: a.put([1], [5.0]),
    "row fill": lambda a: a[0].fill(5.0),
    "sort": lambda a: (a.put([0], [9.0]), a.sort()),
    "fnp.put": lambda a: fnp.put(a, [1], [5.0]),
    "np.put": lambda a: np.put(a, [1], [5.0]),
    "fnp.copyto": lambda a: fnp.copyto(a, np.arange(4.0)),
    "np.copyto": lambda a: np.copyto(a, np.arange(4.0)),
    "copyto by keyword": lambda a: fnp.copyto(src=np.arange(4.0), dst=a),
    "putmask": lambda a: fnp.putmask(a, np.tri(4, dtype=bool), 3.0),
    "np.putmask": lambda a: np.putmask(a, np.tri(4, dtype=bool), 3.0),
    "place": lambda a: fnp.place(a, np.tri(4, dtype=bool), [3.0]),
    "put_along_axis": lambda a: fnp.put_along_axis(a, np.array([[1]] * 4), 5.0, 1),
    "fill_diagonal of a view": lambda a: fnp.fill_diagonal(a[:, 1:], 5.0),
    "out": lambda a: fnp.add(np.arange(16.0).reshape(4, 4), 1.0, out=a),
    "out, positional": lambda a: fnp.add(np.arange(16.0).reshape(4, 4), 1.0, a),
    "out, np": lambda a: np.add(np.arange(16.0).reshape(4, 4), 1.0, out=a),
    "out, tuple": lambda a: fnp.modf(np.arange(16.0).reshape(4, 4) / 3, out=(a, None)),
    "out, row": lambda a: fnp.exp(np.arange(4.0), out=a[1]),
    "out, reduction": lambda a: fnp.cumsum(np.arange(16.0).reshape(4, 4), axis=0, out=a),
    "out, reduce": lambda a: fnp.add.reduce(np.arange(32.0).reshape(2, 4, 4), out=a),
    "out, reduce, tuple": lambda a: np.add.reduce(
        np.arange(32.0).reshape(2, 4, 4).view(FlopscopeArray), out=(a,)
    ),
    "out, outer": lambda a: fnp.add.outer(np.arange(4.0), 2 * np.arange(4.0), out=a),
    "out, matmul": lambda a: np.matmul(
        np.arange(16.0).reshape(4, 4).view(FlopscopeArray), np.tri(4), out=a
    ),
    "out, clip": lambda a: fnp.clip(np.arange(16.0).reshape(4, 4), 2.0, 9.0, out=a),
    "out, clip, positional": lambda a: fnp.clip(np.arange(16.0).reshape(4, 4), 2.0, 9.0, a),
    "out, take": lambda a: fnp.take(np.arange(16.0), np.arange(16).reshape(4, 4), out=a),
    "out, concatenate": lambda a: fnp.concatenate([np.tri(2, 4), np.tri(2, 4)], out=a),
    "out, sampler": lambda a: fnp.random.default_rng(0).standard_normal(out=a),
    "shuffle": lambda a: (a.put([1], [9.0]), fnp.random.default_rng(0).shuffle(a)),
    "setfield": lambda a: a[0].setfield(5.0, np.float64),
    "byteswap": lambda a: a[0].byteswap(inplace=True),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRITES))
def test_every_write_works_and_ends_the_tag(name: str) -> None:
    array = tagged()
    plain = np.ones((4, 4))
    assert price_of_exp(array) == 160
    before = np.asarray(array).copy()
    WRITES[name](array)
    assert not np.array_equal(np.asarray(array), before), "the write was lost"
    assert array.symmetry is None
    assert type(array) is FlopscopeArray
    assert array.flags.writeable
    assert price_of_exp(array) == 256
    # The very same write on a plain counted array has the very same effect.
    twin = plain.view(FlopscopeArray)
    WRITES[name](twin)
    assert np.array_equal(plain, np.asarray(array))


def test_symmetric_writes_end_the_tag_too() -> None:
    array = tagged()
    array.fill(3.0)
    assert array.tolist() == [[3.0] * 4] * 4
    assert array.symmetry is None
    array = tagged()
    array += 1.0
    assert array.tolist() == [[2.0] * 4] * 4


def test_fill_diagonal_and_nan_to_num_write() -> None:
    array = tagged()
    fnp.fill_diagonal(array, 5.0)
    assert array[0, 0] == 5.0
    array = fnp.full((3, 3), np.nan)
    fnp.nan_to_num(array, copy=False)
    assert array.tolist() == [[0.0] * 3] * 3
    array = tagged()
    assert float(fnp.median(array, overwrite_input=True)) == 1.0


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.setflags(write=True),
        lambda a: setattr(a.flags, "writeable", True),
        lambda a: setattr(a, "shape", (2, 8)),
        lambda a: setattr(a, "flat", 3.0),
        lambda a: setattr(a, "real", 3.0),
        lambda a: a.resize((2, 8), refcheck=False),
        lambda a: a.flat,
    ],
    ids=["setflags", "flags", "shape", "set flat", "real", "resize", "flat"],
)
@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_changes_of_the_array_object_end_the_tag(change: Callable[[Any], Any]) -> None:
    array = tagged()
    _ = change(array)
    assert array.symmetry is None
    assert array.flags.writeable
    assert price_of_exp(array) == 256


def test_at_is_refused(budget: flops.BudgetContext) -> None:
    for at in (fnp.add.at, np.add.at):
        array = tagged()
        used = budget.flops_used
        with pytest.raises(ValueError, match="symmetry"):
            at(array, ([0], [1]), 5.0)
        assert array.symmetry == PAIR
        assert array.tolist() == [[1.0] * 4] * 4
        assert budget.flops_used == used


def test_views_are_voided_with_their_array() -> None:
    array = tagged()
    views = [array[0], array.T, array.reshape(16), array.view(), array[1:, 1:], array[None]]
    views.append(views[2][3:])
    array[0, 0] = 7.0
    for view in (array, *views):
        assert type(view) is FlopscopeArray
        assert view.symmetry is None
        assert view.flags.writeable
    views[0][1] = 8.0
    assert array[0, 1] == 8.0


def test_an_array_outlived_by_its_view() -> None:
    array = tagged()
    view = array[1]
    del array
    gc.collect()
    view[0] = 3.0
    assert view.tolist() == [3.0, 1.0, 1.0, 1.0]
    assert type(view) is FlopscopeArray
    view = tagged().T[0]
    view += 1.0
    assert view.tolist() == [2.0] * 4


def test_a_refused_write_keeps_the_tag() -> None:
    array = tagged()
    with (
        flops.BudgetContext(10, quiet=True) as short,
        pytest.raises(flops.BudgetExhaustedError),
    ):
        array += np.arange(4.0)
    assert short.flops_used == 0
    assert array.tolist() == [[1.0] * 4] * 4
    with flops.BudgetContext(10, quiet=True), pytest.raises(flops.BudgetExhaustedError):
        fnp.exp(np.ones((4, 4)), out=array)
    assert array.tolist() == [[1.0] * 4] * 4


# ----------------------------------------------------------- raw NumPy cannot get behind the tag


RAW_VIEWS: dict[str, Callable[[Any], Any]] = {
    "asarray": np.asarray,
    "view": lambda a: a.view(np.ndarray),
    "frombuffer": lambda a: np.frombuffer(a, dtype=np.float64),
    "memoryview": lambda a: np.asarray(memoryview(a)),
    "dunder view": lambda a: np.ndarray.view(a, np.ndarray),
    "interface": lambda a: np.asarray(
        type("Proxy", (), {"__array_interface__": a.__array_interface__, "array": a})()
    ),
    "slice": lambda a: np.asarray(a[1:]),
    "transpose": lambda a: np.asarray(a.T),
    "row": lambda a: np.asarray(a)[0],
    "array without a copy": lambda a: np.array(a, copy=False),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RAW_VIEWS))
def test_raw_views_are_read_only(name: str) -> None:
    array = tagged()
    raw = RAW_VIEWS[name](array)
    assert type(raw) is np.ndarray
    assert np.shares_memory(raw, np.asarray(array))
    assert not raw.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        raw[...] = 5.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        raw.flags.writeable = True
    assert array.symmetry == PAIR


def test_copies_are_free_to_be_written() -> None:
    array = tagged()
    for twin in (np.array(array), array.copy(), fnp.copy(array), fnp.array(array), array.flatten()):
        twin[0] = 5.0
    assert array.tolist() == [[1.0] * 4] * 4
    assert array.symmetry == PAIR


@pytest.mark.parametrize(
    "attack",
    [
        lambda a: np.ndarray.__setitem__(a, (0, 1), 5.0),
        lambda a: np.ndarray.fill(a, 5.0),
        lambda a: np.ndarray.put(a, [1], 5.0),
        lambda a: np.ndarray.itemset(a, 1, 5.0) if hasattr(np.ndarray, "itemset") else 1 / 0,
        lambda a: np.random.default_rng(0).shuffle(np.asarray(a)),
        lambda a: np.random.default_rng(0).standard_normal(out=np.asarray(a)),
        lambda a: np.frompyfunc(lambda x: x, 1, 1)(np.arange(16.0).reshape(4, 4), out=(a,)),
        lambda a: np.nditer([a], op_flags=[["readwrite"]]),
        lambda a: memoryview(a).cast("B").__setitem__(0, 1),
    ],
)
def test_writing_behind_our_back_is_refused(attack: Callable[[Any], Any]) -> None:
    array = tagged()
    with pytest.raises((ValueError, TypeError, ArithmeticError)):
        attack(array)
    assert array.tolist() == [[1.0] * 4] * 4
    assert array.symmetry == PAIR


def test_ndarrays_own_sort_bills_and_voids() -> None:
    array = tagged()
    with flops.BudgetContext(10**6, quiet=True) as budget:
        np.ndarray.sort(array)
    assert budget.flops_used > 0
    assert array.symmetry is None


@pytest.mark.parametrize(
    "attack",
    [
        lambda a: np.ndarray.setflags(a, write=True),
        lambda a: a.__setstate__(np.arange(16.0).reshape(4, 4).__reduce__()[2]),
    ],
    ids=["setflags of ndarray", "setstate"],
)
def test_unlocking_behind_our_back_ends_the_tag(attack: Callable[[Any], Any]) -> None:
    array = tagged()
    try:
        attack(array)
    except (ValueError, TypeError):
        assert array.symmetry == PAIR
        assert not array.flags.writeable
    else:
        assert array.symmetry is None
        assert price_of_exp(array) == 256


def test_raw_views_of_a_voided_array() -> None:
    array = tagged()
    raw = np.asarray(array)
    array[0, 0] = 5.0
    assert raw[0, 0] == 5.0
    assert np.asarray(array).flags.writeable


# --------------------------------------------------------------------- copies, pickles, lifetimes


def test_pickles_and_copies_keep_the_group() -> None:
    array = tagged()
    for twin in (
        pickle.loads(pickle.dumps(array)),
        pickle.loads(pickle.dumps(array, protocol=2)),
        copy.copy(array),
        copy.deepcopy(array),
    ):
        assert twin.tolist() == [[1.0] * 4] * 4
        assert twin.symmetry == PAIR
        assert type(twin) is SymmetricTensor
        assert price_of_exp(twin) == 160
        twin[0, 1] = 5.0
        assert twin.symmetry is None
    assert array.symmetry == PAIR


@pytest.mark.parametrize("view", [lambda a: a[0], lambda a: a.T, lambda a: a.reshape(2, 8)])
def test_views_of_tagged_arrays_can_be_pickled(view: Callable[[Any], Any]) -> None:
    array = view(tagged())
    loaded = pickle.loads(pickle.dumps(array))
    assert loaded.tolist() == array.tolist()
    assert isinstance(loaded, FlopscopeArray)
    loaded[...] = 2.0
    assert copy.deepcopy(array).tolist() == array.tolist()


def test_views_of_tagged_arrays_are_counted_arrays() -> None:
    view = tagged()[0]
    assert isinstance(view, FlopscopeArray)
    assert type(view).__name__ == "FlopscopeArray"
    assert repr(view) == "FlopscopeArray([1., 1., 1., 1.])"
    assert repr(tagged()[0] + 1.0) == "FlopscopeArray([2., 2., 2., 2.])"
    assert type(view + 1.0) is FlopscopeArray


def test_many_tagged_arrays_come_and_go() -> None:
    for _ in range(300):
        array = fnp.ones((3, 3))
        views = [array[i] for i in range(3)]
        views[1][0] = 2.0
        del array, views
        _ = fnp.eye(3).T[0]
    gc.collect()
    fresh = fnp.ones((3, 3))
    assert fresh.symmetry == PAIR
    assert np.asarray(fresh).tolist() == [[1.0] * 3] * 3


def test_tags_cannot_be_set_from_python() -> None:
    array = tagged()
    with pytest.raises(AttributeError):
        array.symmetry = None
    plain = fnp.array(np.arange(16.0).reshape(4, 4))
    with pytest.raises(AttributeError):
        plain.symmetry = PAIR
    with pytest.raises(TypeError):
        plain.__class__ = SymmetricTensor
    assert price_of_exp(plain) == 256


def test_a_view_cannot_be_made_a_tensor() -> None:
    raw = np.arange(16.0).reshape(4, 4)
    for view in (raw.view(SymmetricTensor), SymmetricTensor((4, 4))):
        assert view.symmetry is None
        assert price_of_exp(np.nan_to_num(np.asarray(view)) * 0) == 256
        assert view.flags.writeable


# -------------------------------------------------------------------------------- in any order


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_tag_is_never_wrong(data: st.DataObject) -> None:
    """Whatever views are taken and written, a tag that is left still holds."""
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=3))
    arrays: list[Any] = [fnp.ones(shape)]
    for step in range(data.draw(st.integers(1, 8))):
        array = data.draw(st.sampled_from(arrays))
        action = data.draw(
            st.sampled_from(["slice", "transpose", "write", "add", "copy", "map", "drop"])
        )
        if action == "slice":
            view = array[data.draw(hnp.basic_indices(array.shape))]
            if isinstance(view, FlopscopeArray):
                arrays.append(view)
        elif action == "transpose":
            arrays.append(fnp.transpose(array))
        elif action == "write" and array.size:
            array[(0,) * array.ndim] = step + 2.0
        elif action == "add":
            array += float(step)
        elif action == "copy":
            arrays.append(array.copy())
        elif action == "map":
            arrays.append(fnp.exp(fnp.clip(array, 0.0, 1.0)))
        elif action == "drop" and len(arrays) > 1:
            arrays.pop()
        del array
    for array in arrays:
        if array.symmetry is None:
            continue
        values = np.asarray(array)
        for literal in array.symmetry.generator_literals:
            order = list(range(values.ndim))
            axes = array.symmetry.axes
            for source, target in enumerate(literal):
                order[axes[source]] = axes[target]
            assert np.array_equal(values, values.transpose(order))


# ------------------------------------------------------------------------------- lost symmetry


def _declared(n: int = 4) -> Any:
    raw = np.random.default_rng(1).standard_normal((n, n))
    return flops.as_symmetric(raw + raw.T, symmetry=(0, 1))


_LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda s, d: s + d,
    "reflected": lambda s, d: d * s,
    "in place": lambda s, d: operator.iadd(s, d),
    "numpy": lambda s, d: np.add(s, d),
    "clip": lambda s, d: fnp.clip(s, 0, d),
    "ravel": lambda s, d: s.ravel(),
    "reshape": lambda s, d: fnp.reshape(s, (2, 8)),
    "slice": lambda s, d: s[1:],
    "flip": lambda s, d: fnp.flip(s, 0),
    "concatenate": lambda s, d: fnp.concatenate([s, d]),
    "sort": lambda s, d: fnp.sort(s),
    "where": lambda s, d: fnp.where(d > 0, s, s),
}
_KEPT: dict[str, Callable[[Any, Any], Any]] = {
    "number": lambda s, d: 2.0 * s + 1,
    "unary": lambda s, d: fnp.exp(s),
    "transposed": lambda s, d: s.T,
    "row": lambda s, d: s[0],
    "view": lambda s, d: s[:],
    "sum": lambda s, d: s.sum(axis=0),
    "matmul": lambda s, d: s @ d,
    "einsum": lambda s, d: fnp.einsum("ij,jk->ik", s, d),
    "converted": lambda s, d: (fnp.array(s), s.astype("f4")),
    "inferred": lambda s, d: fnp.ones((4, 4)) + d,
    "copies": lambda s, d: (s.copy(), pickle.loads(pickle.dumps(s)), repr(s)),
}


@pytest.mark.parametrize("name", _LOSSES)
def test_a_loss_warns_once_where_the_caller_is(name: str) -> None:
    s, d = _declared(), fnp.asarray(np.ones((4, 4)))
    with pytest.warns(flops.SymmetryLossWarning, match=r"Symmetry lost along dims \(0, 1\)") as got:
        _LOSSES[name](s, d)
    seen = [warning for warning in got if warning.category is flops.SymmetryLossWarning]
    assert [warning.filename for warning in seen] == [__file__]


@pytest.mark.parametrize("name", _KEPT)
def test_no_warning_where_nothing_is_lost(name: str) -> None:
    s, d = _declared(), fnp.asarray(np.ones((4, 4)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _KEPT[name](s, d)


def test_a_warning_of_loss_can_be_an_error_and_then_bills_nothing(
    budget: flops.BudgetContext,
) -> None:
    s, d = _declared(), fnp.asarray(np.ones((4, 4)))
    before = budget.flops_used
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(flops.SymmetryLossWarning):
            s + d
    assert budget.flops_used == before
    assert s.symmetry is not None


def test_warnings_of_loss_can_be_silenced() -> None:
    s, d = _declared(), fnp.asarray(np.ones((4, 4)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flops.configure(symmetry_warnings=False)
            warnings.simplefilter("error")
            s + d
            s.ravel()
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flops.configure(symmetry_warnings=True)


# --------------------------------------------------------------------- groups that name no axes

WITHOUT_AXES = ([[1, 2, 0]], [[1, 0, 2]], [[1, 2, 0], [1, 0, 2]], [[1, 0, 3, 2]], [[1, 2, 3, 0]])
TRANSPORTED: dict[str, Any] = {
    "index": lambda t: t[0],
    "last index": lambda t: t[..., 1],
    "new axis": lambda t: t[:, None],
    "reversed": lambda t: t[::-1],
    "swapped": lambda t: fnp.swapaxes(t, 0, 1),
    "sum": lambda t: fnp.sum(t, axis=0),
    "cumsum": lambda t: fnp.cumsum(t, axis=0),
    "stack": lambda t: fnp.stack([t, t]),
    "diagonal": lambda t: fnp.diagonal(t),
    "broadcast": lambda t: t + fnp.ones((2, *t.shape)),
    "tensordot": lambda t: fnp.tensordot(t, t, 1),
}


def _moves(result: Any) -> frozenset[tuple[int, ...]]:
    """Permutations of all axes that the tag of a result stands for."""
    group = result.symmetry
    if group is None:
        return frozenset()
    axes = group.axes or tuple(range(result.ndim))
    moves = set()
    for element in group.elements():
        move = list(range(result.ndim))
        for i, image in enumerate(element.array_form):
            move[axes[i]] = axes[image]
        moves.add(tuple(move))
    return frozenset(moves)


@pytest.mark.filterwarnings("ignore:Symmetry lost")
@pytest.mark.parametrize("generators", WITHOUT_AXES, ids=str)
@pytest.mark.parametrize("name", TRANSPORTED)
def test_a_group_that_names_no_axes_acts_on_all(name: str, generators: list[list[int]]) -> None:
    axes = tuple(range(len(generators[0])))
    values = np.random.default_rng(0).random((3,) * len(axes))
    results = []
    with flops.BudgetContext(10**9, quiet=True) as budget:
        for options in ({}, {"axes": axes}):
            group = flops.SymmetryGroup.from_generators(generators, **options)
            tensor = flops.symmetrize(values, symmetry=group)
            used = budget.flops_used
            result = TRANSPORTED[name](tensor)
            results.append((budget.flops_used - used, _moves(result)))
    assert results[0] == results[1]
    plain = np.asarray(result)
    for move in results[0][1]:
        np.testing.assert_allclose(plain, plain.transpose(move))
