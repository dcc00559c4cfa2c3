"""NumPy's own functions on counted arrays, and counted arrays among foreign types."""

from __future__ import annotations

import inspect
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import FlopscopeArray, _core

Call = Callable[..., Any]


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**12, quiet=True) as context:
        yield context


def bills(budget: flops.BudgetContext) -> list[tuple[str, int]]:
    return [(record.op_name, record.flop_cost) for record in budget.op_log]


def counted(raw: Any) -> FlopscopeArray:
    return np.asarray(raw).view(FlopscopeArray)


def plain(result: Any) -> Any:
    if isinstance(result, (tuple, list)):
        return [plain(item) for item in result]
    return np.asarray(result)


def assert_equal(result: Any, expected: Any) -> None:
    """Equal values, dtypes and structure; arrays are counted."""
    if isinstance(expected, (tuple, list)):
        assert len(result) == len(expected)
        for part, wanted in zip(result, expected, strict=True):
            assert_equal(part, wanted)
        return
    if isinstance(expected, np.ndarray):
        assert isinstance(result, FlopscopeArray)
    assert np.asarray(result).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(plain(result), plain(expected))


# -------------------------------------------------------------------------------------- ufuncs

UFUNCS = sorted(
    name
    for name, module, kind, *_ in _core._op_rows()
    if module == "core" and kind == "ufunc" and hasattr(np, name)
)


def operands_of(ufunc: np.ufunc) -> list[np.ndarray]:
    """Operands that the ufunc takes without a floating-point warning."""
    if ufunc.signature is not None:
        return [np.arange(1.0, 10.0).reshape(3, 3), np.arange(1.0, 10.0).reshape(3, 3) / 2]
    for values in (np.linspace(0.1, 0.9, 6), np.linspace(1.1, 1.9, 6), np.arange(1, 7)):
        operands = [values, values[::-1].copy()][: ufunc.nin]
        try:
            with np.errstate(all="raise"):
                ufunc(*operands)
        except (TypeError, FloatingPointError):
            continue
        return operands
    return [np.linspace(0.1, 0.9, 6), np.arange(6)][: ufunc.nin]  # ldexp


@pytest.mark.parametrize("name", UFUNCS)
def test_every_ufunc_is_routed_and_billed_alike(budget: flops.BudgetContext, name: str) -> None:
    ufunc = getattr(np, name)
    operands = operands_of(ufunc)
    expected = ufunc(*operands)
    assert_equal(ufunc(*map(counted, operands)), expected)
    assert_equal(getattr(fnp, name)(*operands), expected)
    assert_equal(ufunc(counted(operands[0]), *operands[1:]), expected)
    costs = [cost for _, cost in bills(budget)]
    assert len(costs) == 3
    assert len(set(costs)) == 1
    assert costs[0] > 0


def test_ufuncs_on_plain_operands_are_billed_for_a_counted_out(
    budget: flops.BudgetContext,
) -> None:
    out = counted(np.zeros(3))
    assert np.add(np.ones(3), 1.0, out=out) is out
    assert out.tolist() == [2.0] * 3
    plain_out = np.zeros(3)
    assert np.multiply(out, 2.0, out=plain_out) is plain_out
    assert plain_out.tolist() == [4.0] * 3
    assert bills(budget) == [("add", 3), ("multiply", 3)]


def test_out_of_numpys_matmul(budget: flops.BudgetContext) -> None:
    raw = np.arange(9.0).reshape(3, 3)
    for out in (counted(np.zeros((3, 3))), np.zeros((3, 3))):
        assert np.matmul(counted(raw), raw, out=out) is out
        assert np.asarray(out).tolist() == (raw @ raw).tolist()
        assert np.dot(counted(raw), raw, out=out) is out
        assert np.linalg.multi_dot([counted(raw), raw, raw], out=out) is out
    assert [name for name, _ in bills(budget)] == ["matmul", "dot", "linalg.multi_dot"] * 2


def test_where_and_dtype_pass_through(budget: flops.BudgetContext) -> None:
    raw = np.arange(1.0, 5.0)
    out = np.zeros(4)
    np.log(counted(raw), where=raw > 2, out=out)
    assert out.tolist() == np.log(raw, where=raw > 2, out=np.zeros(4)).tolist()
    assert np.add(counted(raw), 1, dtype=np.float32).dtype == np.float32
    np.exp(raw, where=counted(raw > 9), out=out)
    assert bills(budget) == [("log", 64), ("add", 4), ("exp", 64)]


