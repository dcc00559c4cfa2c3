"""flopscope.stats: values, domains and bills of the distributions."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core, stats
from flopscope.errors import UnsupportedDtypeError
from flopscope.pricing.prices import formula_of

INF = math.inf
NAN = math.nan

# FLOPs per element.
PRICES = {
    "cauchy": {"pdf": 6, "cdf": 20, "ppf": 28},
    "expon": {"pdf": 22, "cdf": 22, "ppf": 27},
    "laplace": {"pdf": 22, "cdf": 40, "ppf": 51},
    "logistic": {"pdf": 23, "cdf": 21, "ppf": 28},
    "lognorm": {"pdf": 62, "cdf": 70, "ppf": 106},
    "norm": {"pdf": 27, "cdf": 48, "ppf": 83},
    "truncnorm": {"pdf": 28, "cdf": 51, "ppf": 81},
    "uniform": {"pdf": 1, "cdf": 4, "ppf": 1},
}
SHAPES: dict[str, tuple[float, ...]] = {"lognorm": (0.9,), "truncnorm": (-1.0, 2.0)}
FUNCTIONS = [(name, method) for name, methods in PRICES.items() for method in methods]


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**12, quiet=True) as context:
        yield context


def bills(budget: flops.BudgetContext) -> list[tuple[str, int]]:
    return [(record.op_name, record.flop_cost) for record in budget.op_log]


def function(name: str, method: str) -> Any:
    return getattr(getattr(stats, name), method)


# --------------------------------------------------------------------------------------- values

# Computed with 400 decimal digits from the definitions.
EXACT: list[tuple[str, str, tuple[float, ...], float]] = [
    ("norm", "pdf", (-37.0,), 2.1200065515246056e-298),
    ("norm", "pdf", (0.5,), 0.35206532676429947),
    ("norm", "pdf", (8.25,), 6.627137455968751e-16),
    ("norm", "cdf", (-37.5,), 4.605353009581955e-308),
    ("norm", "cdf", (-25.3,), 1.5971151302422e-141),
    ("norm", "cdf", (-10.1,), 2.762109471764517e-24),
    ("norm", "cdf", (-1.5,), 0.06680720126885807),
    ("norm", "cdf", (-1e-10,), 0.49999999996010575),
    ("norm", "cdf", (0.3,), 0.6179114221889527),
    ("norm", "cdf", (5.0,), 0.9999997133484281),
    ("norm", "ppf", (1e-300,), -37.0470962993612),
    ("norm", "ppf", (1e-20,), -9.262340089798407),
    ("norm", "ppf", (0.01,), -2.326347874040841),
    ("norm", "ppf", (0.3,), -0.5244005127080408),
    ("norm", "ppf", (0.5000000000009095,), 2.2797651350911116e-12),
    ("norm", "ppf", (0.93,), 1.475791028179171),
    ("norm", "ppf", (0.9999999999999999,), 8.209536151601387),
    ("expon", "cdf", (1e-300,), 1e-300),
    ("expon", "cdf", (1e-05,), 9.999950000166666e-06),
    ("expon", "cdf", (0.7,), 0.5034146962085905),
    ("expon", "cdf", (30.0,), 0.9999999999999064),
    ("expon", "pdf", (650.0,), 5.111951948651156e-283),
    ("expon", "ppf", (1e-300,), 1e-300),
    ("expon", "ppf", (0.9999999999999999,), 36.7368005696771),
    ("laplace", "cdf", (-700.0,), 4.929838271879885e-305),
    ("laplace", "cdf", (0.1,), 0.5475812909820202),
    ("laplace", "ppf", (1e-300,), -690.0823807176538),
    ("laplace", "ppf", (0.75,), 0.6931471805599453),
    ("logistic", "pdf", (700.0,), 9.85967654375977e-305),
    ("logistic", "pdf", (-0.1,), 0.24937604019289197),
    ("logistic", "cdf", (-700.0,), 9.85967654375977e-305),
    ("logistic", "cdf", (2.5,), 0.9241418199787564),
    ("logistic", "ppf", (1e-300,), -690.7755278982137),
    ("logistic", "ppf", (0.5000000000009095,), 3.637978807091713e-12),
    ("logistic", "ppf", (0.9999999999999999,), 36.7368005696771),
    ("cauchy", "pdf", (1e150,), 3.183098861837907e-301),
    ("cauchy", "cdf", (-1e150,), 3.183098861837907e-151),
    ("cauchy", "cdf", (3.0,), 0.8975836176504333),
    ("cauchy", "ppf", (1e-300,), -3.1830988618379066e299),
    ("cauchy", "ppf", (0.5000000000009095,), 2.857261873568671e-12),
    ("cauchy", "ppf", (0.9999999999999999,), 2867080569611329.5),
    ("lognorm", "pdf", (1e-100, 7.0), 6.282745610263146e-137),
    ("lognorm", "pdf", (1.4, 0.01), 4.117627365412276e-245),
    ("lognorm", "pdf", (1e-310, 18.0), 7.355003342152643e-34),
    ("lognorm", "pdf", (2.0, 0.9), 0.1647541143490576),
    ("lognorm", "cdf", (1e-100, 7.0), 1.3357630201611113e-237),
    ("lognorm", "cdf", (0.7, 0.01), 6.310405712309996e-279),
    ("lognorm", "cdf", (2.0, 0.9), 0.7793985539169291),
    ("lognorm", "ppf", (1e-300, 18.0), 2.4643881945994987e-290),
    ("lognorm", "ppf", (0.9999999999999999, 80.0), 1.692388127761127e285),
    ("lognorm", "ppf", (0.3, 0.9), 0.6237781757227341),
    ("truncnorm", "pdf", (0.5, -1.0, 2.0), 0.4300850759232247),
    ("truncnorm", "pdf", (40.3, 40.0, INF), 0.0002351007248067719),
    ("truncnorm", "pdf", (-30.9, -31.0, -30.0), 3.76497584692955e-11),
    ("truncnorm", "pdf", (0.0001, -0.001, 0.001), 500.0000808333343),
    ("truncnorm", "pdf", (5.000000000000455, 5.0, 5.0000000000009095), 1099511627776.0),
    ("truncnorm", "cdf", (-0.5, -1.0, 2.0), 0.18309708152134457),
    ("truncnorm", "cdf", (1.5, -1.0, 2.0), 0.94617962473645),
    ("truncnorm", "cdf", (40.001, 40.0, INF), 0.03923503043628603),
    ("truncnorm", "cdf", (-75.0, -INF, -70.0), 3.4538104518474998e-158),
    ("truncnorm", "cdf", (-30.9, -31.0, -30.0), 1.1622368286371668e-12),
    ("truncnorm", "cdf", (5.000000000000227, 5.0, 5.0000000000009095), 0.2500000000004263),
    ("truncnorm", "cdf", (100000.0000001, 100000.0, INF), 0.009950241639103035),
    ("truncnorm", "cdf", (1e-09, -1e-05, 50.0), 7.97957982462104e-06),
    ("truncnorm", "cdf", (1e-300, 0.0, INF), 7.978845608028653e-301),
    ("truncnorm", "ppf", (0.25, -1.0, 2.0), -0.3496414292924655),
    ("truncnorm", "ppf", (1e-12, -1.0, 2.0), -0.9999999999966169),
    ("truncnorm", "ppf", (0.999, -1.0, 2.0), 1.9850630859441682),
    ("truncnorm", "ppf", (1e-300, -INF, 0.0), -37.06578788077213),
    ("truncnorm", "ppf", (0.5, -INF, -40.0), -40.01731412676465),
    ("truncnorm", "ppf", (0.9999999999999999, 3.0, INF), 8.968809087703901),
    ("truncnorm", "ppf", (1e-10, 0.0, 0.001), 9.999998333333584e-14),
    ("truncnorm", "ppf", (0.5, 30.0, 31.0), 30.02307046782731),
    ("truncnorm", "ppf", (1e-300, 0.0, 9.0), 1.2533141373155002e-300),
    ("truncnorm", "ppf", (0.3, -1e-05, 50.0), 0.3853129269923066),
    ("truncnorm", "ppf", (0.9999999, -50.0, 1e-05), 9.874667586328232e-06),
]


@pytest.mark.parametrize(("name", "method", "arguments", "expected"), EXACT)
def test_exact_values(
    name: str, method: str, arguments: tuple[float, ...], expected: float
) -> None:
    assert float(function(name, method)(*arguments)) == pytest.approx(expected, rel=1e-14, abs=0)


def spread(low: float, high: float, count: int = 4000) -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).uniform(low, high, count)


LOW_Q = 10.0 ** spread(-300, -1)
ANY_Q = spread(0, 1)
HIGH_Q = 1 - 10.0 ** spread(-16, -1)
WIDE = np.concatenate([spread(-700, 700), 10.0 ** spread(-300, 0), -(10.0 ** spread(-300, 0))])
POSITIVE = np.concatenate([np.exp(spread(-30, 30)), spread(0.5, 2)])
# How far apart SciPy and flopscope may be. SciPy forms exp(-x^2/2) with a rounded square and cdfs
# of the truncated normal as exp(log(cdf)); there the limit is what SciPy itself is off by.
AGAINST_SCIPY = [
    ("norm", "pdf", (), spread(-37, 37), 1e-13),
    ("norm", "cdf", (), spread(-20, 37), 1e-13),
    ("norm", "cdf", (), spread(-37, -20), 4e-13),
    ("norm", "ppf", (), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 1e-14),
    ("uniform", "pdf", (), spread(-1, 2), 0),
    ("uniform", "cdf", (), spread(-1, 2), 0),
    ("uniform", "ppf", (), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 0),
    ("expon", "pdf", (), WIDE, 1e-14),
    ("expon", "cdf", (), WIDE, 1e-14),
    ("expon", "ppf", (), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 1e-14),
    ("cauchy", "pdf", (), WIDE, 1e-14),
    ("cauchy", "cdf", (), WIDE, 1e-14),
    ("cauchy", "ppf", (), np.concatenate([LOW_Q, ANY_Q[abs(ANY_Q - 0.5) > 0.01], HIGH_Q]), 1e-13),
    ("logistic", "pdf", (), WIDE, 1e-13),
    ("logistic", "cdf", (), WIDE, 1e-14),
    ("logistic", "ppf", (), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 1e-14),
    ("laplace", "pdf", (), WIDE, 1e-14),
    ("laplace", "cdf", (), WIDE, 1e-14),
    ("laplace", "ppf", (), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 1e-14),
    ("lognorm", "pdf", (2.0,), POSITIVE, 1e-13),
    ("lognorm", "cdf", (2.0,), POSITIVE, 1e-13),
    ("lognorm", "ppf", (2.0,), np.concatenate([LOW_Q, ANY_Q, HIGH_Q]), 1e-13),
    ("truncnorm", "pdf", (-1.0, 2.0), spread(-1.5, 2.5), 1e-13),
    ("truncnorm", "pdf", (-INF, 2.0), spread(-12, 3), 1e-13),
    ("truncnorm", "pdf", (3.0, 9.0), spread(2, 10), 1e-13),
    ("truncnorm", "cdf", (-INF, 2.0), spread(-12, 3), 1e-13),
    ("truncnorm", "cdf", (-1.0, 2.0), spread(0, 3), 1e-13),
    ("truncnorm", "cdf", (-9.0, -3.0), spread(-8, -2), 1e-11),
    ("truncnorm", "ppf", (-1.0, 2.0), ANY_Q[abs(ANY_Q - 0.4) > 0.05], 1e-13),
    ("truncnorm", "ppf", (3.0, 9.0), np.concatenate([ANY_Q, HIGH_Q]), 1e-13),
    ("truncnorm", "ppf", (-INF, -40.0), np.concatenate([LOW_Q, ANY_Q]), 1e-13),
    ("truncnorm", "ppf", (40.0, INF), np.concatenate([ANY_Q, HIGH_Q]), 1e-13),
]


@pytest.mark.parametrize(("name", "method", "shapes", "x", "limit"), AGAINST_SCIPY)
def test_agrees_with_scipy(
    name: str, method: str, shapes: tuple[float, ...], x: np.ndarray[Any, Any], limit: float
) -> None:
    scipy_stats = pytest.importorskip("scipy.stats", reason="SciPy is what values are compared to")
    expected = getattr(getattr(scipy_stats, name), method)(x, *shapes)
    result = np.asarray(function(name, method)(x, *shapes))
    normal = abs(expected) > 1e-300  # relative errors mean nothing once digits underflow
    np.testing.assert_allclose(result[normal], expected[normal], rtol=limit, atol=0)
    np.testing.assert_allclose(result[~normal], expected[~normal], rtol=0, atol=1e-300)


SPECIAL = np.array(
    [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -0.5, 5e-324, 1e308, -1e308, 40.0, -40.0]
)
SPECIAL_SHAPES: dict[str, list[tuple[float, ...]]] = {
    "lognorm": [(1.0,), (0.0,), (-1.0,), (NAN,), (INF,)],
    "truncnorm": [
        (-1.0, 2.0),
        (-INF, 0.0),
        (-INF, INF),
        (1.0, 1.0),
        (2.0, 1.0),
        (NAN, 1.0),
        (0.0, NAN),
        (INF, INF),
        (3.0, 4.0),
    ],
}


@pytest.mark.parametrize(("name", "method"), FUNCTIONS)
def test_domains_are_those_of_scipy(name: str, method: str) -> None:
    """NaN, infinities, arguments outside of the support, bad shapes and scales."""
    scipy_stats = pytest.importorskip("scipy.stats", reason="SciPy is what values are compared to")
    reference = getattr(getattr(scipy_stats, name), method)
    for shapes in SPECIAL_SHAPES.get(name, [()]):
        for loc in (0.0, NAN, INF, -INF, 1.0, -1e308):
            for scale in (1.0, 0.0, -1.0, NAN, INF, 1e-300, 1e300, 2.0):
                with np.errstate(all="ignore"):
                    expected = reference(SPECIAL, *shapes, loc, scale)
                result = np.asarray(function(name, method)(SPECIAL, *shapes, loc, scale))
                message = f"{shapes=} {loc=} {scale=}"
                # SciPy's intermediate results overflow or vanish for some of the tiny arguments.
                usual = abs(SPECIAL) != 5e-324 if name == "truncnorm" else slice(None)
                np.testing.assert_allclose(
                    result[usual], expected[usual], rtol=1e-12, atol=1e-307, err_msg=message
                )


def test_domains_without_scipy() -> None:
    np.testing.assert_array_equal(stats.norm.pdf([-INF, INF, NAN]), [0, 0, NAN])
    np.testing.assert_array_equal(stats.norm.cdf([-INF, INF, NAN, 0]), [0, 1, NAN, 0.5])
    np.testing.assert_array_equal(
        stats.norm.ppf([-0.1, 0, 1, 1.1, NAN]), [NAN, -INF, INF, NAN, NAN]
    )
    np.testing.assert_array_equal(stats.expon.ppf([0, 1], 2, 3), [2, INF])
    np.testing.assert_array_equal(stats.uniform.pdf([-1, 0, 1, 2], 0, 1), [0, 1, 1, 0])
    np.testing.assert_array_equal(stats.norm.cdf(1.0, 0, [1, 0, -1])[1:], [NAN, NAN])
    np.testing.assert_array_equal(stats.lognorm.cdf(1.0, [1, 0, -1]), [0.5, NAN, NAN])
    np.testing.assert_array_equal(stats.truncnorm.pdf(1.0, [1, 2, 0], [1, 1, 1])[:2], [NAN, NAN])
    np.testing.assert_array_equal(stats.truncnorm.ppf([0, 1], 40, INF), [40, INF])


@pytest.mark.parametrize("bounds", [(-1.0, 2.0), (3.0, INF), (-31.0, -30.0), (40.0, 40.0 + 1e-9)])
def test_truncated_quantiles_invert_the_distribution(bounds: tuple[float, float]) -> None:
    q = np.linspace(0.001, 0.999, 500)
    x = stats.truncnorm.ppf(q, *bounds)
    # One unit in the last place of x moves the cdf by this much.
    slack = np.spacing(abs(np.asarray(x))) * np.asarray(stats.truncnorm.pdf(x, *bounds))
    assert np.all(abs(np.asarray(stats.truncnorm.cdf(x, *bounds)) - q) <= 2 * slack + 1e-14)


@settings(max_examples=100, deadline=None)
@given(
    a=st.floats(-60, 60),
    width=st.floats(1e-12, 100),
    share=st.floats(0, 1),
)
def test_truncated_normal_is_symmetric_and_bounded(a: float, width: float, share: float) -> None:
    b = a + width
    x = min(max(a + share * width, a), b)
    if not a < b:
        return
    assert 0 <= float(stats.truncnorm.cdf(x, a, b)) <= 1
    assert float(stats.truncnorm.pdf(x, a, b)) == float(stats.truncnorm.pdf(-x, -b, -a))
    assert a <= float(stats.truncnorm.ppf(share, a, b)) <= b


@pytest.mark.parametrize(("name", "method"), FUNCTIONS)
def test_elements_do_not_depend_on_their_neighbours(name: str, method: str) -> None:
    """Blocks, vector loops and their remainders, array and scalar parameters: the same bits."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0.001, 0.999, 1500)
    shapes = SHAPES.get(name, ())
    whole = np.asarray(function(name, method)(x, *shapes, 0.25, 2.0))
    for count in (1, 7, 511, 513, 1025):
        part = np.asarray(function(name, method)(x[:count], *shapes, 0.25, 2.0))
        np.testing.assert_array_equal(part, whole[:count])
    columns = [np.full(x.shape, value) for value in (*shapes, 0.25, 2.0)]
    np.testing.assert_array_equal(function(name, method)(x, *columns), whole)
    np.testing.assert_array_equal(function(name, method)(x[0], *shapes, 0.25, 2.0), whole[0])


