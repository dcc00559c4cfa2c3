"""Budgets: making, entering, spending, refusing, and telling what was spent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import FlopscopeArray, OpRecord


def new(limit: Any = 1_000, **options: Any) -> flops.BudgetContext:
    return flops.BudgetContext(limit, quiet=True, **options)


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with new(10**12) as context:
        yield context


def bills(budget: flops.BudgetContext) -> list[tuple[str, int]]:
    return [(record.op_name, record.flop_cost) for record in budget.op_log]


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("FLOPSCOPE_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


# ---------------------------------------------------------------------------------------- making


@pytest.mark.parametrize(
    "amount", [0, -1, -(2**200), 0.0, -0.0, 0.5, -1.5, float("nan"), float("inf"), -float("inf"),
               2**126, 2**200, 1e300]
)  # fmt: skip
def test_amounts_that_are_no_budget(amount: Any) -> None:
    with pytest.raises(ValueError, match="flop_budget must be > 0"):
        new(amount)


@pytest.mark.parametrize("amount", ["5", b"5", None, [1], 1j, {}, object()])
def test_things_that_are_no_amount(amount: Any) -> None:
    with pytest.raises(TypeError):
        new(amount)


@pytest.mark.parametrize(
    ("amount", "limit"),
    [
        (1, 1),
        (True, 1),
        (1.5, 1),
        (1e18, 10**18),
        (2**63, 2**63),
        (2**64, 2**64),
        (2**64 - 1, 2**64 - 1),
        (2**126 - 1, 2**126 - 1),
        (np.int64(7), 7),
        (np.float32(7.9), 7),
    ],
)
def test_amounts(amount: Any, limit: int) -> None:
    budget = new(amount)
    assert budget.flop_budget == budget.flops_remaining == limit
    assert type(budget.flop_budget) is int
    assert budget.flops_used == 0


@given(st.integers(1, 2**126 - 1))
@settings(max_examples=50, deadline=None)
def test_every_integer_budget_is_kept_exactly(amount: int) -> None:
    with new(amount) as budget:
        fnp.add(1.0, 2.0)
    assert budget.flop_budget == amount
    assert budget.flops_remaining == amount - 1


def test_arguments() -> None:
    with pytest.raises(TypeError):
        flops.BudgetContext()
    with pytest.raises(TypeError):
        flops.BudgetContext(10, limit=3)
    with pytest.raises(ValueError, match="must be a string"):
        new(10, namespace=5)
    with pytest.raises(TypeError):
        new(10, wall_time_limit_s="soon")
    with pytest.raises(ValueError, match="nan"):
        new(10, wall_time_limit_s=float("nan"))
    budget = flops.BudgetContext(10, True, "root", 2.5)
    assert (budget.quiet, budget.namespace, budget.wall_time_limit_s) == (True, "root", 2.5)
    assert new(10).wall_time_limit_s is None
    assert new(10).namespace is None


def test_a_failed_constructor_leaves_nothing_open() -> None:
    with pytest.raises(ValueError, match="flop_budget"), new(-1):
        pass
    with new(10) as budget:
        fnp.add(1.0, 1.0)
    assert budget.flops_used == 1


def test_initialising_twice_or_never() -> None:
    budget = new(10)
    with pytest.raises(RuntimeError):
        budget.__init__(1_000)  # type: ignore[misc]
    assert budget.flop_budget == 10
    empty = flops.BudgetContext.__new__(flops.BudgetContext)
    for use in (lambda: empty.flops_used, empty.__enter__, empty.summary):
        with pytest.raises(ValueError, match="never initialised"):
            use()


@pytest.mark.parametrize(
    "name",
    [
        "flop_budget", "flops_used", "flops_remaining", "op_log", "namespace", "quiet",
        "wall_time_limit_s", "wall_time_s", "elapsed_s", "flopscope_backend_time_s",
        "flopscope_overhead_time_s", "residual_wall_time_s",
    ],
)  # fmt: skip
def test_properties_are_read_only(budget: flops.BudgetContext, name: str) -> None:
    before = getattr(budget, "flops_used")  # noqa: B009
    with pytest.raises(AttributeError):
        setattr(budget, name, 0)
    with pytest.raises(AttributeError):
        delattr(budget, name)
    with pytest.raises(AttributeError):
        budget._flops_used = 0  # type: ignore[attr-defined]
    fnp.add(1.0, 1.0)
    assert budget.flops_used == before + 1


def test_budget_makes_a_context() -> None:
    context = flops.budget(100, quiet=True, namespace="n", wall_time_limit_s=9)
    assert isinstance(context, flops.BudgetContext)
    assert (context.flop_budget, context.namespace, context.wall_time_limit_s) == (100, "n", 9.0)


def test_repr() -> None:
    with new(5_000) as budget:
        fnp.exp(np.ones(100))
    assert repr(budget) == "<BudgetContext 1,600 of 5,000 FLOPs used, 1 operations>"


# ------------------------------------------------------------------------------ entering, leaving


def test_a_context_pays_for_its_block_only() -> None:
    budget = new()
    fnp.add(np.ones(3), 1.0)
    with budget as entered:
        assert entered is budget
        fnp.add(np.ones(3), 1.0)
    fnp.add(np.ones(3), 1.0)
    assert bills(budget) == [("add", 3)]


def test_contexts_do_not_nest(budget: flops.BudgetContext) -> None:
    inner = new()
    for wrong in (inner, budget):
        with pytest.raises(RuntimeError, match="Cannot nest BudgetContexts"):
            wrong.__enter__()
    fnp.add(1.0, 1.0)
    assert budget.flops_used == 1
    assert inner.flops_used == 0
    assert inner.wall_time_s is None


def test_a_context_can_be_entered_again() -> None:
    budget = new()
    for expected in (3, 6, 9):
        with budget:
            fnp.add(np.ones(3), 1.0)
        assert budget.flops_used == expected
    assert len(budget.op_log) == 3
    assert budget.op_log[-1].cumulative == 9
    with new() as other:
        fnp.add(1.0, 1.0)
    assert other.flops_used == 1


def test_leaving_what_is_not_open() -> None:
    with pytest.raises(RuntimeError):
        new().__exit__(None, None, None)
    budget = new()
    with budget:
        pass
    with pytest.raises(RuntimeError):
        budget.__exit__(None, None, None)


def test_exceptions_pass_through_and_the_context_closes() -> None:
    budget = new()
    with pytest.raises(KeyError, match="oops"), budget:  # noqa: PT012
        fnp.add(1.0, 1.0)
        raise KeyError("oops")
    assert budget.flops_used == 1
    assert budget.wall_time_s is not None
    with new() as other:
        fnp.add(1.0, 1.0)
    assert (budget.flops_used, other.flops_used) == (1, 1)


def test_decorator() -> None:
    budget = new(10)

    @budget
    def add(x: float, *, y: float = 1.0) -> Any:
        """Add."""
        return fnp.add(x, y)

    assert add.__name__ == "add"
    assert add.__doc__ == "Add."
    assert float(add(1.0)) == 2.0
    assert float(add(1.0, y=2.0)) == 3.0
    assert budget.flops_used == 2

    @flops.budget(4, quiet=True)
    def twice() -> None:
        fnp.add(np.ones(3), 1.0)

    twice()
    with pytest.raises(flops.BudgetExhaustedError):
        twice()

    @budget
    def inside_itself() -> Any:
        return add(1.0)

    with pytest.raises(RuntimeError, match="Cannot nest"):
        inside_itself()
    assert float(add(1.0)) == 2.0


def test_the_banner(capfd: pytest.CaptureFixture[str]) -> None:
    with flops.BudgetContext(123_456):
        pass
    with flops.BudgetContext(2**100, wall_time_limit_s=2.5):
        pass
    with new(5):
        pass
    out, err = capfd.readouterr()
    assert out == ""
    first, second = err.splitlines()
    name = f"flopscope {flops.__version__} (numpy {np.__version__})"
    assert first == f"{name}: budget 1.23e+05 FLOPs"
    assert second == f"{name}: budget 1.27e+30 FLOPs, time limit: 2.5s"


# ------------------------------------------------------------------------------------- namespaces


def test_namespaces_label_records(budget: flops.BudgetContext) -> None:
    with flops.namespace("a") as active:
        assert active is budget
        assert budget.namespace == "a"
        fnp.add(1.0, 1.0)
        with flops.namespace(" b "):
            assert budget.namespace == "a.b"
            fnp.add(1.0, 1.0)
        fnp.add(1.0, 1.0)
    fnp.add(1.0, 1.0)
    assert [record.namespace for record in budget.op_log] == ["a", "a.b", "a", None]
    assert budget.namespace is None


def test_the_root_namespace() -> None:
    with new(namespace="model") as budget, flops.namespace("layer"):
        fnp.add(1.0, 1.0)
    assert budget.op_log[0].namespace == "model.layer"
    assert budget.namespace == "model"


@pytest.mark.parametrize(
    ("name", "message"),
    [(5, "must be a string"), (None, "must be a string"), ("", "non-empty"), ("  ", "non-empty"),
     ("a.b", "must not contain '.'"), (".", "must not contain '.'")],
)  # fmt: skip
def test_bad_namespaces(budget: flops.BudgetContext, name: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        flops.namespace(name)
    assert budget.namespace is None


def test_a_namespace_needs_a_context() -> None:
    with pytest.raises(flops.NoBudgetContextError, match="No active BudgetContext"):
        flops.namespace("a").__enter__()
    with pytest.raises(flops.NoBudgetContextError), flops.namespace("a"):
        pass


def test_an_exception_leaves_the_namespace(budget: flops.BudgetContext) -> None:
    with pytest.raises(ZeroDivisionError), flops.namespace("a"), flops.namespace("b"):
        raise ZeroDivisionError
    fnp.add(1.0, 1.0)
    assert budget.op_log[0].namespace is None


def test_a_namespace_object_can_be_used_again(budget: flops.BudgetContext) -> None:
    space = flops.namespace("a")
    for _ in range(2):
        with space:
            fnp.add(1.0, 1.0)
    with space, space:
        fnp.add(1.0, 1.0)
    assert [record.namespace for record in budget.op_log] == ["a", "a", "a.a"]
    with pytest.raises(RuntimeError):
        space.__exit__(None, None, None)


# ----------------------------------------------------------------------------------- running out


def refused(limit: int, call: Callable[[], Any]) -> flops.BudgetExhaustedError:
    with new(limit) as budget:
        with pytest.raises(flops.BudgetExhaustedError) as caught:
            call()
        assert budget.flops_used == 0
        assert len(budget.op_log) == 0
        assert budget.flops_remaining == limit
    assert budget.summary_dict()["operations"] == {}
    return caught.value


def test_the_error_tells_what_and_how_much() -> None:
    error = refused(10_000, lambda: fnp.exp(np.ones(1_000)))
    assert (error.op_name, error.flop_cost, error.flops_remaining) == ("exp", 16_000, 10_000)
    assert "16,000" in str(error)
    assert "10,000" in str(error)
    assert "would cost" in str(error)
    assert "remain" in str(error)
    assert isinstance(error, flops.FlopscopeError)


def as_counted(*values: float) -> Any:
    return np.array(values).view(FlopscopeArray)


CALLS: dict[str, Callable[[Any], Any]] = {
    "operator": lambda a: a + a,
    "general operator": lambda a: np.arange(3.0)[::-1] + a,
    "power": lambda a: a**2,
    "in place": lambda a: a.__iadd__(1.0),
    "in place power": lambda a: a.__ipow__(2),
    "in place matmul": lambda a: a.__imatmul__(np.eye(3)),
    "comparison": lambda a: a < 2.0,
    "unary": lambda a: -a,
    "divmod": lambda a: divmod(a, 2),
    "ufunc": lambda a: fnp.sin(a),
    "ufunc out": lambda a: fnp.sin(np.ones(3), out=a),
    "np ufunc": lambda a: np.cos(a),
    "reduction": lambda a: fnp.sum(a),
    "reduction out": lambda a: fnp.cumsum(np.ones(3), out=a),
    "method": lambda a: a.mean(),
    "reduce": lambda a: fnp.multiply.reduce(a),
    "at": lambda a: fnp.add.at(a, np.array([0, 1]), 1.0),
    "outer": lambda a: fnp.subtract.outer(a, a),
    "matmul": lambda a: a @ a,
    "einsum": lambda a: fnp.einsum("i,i", a, a),
    "median": lambda a: fnp.median(a),
    "sort": lambda a: fnp.sort(a),
    "sort in place": lambda a: a.sort(),
    "partition in place": lambda a: a.partition(1),
    "clip out": lambda a: fnp.clip(np.ones(3), 0, 9, out=a),
    "linspace": lambda a: fnp.linspace(0, 1, 50),
    "arange": lambda a: fnp.arange(50),
    "cast": lambda a: a.astype(np.int64),
    "copyto": lambda a: fnp.copyto(a, np.ones(3, dtype=np.longdouble)),
    "shuffle": lambda a: fnp.random.default_rng(1).shuffle(a),
    "sampler out": lambda a: fnp.random.default_rng(1).random(out=a),
    "solve": lambda a: fnp.linalg.solve(np.eye(3), a),
    "fft": lambda a: fnp.fft.fft(a),
    "where": lambda a: fnp.where(a),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_refused_call_changes_nothing(name: str) -> None:
    array = as_counted(3.0, 1.0, 2.0)
    error = refused(1, lambda: CALLS[name](array))
    assert error.flop_cost > 1
    assert error.flops_remaining == 1
    assert array.tolist() == [3.0, 1.0, 2.0]
    with new(10**6) as budget:  # the same call, paid for
        CALLS[name](as_counted(3.0, 1.0, 2.0))
    assert budget.op_log[-1].flop_cost == error.flop_cost
    assert budget.op_log[-1].op_name == error.op_name


@pytest.mark.parametrize(
    "draw",
    [lambda r: r.normal(size=9), lambda r: r.random(9), lambda r: r.integers(5, size=9),
     lambda r: r.permutation(9), lambda r: r.choice(9, 5)],
)  # fmt: skip
def test_a_refused_sampler_does_not_move_the_generator(draw: Callable[[Any], Any]) -> None:
    rng = fnp.random.default_rng(7)
    refused(1, lambda: draw(rng))
    assert rng.bit_generator.state == np.random.default_rng(7).bit_generator.state


def test_the_last_flop_may_be_spent() -> None:
    with new(48) as budget:
        fnp.exp(np.ones(3))
        assert budget.flops_remaining == 0
        fnp.reshape(np.ones(4), (2, 2))  # free
        with pytest.raises(flops.BudgetExhaustedError) as caught:
            fnp.add(1.0, 1.0)
    assert caught.value.flops_remaining == 0
    assert bills(budget) == [("exp", 48), ("reshape", 0)]


def test_spending_goes_on_after_a_refusal() -> None:
    with new(10) as budget:
        fnp.add(np.ones(8), 1.0)
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.add(np.ones(3), 1.0)
        fnp.add(np.ones(2), 1.0)
    assert budget.flops_used == 10


def test_prices_beyond_64_bits() -> None:
    huge = np.broadcast_to(np.int8(1), (2**31, 2**31))
    for call in (lambda: fnp.exp(huge), lambda: fnp.multiply(huge, huge)):
        error = refused(2**62 - 1, call)
        assert error.flop_cost >= 2**62
    error = refused(2**63, lambda: fnp.exp(huge))
    assert error.flop_cost >= 2**64 - 1
    long = np.broadcast_to(np.int8(1), (2**40,))
    error = refused(2**64 - 2, lambda: fnp.outer(long, long))
    assert error.flop_cost >= 2**64 - 1


def test_budgets_beyond_64_bits() -> None:
    with new(2**100) as budget:
        for _ in range(3):
            with budget.deduct("own", flop_cost=2**63):
                pass
    assert budget.flops_used == 3 * 2**63
    assert budget.flops_remaining == 2**100 - 3 * 2**63
    assert budget.op_log[-1].cumulative == 3 * 2**63
    assert budget.summary_dict()["operations"]["own"]["flop_cost"] == 3 * 2**63
    assert f"{3 * 2**63:,}" in budget.summary()


def test_a_charge_beyond_64_bits_is_exact_or_refused() -> None:
    with new(2**100) as budget:
        try:
            budget.deduct("own", flop_cost=2**70)
        except flops.BudgetExhaustedError:
            assert budget.flops_used == 0
        else:
            assert budget.flops_used == 2**70


# ------------------------------------------------------------------------- charges of one's own


def test_deduct(budget: flops.BudgetContext) -> None:
    with budget.deduct("exp", flop_cost=3, shapes=((3,), [2, 2]), subscripts="ij->i"):
        pass
    budget.deduct("own work", flop_cost=5)  # charged at once, the block is only timed
    record = budget.op_log[0]
    assert record[:5] == ("exp", "ij->i", ((3,), (2, 2)), 48, 48)
    assert budget.op_log[1][:5] == ("own work", None, (), 5, 53)
    with flops.namespace("n"), budget.deduct("free", flop_cost=0):
        pass
    assert budget.op_log[2].namespace == "n"
    assert budget.op_log[2].flop_cost == 0


def test_deduct_refuses() -> None:
    with new(10) as budget:
        with pytest.raises(flops.BudgetExhaustedError) as caught:
            budget.deduct("log", flop_cost=1)
        assert (caught.value.flop_cost, caught.value.flops_remaining) == (16, 10)
        with pytest.raises(ValueError, match="negative"):
            budget.deduct("add", flop_cost=-1)
        for wrong in (1.5, True, None, "3"):
            with pytest.raises(TypeError):
                budget.deduct("add", flop_cost=wrong)
        with pytest.raises(TypeError):
            budget.deduct("add", 3)  # type: ignore[misc]
        with pytest.raises(TypeError):
            budget.deduct("add", flop_cost=1, shapes=(("x",),))
        assert budget.flops_used == 0
        assert len(budget.op_log) == 0
        with budget.deduct("add", flop_cost=10):
            pass
    assert budget.flops_remaining == 0


def test_deduct_keeps_the_charge_when_its_block_fails(budget: flops.BudgetContext) -> None:
    with pytest.raises(KeyError), budget.deduct("own", flop_cost=7):
        raise KeyError
    assert budget.flops_used == 7


def test_deduct_after(budget: flops.BudgetContext) -> None:
    with budget.deduct_after("sqrt", shapes=((4,),)) as work:
        assert budget.flops_used == 0
        work.set_cost(1)
        work.set_cost(4)
    assert budget.op_log[0][:4] == ("sqrt", None, ((4,),), 4)
    with pytest.raises(RuntimeError, match="set_cost"), budget.deduct_after("own"):
        pass
    with pytest.raises(KeyError), budget.deduct_after("own") as work:  # noqa: PT012
        work.set_cost(5)
        raise KeyError
    with pytest.raises(ValueError, match="negative"), budget.deduct_after("own") as work:
        work.set_cost(-5)
    assert budget.flops_used == 4


def test_deduct_after_can_be_refused() -> None:
    with (
        new(3) as budget,
        pytest.raises(flops.BudgetExhaustedError),
        budget.deduct_after("own") as work,
    ):
        work.set_cost(4)
    assert budget.flops_used == 0


# ------------------------------------------------------------------------------------- the log


def test_records(budget: flops.BudgetContext) -> None:
    fnp.add(np.ones((3, 4)), np.ones(4))
    fnp.sum(np.ones(5))
    fnp.exp(2.0)
    fnp.matmul(np.ones((2, 3)), np.ones((3, 2)))
    fnp.reshape(np.ones(4), (2, 2))
    log = budget.op_log
    assert [record.op_name for record in log] == ["add", "sum", "exp", "matmul", "reshape"]
    assert [record.shapes for record in log][:4] == [
        ((3, 4), (4,)),
        ((5,),),
        ((),),
        ((2, 3), (3, 2)),
    ]
    assert [record.flop_cost for record in log] == [12, 4, 16, 20, 0]
    assert [record.cumulative for record in log] == [12, 16, 32, 52, 52]
    assert log[0].subscripts is None
    assert log[0].namespace is None
    offsets = [record.flopscope_context_start_offset_s for record in log]
    assert all(isinstance(offset, float) for offset in offsets)
    assert offsets == sorted(offsets)
    assert offsets[0] > 0
    assert all(record.flopscope_backend_duration_s > 0 for record in log)
    assert all(record.flopscope_overhead_duration_s >= 0 for record in log)


def test_record_type() -> None:
    record = OpRecord("add", None, ((3,),), 3, 7)
    assert record == ("add", None, ((3,),), 3, 7, None, None, None, None)
    assert OpRecord._fields == (
        "op_name", "subscripts", "shapes", "flop_cost", "cumulative", "namespace",
        "flopscope_context_start_offset_s", "flopscope_backend_duration_s",
        "flopscope_overhead_duration_s",
    )  # fmt: skip


def test_the_log_is_a_sequence(budget: flops.BudgetContext) -> None:
    log = budget.op_log
    assert len(log) == 0
    assert list(log) == []
    assert not log
    for size in range(1, 8):
        fnp.add(np.ones(size), 1.0)
    whole = list(log)
    assert len(log) == len(whole) == 7
    assert all(type(record) is OpRecord for record in whole)
    assert log[0] == whole[0]
    assert log[-1] == whole[-1] == log[6]
    for bad in (7, -8, 100):
        with pytest.raises(IndexError):
            log[bad]
    with pytest.raises(TypeError):
        log["add"]  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        log[0] = whole[0]  # type: ignore[index]
    assert list(reversed(log)) == whole[::-1]
    assert whole[3] in log
    assert log.index(whole[3]) == 3
    assert log.count(whole[3]) == 1
    assert log == whole
    assert log == tuple(whole)
    assert log == budget.op_log
    assert log != whole[1:]
    assert log != "log"
    assert repr(log) == "<OpLog of 7 operations>"
    with pytest.raises(TypeError):
        hash(log)


@given(st.integers(0, 12), st.slices(12))
@settings(max_examples=100, deadline=None)
def test_slices_of_the_log(size: int, part: slice) -> None:
    with new() as budget:
        for elements in range(1, size + 1):
            fnp.add(np.ones(elements), 1.0)
    assert budget.op_log[part] == list(budget.op_log)[part]


def test_a_long_log(budget: flops.BudgetContext) -> None:
    x = fnp.array(np.ones(3))
    before = len(budget.op_log)
    for _ in range(5_000):
        x + 1.0
    log = budget.op_log
    assert len(log) == before + 5_000
    assert log[-1].cumulative == 15_000
    assert log[before + 2_500].cumulative == 3 * 2_501
    assert [record.cumulative for record in log[-3:]] == [14_994, 14_997, 15_000]
    assert log[-1].shapes == ((3,), ())


# ------------------------------------------------------------------------------------- summaries


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d{3}s", "0.123s", text)


def test_summary_text() -> None:
    with new(1_000) as budget:
        fnp.exp(np.ones(3))
        fnp.exp(np.ones(3))
    assert (
        without_times(budget.summary())
        == """\
