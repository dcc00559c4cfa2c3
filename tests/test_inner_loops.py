"""The inner-loop path of elementwise operations: NumPy's bytes, warnings and errors, faster."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

UFUNCS = sorted(name for name in fnp.__all__ if isinstance(getattr(np, name, None), np.ufunc))
UNARY = [name for name in UFUNCS if getattr(np, name).nin == 1]
BINARY = [
    name
    for name in UFUNCS
    if getattr(np, name).nin == 2 and getattr(np, name).signature is None and name != "isnat"
]
FAST_DTYPES = ("float64", "float32", "int64", "bool", "complex128")
ERROR_STATES = ("warn", "raise", "ignore")
#: From here on the path lets other threads run.
MOST_WITH_GIL = 8192
#: The most elements that the path takes; one more goes through the ufunc.
MOST_ELEMENTS = 131072
LIMITS = [MOST_WITH_GIL - 1, MOST_WITH_GIL, MOST_WITH_GIL + 1, MOST_ELEMENTS, MOST_ELEMENTS + 1]


def _special_floats(dtype: str) -> np.ndarray:
    info = np.finfo(dtype)
    small = [info.tiny, info.smallest_subnormal, info.tiny / 2, info.eps]
    sized = [info.max, 1.0, 0.5, 2.0, 3.0, 1.5, 710.0, 2.0**30]
    positive = np.array([0.0, np.inf, np.nan, *small, *sized], dtype)
    return np.concatenate([positive, -positive])


def specials(dtype: str) -> np.ndarray:
    """Values at which implementations differ."""
    if dtype == "bool":
        return np.array([False, True])
    if dtype == "int64":
        top = np.iinfo(dtype).max
        near = [0, 1, 2, 3, 7, 63, 64, 2**53 + 1, top]
        return np.array([*near, *(-n for n in near[1:]), -top - 1], dtype)
    if dtype == "complex128":
        parts = np.array([0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan, 1e308, 5e-324])
        grid = np.empty((parts.size, parts.size), dtype)
        grid.real, grid.imag = parts[:, None], parts[None, :]
        return grid.reshape(-1)
    return _special_floats(dtype)


@pytest.fixture(params=[True, False], ids=["inner-loops", "through-numpy"])
def path(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Both routes, and the setting put back."""
    found = _core._use_inner_loops(request.param)
    yield request.param
    _core._use_inner_loops(found)


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def outcome(function: Callable[..., Any], *operands: Any) -> tuple[Any, ...]:
    """Type, shape and bytes of what a call returns, or its error; then what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            results = function(*operands)
        except Exception as error:
            seen: tuple[Any, ...] = (type(error), str(error))
        else:
            results = results if isinstance(results, tuple) else (results,)
            seen = tuple((r.dtype.str, r.shape, r.tobytes()) for r in results)
    return seen, [(w.category, str(w.message)) for w in caught]


def assert_as_numpy(name: str, *operands: Any) -> None:
    """Compare a call on counted operands with NumPy's, under all ways to treat errors."""
    counted = [fnp.asarray(x) if isinstance(x, np.ndarray) else x for x in operands]
    for state in ERROR_STATES:
        with np.errstate(all=state):
            want = outcome(getattr(np, name), *operands)
            got = outcome(getattr(fnp, name), *counted)
        assert got == want, f"{name}{operands} with errstate {state}"


