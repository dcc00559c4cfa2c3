"""What goes wrong goes wrong like in NumPy, costs nothing and leaves nothing behind."""

from __future__ import annotations

import contextlib
import copy
import functools
import gc
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import FlopscopeArray, errors
from flopscope.errors import UnsupportedDtypeError

pytestmark = pytest.mark.filterwarnings("ignore::flopscope.errors.RemoteCallbackWarning")

Call = Callable[[], Any]


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**12, quiet=True) as context:
        yield context


def counted(*values: Any) -> FlopscopeArray:
    return np.array(values).view(FlopscopeArray)


def ones(*shape: int) -> FlopscopeArray:
    return np.ones(shape).view(FlopscopeArray)


def assert_untouched(budget: flops.BudgetContext) -> None:
    assert budget.flops_used == 0
    assert list(budget.op_log) == []


# ---------------------------------------------------------------------------------------- shapes

MISFITS: dict[str, Call] = {
    "add": lambda: fnp.add(ones(3), ones(4)),
    "operator": lambda: ones(3) + ones(4),
    "reflected": lambda: np.ones(3) - ones(4),
    "list": lambda: ones(3) * [1.0, 2.0],
    "2-d": lambda: fnp.maximum(ones(3, 2), ones(2, 3)),
    "comparison": lambda: ones(3) < ones(2),
    "in place": lambda: ones(3).__iadd__(ones(2, 3)),
    "out": lambda: fnp.add(ones(3), 1.0, out=ones(4)),
    "positional out": lambda: fnp.exp(ones(3), ones(2)),
    "two outs": lambda: fnp.modf(ones(3), out=(ones(3), ones(2))),
    "matmul": lambda: ones(3) @ ones(4),
    "matmul 2-d": lambda: fnp.matmul(ones(2, 3), ones(2, 3)),
    "matmul 0-d": lambda: fnp.matmul(ones(2), 3.0),
    "matmul batch": lambda: fnp.matmul(ones(2, 3, 3), ones(4, 3, 3)),
    "dot": lambda: fnp.dot(ones(2, 3), ones(2)),
    "inner": lambda: fnp.inner(ones(2), ones(3)),
    "vdot": lambda: fnp.vdot(ones(2), ones(3)),
    "tensordot": lambda: fnp.tensordot(ones(2, 3), ones(2, 3), axes=1),
    "ragged": lambda: fnp.add([[1.0, 2.0], [3.0]], 1.0),
}