flopscope FLOP Budget Summary
=============================
  Total budget:  1,000
  Used:             96  (9.6%)
  Remaining:       904  (90.4%)

  By operation:
    exp  96  (100.0%)  [2 calls]

  Total Wall Time:     0.123s
  Flopscope Backend:   0.123s
  Flopscope Overhead:  0.123s
  Residual Wall Time:  0.123s

  By operation (time):
    exp  0.123s  Backend 0.123s  Overhead 0.123s"""
    )


def test_summary_text_by_namespace() -> None:
    with new(10_000, namespace="net") as budget:
        fnp.add(np.ones(4), 1.0)
        with flops.namespace("deep"):
            fnp.exp(np.ones(100))
            fnp.reshape(np.ones(4), (2, 2))
    text = without_times(budget.summary(by_namespace=True))
    head, _, _ = text.partition("\n\n  Total Wall Time:")
    assert (
        head
        == """\
flopscope FLOP Budget Summary [net]
===================================
  Total budget:  10,000
  Used:           1,604  (16.0%)
  Remaining:      8,396  (84.0%)

  By namespace:
    net.deep  1,600  (99.8%)  [2 calls]  Backend 0.123s  Overhead 0.123s
    net           4   (0.2%)   [1 call]  Backend 0.123s  Overhead 0.123s

  By operation:
    exp      1,600  (99.8%)  [1 call]
    add          4   (0.2%)  [1 call]
    reshape      0   (0.0%)  [1 call]"""
    )
    with new(10_000) as unlabeled:
        fnp.add(1.0, 1.0)
    assert "(unlabeled)" in unlabeled.summary(by_namespace=True)
    assert "By namespace" not in budget.summary()


def test_summary_of_an_unused_context() -> None:
    assert (
        new(1_234).summary()
        == """\