def test_plain_numpy_stays_plain(budget: flops.BudgetContext) -> None:
    raw = np.arange(3.0)
    assert type(np.add(raw, raw)) is np.ndarray
    assert type(np.concatenate([raw, raw])) is np.ndarray
    assert bills(budget) == []


# ------------------------------------------------------------------------------- ufunc methods

RAW = np.arange(1.0, 13.0).reshape(3, 4)
UFUNC_METHODS: list[tuple[str, str, tuple[Any, ...], dict[str, Any], int]] = [
    ("add.reduce", "sum", (RAW,), {}, 8),
    ("add.reduce", "sum", (RAW,), {"axis": 1}, 9),
    ("add.reduce", "sum", (RAW,), {"axis": None}, 11),
    ("add.reduce", "sum", (RAW, (0, 1)), {"keepdims": True}, 11),
    ("multiply.reduce", "prod", (RAW,), {}, 8),
    ("maximum.reduce", "max", (RAW,), {}, 8),
    ("minimum.reduce", "min", (RAW, 1), {"initial": 0.0}, 9),
    ("logical_and.reduce", "all", (RAW,), {}, 8),
    ("logical_or.reduce", "any", (RAW,), {}, 8),
    ("add.accumulate", "cumsum", (RAW,), {}, 8),
    ("add.accumulate", "cumsum", (RAW, 1), {}, 9),
    ("multiply.accumulate", "cumprod", (RAW[0],), {}, 3),
    ("subtract.reduce", "subtract.reduce", (RAW,), {}, 8),
    ("power.reduce", "power.reduce", (RAW[0] / 4,), {}, 3 * 16),
    ("hypot.accumulate", "hypot.accumulate", (RAW,), {"axis": 1}, 9 * 16),
    ("maximum.accumulate", "maximum.accumulate", (RAW,), {}, 8),
    ("multiply.outer", "multiply.outer", (RAW[0], RAW), {}, 48),
    ("power.outer", "power.outer", (RAW[0], RAW[1] / 8), {}, 16 * 16),
    ("add.outer", "add.outer", (RAW[0], 2.0), {}, 4),
    ("add.reduceat", "add.reduceat", (RAW[0], [0, 2]), {}, 4),
    ("minimum.reduceat", "minimum.reduceat", (RAW, [0, 2]), {"axis": 1}, 12),
]


@pytest.mark.parametrize(
    ("path", "op_name", "args", "kwargs", "cost"),
    UFUNC_METHODS,
    ids=[f"{i}-{row[0]}" for i, row in enumerate(UFUNC_METHODS)],
)
def test_ufunc_methods(
    budget: flops.BudgetContext,
    path: str,
    op_name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    cost: int,
) -> None:
    numpys, ours = operator.attrgetter(path)(np), operator.attrgetter(path)(fnp)
    expected = np.asarray(numpys(*args, **kwargs))
    assert_equal(numpys(counted(args[0]), *args[1:], **kwargs), expected)
    assert_equal(ours(counted(args[0]), *args[1:], **kwargs), expected)
    assert_equal(ours(*args, **kwargs), expected)
    assert bills(budget) == [(op_name, cost)] * 3


@pytest.mark.parametrize("path", ["add.reduce", "maximum.accumulate", "add.reduceat"])
def test_out_of_ufunc_methods(budget: flops.BudgetContext, path: str) -> None:
    for library in (np, fnp):
        method = operator.attrgetter(path)(library)
        args = (RAW[0], [0, 1, 2, 3]) if path == "add.reduceat" else (RAW[:, :],)
        shape = np.asarray(operator.attrgetter(path)(np)(*args)).shape
        for out in (counted(np.zeros(shape)), np.zeros(shape)):
            assert method(counted(args[0]), *args[1:], out=out) is out
            assert np.array_equal(out, operator.attrgetter(path)(np)(*args))
            assert method(counted(args[0]), *args[1:], out=(out,)) is out
    assert all(cost for _, cost in bills(budget))


@pytest.mark.parametrize("library", [np, fnp])
def test_at_writes_into_the_array(budget: flops.BudgetContext, library: Any) -> None:
    array = counted(np.zeros(4))
    index = np.array([0, 0, 3])
    assert library.add.at(array, index, 1.0) is None
    library.add.at(array, [1], counted(np.array([5.0])))
    library.negative.at(array, slice(3, 4))
    library.multiply.at(array, counted(np.array([0])), 3.0)
    assert array.tolist() == [6.0, 5.0, 0.0, -1.0]
    # The price is the number of indices when they are an array, else all elements.
    assert bills(budget) == [("add.at", 3), ("add.at", 4), ("negative.at", 4), ("multiply.at", 1)]