@pytest.mark.parametrize("name", sorted(MISFITS))
def test_shapes_that_do_not_fit(budget: flops.BudgetContext, name: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        MISFITS[name]()
    assert str(caught.value)
    assert_untouched(budget)


@given(st.lists(st.integers(0, 4), max_size=3), st.lists(st.integers(0, 4), max_size=3))
@settings(max_examples=100, deadline=None)
def test_broadcasting_fails_when_numpys_does(left: list[int], right: list[int]) -> None:
    with flops.BudgetContext(10**9, quiet=True) as budget:
        try:
            expected = np.add(np.ones(left), np.ones(right))
        except ValueError:
            with pytest.raises(ValueError, match="broadcast"):
                fnp.add(ones(*left), ones(*right))
            assert_untouched(budget)
        else:
            assert fnp.add(ones(*left), ones(*right)).shape == expected.shape
            assert budget.flops_used == max(1, expected.size)


@given(st.lists(st.integers(0, 3), max_size=3), st.lists(st.integers(0, 3), max_size=3))
@settings(max_examples=100, deadline=None)
def test_matmul_fails_when_numpys_does(left: list[int], right: list[int]) -> None:
    with flops.BudgetContext(10**9, quiet=True) as budget:
        try:
            expected = np.matmul(np.ones(left), np.ones(right))
        except ValueError:
            with pytest.raises(ValueError, match=r"matmul|broadcast"):
                fnp.matmul(ones(*left), ones(*right))
            assert_untouched(budget)
        else:
            result = fnp.matmul(ones(*left), ones(*right))
            assert np.array_equal(np.asarray(result), expected)


# ---------------------------------------------------------------------------------------- dtypes

BAD: dict[str, np.ndarray] = {
    "object": np.array([1, None, "x"], dtype=object),
    "string": np.array(["a", "b", "c"]),
    "bytes": np.array([b"a", b"b", b"c"]),
    "variable string": np.array(["a", "b", "c"], dtype=np.dtypes.StringDType()),
    "datetime": np.array(["2020-01-01"] * 3, dtype="M8[D]"),
    "timedelta": np.array([1, 2, 3], dtype="m8[s]"),
    "record": np.zeros(3, dtype=[("x", float), ("y", int)]),
    "void": np.zeros(3, dtype="V8"),
}
USES: dict[str, Callable[[Any], Any]] = {
    "unary": lambda a: fnp.negative(a),
    "binary": lambda a: fnp.add(a, a),
    "with a number": lambda a: fnp.multiply(2, a),
    "operator": lambda a: ones(3) + a,
    "reflected": lambda a: a + ones(3),
    "counted": lambda a: a.view(FlopscopeArray) + a.view(FlopscopeArray),
    "in place": lambda a: ones(3).__iadd__(a),
    "sum": lambda a: fnp.sum(a),
    "max": lambda a: fnp.max(a, axis=0),
    "cumsum": lambda a: fnp.cumsum(a),
    "median": lambda a: fnp.median(a),
    "method": lambda a: a.view(FlopscopeArray).sum(),
    "reduce": lambda a: fnp.maximum.reduce(a),
    "outer": lambda a: fnp.add.outer(a, a),
    "reduceat": lambda a: fnp.add.reduceat(a, [0, 1]),
    "at": lambda a: fnp.add.at(a, [0], 1),
    "matmul": lambda a: fnp.matmul(a, a),
    "dot": lambda a: fnp.dot(ones(3), a),
    "einsum": lambda a: fnp.einsum("i,i", a, a),
    "minimum": lambda a: fnp.minimum(a, a),
    "clip": lambda a: fnp.clip(a, 0, 1),
    "diff": lambda a: fnp.diff(a),
    "isclose": lambda a: fnp.isclose(a, a),
    "convolve": lambda a: fnp.convolve(a, a),
}
# These do no more than compare elements, which texts and dates stand; objects would do it with code
# of their own.
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "comparison": lambda module, a: module.less_equal(a, a),
    "operator ==": lambda module, a: module.asarray(a) == a,
    "sort": lambda module, a: module.sort(a),
    "argsort": lambda module, a: module.argsort(a),
    "method": lambda module, a: module.asarray(a).argsort(),
    "unique": lambda module, a: module.unique(a),
    "searchsorted": lambda module, a: module.searchsorted(a, a),
    "isin": lambda module, a: module.isin(a, a),
    "array_equal": lambda module, a: module.array_equal(a, a),
}
COMPARED = ("string", "bytes", "variable string", "datetime", "timedelta")
REFUSED = [(use, kind, call) for use, call in USES.items() for kind in BAD] + [
    (use, kind, functools.partial(call, fnp))
    for use, call in COMPARISONS.items()
    for kind in BAD
    if kind not in COMPARED
]


@pytest.mark.parametrize(
    ("use", "kind", "call"), REFUSED, ids=[f"{use}-{kind}" for use, kind, _ in REFUSED]
)
def test_arrays_that_hold_no_numbers_are_refused(
    budget: flops.BudgetContext, use: str, kind: str, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(UnsupportedDtypeError, match="bool, integer, float and complex") as caught:
        call(BAD[kind])
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, errors.FlopscopeError)
    assert caught.value.dtype == BAD[kind].dtype
    assert_untouched(budget)


@pytest.mark.parametrize("kind", COMPARED)
@pytest.mark.parametrize("use", sorted(COMPARISONS))
def test_texts_and_dates_can_be_compared(budget: flops.BudgetContext, use: str, kind: str) -> None:
    call = COMPARISONS[use]
    got = call(fnp, BAD[kind])
    assert np.array_equal(np.asarray(got), call(np, BAD[kind]))
    bill = budget.flops_used
    call(fnp, np.argsort(BAD[kind]))
    assert bill == budget.flops_used - bill > 0