def supports(name: str, dtype: str) -> bool:
    """Has the ufunc a loop for operands of this dtype?"""
    ufunc = getattr(np, name)
    try:
        ufunc(*(np.ones(1, dtype),) * ufunc.nin)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("dtype", FAST_DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_special_values(name: str, dtype: str, path: bool) -> None:
    values = specials(dtype)
    assert_as_numpy(name, values)
    for i in range(values.size):
        assert_as_numpy(name, values[i : i + 1])
    assert_as_numpy(name, values[0, ...])
    assert_as_numpy(name, values[:1].reshape(1, 1, 1))


@pytest.mark.parametrize("dtype", FAST_DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_pairs_of_special_values(name: str, dtype: str, path: bool) -> None:
    values = specials(dtype)
    if dtype == "complex128":
        values = values[::3]
    left, right = np.repeat(values, values.size), np.tile(values, values.size)
    assert_as_numpy(name, left, right)
    assert_as_numpy(name, left.reshape(values.size, -1), right.reshape(values.size, -1))


@pytest.mark.parametrize("dtype", FAST_DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_each_pair_alone(name: str, dtype: str) -> None:
    """A flag or an error of one pair must not hide behind another's."""
    if not supports(name, dtype):
        pytest.skip("no loop for this dtype")
    values = specials(dtype)
    if dtype == "complex128":
        values = values[::7]
    plain, counted = getattr(np, name), getattr(fnp, name)
    elements = [values[i : i + 1].copy() for i in range(values.size)]
    twins = [fnp.asarray(element) for element in elements]
    with np.errstate(all="raise"):
        for a, counted_a in zip(elements, twins, strict=True):
            for b, counted_b in zip(elements, twins, strict=True):
                want, got = _bare(plain, a, b), _bare(counted, counted_a, counted_b)
                assert got == want, f"{name}({a}, {b})"


def _bare(function: Callable[..., Any], a: Any, b: Any) -> Any:
    """As `outcome`, for calls that warn of nothing since errors are raised."""
    try:
        result = function(a, b)
    except (ArithmeticError, ValueError, TypeError) as error:
        return type(error), str(error)
    return [r.tobytes() for r in (result if isinstance(result, tuple) else (result,))]


_PYTHON_SCALARS: tuple[Any, ...] = (
    0.0,
    -0.0,
    2.5,
    float("nan"),
    float("inf"),
    1e-320,
    1e-45,
    1e-46,
    3.5e38,
    1e300,
    0.1,
    0,
    3,
    -7,
    2**24 + 1,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**70,
    True,
    1.5j,
)
_NUMPY_SCALARS = (
    np.float64(0.1),
    np.float64("nan"),
    np.float64(1e300),
    np.float32(0.1),
    np.float16(0.1),
    np.int64(3),
    np.int8(-1),
    np.uint64(2**63),
    np.bool_(True),
    np.complex128(1 - 2j),
    np.complex64(0.5j),
)
_ARITHMETIC = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "remainder",
    "power",
    "float_power",
    "maximum",
    "fmin",
    "hypot",
    "arctan2",
    "copysign",
    "nextafter",
    "less",
    "not_equal",
    "logical_and",
    "bitwise_or",
    "left_shift",
    "gcd",
)


@pytest.mark.parametrize("dtype", FAST_DTYPES)
@pytest.mark.parametrize("name", _ARITHMETIC)
def test_a_scalar_on_either_side(name: str, dtype: str, path: bool) -> None:
    values = specials(dtype)
    for scalar in (*_PYTHON_SCALARS, *_NUMPY_SCALARS):
        assert_as_numpy(name, values, scalar)
        assert_as_numpy(name, scalar, values)


@pytest.mark.parametrize("dtype", FAST_DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_an_operand_without_axes(name: str, dtype: str, path: bool) -> None:
    values = specials(dtype)
    for i in range(0, values.size, 5):
        element = values[i, ...].copy()
        assert_as_numpy(name, values, element)
        assert_as_numpy(name, element, values)
        assert_as_numpy(name, element, element.copy())


@pytest.mark.parametrize(
    "name", ["add", "multiply", "divide", "less", "maximum", "power", "arctan2", "logaddexp"]
)
@pytest.mark.parametrize("elements", [0, 1, 7, 8, 17, *LIMITS])
def test_lengths_around_the_limits(name: str, elements: int, path: bool) -> None:
    rng = np.random.default_rng(elements)
    for dtype in ("float64", "float32"):
        left, right = rng.standard_normal((2, elements)).astype(dtype)
        assert_as_numpy(name, left, right)
        assert_as_numpy(name, left, 2.5)


@pytest.mark.parametrize("name", ["exp", "log1p", "sin", "tanh", "sqrt", "negative"])
@pytest.mark.parametrize("elements", LIMITS)
def test_lengths_around_the_limits_of_one_operand(name: str, elements: int, path: bool) -> None:
    values = np.random.default_rng(elements).uniform(0.1, 4.0, elements)
    for dtype in ("float64", "float32"):
        assert_as_numpy(name, values.astype(dtype))
    if elements % 2 == 0:
        assert_as_numpy(name, values.reshape(2, -1))
        assert_as_numpy(name, values.reshape(2, -1).T)


@pytest.mark.parametrize("elements", [16, 20_000])
@pytest.mark.parametrize("name", ["multiply", "exp", "divide"])
def test_underflow_is_ignored_unless_asked_for(name: str, elements: int, path: bool) -> None:
    small = np.full(elements, -745.0 if name == "exp" else 1e-300)
    operands = (small,) if name == "exp" else (small, np.full(elements, 1e-20))
    if name == "divide":
        operands = (small, np.full(elements, 1e20))
    assert_as_numpy(name, *operands)
    with np.errstate(under="warn"):
        counted = [fnp.asarray(x) for x in operands]
        assert outcome(getattr(fnp, name), *counted) == outcome(getattr(np, name), *operands)
    want = outcome(getattr(np, name), *operands)
    assert outcome(getattr(fnp, name), *(fnp.asarray(x) for x in operands)) == want
    with np.errstate(under="raise"), pytest.raises(FloatingPointError):
        getattr(fnp, name)(*(fnp.asarray(x) for x in operands))


@pytest.mark.parametrize("name", ["add", "subtract", "divide", "power", "equal"])
def test_operands_that_overlap(name: str, path: bool) -> None:
    values = np.linspace(0.5, 4.0, 33)
    same = fnp.asarray(values)
    with np.errstate(all="raise"):
        for plain, counted in (
            ((values, values), (same, same)),
            ((values[1:], values[:-1]), (same[1:], same[:-1])),
            ((values[::-1], values), (same[::-1], same)),
            ((values[:16], values[16:32]), (same[:16], same[16:32])),
        ):
            want = outcome(getattr(np, name), *plain)
            assert outcome(getattr(fnp, name), *counted) == want
    assert same.tobytes() == values.tobytes()


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    values = rng.uniform(0.05, 0.95, shape)
    return np.asarray(values + 1j * rng.uniform(size=shape) if dtype == "complex128" else values)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2,), (3,), (9,)])
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power"])
def test_writing_into_an_operand(name: str, shape: tuple[int, ...], dtype: str, path: bool) -> None:
    rng = np.random.default_rng(5)
    plain, counted = getattr(np, name), getattr(fnp, name)
    for _ in range(40):
        left, right = (_random(rng, shape, dtype).astype(dtype) for _ in range(2))
        for which in (0, 1):
            pair, twins = [left.copy(), right], [fnp.asarray(left.copy()), fnp.asarray(right)]
            if which:
                pair, twins = pair[::-1], twins[::-1]
            want = plain(*pair, out=pair[which])
            got = counted(*twins, out=twins[which])
            assert got is twins[which]
            assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("step", [1, 2, -1, -2])
