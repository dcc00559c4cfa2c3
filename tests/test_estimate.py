"""Dry runs bill what a run bills, compute nothing, and say where a value is needed."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.errors import ValueDependentError

from . import golden_case

S = flops.ShapeDtype


def bill(function: Any, *shapes: Any, **keywords: Any) -> int:
    return flops.estimate(function, *(S(shape) for shape in shapes), **keywords).flops_used


# ------------------------------------------------------------------------------ recorded cases


def _dry(case: golden_case.Case) -> flops.Estimate:
    names: dict[str, Any] = {
        "fnp": fnp, "flops": flops, "np": np, "SG": flops.SymmetryGroup,
        "raised": golden_case._raised, "spend": golden_case._spend, "group": golden_case._group,
    }  # fmt: skip
    with flops.BudgetContext(golden_case.AMPLE, quiet=True):
        for name, spec in case.get("arrays", {}).items():
            names[name] = golden_case.build(spec)
        exec(case.get("prep", ""), names)
    counted = {k: v for k, v in names.items() if isinstance(v, flops.FlopscopeArray)}
    shapes = {k: S(v.shape, v.dtype, v.symmetry) for k, v in counted.items()}
    # An array under two names is one array.
    first = {k: next(j for j in counted if counted[j] is counted[k]) for k in counted}

    def function(**arrays: Any) -> Any:
        scope = {**names, **{name: arrays[first[name]] for name in arrays}}
        return golden_case._execute(case["expr"], scope)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return flops.estimate(function, **shapes)


def _is_numeric(case: golden_case.Case) -> bool:
    """Whether a case returns numbers: a dry run has no stand-in for texts and objects."""
    return np.dtype(case.get("result", {}).get("dtype", "f8")).kind in "biufc"


def test_recorded_bills() -> None:
    """Every recorded case that succeeds and bills is billed the same, or asks for a value."""
    outcomes: Counter[str] = Counter()
    wrong = []
    for case in golden_case.cases():
        if case.get("mode") == "bare" or "error" in case or "budget" in case or not case["ops"]:
            continue
        if not _is_numeric(case):
            continue
        executed = golden_case.run(case)
        if "error" in executed:  # this NumPy does not have it
            continue
        try:
            estimate = _dry(case)
        except ValueDependentError:
            outcomes["asks"] += 1
            continue
        same = [[r.op_name, r.flop_cost] for r in estimate.op_log] == executed["ops"]
        outcomes["equal" if same else "wrong"] += 1
        if not same:
            wrong.append(case["id"])
    assert wrong == []
    assert outcomes["equal"] > 10 * outcomes["asks"], outcomes
    assert outcomes["equal"] > 500, outcomes


# ----------------------------------------------------------------------------------- large sizes

N = 10**6


@pytest.mark.parametrize(
    ("function", "shapes", "flops_used", "result"),
    [
        (lambda x: x * 2.0 + x, [(N, N)], 2 * N * N, (N, N)),
        (lambda x, y: x @ y, [(N, 2000), (2000, N)], N * N * (2 * 2000 - 1), (N, N)),
        (lambda x: fnp.einsum("ij,ik->jk", x, x), [(N, 3)], None, (3, 3)),
        (lambda x: x.sum(axis=0), [(N, 7)], 7 * (N - 1), (7,)),
        (lambda x: fnp.sort(x, axis=0)[::2].T, [(N, 3)], 3 * N * 20, (3, N // 2)),
        (lambda x: fnp.concatenate([x, x[:10]]), [(N, 3)], 0, (N + 10, 3)),
        (lambda x: fnp.stack([x, x], axis=1), [(N, 3)], 0, (N, 2, 3)),
        (lambda x: fnp.hstack([x, x]), [(N, 3)], 0, (N, 6)),
        (lambda x: fnp.tile(x, (2, 4)), [(N, 3)], 0, (2 * N, 12)),
        (lambda x: fnp.repeat(x, 3, axis=0), [(N, 3)], 0, (3 * N, 3)),
        (lambda x: fnp.linalg.cholesky(x), [(N, 5, 5)], N * 41, (N, 5, 5)),
        (lambda x: fnp.linalg.svd(x, full_matrices=False)[0], [(N, 8, 4)], None, (N, 8, 4)),
        (lambda x: fnp.fft.rfft(x), [(N, 16)], N * 5 * 8 * 4, (N, 9)),
        (lambda x: fnp.where(x > 0, x, 0.0), [(N, 9)], 9 * N, (N, 9)),
        (lambda x: fnp.reshape(x, (-1, 6)).ravel()[5:].copy(), [(N, 9)], 0, (9 * N - 5,)),
        (lambda x: x[:, None, :].astype("float32"), [(N, 9)], 9 * N, (N, 1, 9)),
        (lambda x: fnp.zeros((N, N)) + x, [(N,)], N * N, (N, N)),
        (lambda x: fnp.random.default_rng(0).normal(size=(N, N)) + x, [(N,)], 17 * N * N, (N, N)),
        (lambda x: x[fnp.argsort(x)], [(N,)], 20 * N, (N,)),
        (lambda x: fnp.cumsum(x, axis=1).mean(), [(N, 9)], 8 * N + 9 * N, ()),
        (lambda x: flops.stats.norm.cdf(x), [(N, 9)], 48 * 9 * N, (N, 9)),
    ],
)  # fmt: skip
def test_nothing_is_computed(
    function: Any, shapes: list[Any], flops_used: int | None, result: tuple[int, ...]
) -> None:
    tracemalloc.start()
    estimate = flops.estimate(function, *(S(shape) for shape in shapes))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert estimate.result.shape == result
    if flops_used is not None:
        assert estimate.flops_used == flops_used
    assert peak < 10_000_000


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=3),
    st.sampled_from(["float32", "float64", "int64", "bool", "complex128"]),
    st.sampled_from(["sum", "exp", "sort", "cumsum", "outer", "mean", "astype", "T", "add", "max"]),
)
@settings(deadline=None)
def test_shapes_and_dtypes_are_those_of_a_run(shape: list[int], dtype: str, what: str) -> None:
    functions: dict[str, Any] = {
        "sum": lambda x: x.sum(axis=0), "exp": fnp.exp, "sort": fnp.sort, "mean": fnp.mean,
        "cumsum": fnp.cumsum, "outer": lambda x: fnp.outer(x, x), "T": lambda x: (x.T + 1)[:2],
        "astype": lambda x: x.astype("float32"), "add": lambda x: x + 1.5,
        "max": lambda x: fnp.max(x, axis=-1, keepdims=True),
    }  # fmt: skip
    function = functions[what]
    array = fnp.array(np.ones(shape, dtype))
    with flops.BudgetContext(10**9, quiet=True) as budget, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = function(array)
        except Exception as error:
            with pytest.raises(type(error)):
                flops.estimate(function, S(array.shape, dtype))
            return
        estimate = flops.estimate(function, S(array.shape, dtype))
    assert estimate.flops_used == budget.flops_used
    assert (estimate.result.shape, estimate.result.dtype) == (expected.shape, expected.dtype)


# ------------------------------------------------------------------------------------- programs


class Layer(flops.Module):
    def __init__(self, width: int) -> None:
        self.weight = fnp.eye(width)
        self.bias = fnp.zeros(width)

    def __call__(self, x: Any) -> Any:
        return fnp.maximum(x @ self.weight + self.bias, 0.0)


def test_a_program_with_weights_of_its_own() -> None:
    layer = Layer(8)

    def train(x: Any, steps: int = 3) -> Any:
        out = fnp.zeros((steps,))
        for step in range(steps):
            with flops.namespace(f"step{step}"):
                y = layer(x)
                layer.weight -= 0.1 * (x.T @ y)
                out[step] = y.mean()
        return out, layer.weight[0] * 2.0

    before = np.array(layer.weight)
    estimate = flops.estimate(train, S((100, 8)), steps=2)
    np.testing.assert_array_equal(np.asarray(layer.weight), before)
    with flops.BudgetContext(10**9, quiet=True) as budget:
        train(fnp.ones((100, 8)), steps=2)
    assert estimate.flops_used == budget.flops_used
    assert [r[:6] for r in estimate.op_log] == [r[:6] for r in budget.op_log[1:]]
    assert estimate.result == (S(2), S(8))
    assert "step1" in estimate.summary(by_namespace=True)
    assert int(estimate) == estimate.flops_used
    # What was written to in the dry run is an array like any other again.
    assert float(layer.weight[0, 0]) == float(layer.weight[0, 0])


def test_symmetry_lowers_the_bill_as_in_a_run() -> None:
    estimate = flops.estimate(lambda s: fnp.exp(s) * 2, S((1000, 1000), symmetry=(0, 1)))
    assert estimate.flops_used == 17 * 500_500
    assert estimate.result.symmetry == flops.SymmetryGroup.symmetric(axes=(0, 1))
    assert flops.estimate(lambda s: s.T.copy() + s[:, :], S((9, 9), symmetry=(0, 1))) \
        .flops_used == 45  # fmt: skip

    def in_place(s: Any) -> Any:
        s *= 2
        return s + 1

    assert bill(in_place, (3, 3)) == 18
    assert flops.estimate(in_place, S((3, 3), symmetry=(0, 1))).flops_used == 12


def test_numbers_of_unknown_value_are_not_billed() -> None:
    def function(x: Any) -> Any:
        return x[0] * 2.0 + fnp.random.default_rng(0).normal() + 1.0

    assert bill(function, (5,)) == 16
    assert flops.estimate(function, S(5)).result == S(())


def test_calls_without_arrays_are_computed() -> None:
    assert bill(lambda n: fnp.zeros(int(fnp.ceil(fnp.log2(n)))) + 1.0, **{"n": 1000}) == 17 + 10


def test_generators_do_not_move_on() -> None:
    rng = fnp.random.default_rng(7)
    state = copy.deepcopy(rng.bit_generator.state)
    legacy = np.random.get_state()[1].copy()  # type: ignore[index]

    def draw() -> Any:
        x = fnp.arange(10)
        rng.shuffle(x)
        return rng.normal(size=3), fnp.random.rand(2, 2), rng.choice(5, 3), rng.permutation(4), x

    estimate = flops.estimate(draw)
    assert rng.bit_generator.state == state
    assert np.array_equal(legacy, np.random.get_state()[1])  # type: ignore[index]
    assert [r.shape for r in estimate.result] == [(3,), (2, 2), (3,), (4,), (10,)]


def test_nothing_is_charged() -> None:
    flops.budget_reset()
    with flops.BudgetContext(10, quiet=True) as budget:
        assert bill(lambda x: x @ x, (100, 100)) == 1_990_000
        assert float(fnp.add(1.0, 1.0)) == 2.0
    assert budget.flops_used == 1
    assert flops.budget_summary_dict()["flops_used"] == 1


def test_estimates_within_estimates() -> None:
    def outer(x: Any) -> int:
        inner = flops.estimate(lambda y: y + 1, S(7))
        x + 1
        return inner.flops_used

    estimate = flops.estimate(outer, S(3))
    assert (estimate.flops_used, estimate.result) == (3, 7)


def test_everything_is_as_before_afterwards() -> None:
    with pytest.raises(ValueDependentError):
        flops.estimate(lambda x: bool(x.sum()), S(3))
    x = fnp.array([1.0, 2.0])
    assert "__getitem__" not in vars(flops.FlopscopeArray)
    assert "__float__" not in vars(flops.FlopscopeArray)
    assert _core._target_of(fnp.exp) is np.exp
    assert (float(x[1]), x.tolist(), bool(x[0] > 0), x.copy()[0]) == (2.0, [1.0, 2.0], True, 1.0)
    x[0] = 5.0
    assert fnp.exp(x)[0] == np.exp(5.0)


# ------------------------------------------------------------------------------- values needed


def branch(x: Any) -> Any:
    if x.max() > 0:  # the line that is named
        return x
    return -x


@pytest.mark.filterwarnings("ignore::flopscope.errors.RemoteCallbackWarning")
@pytest.mark.parametrize(
    "function",
    [
        branch,
        lambda x: float(x.sum()),
        lambda x: int(x[0]),
        lambda x: x[0] > 1.0,
        lambda x: x[x > 0],
        lambda x: x.tolist(),
        lambda x: x.item(0),
        lambda x: range(3)[fnp.argmax(x)],
        lambda x: 1.0 in x,
        lambda x: fnp.nonzero(x),
        lambda x: fnp.unique(x),
        lambda x: fnp.where(x > 0),
        lambda x: fnp.apply_along_axis(sum, 0, x),
        lambda x: fnp.histogram(x, bins="auto"),
        lambda x: fnp.repeat(x, fnp.argsort(x)),
        lambda x: fnp.gradient(x, x),
        lambda x: pickle.dumps(x),
        lambda x: flops.is_symmetric(x, symmetry=(0,)),
        lambda x: next(iter(x)) == 2.0,
    ],
)
def test_asking_for_a_value_says_where(function: Any) -> None:
    with pytest.raises(ValueDependentError) as caught:
        flops.estimate(function, S(5))
    assert caught.value.filename == __file__
    assert caught.value.lineno >= branch.__code__.co_firstlineno
    if function is branch:
        assert caught.value.lineno == branch.__code__.co_firstlineno + 1
        assert caught.value.function == "branch"
    assert f"line {caught.value.lineno}" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


def test_printing_is_no_question() -> None:
    seen = []
    flops.estimate(lambda x: seen.append(f"{x} {x!r} {x[0]}"), S(3))
    assert seen == [
        "<float64 array of shape (3,), values unknown> "
        "<float64 array of shape (3,), values unknown> <float64, value unknown>"
    ]


def test_wrong_shapes_raise_what_a_run_raises() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        bill(lambda x, y: x + y, (3,), (4,))
    with pytest.raises(ValueError, match="joined"):
        bill(lambda x, y: fnp.concatenate([x, y]), (3, 2), (4, 3))
    with pytest.raises(IndexError):
        bill(lambda x: x[7], (3,))

    def store(x: Any) -> None:
        x[:2] = fnp.ones(5)

    with pytest.raises(ValueError, match="broadcast"):
        bill(store, (3,))


# -------------------------------------------------------------------------------- ShapeDtype


def test_shape_dtype() -> None:
    assert S(3) == S((3,), float)
    assert (S((2, 3)).ndim, S((2, 3)).size, S((10**12, 10**12)).size) == (2, 6, 10**24)
    assert {S(2), S((2,))} == {S(2)}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (((2.0,),), TypeError),
        (((True,),), TypeError),
        (((-1,),), ValueError),
        ((3, object), TypeError),
        ((3, "U3"), TypeError),
        (((3, 3), float, (0, 5)), ValueError),
    ],
)
def test_shape_dtype_refuses(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        S(*arguments)


def test_nested_arguments() -> None:
    def function(params: dict[str, Any], data: list[Any]) -> dict[str, Any]:
        return {"y": data[0] @ params["w"] + params["b"]}

    estimate = flops.estimate(function, {"w": S((4, 2)), "b": 0.5}, [S((3, 4))])
    assert estimate.result == {"y": S((3, 2))}
    assert estimate.flops_used == 3 * 2 * 7 + 6