@pytest.mark.parametrize("kind", sorted(BAD))
def test_lists_of_no_numbers_are_refused(budget: flops.BudgetContext, kind: str) -> None:
    with pytest.raises((UnsupportedDtypeError, TypeError)):
        fnp.add(list(BAD[kind]), 1.0)
    assert_untouched(budget)


@pytest.mark.parametrize(
    "scalar",
    [np.datetime64("2020-01-01"), np.timedelta64(3, "s"), np.str_("x"), np.bytes_(b"x"),
     np.void(b"12345678")],
    ids=["datetime", "timedelta", "str", "bytes", "void"],
)  # fmt: skip
def test_scalars_that_are_no_numbers_never_compute(
    budget: flops.BudgetContext, scalar: Any
) -> None:
    for call in (
        lambda: ones(3) * scalar,
        lambda: fnp.add(scalar, ones(3)),
        lambda: fnp.multiply(scalar, 2),
        lambda: fnp.sum(scalar),
    ):
        with pytest.raises(TypeError):
            call()


def test_padding_moves_objects_and_computes_with_numbers(budget: flops.BudgetContext) -> None:
    words = np.array(["a", "b"], dtype=object)
    assert fnp.pad(words, 1, mode="edge").tolist() == ["a", "a", "b", "b"]
    for options in ({"mode": "mean"}, {"mode": "linear_ramp"}):
        with pytest.raises(UnsupportedDtypeError, match="pad"):
            fnp.pad(np.array([1, 2], dtype=object), 1, **options)
    with pytest.raises(TypeError, match="integral"):
        fnp.pad(ones(2), np.array(["1"], dtype=object))
    assert budget.flops_used == 0


def test_drawing_from_things_that_are_no_numbers_is_allowed(budget: flops.BudgetContext) -> None:
    words = np.array(["a", "b", "c"])
    rng = fnp.random.default_rng(0)
    assert sorted(rng.permutation(words).tolist()) == ["a", "b", "c"]
    assert rng.choice(words) in words
    rng.shuffle(words)
    assert budget.flops_used == 3 + 1 + 3
    # Bounds beyond int64 come as arrays of Python's integers.
    top = np.array([2**64], dtype=object)
    drawn = rng.integers(0, top, size=4, dtype=np.uint64)
    assert (drawn.dtype, budget.flops_used) == (np.uint64, 7 + 4)


def test_moving_things_that_are_no_numbers_is_allowed(budget: flops.BudgetContext) -> None:
    words = BAD["string"]
    assert fnp.concatenate([words, words]).tolist() == ["a", "b", "c"] * 2
    assert fnp.array(["a", "b"])[0] == "a"
    assert fnp.reshape(words, (3, 1)).shape == (3, 1)
    assert budget.flops_used == 0


# ------------------------------------------------------------------------------- wrong arguments

CALLS: dict[str, tuple[Call, type[Exception]]] = {
    "no arguments": (lambda: fnp.add(), TypeError),
    "one argument": (lambda: fnp.add(ones(2)), TypeError),
    "sum of nothing": (lambda: fnp.sum(), TypeError),
    "matmul of one": (lambda: fnp.matmul(ones(2)), TypeError),
    "outer of one": (lambda: fnp.add.outer(ones(2)), TypeError),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_missing_arguments(budget: flops.BudgetContext, name: str) -> None:
    call, error = CALLS[name]
    with pytest.raises(error):
        call()
    assert_untouched(budget)


# These errors are NumPy's own: it raises them after the charge, which stays.
CHARGED: dict[str, tuple[Call, type[Exception], str, int]] = {
    "axis": (lambda: fnp.sum(ones(3), axis=9), np.exceptions.AxisError, "sum", 2),
    "exp of None": (lambda: fnp.exp(None), TypeError, "exp", 16),
    "bits of floats": (lambda: ones(3) & ones(3), TypeError, "bitwise_and", 3),
    "casting": (
        lambda: fnp.add(ones(3), 1.0, out=np.zeros(3, dtype=int)), TypeError, "add", 3,
    ),
    "read-only": (
        lambda: fnp.add(np.ones(3), 1.0, out=np.broadcast_to(0.0, 3)), ValueError, "add", 3,
    ),
    "a string": (lambda: ones(3) + "x", TypeError, "add", 3),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHARGED))