def test_at_of_a_heavy_ufunc_has_its_weight(budget: flops.BudgetContext) -> None:
    fnp.power.at(counted(np.full(4, 2.0)), np.array([1, 2]), 2.0)
    assert bills(budget) == [("power.at", 32)]


def test_at_refuses_a_list() -> None:
    with pytest.raises(TypeError):
        fnp.add.at([1.0, 2.0], [0], 1.0)


def test_questions_about_a_ufunc() -> None:
    assert (fnp.add.nin, fnp.add.nout, fnp.add.nargs) == (2, 1, 3)
    assert fnp.add.identity == 0
    with pytest.raises(AttributeError):
        fnp.add.resolve_dtypes  # noqa: B018
    with pytest.raises(AttributeError):
        fnp.sum.reduce  # noqa: B018
    assert (fnp.matmul.nin, fnp.vecdot.signature) == (2, "(n),(n)->()")
    with pytest.raises(RuntimeError, match="signature"):
        fnp.matmul.reduce(counted(RAW))


def test_ellipsis_as_out_asks_for_an_array(budget: flops.BudgetContext) -> None:
    for result in (
        fnp.add(1.0, 2.0, out=...),
        fnp.add(counted(np.array(1.0)), 2.0, out=...),
        *fnp.divmod(7.0, 2.0, out=...),
    ):
        assert isinstance(result, flops.FlopscopeArray)
        assert result.shape == ()


AXES: list[tuple[str, tuple[int, ...], tuple[int, ...], list[Any], int]] = [
    # m, n, k = 2, 5, 4 over 3: 3 (2 m n k - m n)
    ("matmul", (3, 4, 2), (3, 4, 5), [(2, 1), (1, 2), (0, 1)], 3 * (2 * 40 - 10)),
    ("matmul", (4, 2), (4, 5), [(1, 0), (0, 1), (0, 1)], 2 * 40 - 10),
    ("matmul", (4,), (5, 4), [(0,), (1, 0), (0,)], 2 * 20 - 5),
    ("vecdot", (2, 3, 4), (2, 3, 4), [1, 1, ()], 2 * 24 - 8),
    ("vecdot", (2, 3, 4), (2, 3, 4), [(-2,), np.array(1)], 2 * 24 - 8),
    ("matvec", (4, 2), (4,), [(1, 0), 0, 0], 2 * 8 - 2),
    ("vecmat", (4,), (2, 4), [0, (1, 0), 0], 2 * 8 - 2),
]


@pytest.mark.parametrize(("name", "left", "right", "axes", "price"), AXES)
def test_axes_of_products(
    budget: flops.BudgetContext,
    name: str,
    left: tuple[int, ...],
    right: tuple[int, ...],
    axes: list[Any],
    price: int,
) -> None:
    if not hasattr(np, name):
        pytest.skip(f"NumPy has no {name}")
    a = np.arange(float(np.prod(left))).reshape(left)
    b = np.arange(float(np.prod(right))).reshape(right)
    result = getattr(fnp, name)(counted(a), counted(b), axes=axes)
    assert np.array_equal(np.asarray(result), getattr(np, name)(a, b, axes=axes))
    assert budget.flops_used == price


def test_axes_of_tagged_operands_are_priced_as_of_plain_ones(budget: flops.BudgetContext) -> None:
    fnp.matmul(fnp.ones((3, 3)), fnp.ones((3, 3)), axes=[(1, 0), (0, 1), (0, 1)])
    assert budget.flops_used == 2 * 27 - 9


def test_axes_that_numpy_refuses(budget: flops.BudgetContext) -> None:
    a = counted(np.ones((2, 3)))
    for axes in ([(0, 1)], 3, [(0, 5), (0, 1), (0, 1)], [(0, 1), (0, 1, 2), (0, 1)]):
        with pytest.raises((ValueError, TypeError)):
            fnp.matmul(a, a, axes=axes)
    assert budget.flops_used == 0


@pytest.mark.parametrize("name", ["matmul", "outer", "tensordot", "vecdot"])
def test_products_of_linalg_have_its_signatures(budget: flops.BudgetContext, name: str) -> None:
    function = getattr(fnp.linalg, name)
    function(
        counted(np.arange(3.0)),
        counted(np.arange(3.0)),
        **({"axes": 1} if name == "tensordot" else {}),
    )
    assert [record.op_name for record in budget.op_log] == [name]
    assert inspect.signature(function) == inspect.signature(getattr(np.linalg, name))