# -------------------------------------------------------------------------------------- operands


def test_operands_of_any_kind() -> None:
    x = np.linspace(-2, 2, 24).reshape(2, 3, 4)
    expected = np.asarray(stats.norm.cdf(x))
    np.testing.assert_array_equal(stats.norm.cdf(fnp.array(x)), expected)
    np.testing.assert_array_equal(stats.norm.cdf(x.tolist()), expected)
    np.testing.assert_array_equal(stats.norm.cdf(x.T[::-1]), expected.T[::-1])
    np.testing.assert_array_equal(stats.norm.cdf(x.astype(">f8")), expected)
    np.testing.assert_array_equal(stats.norm.cdf(np.asfortranarray(x)), expected)
    np.testing.assert_array_equal(
        stats.norm.cdf(fnp.ones((2, 2))), np.full((2, 2), stats.norm.cdf(1))
    )
    assert float(stats.norm.cdf(True)) == float(stats.norm.cdf(np.int8(1))) == stats.norm.cdf(1.0)
    single = np.array([0.1, 0.2], np.float32)
    np.testing.assert_array_equal(stats.norm.cdf(single), stats.norm.cdf(single.astype(float)))


@pytest.mark.parametrize(
    "x", [0.5, 1, True, np.float32(0.5), np.array(0.5), [0.5], np.ones(0), [[1]]]
)
def test_results_are_counted_arrays_of_float64(x: Any) -> None:
    result = stats.norm.pdf(x)
    assert type(result) is flops.FlopscopeArray
    assert result.dtype == np.float64
    assert result.shape == np.shape(x)
    assert result.flags.writeable