def test_errors_that_numpy_raises_keep_the_charge(budget: flops.BudgetContext, name: str) -> None:
    call, error, op_name, cost = CHARGED[name]
    with pytest.raises(error):
        call()
    assert [(r.op_name, r.flop_cost) for r in budget.op_log] == [(op_name, cost)]
    assert budget.flops_used == cost


def test_floating_point_errors_follow_errstate(budget: flops.BudgetContext) -> None:
    with np.errstate(all="raise"):
        with pytest.raises(FloatingPointError, match="divide by zero"):
            fnp.divide(ones(3), 0.0)
        with pytest.raises(FloatingPointError):
            ones(3) / np.zeros(3)
        with pytest.raises(FloatingPointError):
            fnp.exp(counted(1e5))
        with pytest.raises(FloatingPointError):
            fnp.sqrt(counted(-1.0))
    with np.errstate(all="ignore"):
        assert np.isinf(np.asarray(fnp.divide(ones(3), 0.0))).all()
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        ones(3) / 0.0
    with pytest.warns(RuntimeWarning, match="overflow encountered in exp"):
        fnp.exp(counted(1e5))
    assert [record.flop_cost for record in budget.op_log] == [3, 3, 16, 1, 3, 3, 16]


def test_floating_point_calls_reach_the_handler() -> None:
    heard: list[str] = []
    with np.errstate(divide="call", call=lambda kind, _: heard.append(kind)):
        ones(3) / 0.0
    assert heard == ["divide by zero"]


# ----------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name",
    ["loadtxt", "savetxt", "genfromtxt", "frompyfunc", "asmatrix", "array2string", "busday_count",
     "setbufsize", "nested_iters", "show_config"],
)  # fmt: skip
def test_blocked_names(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"does not support '{name}' \(blacklisted\)"):
        getattr(fnp, name)
    assert not hasattr(fnp, name)
    assert name not in dir(fnp)


@pytest.mark.parametrize(
    ("name", "hint"), [("sqr", "sqrt"), ("concatenat", "concatenate"), ("maximun", "maximum")]
)
def test_unknown_names_come_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"does not provide '{name}'.*{hint}"):
        getattr(fnp, name)


def test_unknown_names() -> None:
    for name in ("no_such_thing", "bool", "int_", "ma", "char", "matrix", "_private"):
        with pytest.raises(AttributeError):
            getattr(fnp, name)
    with pytest.raises(AttributeError, match="does not provide"):
        flops.ones  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'nonsense'.*default_rng"):
        fnp.random.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="blacklisted"):
        fnp.random.random_integers  # noqa: B018
    with pytest.raises(ImportError):
        exec("from flopscope.numpy import loadtxt")


@pytest.mark.parametrize(("name", "instead"), [("in1d", "isin"), ("trapz", "trapezoid")])
@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="NumPy still has them")
def test_functions_that_numpy_removed(budget: flops.BudgetContext, name: str, instead: str) -> None:
    function = getattr(fnp, name)
    with pytest.raises(flops.UnsupportedFunctionError, match=f"`{instead}`") as caught:
        function(ones(3), ones(3))
    assert caught.value.func_name == name
    assert caught.value.max_version == "2.4"
    assert_untouched(budget)


@pytest.mark.skipif(hasattr(np, "vecmat"), reason="NumPy has all of them")
def test_functions_that_numpy_does_not_have_yet() -> None:
    with pytest.raises(flops.UnsupportedFunctionError, match=r"requires numpy >= 2\.2"):
        fnp.vecmat(ones(3), ones(3, 3))


def test_generator_methods_that_are_not_counted() -> None:
    rng = fnp.random.default_rng(0)
    with pytest.raises(AttributeError):
        rng.nonsense  # noqa: B018


# -------------------------------------------------------------------------------- leaving nothing


class Boom(Exception):
    """The user's own error."""


