"""Random streams: NumPy's own for every seed, and a short budget does not move them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import reference
from flopscope.errors import BudgetExhaustedError

from .comparison import check
from .strategies import Call, Cases, Draw, Operand, call, integer, maybe, pick, shape_of

CASES = Cases()

# Sampler -> ranges of its parameters; "/" starts one whose values are integers.
_RANGES = {
    "beta": ((0.5, 3), (0.5, 3)),
    "chisquare": ((0.5, 4),),
    "exponential": ((0.5, 2),),
    "f": ((1, 5), (1, 5)),
    "gamma": ((0.5, 3), (0.5, 2)),
    "geometric": ((0.2, 0.9),),
    "gumbel": ((-1, 1), (0.5, 2)),
    "laplace": ((-1, 1), (0.5, 2)),
    "logistic": ((-1, 1), (0.5, 2)),
    "lognormal": ((-1, 1), (0.5, 1)),
    "logseries": ((0.2, 0.9),),
    "noncentral_chisquare": ((1, 4), (0.5, 2)),
    "noncentral_f": ((1, 4), (1, 4), (0.5, 2)),
    "normal": ((-1, 1), (0.5, 2)),
    "pareto": ((0.5, 3),),
    "poisson": ((0.5, 4),),
    "power": ((0.5, 3),),
    "rayleigh": ((0.5, 2),),
    "standard_t": ((1, 5),),
    "standard_gamma": ((0.5, 3),),
    "uniform": ((-1, 0), (1, 2)),
    "vonmises": ((-1, 1), (0.5, 2)),
    "wald": ((0.5, 2), (0.5, 2)),
    "weibull": ((0.5, 3),),
    "zipf": ((1.5, 3),),
}


def _parameter(draw: Draw, low: float, high: float, shape: tuple[int, ...]) -> Any:
    values = np.random.default_rng(integer(draw, 0, 99)).uniform(low, high, shape)
    if not shape:
        return float(values)
    return Operand(values, pick(draw, "c", "strided"), pick(draw, "counted", "raw", "list"))


def _size(draw: Draw) -> Any:
    return pick(draw, None, 3, (2, 2), (), 0, (3, 0, 1), (2, 1), np.int64(4))


@CASES.add(" ".join(_RANGES))
def _distribution(draw: Draw, name: str) -> Call:
    ranges = _RANGES[name]
    keywords = {}
    shapes: list[tuple[int, ...]] = [()] * len(ranges)
    if maybe(draw):
        shapes = [pick(draw, (3,), (), (2, 3), (1,)) for _ in ranges]
    elif maybe(draw, 2):
        keywords["size"] = _size(draw)
    args = [_parameter(draw, *bounds, shape) for bounds, shape in zip(ranges, shapes, strict=True)]
    if () in shapes[:1] and maybe(draw, 12):
        args[0] = -5.0  # most of them refuse it
    return Call(tuple(args), keywords)


@CASES.add("standard_cauchy standard_exponential standard_normal random random_sample ranf sample")
def _standard(draw: Draw, name: str) -> Call:
    if maybe(draw):
        return call()
    return call(_size(draw)) if maybe(draw, 2) else call(size=_size(draw))


@CASES.add("tomaxint")
def _tomaxint(draw: Draw, name: str) -> Call:
    return call(_size(draw))


@CASES.add("binomial negative_binomial")
def _binomial(draw: Draw, name: str) -> Call:
    return call(integer(draw, 1, 9), 0.25, *((_size(draw),) if maybe(draw, 2) else ()))


@CASES.add("hypergeometric")
def _hypergeometric(draw: Draw, name: str) -> Call:
    return call(integer(draw, 2, 9), 5, integer(draw, 1, 4), size=_size(draw))


@CASES.add("triangular")
def _triangular(draw: Draw, name: str) -> Call:
    return call(-1.0, pick(draw, 0.0, 0.5, 9.0), 1.0, size=_size(draw))


@CASES.add("integers randint random_integers")
def _integers(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {"size": _size(draw)} if maybe(draw, 2) else {}
    if name != "random_integers" and maybe(draw):
        keywords["dtype"] = pick(draw, "i4", np.int8, "u8")
    if name == "integers" and maybe(draw):
        keywords["endpoint"] = True
    args: tuple[Any, ...] = (integer(draw, 1, 9),)
    if maybe(draw, 2):
        args = (integer(draw, -3, 0), *args)
    return Call(args, keywords)


@CASES.add("rand randn")
def _by_dimensions(draw: Draw, name: str) -> Call:
    return Call(shape_of(draw))


@CASES.add("bytes")
def _bytes(draw: Draw, name: str) -> Call:
    return call(integer(draw, 0, 9))


def _simplex(draw: Draw) -> list[float]:
    return pick(draw, [0.5, 0.5], [0.25, 0.25, 0.5], [1.0])


@CASES.add("multinomial")
def _multinomial(draw: Draw, name: str) -> Call:
    return call(integer(draw, 0, 9), _simplex(draw), size=_size(draw))


@CASES.add("multivariate_hypergeometric")
def _multivariate_hypergeometric(draw: Draw, name: str) -> Call:
    return call([3, 4, 5], integer(draw, 0, 6), size=_size(draw))


@CASES.add("dirichlet")
def _dirichlet(draw: Draw, name: str) -> Call:
    return call(pick(draw, [1.0, 2.0], [0.5, 0.5, 3.0]), size=_size(draw))


@CASES.add("multivariate_normal")
def _multivariate_normal(draw: Draw, name: str) -> Call:
    d = integer(draw, 1, 3)
    return call(Operand(np.zeros(d)), Operand(np.eye(d) + 0.5), size=_size(draw))


@CASES.add("choice")
def _choice(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 6)
    population: Any = pick(draw, n, Operand(np.arange(1.0, n + 1)), list(range(n)))
    keywords: dict[str, Any] = {"size": _size(draw)} if maybe(draw, 2) else {}
    if maybe(draw, 3):
        keywords["replace"] = False
    if maybe(draw, 3):
        weights = np.arange(1.0, n + 1)
        keywords["p"] = Operand(weights / weights.sum())
    return Call((population,), keywords)


@CASES.add("permutation")
def _permutation(draw: Draw, name: str) -> Call:
    return call(pick(draw, integer(draw, 0, 6), [3, 1, 2], _deck(draw)))


@CASES.add("shuffle")
def _shuffle(draw: Draw, name: str) -> Call:
    return call(_deck(draw))


@CASES.add("permuted")
def _permuted(draw: Draw, name: str) -> Call:
    return call(_deck(draw), **({"axis": pick(draw, 0, -1, None)} if maybe(draw, 2) else {}))


def _deck(draw: Draw) -> Operand:
    shape = shape_of(draw, 1, 2)
    elements = np.arange(int(np.prod(shape, dtype=int)), dtype=float).reshape(shape)
    return Operand(elements, pick(draw, "c", "fortran", "strided"), pick(draw, "counted", "raw"))


# Methods that only modern generators have options for are drawn on top of the common ones.
MODERN = Cases()


@MODERN.add("choice")
def _choice_along(draw: Draw, name: str) -> Call:
    found = _choice(draw, name)
    if maybe(draw, 3):
        deck = Operand(np.arange(12.0).reshape(3, 4), pick(draw, "c", "fortran"))
        axis = pick(draw, 0, 1, -1)
        size = pick(draw, None, 2, (2, 1))
        return call(deck, size, replace=draw(st.booleans()), axis=axis, shuffle=not maybe(draw))
    return found


@MODERN.add("permutation shuffle")
def _along(draw: Draw, name: str) -> Call:
    deck = _deck(draw)
    return call(deck, axis=integer(draw, -deck.ndim, deck.ndim - 1))


@MODERN.add("standard_normal standard_exponential random")
def _into(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["dtype"] = np.float32
    shape = shape_of(draw)
    if maybe(draw, 2):
        keywords["out"] = Operand(np.zeros(shape, keywords.get("dtype", float)))
    else:
        keywords["size"] = shape
    if name == "standard_exponential" and maybe(draw):
        keywords["method"] = "inv"
    return Call((), keywords)


FREE = frozenset({"spawn", "seed", "get_state", "set_state", "default_rng"})
ELSEWHERE = frozenset({"random.symmetric", "random.Generator.bit_generator"})
GENERATOR = sorted(
    name.rpartition(".")[2]
    for name in reference.operations() - ELSEWHERE
    if name.startswith("random.Generator.") and name.rpartition(".")[2] not in FREE
)
RANDOM_STATE = sorted(
    name.rpartition(".")[2]
    for name in reference.operations() - ELSEWHERE
    if name.startswith("random.RandomState.") and name.rpartition(".")[2] not in FREE
)
MODULE = sorted(
    name.rpartition(".")[2]
    for name in reference.operations() - ELSEWHERE
    if name.startswith("random.") and name.count(".") == 1 and name.rpartition(".")[2] not in FREE
)


def compared() -> set[str]:
    """Names of the operations that this module compares."""
    free = {name for name in reference.operations() if name.rpartition(".")[2] in FREE}
    return {
        *free,
        *(f"random.Generator.{name}" for name in GENERATOR),
        *(f"random.RandomState.{name}" for name in RANDOM_STATE),
        *(f"random.{name}" for name in MODULE),
    }


def _method_of(make: Callable[[int], Any], seed: int, method: str) -> Callable[..., Any]:
    """A function that draws from a fresh generator and tells where the stream stands after."""

    def draw_from(*args: Any, **kwargs: Any) -> Any:
        generator = make(seed)
        return getattr(generator, method)(*args, **kwargs), _position(generator)

    return draw_from


def _position(generator: Any) -> Any:
    """The next raw word of a generator, which tells how far it has moved."""
    if isinstance(generator, np.random.Generator):
        return int(generator.bit_generator.random_raw())
    return int(generator._bit_generator.random_raw())


@pytest.mark.parametrize("method", GENERATOR)
@given(data=st.data())
def test_generator_methods(method: str, data: st.DataObject) -> None:
    cases = CASES
    if method in MODERN and data.draw(st.booleans()):
        cases = MODERN
    seed = data.draw(st.integers(0, 2**32))
    check(
        f"random.Generator.{method}",
        data.draw(cases.calls(method)),
        function=_method_of(fnp.random.default_rng, seed, method),
        target=_method_of(np.random.default_rng, seed, method),
        paths=(True,),
    )


@pytest.mark.parametrize("method", RANDOM_STATE)
@given(data=st.data())
def test_random_state_methods(method: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    check(
        f"random.RandomState.{method}",
        data.draw(CASES.calls(method)),
        function=_method_of(fnp.random.RandomState, seed, method),
        target=_method_of(np.random.RandomState, seed, method),
        paths=(True,),
    )


def _function_of(module: Any, seed: int, name: str) -> Callable[..., Any]:
    def draw_from(*args: Any, **kwargs: Any) -> Any:
        module.seed(seed)
        value = getattr(module, name)(*args, **kwargs)
        state = np.random.get_state(legacy=False)["state"]
        return value, (state["key"].tolist(), state["pos"])

    return draw_from


@pytest.mark.parametrize("name", MODULE)
@given(data=st.data())
def test_module_functions(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    before = np.random.get_state()
    try:
        check(
            f"random.{name}",
            data.draw(CASES.calls(name)),
            function=_function_of(fnp.random, seed, name),
            target=_function_of(np.random, seed, name),
            paths=(True,),
        )
    finally:
        np.random.set_state(before)


@pytest.mark.parametrize("method", GENERATOR)
@given(data=st.data())
def test_an_exhausted_budget_does_not_move_the_stream(method: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(method))
    args, kwargs = drawn.make(counted=False)
    try:
        price = reference.charged(f"random.Generator.{method}", *args, **kwargs)
        getattr(np.random.default_rng(1), method)(*args, **kwargs)
    except Exception:
        return  # refused, and not for its price
    if price < 2 or not _tells_its_size(method, drawn):
        return
    generator = fnp.random.default_rng(1)
    args, kwargs = drawn.make(counted=True)
    before, _ = drawn.make(counted=False)
    with flops.BudgetContext(flop_budget=price - 1, quiet=True) as budget:
        with pytest.raises(BudgetExhaustedError):
            getattr(generator, method)(*args, **kwargs)
        assert budget.flops_used == 0
        assert len(budget.op_log) == 0
    assert _position(generator) == _position(np.random.default_rng(1))
    for given_array, untouched in zip(args, before, strict=True):
        if isinstance(given_array, np.ndarray):
            assert given_array.tobytes() == untouched.tobytes()


def _tells_its_size(method: str, drawn: Call) -> bool:
    """Is the size in the call? Otherwise the draw may come first, and be charged by its result."""
    if method in ("choice", "permutation", "shuffle", "permuted", "bytes", "multivariate_normal"):
        return True
    if drawn.kwargs.get("size") is not None or "out" in drawn.kwargs:
        return True
    vectors = method in ("dirichlet", "multinomial", "multivariate_hypergeometric")
    return not vectors and not any(isinstance(arg, (Operand, list)) for arg in drawn.args)


def test_seeding_and_states_are_free() -> None:
    with flops.BudgetContext(flop_budget=1, quiet=True) as budget:
        state = fnp.random.get_state()
        fnp.random.seed(3)
        fnp.random.set_state(state)
        children = fnp.random.default_rng(5).spawn(2)
        assert budget.flops_used == 0
    assert all(isinstance(child, fnp.random.Generator) for child in children)
    twins = np.random.default_rng(5).spawn(2)
    assert [_position(child) for child in children] == [_position(twin) for twin in twins]


def test_every_sampler_has_a_case() -> None:
    assert not {*GENERATOR, *RANDOM_STATE, *MODULE} - set(CASES)


@pytest.mark.parametrize("method", ["permutation", "shuffle"])
def test_ragged_sequences_are_as_long_as_they_are(method: str) -> None:
    ragged: list[Any] = [[1], [2, 3], [], [4]]
    sampler = getattr(fnp.random.default_rng(0), method)
    with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        if method == "shuffle":
            sampler(ragged)
            assert sorted(map(len, ragged)) == [0, 1, 1, 2]
        else:
            sampler([[1, 2], [3, 4], [5, 6], [7, 8]])
    assert budget.flops_used == 4