def test_results_share_no_memory_with_operands() -> None:
    x = fnp.array([0.25, 0.75])
    result = stats.uniform.cdf(x)
    result[0] = 9.0
    assert x.tolist() == [0.25, 0.75]


def test_shapes_that_do_not_fit(budget: flops.BudgetContext) -> None:
    with pytest.raises(ValueError, match=r"\(3,\).*\(4,\)"):
        stats.norm.pdf(np.ones(3), np.ones(4))
    assert bills(budget) == []


@pytest.mark.parametrize(
    "x",
    ["0.5", None, object(), ["a", "b"], np.array([1, None]), np.array(["2020-01-01"], "M8[D]")],
)
def test_refused_operands_cost_nothing(budget: flops.BudgetContext, x: Any) -> None:
    with pytest.raises(UnsupportedDtypeError):
        stats.norm.pdf(x)
    with pytest.raises(UnsupportedDtypeError):
        stats.norm.pdf(1.0, loc=x)
    assert bills(budget) == []


@pytest.mark.parametrize("x", [1j, np.ones(2, complex)])
def test_complex_operands_are_refused(budget: flops.BudgetContext, x: Any) -> None:
    with pytest.raises(TypeError, match="real numbers"):
        stats.norm.cdf(x)
    assert bills(budget) == []