def boom(*_: Any) -> Any:
    raise Boom


class BrokenHook:
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise Boom


class BrokenIndex:
    def __index__(self) -> int:
        raise Boom


def quietly(call: Call) -> None:
    with contextlib.suppress(Exception):
        call()


# Made once: np.ones and np.zeros of some releases leak references to their default dtype.
TALL = np.ones((2, 3))
SINGULAR = np.zeros((3, 3))


SPENT = flops.BudgetContext(1, quiet=True)
EVERYTHING: dict[str, Callable[[Any, Any, Any], Any]] = {
    "fast add": lambda a, b, out: fnp.add(a, b),
    "operator": lambda a, b, out: a + b,
    "reflected": lambda a, b, out: np.asarray(a) + b,
    "scalar": lambda a, b, out: a * 2.5,
    "in place": lambda a, b, out: out.__iadd__(a),
    "in place power": lambda a, b, out: out.__ipow__(1.0),
    "power": lambda a, b, out: a**b,
    "comparison": lambda a, b, out: a < b,
    "strided": lambda a, b, out: a[::-1] + b[::-1],
    "list": lambda a, b, out: [1.0, 2.0, 3.0] * a,
    "out": lambda a, b, out: fnp.add(a, b, out=out),
    "positional out": lambda a, b, out: fnp.add(a, b, out),
    "out tuple": lambda a, b, out: fnp.add(a, b, out=(out,)),
    "two outs": lambda a, b, out: fnp.modf(a, out=(out, None)),
    "where": lambda a, b, out: fnp.add(a, b, out=out, where=a > 0),
    "dtype": lambda a, b, out: fnp.add(a, b, dtype=np.float32),
    "floating-point flag": lambda a, b, out: fnp.divide(a, b * 0.0),
    "divmod": lambda a, b, out: divmod(a, b),
    "np add": lambda a, b, out: np.add(a, b, out=out),
    "sum": lambda a, b, out: fnp.sum(a, axis=0, keepdims=True),
    "sum out": lambda a, b, out: fnp.cumsum(a, out=out),
    "mean": lambda a, b, out: a.mean(dtype=float),
    "reduce": lambda a, b, out: fnp.multiply.reduce(a, initial=b[0]),
    "accumulate": lambda a, b, out: np.maximum.accumulate(a, out=out),
    "reduceat": lambda a, b, out: fnp.add.reduceat(a, [0, 1, 2], out=out),
    "outer": lambda a, b, out: fnp.add.outer(a, b),
    "at": lambda a, b, out: fnp.add.at(out, [0, 1], b[:2]),
    "matmul": lambda a, b, out: a @ b,
    "einsum": lambda a, b, out: fnp.einsum("i,i", a, b),
    "concatenate": lambda a, b, out: fnp.concatenate([a, (b, a)[0]]),
    "stack": lambda a, b, out: fnp.stack((a, b), axis=1),
    "where function": lambda a, b, out: fnp.where(a > 1, a, b),
    "split": lambda a, b, out: fnp.split(a, 3),
    "sort": lambda a, b, out: fnp.sort(a),
    "sort in place": lambda a, b, out: out.sort(),
    "clip": lambda a, b, out: fnp.clip(a, 0.0, b, out=out),
    "view": lambda a, b, out: fnp.reshape(a, (3, 1)),
    "same object": lambda a, b, out: fnp.asarray(a),
    "unique": lambda a, b, out: fnp.unique(a, return_counts=True),
    "linspace": lambda a, b, out: fnp.linspace(a, b, 3),
    "sampler": lambda a, b, out: fnp.random.default_rng(0).normal(a, b),
    "callback": lambda a, b, out: fnp.apply_along_axis(lambda row: fnp.sum(row), 0, a),
    "tagged": lambda a, b, out: fnp.eye(2).T[0].__iadd__(b[:2]),
    "solve": lambda a, b, out: fnp.linalg.solve(np.eye(3), a),
    "fft": lambda a, b, out: fnp.fft.fft(a),
    "copy": lambda a, b, out: copy.deepcopy(a),
    "pickle": lambda a, b, out: pickle.loads(pickle.dumps(a)),
    "repr": lambda a, b, out: repr(a),
    "index": lambda a, b, out: a[fnp.array([0, 1])],
    "assign": lambda a, b, out: out.__setitem__(slice(None), a),
    "iterate": lambda a, b, out: list(a),
    "contains": lambda a, b, out: 1.0 in a,
    "float": lambda a, b, out: float(fnp.sum(a)),
    "bad shape": lambda a, b, out: fnp.add(a, b[:2]),
    "bad operator shape": lambda a, b, out: a + b[:2],
    "bad in place": lambda a, b, out: out.__iadd__(TALL),
    "bad out": lambda a, b, out: fnp.add(a, b, out=out[:2]),
    "bad out type": lambda a, b, out: fnp.add(a, b, out=[out]),
    "bad matmul": lambda a, b, out: a @ b[:2],
    "bad dtype": lambda a, b, out: fnp.add(a, np.array(["x"])),
    "bad keyword": lambda a, b, out: fnp.add(a, b, nonsense=out),
    "bad sum keyword": lambda a, b, out: fnp.sum(a, nonsense=out),
    "bad count": lambda a, b, out: fnp.add(a, b, out, a),
    "bad axis": lambda a, b, out: fnp.sum(a, axis=5, out=out),
    "bad axis type": lambda a, b, out: fnp.sum(a, axis="x"),
    "bad bits": lambda a, b, out: a & b,
    "bad hook": lambda a, b, out: fnp.add(a, BrokenHook()),
    "bad hook operator": lambda a, b, out: BrokenHook() - a,
    "bad hook sum": lambda a, b, out: fnp.sum(BrokenHook(), out=out),
    "bad index": lambda a, b, out: fnp.sum(a, axis=BrokenIndex()),
    "bad callback": lambda a, b, out: fnp.apply_along_axis(boom, 0, a),
    "bad piecewise": lambda a, b, out: fnp.piecewise(a, [a > 0], [boom]),
    "bad concatenate": lambda a, b, out: fnp.concatenate([a, TALL]),
    "bad reshape": lambda a, b, out: fnp.reshape(a, (2, 2)),
    "bad at": lambda a, b, out: fnp.add.at(a, [99], b),
    "bad einsum": lambda a, b, out: fnp.einsum("i,j,k", a, b),
    "bad item": lambda a, b, out: out.__setitem__(9, a),
    "bad solve": lambda a, b, out: fnp.linalg.solve(SINGULAR, a),
    "bad linspace": lambda a, b, out: fnp.linspace(a, b, -1),
    "not counted": lambda a, b, out: np.lib.stride_tricks.sliding_window_view(a, 2),
    "not counted ufunc": lambda a, b, out: np.frompyfunc(boom, 1, 1)(a),
    "spent": lambda a, b, out: SPENT(lambda: fnp.add(a, b, out=out))(),
    "spent operator": lambda a, b, out: SPENT(lambda: a + b)(),
    "spent general": lambda a, b, out: SPENT(lambda: a[::-1] * [1, 2, 3])(),
    "spent in place": lambda a, b, out: SPENT(lambda: out.__imul__(a))(),
    "spent sum": lambda a, b, out: SPENT(lambda: fnp.cumsum(a, out=out))(),
    "spent matmul": lambda a, b, out: SPENT(lambda: a @ b)(),
    "spent function": lambda a, b, out: SPENT(lambda: fnp.sort(a))(),
    "spent later": lambda a, b, out: SPENT(lambda: fnp.linspace(a, b, 5))(),
}  # fmt: skip


