"""Creation and movement functions that go to NumPy's C function: the same as through NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


Call = Callable[[Any, Callable[[np.ndarray], Any]], Any]

A = np.arange(6.0).reshape(2, 3)
B = -A
CUBE = np.arange(24).reshape(2, 3, 4)
MASK = A > 2
HUGE = 2**62

#: Each is called with an array module, and with what makes its arrays of plain ones.
CALLS: dict[str, Call] = {
    "zeros-int": lambda xp, c: xp.zeros(5),
    "zeros-none": lambda xp, c: xp.zeros(()),
    "zeros-tuple": lambda xp, c: xp.zeros((2, 3)),
    "zeros-list": lambda xp, c: xp.zeros([4, 1, 2]),
    "zeros-empty": lambda xp, c: xp.zeros((0, 3)),
    "zeros-square": lambda xp, c: xp.zeros((3, 3)),
    "zeros-dtype": lambda xp, c: xp.zeros(3, "float32"),
    "zeros-type": lambda xp, c: xp.zeros(3, dtype=int),
    "zeros-numpy-type": lambda xp, c: xp.zeros((3, 2), dtype=np.complex64),
    "zeros-descr": lambda xp, c: xp.zeros(3, np.dtype("i2")),
    "zeros-swapped": lambda xp, c: xp.zeros(3, np.dtype(">f8")),
    "zeros-structured": lambda xp, c: xp.zeros(3, dtype=[("a", "f8")]),
    "zeros-order": lambda xp, c: xp.zeros((2, 3), order="F"),
    "zeros-shape-named": lambda xp, c: xp.zeros(shape=(2, 3)),
    "zeros-large": lambda xp, c: xp.zeros(20_000),
    "zeros-negative": lambda xp, c: xp.zeros(-1),
    "zeros-float": lambda xp, c: xp.zeros(2.0),
    "zeros-too-large": lambda xp, c: xp.zeros((HUGE, HUGE)),
    "zeros-no-arguments": lambda xp, c: xp.zeros(),
    "zeros-wrong-name": lambda xp, c: xp.zeros(3, kind=float),
    "zeros-many-axes": lambda xp, c: xp.zeros((1,) * 12),
    "zeros-bool": lambda xp, c: xp.zeros(True),
    "ones": lambda xp, c: xp.ones((2, 3)),
    "ones-bool": lambda xp, c: xp.ones(4, dtype=bool),
    "ones-complex": lambda xp, c: xp.ones(4, dtype=complex),
    "ones-text": lambda xp, c: xp.ones(2, dtype="U3"),
    "where": lambda xp, c: xp.where(c(MASK), c(A), c(B)),
    "where-scalar": lambda xp, c: xp.where(c(MASK), c(A), 0.0),
    "where-scalars": lambda xp, c: xp.where(c(MASK), 1, 2.5),
    "where-broadcast": lambda xp, c: xp.where(c(MASK[0]), c(A), c(B[:, :1])),
    "where-mixed": lambda xp, c: xp.where(c(MASK), c(A.astype("f4")), c(A.astype(int))),
    "where-numbers": lambda xp, c: xp.where(c(A), c(A), c(B)),
    "where-weak": lambda xp, c: xp.where(c(MASK), c(A.astype("f4")), 1e300),
    "where-unfit": lambda xp, c: xp.where(c(MASK), c(A), c(np.arange(5.0))),
    "where-one": lambda xp, c: xp.where(c(MASK)),
    "where-two": lambda xp, c: xp.where(c(MASK), c(A)),
    "where-texts": lambda xp, c: xp.where(c(MASK), "a", "b"),
    "where-lists": lambda xp, c: xp.where([True, False], [1, 2], [3, 4]),
    "concatenate": lambda xp, c: xp.concatenate((c(A), c(B))),
    "concatenate-list": lambda xp, c: xp.concatenate([c(A), c(B), c(A)], 1),
    "concatenate-axis": lambda xp, c: xp.concatenate([c(A), c(B)], axis=-1),
    "concatenate-none": lambda xp, c: xp.concatenate([c(A), c(B)], axis=None),
    "concatenate-same": lambda xp, c: xp.concatenate([c(A[0])] * 3),
    "concatenate-mixed": lambda xp, c: xp.concatenate([c(A), c(MASK), c(A.astype(int))]),
    "concatenate-plain": lambda xp, c: xp.concatenate([A, c(B)]),
    "concatenate-lists": lambda xp, c: xp.concatenate([[1, 2], [3.0]]),
    "concatenate-out": lambda xp, c: xp.concatenate([c(A), c(B)], out=c(np.empty((4, 3)))),
    "concatenate-many": lambda xp, c: xp.concatenate([c(A)] * 20),
    "concatenate-empty": lambda xp, c: xp.concatenate([]),
    "concatenate-unfit": lambda xp, c: xp.concatenate([c(A), c(CUBE)]),
    "concatenate-axis-out": lambda xp, c: xp.concatenate([c(A), c(B)], axis=5),
    "concatenate-elements": lambda xp, c: xp.concatenate([c(np.array(1.0)), c(np.array(2.0))]),
    "stack": lambda xp, c: xp.stack([c(A), c(B), c(A)]),
    "stack-tuple": lambda xp, c: xp.stack((c(A), c(B)), 0),
    "stack-axis": lambda xp, c: xp.stack([c(A), c(B)], axis=-1),
    "stack-same": lambda xp, c: xp.stack([c(A[0])] * 33),
    "stack-elements": lambda xp, c: xp.stack([c(np.array(1.0)), c(np.array(2.0))]),
    "stack-no-elements": lambda xp, c: xp.stack([c(A[:0]), c(B[:0])]),
    "stack-mixed": lambda xp, c: xp.stack([c(A), c(MASK)]),
    "stack-strided": lambda xp, c: xp.stack([c(A.T), c(B.T)]),
    "stack-part": lambda xp, c: xp.stack([c(CUBE)[:, ::2], c(CUBE)[:, 1::2]]),
    "stack-swapped": lambda xp, c: xp.stack([c(A.astype(">f8"))] * 2),
    "stack-texts": lambda xp, c: xp.stack([c(np.array(["a", "b"]))] * 2),
    "stack-plain": lambda xp, c: xp.stack([A, c(B)]),
    "stack-lists": lambda xp, c: xp.stack([[1, 2], [3.0, 4]]),
    "stack-array": lambda xp, c: xp.stack(c(CUBE)),
    "stack-out": lambda xp, c: xp.stack([c(A), c(B)], out=c(np.empty((2, 2, 3)))),
    "stack-dtype": lambda xp, c: xp.stack([c(A), c(B)], dtype="f4"),
    "stack-many-axes": lambda xp, c: xp.stack([c(np.ones((1,) * 9))] * 2),
    "stack-empty": lambda xp, c: xp.stack([]),
    "stack-unfit": lambda xp, c: xp.stack([c(A), c(B[:1])]),
    "stack-axis-out": lambda xp, c: xp.stack([c(A), c(B)], axis=5),
    "reshape": lambda xp, c: xp.reshape(c(A), (3, 2)),
    "reshape-int": lambda xp, c: xp.reshape(c(A), 6),
    "reshape-open": lambda xp, c: xp.reshape(c(CUBE), (-1, 4)),
    "reshape-list": lambda xp, c: xp.reshape(c(CUBE), [4, -1]),
    "reshape-same": lambda xp, c: xp.reshape(c(A), (2, 3)),
    "reshape-strided": lambda xp, c: xp.reshape(c(A.T), 6),
    "reshape-fortran": lambda xp, c: xp.reshape(c(A), (3, 2), order="F"),
    "reshape-unfit": lambda xp, c: xp.reshape(c(A), (4, 2)),
    "reshape-two-open": lambda xp, c: xp.reshape(c(A), (-1, -1)),
    "reshape-below": lambda xp, c: xp.reshape(c(A), (-2, 3)),
    "reshape-float": lambda xp, c: xp.reshape(c(A), 6.0),
    "reshape-of-list": lambda xp, c: xp.reshape([[1, 2], [3, 4]], 4),
    "reshape-none": lambda xp, c: xp.reshape(c(np.array([1.0])), ()),
    "ravel": lambda xp, c: xp.ravel(c(A)),
    "ravel-strided": lambda xp, c: xp.ravel(c(CUBE[:, ::-1])),
    "ravel-order": lambda xp, c: xp.ravel(c(A), "F"),
    "ravel-element": lambda xp, c: xp.ravel(c(np.array(3.0))),
    "transpose": lambda xp, c: xp.transpose(c(CUBE)),
    "transpose-axes": lambda xp, c: xp.transpose(c(CUBE), (1, 0, 2)),
    "transpose-row": lambda xp, c: xp.transpose(c(A[0])),
    "astype": lambda xp, c: c(A).astype(np.float32),
    "astype-integer": lambda xp, c: c(A + 0.5).astype("int8"),
    "astype-type": lambda xp, c: c(A).astype(int),
    "astype-same": lambda xp, c: c(A).astype(float),
    "astype-wider": lambda xp, c: c(CUBE).astype(np.complex128),
    "astype-bool": lambda xp, c: c(A).astype(bool),
    "astype-fortran": lambda xp, c: c(np.asfortranarray(A)).astype(np.float32),
    "astype-strided": lambda xp, c: c(CUBE.transpose(1, 2, 0)).astype(np.float32),
    "astype-text": lambda xp, c: c(A).astype("U8"),
    "astype-nan": lambda xp, c: c(np.array([np.nan, np.inf])).astype(np.int64),
    "astype-order": lambda xp, c: c(A).astype(np.float32, order="F"),
    "astype-no-copy": lambda xp, c: c(A).astype(float, copy=False),
    "astype-casting": lambda xp, c: c(A).astype(int, casting="safe"),
}


def outcome(call: Call, xp: Any, convert: Callable[[np.ndarray], Any]) -> tuple[Any, ...]:
    """Bytes, layout and flags, or the error; and what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call(xp, convert)
        except Exception as error:
            seen: tuple[Any, ...] = (type(error), str(error))
        else:
            results = result if isinstance(result, tuple) else (result,)
            arrays = [np.asarray(r) for r in results]
            seen = tuple((a.dtype, a.shape, a.strides, a.tobytes()) for a in arrays)
    return seen, [(w.category, str(w.message)) for w in caught]