def test_calls_that_do_not_fit_the_signature(budget: flops.BudgetContext) -> None:
    calls: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        ((), {}, "'x'"),
        ((1, 2, 3, 4), {}, "too many"),
        ((1,), {"q": 2}, "'q'"),
        ((1,), {"x": 2}, "multiple values"),
    ]
    for args, kwargs, message in calls:
        with pytest.raises(TypeError, match=message):
            stats.norm.pdf(*args, **kwargs)
    with pytest.raises(TypeError, match="'s'"):
        stats.lognorm.pdf(1.0)
    with pytest.raises(TypeError, match="'b'"):
        stats.truncnorm.pdf(1.0, 2.0)
    assert bills(budget) == []


def test_arguments_by_keyword() -> None:
    by_name = stats.truncnorm.cdf(scale=2.0, x=[0.1, 0.2], b=2.0, loc=0.5, a=-1.0)
    np.testing.assert_array_equal(by_name, stats.truncnorm.cdf([0.1, 0.2], -1.0, 2.0, 0.5, 2.0))
    # A keyword that is equal to the parameter's name without being the same object.
    np.testing.assert_array_equal(
        stats.norm.pdf(1.0, **{"".join("scale"): 2.0}), stats.norm.pdf(1, 0, 2)
    )


# ----------------------------------------------------------------------------------------- bills