def _ndindex_leaks_dtypes() -> bool:
    """NumPy 2.2 and older keep a reference for every `ndindex`."""
    dtype = np.dtype(float)
    before = sys.getrefcount(dtype)
    for _ in range(100):
        list(np.ndindex(3))
    return sys.getrefcount(dtype) > before + 50


@pytest.mark.parametrize("name", sorted(EVERYTHING))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_references_are_leaked(name: str) -> None:
    call = EVERYTHING[name]
    a, b, out = counted(1.0, 2.0, 3.0), counted(4.0, 5.0, 6.0), counted(0.0, 0.0, 0.0)
    watched: list[Any] = [a, b, out, a.dtype, np.add, np.ndarray, FlopscopeArray, None, fnp.add]
    for _ in range(3):
        quietly(lambda: call(a, b, out))
    gc.collect()
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(100):
        quietly(lambda: call(a, b, out))
    gc.collect()
    after = [sys.getrefcount(thing) for thing in watched]
    growth = [new - old for new, old in zip(after, before, strict=True)]
    if _ndindex_leaks_dtypes() and "callback" in name:
        growth[3] = 0  # NumPy's apply_along_axis walks with ndindex
    assert growth[:3] == [0, 0, 0]
    assert max(map(abs, growth[3:])) < 50, growth