@pytest.mark.parametrize("name", CALLS)
def test_equal_to_numpy(budget: flops.BudgetContext, name: str) -> None:
    want = outcome(CALLS[name], np, np.copy)
    seen = []
    for enabled in (True, False):
        found = _core._use_inner_loops(enabled)
        try:
            before = len(budget.op_log)
            got = outcome(CALLS[name], fnp, lambda x: fnp.asarray(x.copy(order="K")))
            records = [(r.op_name, r.flop_cost, r.shapes) for r in budget.op_log[before:]]
        finally:
            _core._use_inner_loops(found)
        seen.append((got, records))
    assert seen[0] == seen[1]
    # A symmetric tensor and messages of ours aside, it is what NumPy answers.
    if not name.endswith(("-fortran", "-strided")):
        assert seen[0][0] == want or isinstance(want[0][0], type)


def test_empty(budget: flops.BudgetContext) -> None:
    """Undefined elements: the rest is compared."""
    for shape in (3, (2, 3), (3, 3), ()):
        assert fnp.empty(shape).shape == np.empty(shape).shape
        assert type(fnp.empty(shape)) is type(fnp.asarray(A))
    assert fnp.empty(4, dtype=np.int16).dtype == np.int16


def test_views_share_memory(budget: flops.BudgetContext) -> None:
    x = fnp.asarray(A.copy())
    for view in (fnp.reshape(x, 6), fnp.ravel(x), fnp.transpose(x), fnp.reshape(x, (2, 3))):
        assert isinstance(view, fnp.ndarray)
        assert view is not x
        assert np.shares_memory(view, x)
    fnp.ravel(x)[0] = 7.0
    assert float(x[0, 0]) == 7.0


def test_stacking_copies(budget: flops.BudgetContext) -> None:
    rows = [fnp.asarray(A.copy()), fnp.asarray(B.copy())]
    stacked = fnp.stack(rows)
    rows[0][0, 0] = 99.0
    assert np.array_equal(stacked, np.stack([A, B]))
    described = np.dtype(float, metadata={"unit": "m"})
    tall = fnp.asarray(np.ones(3, described))
    assert fnp.stack([tall, tall]).dtype.metadata is None  # as in NumPy


def test_symmetric_operands_keep_their_tags(budget: flops.BudgetContext) -> None:
    square = flops.as_symmetric(fnp.asarray(np.ones((3, 3))), symmetry=(0, 1))
    assert fnp.transpose(square).symmetry is not None
    assert fnp.zeros((3, 3)).symmetry is not None
    assert fnp.zeros((3, 2)).symmetry is None
