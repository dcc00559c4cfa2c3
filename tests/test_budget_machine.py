"""Budgets, namespaces, sub-budgets and threads in any order, against a model of dictionaries."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import BudgetExhaustedError, SubBudgetWarning

THREADS = 3


def _outcome(task: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return task(), None
    except Exception as error:
        return None, error


class Worker:
    """A thread that does what it is told, one thing at a time."""

    def __init__(self) -> None:
        self.tasks: queue.Queue[Callable[[], Any] | None] = queue.Queue()
        self.answers: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while (task := self.tasks.get()) is not None:
            self.answers.put(_outcome(task))

    def do(self, task: Callable[[], Any]) -> Any:
        self.tasks.put(task)
        value, error = self.answers.get(timeout=30)
        if error is not None:
            raise error
        return value

    def end(self) -> None:
        self.tasks.put(None)
        self.thread.join()


class Part:
    """A sub-budget of the model."""

    def __init__(self, real: Any, path: str, limit: int | None, soft: bool, outer: Part | None):
        self.real = real
        self.path = path
        self.limit = limit
        self.soft = soft
        self.outer = outer
        self.used = 0
        self.told = False

    def chain(self) -> list[Part]:
        return [self, *(self.outer.chain() if self.outer else [])]


class Block:
    """An open ``with`` block of a thread: a context, a namespace or a sub-budget."""

    def __init__(self, manager: Any, budget: Budget, path: str, part: Part | None):
        self.manager = manager
        self.budget = budget
        self.path = path
        self.part = part


class Budget:
    """A budget of the model."""

    def __init__(self, real: flops.BudgetContext, limit: int, owner: int) -> None:
        self.real = real
        self.owner = owner
        self.limit = limit
        self.used = 0
        self.spaces: dict[str, int] = {}
        self.log: list[tuple[int, str]] = []
        self.open_parts: list[Block] = []


class BudgetMachine(RuleBasedStateMachine):
    """Threads that open contexts, namespaces and sub-budgets, and compute."""

    def __init__(self) -> None:
        super().__init__()
        self.workers = [Worker() for _ in range(THREADS)]
        self.stacks: list[list[Block]] = [[] for _ in range(THREADS)]
        self.opened: list[Budget] = []  # in the order they were entered
        self.closed: list[Budget] = []
        self.parts: list[Part] = []

    def teardown(self) -> None:
        for at, stack in enumerate(self.stacks):
            while stack:
                self._leave(at)
        for worker in self.workers:
            worker.end()

    def _current(self, at: int) -> tuple[Budget | None, str, Part | None]:
        """What a call of a thread is billed to, by the documented rules."""
        if self.stacks[at]:
            block = self.stacks[at][-1]
            return block.budget, block.path, block.part
        if not self.opened:
            return None, "", None
        budget = self.opened[-1]
        if budget.open_parts:
            block = budget.open_parts[-1]
            return budget, block.path, block.part
        return budget, "", None

    def _leave(self, at: int) -> None:
        block = self.stacks[at].pop()
        self.workers[at].do(lambda: block.manager.__exit__(None, None, None))
        if block in block.budget.open_parts:
            block.budget.open_parts.remove(block)
        if isinstance(block.manager, flops.BudgetContext):
            self.opened.remove(block.budget)
            self.closed.append(block.budget)

    @initialize()
    def start(self) -> None:
        self.base = flops.BudgetContext(10, quiet=True)

    @rule(at=st.integers(0, THREADS - 1), limit=st.integers(1, 60))
    def open_context(self, at: int, limit: int) -> None:
        budget = Budget(flops.BudgetContext(limit, quiet=True), limit, at)
        # A thread that only joined another one's context may open its own.
        if self.stacks[at] and self.stacks[at][-1].budget.owner == at:
            with pytest.raises(RuntimeError, match="nest"):
                self.workers[at].do(budget.real.__enter__)
            return
        self.workers[at].do(budget.real.__enter__)
        self.opened.append(budget)
        self.stacks[at].append(Block(budget.real, budget, "", None))

    @rule(at=st.integers(0, THREADS - 1), name=st.sampled_from("abc"))
    def open_namespace(self, at: int, name: str) -> None:
        budget, path, part = self._current(at)
        manager = flops.namespace(name)
        if budget is None:
            with pytest.raises(flops.NoBudgetContextError):
                self.workers[at].do(manager.__enter__)
            return
        entered = self.workers[at].do(manager.__enter__)
        assert entered is budget.real
        self.stacks[at].append(Block(manager, budget, f"{path}.{name}".strip("."), part))

    @rule(
        at=st.integers(0, THREADS - 1),
        name=st.sampled_from("xyz"),
        limit=st.none() | st.integers(1, 40),
        soft=st.booleans(),
    )
    def open_part(self, at: int, name: str, limit: int | None, soft: bool) -> None:
        budget, path, outer = self._current(at)
        if budget is None:
            with pytest.raises(RuntimeError):
                self.workers[at].do(self.base.sub(name, flops=limit, soft=soft).__enter__)
            return
        manager = budget.real.sub(name, flops=limit, soft=soft)
        self.workers[at].do(manager.__enter__)
        part = Part(manager, f"{path}.{name}".strip("."), limit, soft, outer)
        self.parts.append(part)
        block = Block(manager, budget, part.path, part)
        self.stacks[at].append(block)
        budget.open_parts.append(block)

    @rule(at=st.integers(0, THREADS - 1))
    def leave(self, at: int) -> None:
        # A thread may hold blocks of a budget that another one has left; those go first.
        if self.stacks[at] and not (
            isinstance(self.stacks[at][-1].manager, flops.BudgetContext)
            and any(
                block.budget is self.stacks[at][-1].budget
                for other, stack in enumerate(self.stacks)
                if other != at
                for block in stack
            )
        ):
            self._leave(at)

    @rule(at=st.integers(0, THREADS - 1), cost=st.integers(1, 30))
    @precondition(lambda self: self.opened)
    def compute(self, at: int, cost: int) -> None:
        budget, path, part = self._current(at)
        assert budget is not None
        chain = [] if part is None else part.chain()
        hard = [p for p in chain if not p.soft and p.limit is not None and p.used + cost > p.limit]
        passes = budget.used + cost > budget.limit

        def task() -> list[Any]:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                fnp.add(fnp.zeros(cost), 1.0)
            return caught

        if passes or hard:
            with pytest.raises(BudgetExhaustedError) as error:
                self.workers[at].do(task)
            expected = None if passes else hard[0].path
            assert error.value.sub_budget == expected
            self._note(budget, path, 0, "zeros")
            return
        caught = self.workers[at].do(task)
        news = [
            p for p in chain
            if p.soft and not p.told and p.limit is not None and p.used + cost > p.limit
        ]  # fmt: skip
        assert sum(issubclass(w.category, SubBudgetWarning) for w in caught) == len(news)
        for each in news:
            each.told = True
        for each in chain:
            each.used += cost
        budget.used += cost
        self._note(budget, path, 0, "zeros")
        self._note(budget, path, cost, "add")

    def _note(self, budget: Budget, path: str, cost: int, _: str) -> None:
        budget.spaces[path] = budget.spaces.get(path, 0) + cost
        budget.log.append((cost, path))

    @invariant()
    def figures_agree(self) -> None:
        for budget in (*self.opened, *self.closed):
            real = budget.real
            assert real.flops_used == budget.used
            assert real.flops_remaining == budget.limit - budget.used
            log = [(record.flop_cost, record.namespace or "") for record in real.op_log]
            assert log == budget.log
            spaces = real.summary_dict(by_namespace=True)["by_namespace"]
            assert {k or "": v["flops_used"] for k, v in spaces.items()} == budget.spaces
        for part in self.parts:
            assert part.real.flops_used == part.used
            assert part.real.namespace == part.path


TestBudgetMachine = BudgetMachine.TestCase
TestBudgetMachine.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