@pytest.mark.parametrize("name", ["exp", "log", "arcsin", "cbrt", "expm1", "tanh", "sqrt"])
def test_one_element_of_any_stride(name: str, step: int, path: bool) -> None:
    # A single element is contiguous whatever its stride, and NumPy picks its loop by the stride.
    rng = np.random.default_rng(6)
    for dtype in ("float64", "float32"):
        for _ in range(100):
            room = _random(rng, (2,), dtype).astype(dtype)[: abs(step)]
            values = room[::step]
            twin = fnp.asarray(room)[::step]
            assert getattr(fnp, name)(twin).tobytes() == getattr(np, name)(values).tobytes()


# ------------------------------------------------------------------------- dtypes and layouts

NUMBERS = (*FAST_DTYPES, "int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
NUMBERS += ("complex64", "float16", "longlong", ">f8")


def _some(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Small numbers, negative ones too where the dtype has them, some of them equal."""
    low = 0 if np.dtype(dtype).kind in "ub" else -4
    values = rng.integers(low, 5, shape) * (0.75 if np.dtype(dtype).kind in "fc" else 1)
    return np.asarray(values).astype(dtype)


def assert_same_layout(name: str, *operands: Any) -> None:
    """As `assert_as_numpy`, and the result lies in memory as NumPy's does."""
    assert_as_numpy(name, *operands)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            want = getattr(np, name)(*operands)
        except (ArithmeticError, TypeError, ValueError):
            return
        got = getattr(fnp, name)(
            *(fnp.asarray(x) if isinstance(x, np.ndarray) else x for x in operands)
        )
    if isinstance(want, np.ndarray) and want.size:
        assert got.strides == want.strides, (
            f"{name}: {[getattr(x, 'strides', x) for x in operands]}"
        )


@pytest.mark.parametrize("left", NUMBERS)
@pytest.mark.parametrize("name", _ARITHMETIC)
def test_operands_of_two_dtypes(name: str, left: str) -> None:
    rng = np.random.default_rng(7)
    for right in NUMBERS:
        for elements in (1, 5, 2100):
            assert_same_layout(name, _some(rng, (elements,), left), _some(rng, (elements,), right))
        assert_same_layout(name, _some(rng, (3, 4), left), _some(rng, (4,), right))
        assert_same_layout(name, _some(rng, (3, 1), left), _some(rng, (3, 4), right))
        assert_same_layout(name, _some(rng, (3, 4), left).T, _some(rng, (), right))
    for number in (2, -3, 300, 2.5, 1e300, True, np.float64(0.1), np.int64(3)):
        assert_same_layout(name, _some(rng, (5,), left), number)
        assert_same_layout(name, number, _some(rng, (5,), left))


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("name", UNARY)
def test_one_operand_of_any_dtype(name: str, dtype: str) -> None:
    rng = np.random.default_rng(8)
    for elements in (1, 7, 1500):
        assert_same_layout(name, _some(rng, (elements,), dtype))
    values = _some(rng, (4, 6), dtype)
    for view in (values.T, values[:, ::2], values[::2], values[:, :1], values[::-1]):
        assert_same_layout(name, view)


@pytest.mark.parametrize("name", ["cbrt", "exp", "log1p", "tanh", "sqrt"])
def test_single_elements_of_half_precision(name: str) -> None:
    for bits in range(1361, 31_000, 512):
        element = np.array([bits], "u2").view("f2")
        assert_as_numpy(name, element)
        assert_as_numpy(name, element.reshape(()))


def test_bytes_of_a_bool_that_are_neither_0_nor_1() -> None:
    odd = np.array([0, 1, 2, 255], np.uint8).view(bool)
    for name in ("add", "multiply", "maximum", "less"):
        assert_same_layout(name, odd, np.arange(4.0))
        assert_same_layout(name, odd, np.arange(4))


_LAYOUTS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    np.ascontiguousarray,
    np.asfortranarray,
    lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    lambda a: np.repeat(a, 2, axis=0)[::2],
    lambda a: np.repeat(np.asfortranarray(a), 2, axis=-1)[..., ::2],
    lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    lambda a: np.broadcast_to(a[:1], a.shape),
)


@settings(max_examples=400)
@given(data=st.data())
def test_any_layout(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    name = data.draw(st.sampled_from(("add", "divide", "floor_divide", "less", "power", "arctan2")))
    shape = tuple(data.draw(st.lists(st.sampled_from((1, 2, 3, 5, 0, 40)), max_size=3)))
    operands = []
    for _ in range(2):
        own = tuple(data.draw(st.sampled_from((n, n, 1))) for n in shape)
        own = own[data.draw(st.sampled_from((0, 0, len(own) // 2))) :]
        values = _some(rng, own, data.draw(st.sampled_from(NUMBERS)))
        operands.append(data.draw(st.sampled_from(_LAYOUTS))(values) if own else values)
    assert_same_layout(name, *operands)


@pytest.mark.parametrize("name", ["add", "multiply", "divide", "maximum"])
def test_writing_where_operands_are_repeated(name: str, path: bool) -> None:
    rng = np.random.default_rng(9)
    matrix, row, column = (_some(rng, shape, "f8") + 0.1 for shape in ((6, 5), (5,), (6, 1)))
    for other in (
        row,
        column,
        _some(rng, (6, 5), "i8"),
        np.float32([1.5] * 5),
        matrix[0],
        matrix.T[:5, :5],
    ):
        for out in (matrix.copy(), np.empty((6, 5)), np.empty((5, 6)).T, np.empty((6, 5), "f4")):
            want = outcome(
                lambda *a: getattr(np, name)(*a, out=a[-1]), matrix, other, out.copy("K")
            )
            given = [fnp.asarray(x) for x in (matrix, other)]
            target = fnp.asarray(out.copy("K"))
            got = outcome(lambda *a: getattr(fnp, name)(*a, out=a[-1]), *given, target)
            assert got == want
    # The row that is added is itself part of what is written.
    plain, counted = matrix.copy(), fnp.asarray(matrix.copy())
    getattr(np, name)(plain, plain[1], out=plain)
    getattr(fnp, name)(counted, counted[1], out=counted)
    assert counted.tobytes() == plain.tobytes()


# --------------------------------------------------------------------------- flags and the bill


def test_a_flag_is_billed_once(budget: flops.BudgetContext, path: bool) -> None:
    ones, zeros = fnp.asarray(np.ones(6)), fnp.asarray(np.zeros(6))
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        result = fnp.divide(ones, zeros)
    assert np.isposinf(result.view(np.ndarray)).all()
    assert budget.flops_used == 6
    assert [record.op_name for record in budget.op_log].count("divide") == 1


def test_an_error_raised_for_a_flag_keeps_the_charge(
    budget: flops.BudgetContext, path: bool
) -> None:
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        fnp.divide(fnp.asarray(np.ones(6)), fnp.asarray(np.zeros(6)))
    assert budget.flops_used == 6


def test_an_error_of_the_loop_itself(budget: flops.BudgetContext, path: bool) -> None:
    bases = fnp.asarray(np.array([2, 3]))
    for exponent in (fnp.asarray(np.array([1, -1])), -1, fnp.asarray(np.array(-1))):
        with pytest.raises(ValueError, match="negative integer powers"):
            fnp.power(bases, exponent)
    assert budget.flops_used == 3 * 2 * 16


def test_no_flag_is_left_behind(path: bool) -> None:
    with np.errstate(all="ignore"):
        fnp.divide(fnp.asarray(np.ones(3)), fnp.asarray(np.zeros(3)))
        fnp.multiply(fnp.asarray(np.full(3, 1e300)), 1e300)
    with np.errstate(all="raise"):
        fnp.add(fnp.asarray(np.ones(3)), 1.0)
        np.add(np.ones(3), 1.0)


def test_no_earlier_flag_is_reported(path: bool) -> None:
    # Python's own arithmetic leaves flags in the processor and reads none of them.
    assert float("inf") == 1e308 * 10
    with np.errstate(all="raise"):
        fnp.add(fnp.asarray(np.ones(3)), fnp.asarray(np.ones(3)))


@pytest.mark.parametrize("state", ["call", "log", "print"])
def test_other_ways_to_treat_errors(
    state: str, path: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    heard: list[str] = []

    class Listener:
        def __call__(self, kind: str, flag: int) -> None:
            heard.append(kind)

        def write(self, text: str) -> None:
            heard.append(text)

    said: list[Any] = []
    for divide, one, zero in (
        (np.divide, np.ones(3), np.zeros(3)),
        (fnp.divide, fnp.asarray(np.ones(3)), fnp.asarray(np.zeros(3))),
    ):
        heard.clear()
        with np.errstate(all=state, call=Listener()):
            divide(one, zero)
        said.append((list(heard), capfd.readouterr()))
    assert said[0] == said[1]
    assert said[0] != ([], ("", ""))


def test_results_are_new_counted_arrays(path: bool) -> None:
    left, right = fnp.asarray(np.ones((2, 3))), fnp.asarray(np.ones((2, 3)))
    result = fnp.add(left, right)
    assert type(result) is type(left)
    assert result.flags.owndata
    assert result.flags.writeable
    assert not np.shares_memory(result, left)