flopscope FLOP Budget Summary
=============================
  Total budget:  1,234
  Used:              0  (0.0%)
  Remaining:     1,234  (100.0%)

  Total Wall Time:          -
  Flopscope Backend:   0.000s
  Flopscope Overhead:  0.000s
  Residual Wall Time:       -"""
    )


def test_summary_dict() -> None:
    budget = new(1_000)
    empty = budget.summary_dict()
    assert empty["wall_time_s"] is None
    assert empty["residual_wall_time_s"] is None
    assert empty["operations"] == {}
    with budget:
        fnp.add(np.ones(4), 1.0)
        with flops.namespace("n"):
            fnp.add(np.ones(3), 1.0)
        running = budget.summary_dict()
    assert running["wall_time_s"] > 0
    figures = budget.summary_dict(by_namespace=True)
    assert set(figures) == {
        "flop_budget", "flops_used", "flops_remaining", "operations", "wall_time_s",
        "flopscope_backend_time_s", "flopscope_overhead_time_s", "residual_wall_time_s",
        "by_namespace",
    }  # fmt: skip
    assert "by_namespace" not in budget.summary_dict()
    assert (figures["flop_budget"], figures["flops_used"], figures["flops_remaining"]) == (
        1_000,
        7,
        993,
    )
    add = figures["operations"]["add"]
    assert (add["flop_cost"], add["calls"]) == (7, 2)
    assert set(add) == {
        "flop_cost", "calls", "flopscope_backend_time_s", "flopscope_overhead_time_s",
    }  # fmt: skip
    inner = figures["by_namespace"]["n"]
    assert (inner["flops_used"], inner["calls"]) == (3, 1)
    assert inner["operations"]["add"]["flop_cost"] == 3
    assert figures["by_namespace"][None]["flops_used"] == 4
    assert json.dumps(budget.summary_dict())


# --------------------------------------------------------------------------------------- session


@pytest.fixture
def session() -> Iterator[None]:
    flops.budget_reset()
    yield
    flops.budget_reset()


@pytest.mark.usefixtures("session")
def test_session_totals_add_up_contexts() -> None:
    first, second = new(100, namespace="a"), new(200)
    with first:
        fnp.add(np.ones(4), 1.0)
    with second:
        fnp.add(np.ones(3), 1.0)
        fnp.exp(np.ones(2))
        inside = flops.budget_summary_dict(by_namespace=True)
    after = flops.budget_summary_dict(by_namespace=True)
    for figures in (inside, after):
        assert figures["flop_budget"] == 300
        assert figures["flops_used"] == 39
        assert figures["flops_remaining"] == 261
        assert figures["operations"]["add"]["flop_cost"] == 7
        assert figures["operations"]["add"]["calls"] == 2
        assert figures["by_namespace"]["a"]["flops_used"] == 4
        assert figures["by_namespace"][None]["flops_used"] == 35
    assert after["wall_time_s"] == pytest.approx(first.wall_time_s + second.wall_time_s)
    assert after["wall_time_s"] == pytest.approx(
        after["flopscope_backend_time_s"]
        + after["flopscope_overhead_time_s"]
        + after["residual_wall_time_s"]
    )


@pytest.mark.usefixtures("session")
def test_a_context_entered_again_counts_its_budget_once() -> None:
    budget = new(100)
    for _ in range(3):
        with budget:
            fnp.add(np.ones(4), 1.0)
    figures = flops.budget_summary_dict()
    assert (figures["flop_budget"], figures["flops_used"]) == (100, 12)
    assert figures["operations"]["add"]["calls"] == 3


@pytest.mark.usefixtures("session")
def test_reset_forgets_and_contexts_go_on() -> None:
    budget = new(100)
    with budget:
        fnp.add(np.ones(4), 1.0)
        flops.budget_reset()
        fnp.exp(1.0)
        inside = flops.budget_summary_dict()
    after = flops.budget_summary_dict()
    for figures in (inside, after):
        assert figures["flops_used"] == 16
        assert list(figures["operations"]) == ["exp"]
        assert figures["flop_budget"] == 100
    assert budget.flops_used == 20
    assert len(budget.op_log) == 2
    flops.budget_reset()
    assert flops.budget_summary_dict() == {
        "flop_budget": 0, "flops_used": 0, "flops_remaining": 0, "operations": {},
        "wall_time_s": None, "flopscope_backend_time_s": 0.0, "flopscope_overhead_time_s": 0.0,
        "residual_wall_time_s": None,
    }  # fmt: skip
    with budget:
        fnp.add(1.0, 1.0)
    assert flops.budget_summary_dict()["flops_used"] == 1


@pytest.mark.usefixtures("session")
def test_the_default_budget_is_part_of_the_session() -> None:
    fnp.add(np.ones(4), 1.0)
    figures = flops.budget_summary_dict()
    assert figures["flops_used"] == 4
    assert figures["flop_budget"] == 10**15
    with new(100):
        fnp.add(np.ones(3), 1.0)
    figures = flops.budget_summary_dict()
    assert figures["flops_used"] == 7
    assert figures["flop_budget"] == 10**15 + 100
    flops.budget_reset()
    assert flops.budget_summary_dict()["flops_used"] == 0


@pytest.mark.usefixtures("session")
def test_a_failed_context_is_counted_too() -> None:
    with pytest.raises(KeyError), new(50):  # noqa: PT012
        fnp.add(np.ones(4), 1.0)
        raise KeyError
    assert flops.budget_summary_dict()["flops_used"] == 4


@pytest.mark.usefixtures("session")
def test_printed_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert flops.budget_summary() is None
    assert capsys.readouterr().out == "No budget data recorded yet.\n"
    with new(1_000), flops.namespace("space"):
        fnp.exp(np.ones(3))
    assert flops.budget_summary(by_namespace=True) is None
    printed = capsys.readouterr().out
    for part in ("flopscope FLOP Budget Summary\n====", "1,000", "exp", "48", "space"):
        assert part in printed


@pytest.mark.usefixtures("session")
def test_printed_summary_without_rich(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rich", "rich.console", "rich.live", "flopscope.report.panel"):
        monkeypatch.setitem(sys.modules, name, None)
    with new(1_000):
        fnp.exp(np.ones(3))
    flops.budget_summary()
    printed = capsys.readouterr().out
    assert printed.startswith("flopscope FLOP Budget Summary\n====")
    assert "    exp  48  (100.0%)  [1 call]" in printed
    with flops.budget_live():
        pass
    assert capsys.readouterr().out.startswith("flopscope FLOP Budget Summary\n====")


@pytest.mark.usefixtures("session")
def test_the_rich_panel() -> None:
    console = pytest.importorskip("rich.console").Console(width=120, force_terminal=False)
    from flopscope.report.figures import session_figures
    from flopscope.report.panel import summary_panel

    fnp.exp(np.ones(3))
    with console.capture() as shown:
        console.print(summary_panel(session_figures()))
    assert "Used:" in shown.get()
    assert "Total budget:" not in shown.get()  # the default's budget is nobody's choice
    with new(1_000), flops.namespace("space"):
        fnp.add(np.ones(3), 1.0)
    with console.capture() as shown:
        console.print(summary_panel(session_figures(), by_namespace=True))
    for part in ("Total budget:", "space", "(unlabeled)", "exp", "add", "Residual Wall Time:"):
        assert part in shown.get()


@pytest.mark.usefixtures("session")
def test_live_display(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with flops.budget_live(), new(1_000):
        fnp.exp(np.ones(3))
    assert "exp" in capsys.readouterr().out
    pytest.importorskip("rich")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with flops.budget_live(by_namespace=True), new(1_000):
        fnp.exp(np.ones(3))
    assert "exp" in capsys.readouterr().out
    with pytest.raises(KeyError), flops.budget_live():
        raise KeyError


# ----------------------------------------------------------------------------------- environment

DEFAULT = """
import numpy as np
import flopscope as flops, flopscope.numpy as fnp
try:
    fnp.exp(np.ones(100))