@pytest.mark.parametrize("name", sorted(EVERYTHING))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_after_an_error_everything_goes_on(name: str) -> None:
    a, b, out = counted(1.0, 2.0, 3.0), counted(4.0, 5.0, 6.0), counted(0.0, 0.0, 0.0)
    budget = flops.BudgetContext(10**6, quiet=True)
    if name.startswith("spent"):  # has a context of its own
        quietly(lambda: EVERYTHING[name](a, b, out))
    with budget:
        if not name.startswith("spent"):
            quietly(lambda: EVERYTHING[name](a, b, out))
        used = budget.flops_used
        assert budget.namespace is None
        assert (a + b).tolist() == [5.0, 7.0, 9.0]
        assert budget.flops_used == used + 3
    assert sum(record.flop_cost for record in budget.op_log) == budget.flops_used
    assert a.flags.writeable
    assert a.shape == (3,)


def test_results_are_freed() -> None:
    import tracemalloc

    array = ones(1000)

    def work() -> None:
        for _ in range(200):
            y = array + 1.0
            y *= y[::-1]
            fnp.exp(y * 0.0)
            fnp.concatenate([y, array]).reshape(2, 1000).sum(axis=0)
            tagged = fnp.ones((8, 8))
            tagged[0] = 3.0

    with flops.BudgetContext(10**12, quiet=True):
        work()
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        work()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    # A leak of one array per round would be 1.6 MB; a bounded number waits for its next use.
    assert after - before < 400_000


# -------------------------------------------------------------------------------------- callbacks


@pytest.mark.parametrize(
    "call",
    [
        lambda: fnp.apply_along_axis(boom, 0, np.ones((2, 2))),
        lambda: fnp.apply_over_axes(boom, np.ones((2, 2)), 0),
        lambda: fnp.piecewise(np.ones(3), [np.ones(3, dtype=bool)], [boom]),
        lambda: fnp.fromfunction(boom, (3,)),
        lambda: fnp.fromiter((boom() for _ in range(3)), dtype=float),
    ],
)
def test_exceptions_of_callbacks_come_through(budget: flops.BudgetContext, call: Call) -> None:
    with pytest.raises(Boom):
        call()
    assert_untouched(budget)
    fnp.add(1.0, 1.0)
    assert budget.flops_used == 1


def test_a_budget_that_ends_inside_a_callback() -> None:
    with flops.BudgetContext(40, quiet=True) as budget:
        with pytest.raises(flops.BudgetExhaustedError) as caught:
            fnp.apply_along_axis(lambda row: fnp.sum(fnp.exp(row)), 1, np.ones((3, 2)))
        assert caught.value.op_name == "exp"
    assert [record.op_name for record in budget.op_log] == ["exp", "sum"]
    assert budget.flops_used == 33


# -------------------------------------------------------------------------- the exception classes