def test_ufunc_methods_that_make_no_sense_are_refused(budget: flops.BudgetContext) -> None:
    array = counted(RAW)
    for wrong in (
        lambda: fnp.exp.reduce(array),
        lambda: np.exp.reduce(array),
        lambda: fnp.add.outer(array),
        lambda: fnp.add.reduceat(array),
        lambda: np.modf.outer(array, array),
    ):
        with pytest.raises((TypeError, ValueError)):
            wrong()


# ----------------------------------------------------------------------------------- functions

V = np.array([3.0, 1.0, 2.0])
M = np.array([[4.0, 1.0, 2.0], [0.5, 3.0, 6.0]])
FUNCTIONS: list[tuple[str, Call, int]] = [
    ("sum", lambda f, a: f.sum(a(M)), 5),
    ("sum", lambda f, a: f.sum(a(M), axis=0, keepdims=True), 3),
    ("mean", lambda f, a: f.mean(a(M), 1), 6),
    ("std", lambda f, a: f.std(a(M)), 25),
    ("var", lambda f, a: f.var(a(V), ddof=1), 12),
    ("max", lambda f, a: f.max(a(M), initial=3.0), 5),
    ("ptp", lambda f, a: f.ptp(a(V)), 5),
    ("argmax", lambda f, a: f.argmax(a(V)), 2),
    ("cumsum", lambda f, a: f.cumsum(a(M)), 5),
    ("median", lambda f, a: f.median(a(M)), 6),
    ("percentile", lambda f, a: f.percentile(a(M), [25, 75]), 6),
    ("count_nonzero", lambda f, a: f.count_nonzero(a(M)), 6),
    ("average", lambda f, a: f.average(a(V), weights=a(V)), 8),
    ("sort", lambda f, a: f.sort(a(M)), 12),
    ("argsort", lambda f, a: f.argsort(a(V)), 6),
    ("searchsorted", lambda f, a: f.searchsorted(np.sort(V), a(V)), 6),
    ("unique", lambda f, a: f.unique(a(V)), 6),
    ("where", lambda f, a: f.where(a(V) > 1.5, a(V), 0.0), 0),
    ("where", lambda f, a: f.where(a(np.array([1, 0]))), 2),
    ("concatenate", lambda f, a: f.concatenate([a(V), V]), 0),
    ("concatenate", lambda f, a: f.concatenate((V, a(V)), axis=0), 0),
    ("stack", lambda f, a: f.stack([a(V), a(V)]), 0),
    ("vstack", lambda f, a: f.vstack([a(V), V]), 0),
    ("tile", lambda f, a: f.tile(a(V), 2), 0),
    ("flip", lambda f, a: f.flip(a(V)), 0),
    ("take", lambda f, a: f.take(a(V), [0, 2]), 0),
    ("split", lambda f, a: f.split(a(M), 3, axis=1), 0),
    ("reshape", lambda f, a: f.reshape(a(M), -1), 0),
    ("transpose", lambda f, a: f.transpose(a(M)), 0),
    ("dot", lambda f, a: f.dot(a(M), a(V)), 10),
    ("tensordot", lambda f, a: f.tensordot(a(M), a(V), axes=1), 10),
    ("outer", lambda f, a: f.outer(a(V), M[0]), 9),
    ("diff", lambda f, a: f.diff(a(V)), 2),
    ("clip", lambda f, a: f.clip(a(M), 1.0, 3.0), 12),
    ("round", lambda f, a: f.round(a(M), 1), 6),
    ("allclose", lambda f, a: f.allclose(a(V), V), 20),
    ("isclose", lambda f, a: f.isclose(a(V), V), 18),
    ("array_equal", lambda f, a: f.array_equal(a(V), V), 3),
    ("zeros_like", lambda f, a: f.zeros_like(a(V)), 0),
    ("trace", lambda f, a: f.trace(a(M)), 2),
    ("interp", lambda f, a: f.interp(a(V), np.sort(V), V), 15),
    ("nan_to_num", lambda f, a: f.nan_to_num(a(V)), 3),
    ("histogram", lambda f, a: f.histogram(a(V), bins=4), 6),
]