@pytest.mark.parametrize(("name", "method"), FUNCTIONS)
def test_a_call_costs_a_constant_per_element(
    budget: flops.BudgetContext, name: str, method: str
) -> None:
    op_name, price, shapes = f"stats.{name}.{method}", PRICES[name][method], SHAPES.get(name, ())
    call = function(name, method)
    call(np.full((2, 3), 0.5), *shapes)
    call(0.5, *shapes)
    call(np.ones(0), *shapes)
    call(np.ones(5, np.float32), *shapes, loc=0.5, scale=2.0)
    assert bills(budget) == [(op_name, n * price) for n in (6, 1, 1, 5)]
    told = flops.explain(op_name, *shapes, shapes=[(3, 1)], scale=np.ones(4))
    assert told.charged == 12 * price


@pytest.mark.parametrize(("name", "method"), FUNCTIONS)
def test_parameters_take_part_in_the_bill(
    budget: flops.BudgetContext, name: str, method: str
) -> None:
    """The elements are those of the result: x and all parameters broadcast together."""
    price, shapes = PRICES[name][method], SHAPES.get(name, ())
    call = function(name, method)
    assert call(0.5, *shapes, loc=np.ones(5)).shape == (5,)
    assert call(np.ones(4), *shapes, np.zeros((3, 1)), 2.0).shape == (3, 4)
    assert call(0.5, *(np.full((2, 1, 1), value) for value in shapes), scale=[1, 2]).shape[-1] == 2
    last = 4 if shapes else 2
    assert [bill for _, bill in bills(budget)] == [5 * price, 12 * price, last * price]