ERRORS: list[tuple[errors.FlopscopeError, dict[str, Any], str]] = [
    (
        errors.BudgetExhaustedError("exp", flop_cost=12345, flops_remaining=6789),
        {"op_name": "exp", "flop_cost": 12345, "flops_remaining": 6789},
        "12,345",
    ),
    (
        errors.TimeExhaustedError("exp", elapsed_s=2.5, limit_s=2.0),
        {"op_name": "exp", "elapsed_s": 2.5, "limit_s": 2.0},
        "exceeds limit",
    ),
    (errors.NoBudgetContextError(), {}, "No active BudgetContext"),
    (
        errors.SymmetryError((0, 1), 0.5),
        {"axes": (0, 1), "max_deviation": 0.5, "atol": 1e-6, "rtol": 1e-5},
        "not symmetric along axes",
    ),
    (
        errors.UnsupportedFunctionError("in1d", max_version="2.4", replacement="isin"),
        {"func_name": "in1d", "max_version": "2.4", "replacement": "isin", "min_version": None},
        "was removed in numpy 2.4; use `isin`",
    ),
    (
        errors.UnsupportedFunctionError("vecmat", min_version="2.2"),
        {"func_name": "vecmat", "min_version": "2.2", "max_version": None, "replacement": None},
        "requires numpy >= 2.2",
    ),
    (
        errors.UnsupportedDtypeError("add", np.dtype("U3")),
        {"op_name": "add", "dtype": np.dtype("U3")},
        "<U3",
    ),
    (errors.UnsupportedReturnType("no"), {}, "no"),
    (errors.UnauthorizedControlError("no"), {}, "no"),
    (errors.FlopscopeError("plain"), {}, "plain"),
]


@pytest.mark.parametrize(
    ("error", "attributes", "text"), ERRORS, ids=[type(e).__name__ for e, _, _ in ERRORS]
)
def test_errors_can_be_pickled(
    error: errors.FlopscopeError, attributes: dict[str, Any], text: str
) -> None:
    assert text in str(error)
    assert isinstance(error, errors.FlopscopeError)
    for twin in (
        *(pickle.loads(pickle.dumps(error, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        for name, value in attributes.items():
            assert getattr(twin, name) == value


def test_warning_classes() -> None:
    for name in (
        "SymmetryLossWarning", "CostFallbackWarning", "RemoteCallbackWarning",
        "ConfigureNoOpWarning",
    ):  # fmt: skip
        cls = getattr(errors, name)
        assert issubclass(cls, errors.FlopscopeWarning)
        assert issubclass(cls, UserWarning)
    assert set(errors.__all__) <= set(dir(errors))


def test_messages_point_to_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOPSCOPE_DOCS_ROOT", "https://example.org/docs/")
    text = str(errors.BudgetExhaustedError("exp", flop_cost=2, flops_remaining=1))
    assert "See: https://example.org/docs/" in text


def test_errors_raised_by_the_core_can_be_pickled() -> None:
    with flops.BudgetContext(2**100, quiet=True) as budget:
        budget.deduct("own", flop_cost=1)
        with pytest.raises(flops.BudgetExhaustedError) as caught:
            with_small(lambda: fnp.exp(np.ones(100)))
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (twin.op_name, twin.flop_cost) == ("exp", 1600)


def with_small(call: Call) -> None:
    """Run a call in a thread whose own context has one FLOP."""
    import threading

    caught: list[BaseException] = []

    def work() -> None:
        try:
            flops.BudgetContext(1, quiet=True)(call)()
        except flops.BudgetExhaustedError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise caught[0]


@pytest.mark.parametrize("by_position", [False, True])
@pytest.mark.parametrize("is_counted", [False, True])
def test_numpy_tells_what_is_wrong_and_out_is_left_alone(
    by_position: bool, is_counted: bool
) -> None:
    """Bounds that do not broadcast, and a target of another kind: NumPy finds the latter first."""
    a, bound = np.ones((3, 3), bool), np.empty((0, 0), np.float16)
    out = np.full((3, 3), 7)
    with pytest.raises(TypeError) as theirs:
        np.clip(a, None, bound, out=out.copy())
    target = fnp.array(out) if is_counted else out
    where = ((target,), {}) if by_position else ((), {"out": target})
    x = fnp.array(a)
    with flops.BudgetContext(10**6, quiet=True) as budget, pytest.raises(TypeError) as ours:
        fnp.clip(x, None, bound, *where[0], **where[1])
    assert type(ours.value) is type(theirs.value)
    assert str(ours.value) == str(theirs.value)
    assert (np.asarray(target) == 7).all()
    assert budget.flops_used == 0