@pytest.mark.parametrize(
    ("name", "call", "cost"), FUNCTIONS, ids=[f"{i}-{row[0]}" for i, row in enumerate(FUNCTIONS)]
)
def test_functions_are_routed_and_billed_alike(
    budget: flops.BudgetContext, name: str, call: Call, cost: int
) -> None:
    expected = call(np, np.asarray)
    through_numpy = call(np, counted)
    records = [bill for bill in bills(budget) if bill[0] == name]
    direct = call(fnp, counted)
    assert records == [(name, cost)]
    assert [bill for bill in bills(budget) if bill[0] == name] == [(name, cost)] * 2
    assert_equal(through_numpy, expected)
    assert_equal(direct, expected)


def test_questions_are_free_and_silent(budget: flops.BudgetContext) -> None:
    array = counted(M)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.shape(array) == (2, 3)
        assert np.ndim(array) == 2
        assert np.size(array) == 6
        assert np.result_type(array, 1.0) == np.float64
        assert np.can_cast(array.dtype, np.float64)
        assert np.shares_memory(array, array)
        assert np.may_share_memory(array, M)
        assert not np.iscomplexobj(array)
        assert np.isrealobj(array)
    assert bills(budget) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 2),
        lambda a: np.array2string(a),
        lambda a: np.savetxt("/dev/null", a),
        lambda a: np.frompyfunc(lambda x: x, 1, 1)(a),
    ],
    ids=["sliding_window_view", "array2string", "savetxt", "own ufunc"],
)
def test_functions_that_are_not_counted_are_refused(
    budget: flops.BudgetContext, call: Call
) -> None:
    with pytest.raises(TypeError):
        call(counted(V))
    assert bills(budget) == []


# -------------------------------------------------------------------------------------- notice


def heard(caught: list[warnings.WarningMessage]) -> list[str]:
    assert all(warning.category is UserWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message).rpartition("auto-routed to fnp.")[2] for warning in caught]


def test_the_notice_comes_once_per_call_site() -> None:
    array = counted(V)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            np.add(array, array)
        np.add(array, 1.0)
        for _ in range(2):
            np.sum(array)
            np.add.outer(array, array)
            np.concatenate([array])
    assert heard(caught) == ["add", "add", "sum", "add.outer", "concatenate"]
    assert all("auto-routed to fnp." in str(warning.message) for warning in caught)


def test_operators_and_own_functions_give_no_notice() -> None:
    array = counted(V)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _ = array + 1.0, 1.0 + array, V * array, -array, array @ array, array == V, divmod(array, 2)
        fnp.add(array, V)
        fnp.sum(array)
        fnp.add.reduce(array)
        array.mean()
        fnp.median(array)
        fnp.concatenate([array, array])
        _ = 3.0 in array, array.tolist(), repr(array), bool(array[0] > 1)


def test_a_notice_turned_into_an_error_bills_nothing(budget: flops.BudgetContext) -> None:
    array = counted(V)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=r"auto-routed to fnp\.multiply"):
            np.multiply(array, 2.0)
    assert bills(budget) == []


# ------------------------------------------------------------------------------- foreign types


class OptsOut:
    """Wants nothing to do with NumPy's operators."""

    __array_ufunc__ = None

    def answer(self, *_: object) -> str:
        return "foreign"

    __add__ = __radd__ = __matmul__ = __rmatmul__ = __eq__ = __lt__ = __gt__ = answer
    __rdivmod__ = __rpow__ = __iadd__ = answer
    __hash__ = None  # type: ignore[assignment]


class HasPriority:
    """The old way of taking operators over."""

    __array_priority__ = 1000.0

    def answer(self, *_: object) -> str:
        return "foreign"

    __radd__ = __rmul__ = __rmatmul__ = __eq__ = __gt__ = __rpow__ = answer
    __hash__ = None  # type: ignore[assignment]


class Duck:
    """Implements NumPy's protocols."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *_: Any, **__: Any) -> str:
        return f"duck {ufunc.__name__}.{method}"

    def __array_function__(self, function: Call, *_: Any) -> str:
        return f"duck {function.__name__}"


class Hook:
    """Becomes an array when asked."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array([10.0, 20.0, 30.0], dtype)


@pytest.mark.parametrize("cls", [OptsOut, HasPriority])
@pytest.mark.parametrize(
    "op", [operator.add, operator.matmul, operator.eq, operator.lt, operator.pow]
)
def test_operators_defer_to_types_that_want_it(
    budget: flops.BudgetContext, cls: type, op: Call
) -> None:
    expected = op(V, cls())
    assert op(counted(V), cls()) == expected == "foreign"
    assert bills(budget) == []