def test_the_table_states_the_prices() -> None:
    formulas = {row[0]: formula_of(row[0]) for row in _core._op_rows() if row[1] == "stats"}
    assert formulas.keys() == {f"stats.{name}.{method}" for name, method in FUNCTIONS}
    for name, method in FUNCTIONS:
        factor = "" if PRICES[name][method] == 1 else f"{PRICES[name][method]} * "
        assert formulas[f"stats.{name}.{method}"] == f"{factor}max(1, n)"


def test_nothing_runs_on_an_empty_budget() -> None:
    x = np.ones(100)
    with flops.BudgetContext(27 * 100, quiet=True) as small:
        stats.norm.pdf(x)
        with pytest.raises(flops.BudgetExhaustedError):
            stats.norm.pdf(0.0)
        assert small.flops_used == 2700
        assert len(small.op_log) == 1


def test_the_log_has_shapes_and_kernel_time(budget: flops.BudgetContext) -> None:
    stats.norm.cdf(np.zeros(100_000), np.zeros((2, 1)))
    stats.norm.cdf(0.5)
    first, second = budget.op_log
    assert first.shapes == ((100_000,), (2, 1))
    assert second.shapes == ((),)
    kernel = first.flopscope_backend_duration_s
    assert kernel is not None
    assert kernel > 1e-5
    assert first.flopscope_overhead_duration_s is not None
    assert kernel > first.flopscope_overhead_duration_s