except flops.BudgetExhaustedError as error:
    print("refused", error.flop_cost, error.flops_remaining)
else:
    print("ran", flops.budget_summary_dict()["flop_budget"])
"""


@pytest.mark.parametrize(
    ("setting", "answer"),
    [
        (None, "ran 1000000000000000"),
        ("1599", "refused 1600 1599"),
        ("1600", "ran 1600"),
        ("2e3", "ran 2000"),
        ("1600.9", "ran 1600"),
    ],
)
def test_the_default_budget(setting: str | None, answer: str) -> None:
    environment = {} if setting is None else {"FLOPSCOPE_DEFAULT_BUDGET": setting}
    assert run(DEFAULT, **environment).stdout.strip() == answer


WEIGHTS = """
import warnings
import numpy as np
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import flopscope as flops
    import flopscope.numpy as fnp
with flops.BudgetContext(10**6, quiet=True) as budget:
    fnp.exp(np.ones(3))
    fnp.log(np.ones(3))
    fnp.add(np.ones(3), 1.0)
print([w.category.__name__ for w in caught], [r.flop_cost for r in budget.op_log])
"""


@pytest.mark.parametrize("setting", ["1", "true", "YES", "On", " 1 "])
def test_weights_can_be_disabled(setting: str) -> None:
    assert run(WEIGHTS, FLOPSCOPE_DISABLE_WEIGHTS=setting).stdout.strip() == "[] [3, 3, 3]"


def test_other_settings_disable_nothing() -> None:
    assert run(WEIGHTS, FLOPSCOPE_DISABLE_WEIGHTS="0").stdout.strip() == "[] [48, 48, 3]"


def test_a_weights_file_replaces_the_table(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"weights": {"exp": 2.5, "add": 0}}), encoding="utf-8")
    assert run(WEIGHTS, FLOPSCOPE_WEIGHTS_FILE=str(path)).stdout.strip() == "[] [7, 3, 0]"
    both = run(WEIGHTS, FLOPSCOPE_WEIGHTS_FILE=str(path), FLOPSCOPE_DISABLE_WEIGHTS="1")
    assert both.stdout.strip() == "[] [3, 3, 3]"


@pytest.mark.parametrize(
    "content",
    [None, "no json", "[1]", '{"weights": [1]}', '{"weights": {"exp": -1}}',
     '{"weights": {"exp": NaN}}', '{"weights": {"exp": true}}', '{"weights": {"exp": "2"}}'],
)  # fmt: skip
def test_a_bad_weights_file_is_reported(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "weights.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = run(WEIGHTS, FLOPSCOPE_WEIGHTS_FILE=str(path))
    assert done.stdout.strip() == "['RuntimeWarning'] [48, 48, 3]"