def test_divmod_defers_too(budget: flops.BudgetContext) -> None:
    assert divmod(counted(V), OptsOut()) == "foreign"
    assert bills(budget) == []


def test_in_place_operators_never_defer() -> None:
    with pytest.raises(TypeError):
        operator.iadd(V.copy(), OptsOut())  # as NumPy does
    with pytest.raises(TypeError):
        operator.iadd(counted(V.copy()), OptsOut())


def test_functions_refuse_types_that_opt_out() -> None:
    for add in (np.add, fnp.add):
        with pytest.raises(TypeError):
            add(counted(V), OptsOut())


def test_ducks_take_over() -> None:
    array = counted(V)
    assert np.add(array, Duck()) == "duck add.__call__"
    assert array + Duck() == "duck add.__call__"
    assert np.concatenate([array, Duck()]) == "duck concatenate"


@pytest.mark.parametrize(
    "call",
    [
        lambda a: a + Hook(),
        lambda a: Hook() + a,
        lambda a: np.add(a, Hook()),
        lambda a: fnp.add(a, Hook()),
        lambda a: fnp.add(Hook(), a),
    ],
)
def test_array_hooks_are_operands(budget: flops.BudgetContext, call: Call) -> None:
    assert_equal(call(counted(V)), V + np.array([10.0, 20.0, 30.0]))
    assert bills(budget) == [("add", 3)]
    assert budget.op_log[0].shapes == ((3,), (3,))


def test_array_hooks_in_other_functions(budget: flops.BudgetContext) -> None:
    assert float(fnp.sum(Hook())) == 60.0
    assert fnp.exp(Hook()).tolist() == np.exp(np.array([10.0, 20.0, 30.0])).tolist()
    assert float(fnp.dot(Hook(), V)) == 110.0
    assert fnp.concatenate([Hook(), V]).tolist()[:3] == [10.0, 20.0, 30.0]
    assert fnp.asarray(Hook()).tolist() == [10.0, 20.0, 30.0]
    assert [bill for bill in bills(budget) if bill[1]] == [("sum", 2), ("exp", 48), ("dot", 5)]


def test_a_failing_hook_bills_nothing(budget: flops.BudgetContext) -> None:
    class Broken:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            raise RuntimeError("no array today")

    for call in (
        lambda: fnp.add(counted(V), Broken()),
        lambda: counted(V) + Broken(),
        lambda: fnp.sum(Broken()),
        lambda: fnp.matmul(V, Broken()),
        lambda: fnp.add.outer(V, Broken()),
    ):
        with pytest.raises(RuntimeError, match="no array today"):
            call()
    assert bills(budget) == []
    assert budget.flops_used == 0


def test_hooks_that_give_no_numbers_are_refused(budget: flops.BudgetContext) -> None:
    class Words:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return np.array(["a", "b"])

    with pytest.raises(flops.errors.UnsupportedDtypeError):
        fnp.add(Words(), 1.0)
    assert bills(budget) == []


def test_hooks_may_compute_with_counted_arrays(budget: flops.BudgetContext) -> None:
    class Lazy:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return np.asarray(fnp.exp(np.zeros(3)))

    assert fnp.add(V, Lazy()).tolist() == (V + 1.0).tolist()
    assert sum(cost for _, cost in bills(budget)) in {3, 3 + 48}
    assert ("add", 3) in bills(budget)


def test_other_subclasses_of_ndarray(budget: flops.BudgetContext) -> None:
    class Other(np.ndarray):
        pass

    other = V.view(Other)
    assert np.array_equal(np.asarray(counted(V) + other), V + V)
    assert np.array_equal(np.asarray(other + counted(V)), V + V)
    assert [cost for _, cost in bills(budget)] == [3, 3]


def test_masked_arrays_keep_their_mask(budget: flops.BudgetContext) -> None:
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    result = counted(V) + masked
    assert np.ma.getmaskarray(result).tolist() == [False, True, False]
    assert ("add", 3) in bills(budget)


def test_memoryviews_and_buffers_are_operands(budget: flops.BudgetContext) -> None:
    result = counted(V) + memoryview(np.arange(3.0))
    assert result.tolist() == [3.0, 2.0, 4.0]
    assert math.isclose(float(fnp.sum(memoryview(np.arange(3.0)))), 3.0)
    assert bills(budget) == [("add", 3), ("sum", 2)]