def test_threads_bill_exactly_and_compute_right(budget: flops.BudgetContext) -> None:
    x = np.linspace(-5, 5, 50_000)
    expected = np.asarray(stats.norm.cdf(x))
    right: list[bool] = []

    def work() -> None:
        results = [np.asarray(stats.norm.cdf(x)) for _ in range(10)]
        right.extend(np.array_equal(result, expected) for result in results)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == 40 * [True]
    assert budget.flops_used == 41 * 48 * 50_000


# --------------------------------------------------------------------------------------- objects


@pytest.mark.parametrize("name", PRICES)
def test_distribution_objects(name: str) -> None:
    distribution = getattr(stats, name)
    assert repr(distribution) == f"<flopscope.stats.{name}>"
    assert distribution.name == name
    assert pickle.loads(pickle.dumps(distribution)) is distribution
    assert copy.deepcopy(distribution) is distribution
    with pytest.raises(AttributeError, match="random"):
        _ = distribution.rvs
    with pytest.raises(AttributeError, match="cdf"):
        _ = distribution.sf


def test_unknown_distributions_raise_with_a_hint() -> None:
    with pytest.raises(AttributeError, match="did you mean 'norm'"):
        _ = stats.normal
    with pytest.raises(AttributeError, match="uniform"):
        _ = stats.zipf
    assert dir(stats) == stats.__all__


@pytest.mark.parametrize(("name", "method"), FUNCTIONS)
def test_functions_describe_themselves(name: str, method: str) -> None:
    call = function(name, method)
    assert isinstance(call, _core.CountedFunction)
    assert call.__name__ == method
    assert call.op_name == f"stats.{name}.{method}"
    first = "q" if method == "ppf" else "x"
    shapes = {"lognorm": "s, ", "truncnorm": "a, b, "}.get(name, "")
    assert str(inspect.signature(call)) == f"({first}, {shapes}loc=0, scale=1)"
    assert f"Cost: {formula_of(call.op_name)} FLOPs." in (call.__doc__ or "")
    assert pickle.loads(pickle.dumps(call)) is call
