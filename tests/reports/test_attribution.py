"""Every operation is booked to the line that called it, and sums agree to the FLOP."""

from __future__ import annotations

import asyncio
import inspect
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.report.entries import Place, entries, group

HERE = __file__


def first_line(function: Any) -> int:
    return function.__code__.co_firstlineno


def by_line(budget: flops.BudgetContext) -> dict[int, int]:
    return {line.line: line.flops for line in budget.lines() if line.file == HERE}


def work(x: Any) -> Any:
    y = fnp.exp(x)  # line 1: 16 each
    y = (
        y + x  # an expression of several lines: the operator's own
    )
    return y.sum()


def test_lines_of_a_function() -> None:
    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        work(np.ones(10))
        work(np.ones(10))
    start = first_line(work)
    lines = by_line(budget)
    assert lines[start + 1] == 320
    assert sum(lines.values()) == budget.flops_used == 2 * (160 + 10 + 9)
    top = budget.lines()[0]
    assert (top.function, top.calls, top.operations) == ("work", 2, {"exp": 320})
    assert (top.bytes_read, top.bytes_written) == (0, 0)


def test_code_of_the_library_and_of_numpy_is_nobodys() -> None:
    def caller() -> None:
        s = flops.symmetrize(np.ones((3, 3)), symmetry=(0, 1))  # + 1: Python of ours
        flops.is_symmetric(s, symmetry=(0, 1))
        np.testing.assert_allclose(fnp.ones(3), fnp.ones(3))  # + 3: through NumPy's own Python
        fnp.round(fnp.ones(4) * 1.5)  # + 4

    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        caller()
    assert {line.file for line in budget.lines()} == {HERE}
    start = first_line(caller)
    assert {line.line - start for line in budget.lines()} == {1, 2, 3, 4}


def test_operators_methods_and_charges_of_ones_own() -> None:
    def caller() -> None:
        x = fnp.ones(5) * 2.0
        x += 1.0
        x **= 2.0
        np.negative(x)
        x = -x
        x.max()
        fnp.add.reduce(x)
        with budget.deduct("mine", flop_cost=100):
            pass
        with budget.deduct_after("after") as later:
            later.set_cost(7)

    with (
        pytest.warns(UserWarning, match="auto-routed"),
        flops.BudgetContext(10**6, quiet=True, attribute="line") as budget,
    ):
        caller()
    start = first_line(caller)
    lines = by_line(budget)
    assert [lines[start + n] for n in (2, 4, 5, 6, 7)] == [5, 5, 5, 4, 4]
    assert lines[start + 8] == 100
    assert sum(lines.values()) == budget.flops_used


def test_stacks() -> None:
    def inner(x: Any) -> Any:
        return fnp.exp(x)

    def left(x: Any) -> Any:
        return inner(x)

    def right(x: Any) -> Any:
        return inner(x) + inner(x)

    with flops.BudgetContext(10**6, quiet=True, attribute="stack") as budget:
        left(np.ones(2))
        right(np.ones(2))
    assert budget.attribute == "stack"
    found = {
        tuple(place.function.rpartition(".")[2] for place in entry.stack[-2:]): entry.flops
        for entry in entries(budget)
        if entry.op_name == "exp"
    }
    assert found == {("left", "inner"): 32, ("right", "inner"): 64}
    # The same lines, whoever called them.
    assert {line.line: line.flops for line in budget.lines()}[first_line(inner) + 1] == 96


def test_stacks_are_told_apart_however_often_they_alternate() -> None:
    """Stacks are known again by hashes of what is on them; a frame's address tells nothing."""

    def leaf(x: Any) -> Any:
        return fnp.add(x, 1.0)

    def deep(x: Any, depth: int) -> Any:
        return leaf(x) if depth == 0 else deep(x, depth - 1)

    def numbers(x: Any) -> Any:
        for _ in range(20):
            yield fnp.exp(x)

    def first(source: Any) -> None:
        next(source)

    def second(source: Any) -> None:
        next(source)

    x = np.ones(1)
    source = numbers(x)
    with flops.BudgetContext(10**6, quiet=True, attribute="stack") as budget:
        for _ in range(5):
            deep(x, 0)
            deep(x, 3)
            deep(x, 1)
            first(source)  # one frame, resumed from two places
            second(source)
            second(source)
    found: dict[tuple[str, ...], int] = {}
    for entry in entries(budget):
        names = [place.function.rpartition(".")[2] for place in entry.stack]
        above = names.index("test_stacks_are_told_apart_however_often_they_alternate")
        key = tuple(names[above + 1 :])
        found[key] = found.get(key, 0) + entry.flops
    assert found == {
        ("deep", "leaf"): 5,
        ("deep",) * 2 + ("leaf",): 5,
        ("deep",) * 4 + ("leaf",): 5,
        ("first", "numbers"): 80,
        ("second", "numbers"): 160,
    }
    assert sum(found.values()) == budget.flops_used


def test_stacks_are_those_that_python_tells() -> None:
    """In generators, coroutines, class bodies, callbacks of C, code without a file; traced too."""
    wanted: set[tuple[tuple[str, int], ...]] = set()
    x = np.ones(1)

    def check(*_: Any) -> int:
        frame, stack = sys._getframe(), []
        while frame is not None:
            stack.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back  # type: ignore[assignment]
        stack[0] = (HERE, first_line(check) + 6)
        fnp.exp(x)
        wanted.add(tuple(reversed(stack)))
        return 0

    def numbers() -> Any:
        while True:
            yield check()

    def handed_on(source: Any) -> Any:
        yield from source

    async def task() -> None:
        check()
        await asyncio.sleep(0)
        check()

    def deep(n: int) -> int:
        return deep(n - 1) if n else check()

    with flops.BudgetContext(10**6, quiet=True, attribute="stack") as budget:
        source = numbers()
        next(source)
        (lambda: next(source))()
        next(handed_on(source))
        sorted([3, 1], key=check)
        [check() for _ in range(2)]
        sum(check() for _ in range(2))
        asyncio.run(task())
        exec("check()\n\ncheck()", {"check": check})
        deep(30)
        type("Made", (), {"__add__": check})() + 1

        class Body:
            check()

        before = sys.gettrace()
        sys.settrace(lambda *_: None)
        check()
        sys.settrace(before)
    found = {
        tuple((place.file, place.line) for place in entry.stack)
        for entry in entries(budget) if entry.op_name == "exp"
    }  # fmt: skip
    # Frames of the library and of the import system are nobody's: pytest's plugin is one of ours.
    assert len(found) == len(wanted) > 12
    for stack in wanted:
        mine = tuple(place for place in stack if not place[0].startswith("<frozen"))
        assert any(_is_part(kept, mine) for kept in found), mine


def _is_part(kept: tuple[Any, ...], stack: tuple[Any, ...]) -> bool:
    """Whether a stack is another one, with frames left out that are nobody's."""
    rest = iter(stack)
    return kept[-1] == stack[-1] and all(place in rest for place in kept) and len(kept) > 2


def test_off_means_nothing_is_kept() -> None:
    with flops.BudgetContext(100, quiet=True) as budget:
        fnp.add(np.ones(3), 1.0)
    assert budget.attribute is None
    assert budget.peak_live_bytes is budget.live_bytes is None
    with pytest.raises(ValueError, match="attribute='line'"):
        budget.lines()
    with pytest.raises(ValueError, match="attribute='line'"):
        budget.annotate()


@pytest.mark.parametrize("value", ["lines", 1, True, ("line",)])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="attribute must be None, 'line' or 'stack'"):
        flops.BudgetContext(100, attribute=value)
    with pytest.raises(TypeError):
        flops.BudgetContext(100, True, None, None, "line")  # type: ignore[misc]


# ------------------------------------------------------------------------------------------ sums

_steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "exp", "sum", "matmul", "sort", "zeros", "deduct"]),
        st.sampled_from([(), ("a",), ("a", "b"), ("c",)]),
        st.integers(0, 4),
    ),
    max_size=30,
)


@given(_steps, st.sampled_from(["line", "stack"]), st.booleans())
@settings(deadline=None)
def test_everything_sums_to_the_total(steps: list[Any], attribute: str, memory: bool) -> None:
    def run(name: str, n: int) -> None:
        x = np.ones((n, n))
        if name == "deduct":
            with budget.deduct("own", flop_cost=n):
                pass
        elif name == "add":
            fnp.add(x, 1.0)
        elif name == "matmul":
            fnp.matmul(x, x)
        elif name == "zeros":
            fnp.zeros(n)
        else:
            getattr(fnp, name)(x)

    budget = flops.BudgetContext(10**9, quiet=True, attribute=attribute, memory=memory)
    plain = flops.BudgetContext(10**9, quiet=True)
    for context in (budget, plain):
        with context:
            for name, spaces, n in steps:
                if not spaces:
                    run(name, n)
                elif len(spaces) == 1:
                    with flops.namespace(spaces[0]):
                        run(name, n)
                else:
                    with flops.namespace(spaces[0]), flops.namespace(spaces[1]):
                        run(name, n)
    if not any(name == "deduct" for name, _, _ in steps):
        assert budget.flops_used == plain.flops_used
        assert [r[:6] for r in budget.op_log] == [r[:6] for r in plain.op_log]
    rows = entries(budget)
    keys: list[Any] = [lambda e: e.op_name, lambda e: e.namespace, lambda e: e.place,
                       lambda e: e.stack]  # fmt: skip
    for key in keys:
        sums = group(rows, key)
        assert sum(t.flops for t in sums.values()) == budget.flops_used
        assert sum(t.calls for t in sums.values()) == len(budget.op_log)
    assert sum(line.flops for line in budget.lines()) == budget.flops_used
    by_name = budget.summary_dict()["operations"]
    assert {name: t.flops for name, t in group(rows, lambda e: e.op_name).items()} == {
        name: part["flop_cost"] for name, part in by_name.items()
    }


def test_threads_and_tasks() -> None:
    def in_thread() -> None:
        fnp.add(np.ones(7), 1.0)

    async def in_task(n: int) -> None:
        await asyncio.sleep(0)
        fnp.add(np.ones(n), 1.0)

    async def tasks() -> None:
        await asyncio.gather(*(in_task(n) for n in range(1, 5)))

    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        threads = [threading.Thread(target=in_thread) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(tasks())
    lines = by_line(budget)
    assert lines[first_line(in_thread) + 1] == 56
    assert lines[first_line(in_task) + 2] == 10


def test_code_without_a_file() -> None:
    names: dict[str, Any] = {"fnp": fnp, "np": np}
    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        for _ in range(50):  # code objects come and go; so do their addresses
            exec("fnp.add(np.ones(3), 1.0)\nfnp.exp(np.ones(3))", dict(names))
    assert sum(line.flops for line in budget.lines()) == 50 * 51
    assert {(line.file, line.line): line.flops for line in budget.lines()} == {
        ("<string>", 1): 150,
        ("<string>", 2): 2400,
    }


# -------------------------------------------------------------------------------------- annotate


def test_annotate_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        work(np.ones(10))
        fnp.add(np.ones(1), 1.0)
    budget.annotate(work)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{HERE}: 179 of 180 FLOPs (99.4%)"
    assert printed[1].split() == ["line", "FLOPs", "share", "calls"]
    body = printed[3]
    assert body.split()[:4] == [str(first_line(work) + 1), "160", "88.9%", "1"]
    assert body.endswith("    y = fnp.exp(x)  # line 1: 16 each")
    assert len(printed) == 2 + len(inspect.getsource(work).splitlines())
    assert all("\t" not in line for line in printed)


def test_annotate_files_modules_and_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spender.py"
    path.write_text(
        textwrap.dedent("""
        import flopscope.numpy as fnp

        class Spender:
            def spend(self, x):
                return fnp.exp(x)

        def other(x):
            return x + 1
    """),
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    import spender  # type: ignore[import-not-found]

    with flops.BudgetContext(10**6, quiet=True, attribute="line") as budget:
        spender.Spender().spend(fnp.array([1.0, 2.0]))
        spender.other(fnp.array([1.0, 2.0]))
    for target in (spender, path, str(path), None):
        budget.annotate(target)
        printed = capsys.readouterr().out
        assert f"{path}: 34 of 34 FLOPs (100.0%)" in printed
        assert "class Spender" in printed
    for target in (spender.Spender, spender.Spender.spend, spender.Spender().spend):
        budget.annotate(target)
        printed = capsys.readouterr().out
        assert "32 of 34 FLOPs" in printed
        assert "def other" not in printed
    with pytest.raises(TypeError, match="functions, classes, modules and paths"):
        budget.annotate(3)
    sys.modules.pop("spender")


# ---------------------------------------------------------------------------------------- memory


def test_bytes_read_and_written() -> None:
    x = fnp.array(np.ones((10, 20)))
    with flops.profile() as budget:
        y = x + x  # one operand, read once
        fnp.add(x, y, out=y)
        y += 1.0
        x.T  # noqa: B018 - a view moves nothing
        fnp.reshape(x, (200,))
        fnp.concatenate([x, y])
        x.sum()
        fnp.zeros(5)
        fnp.where(x > 2.0, x, y)
    moved = {
        name: (totals.bytes_read, totals.bytes_written)
        for name, totals in group(entries(budget), lambda entry: entry.op_name).items()
    }
    assert moved["add"] == (1600 + 3200 + 1600, 3 * 1600)
    assert moved["reshape"] == (0, 0)
    assert moved["concatenate"] == (3200, 3200)
    assert moved["sum"] == (1600, 8)
    assert moved["zeros"] == (0, 40)
    assert moved["greater"] == (1600, 200)
    assert moved["where"] == (200 + 3200, 1600)
    assert sum(line.bytes_read for line in budget.lines()) == sum(r for r, _ in moved.values())


def test_peak_of_live_bytes() -> None:
    before = fnp.zeros(1000)
    with flops.BudgetContext(10**9, quiet=True, memory=True) as budget:
        x = before + 1.0
        assert budget.live_bytes == 8000
        y = fnp.exp(x)
        assert budget.live_bytes == 16000
        del x
        assert budget.live_bytes == 8000
        z = y[:10]
        del y
        assert budget.live_bytes == 8000  # the view keeps it
    assert budget.peak_live_bytes == 16000
    del z
    assert budget.live_bytes == 0
    outside = before + 1.0
    assert budget.live_bytes == 0
    assert outside.size == 1000


def test_live_bytes_of_other_threads() -> None:
    """What their operations make counts, and nothing of it stays behind in the thread."""
    size = 80_000
    made: list[Any] = []
    ready, go, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        made.append(fnp.ones(10_000))
        made.append(fnp.exp(made[0]))
        made.append(np.ones(10_000))  # its own: not an operation
        with pytest.raises(TypeError):
            fnp.add(made[0], "no number")
        ready.set()
        go.wait(30)
        made.append(fnp.ones(10_000))  # after the budget
        done.set()

    thread = threading.Thread(target=work)
    with flops.BudgetContext(10**9, quiet=True, memory=True) as budget:
        own = fnp.ones(10_000)
        thread.start()
        assert ready.wait(30)
        # exp needs no memory but its result
        assert budget.live_bytes == pytest.approx(3 * size, rel=0.05)
        assert budget.peak_live_bytes == pytest.approx(3 * size, rel=0.05)
        made.pop(0)
        assert budget.live_bytes == pytest.approx(2 * size, rel=0.05)
    go.set()
    assert done.wait(30)
    thread.join()
    assert budget.live_bytes == pytest.approx(2 * size, rel=0.05)
    assert budget.peak_live_bytes == pytest.approx(3 * size, rel=0.05)
    del own


def test_arrays_outlive_the_budget_that_counted_them() -> None:
    def made() -> Any:
        with flops.BudgetContext(10**9, quiet=True, memory=True):
            return fnp.ones(1000) + 1.0

    arrays = [made() for _ in range(50)]
    assert all(float(array[0]) == 2.0 for array in arrays)
    arrays[0].resize(2000, refcheck=False)
    assert arrays[0].shape == (2000,)


def test_metering_changes_neither_bills_nor_bits() -> None:
    x = fnp.array(np.linspace(0.1, 3.0, 50))

    def run() -> list[Any]:
        made = [x + x, x**2.0, x**0.5, fnp.exp(x), x @ x, x == x, x != None, divmod(x, 2.0)]  # noqa: E711
        y = x.copy()
        y **= 3.0
        y @= fnp.eye(50)
        return [*made, y]

    with flops.BudgetContext(10**9, quiet=True) as plain:
        expected = run()
    with flops.BudgetContext(10**9, quiet=True, attribute="stack", memory=True) as budget:
        got = run()
    assert [r[:6] for r in budget.op_log] == [r[:6] for r in plain.op_log]
    for a, b in zip(expected, got, strict=True):
        assert type(a) is type(b)
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_budgets_within_a_budget() -> None:
    """A context of another thread has its own meter."""
    seen = []

    def in_thread() -> None:
        with flops.BudgetContext(10**6, quiet=True, memory=True) as inner:
            x = fnp.ones(100) + 1.0
            seen.append((inner.peak_live_bytes, x.size))

    with flops.BudgetContext(10**6, quiet=True, memory=True, attribute="line") as outer:
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        y = fnp.ones(10)
        assert outer.live_bytes == y.nbytes
    assert seen == [(1600, 100)]


def test_places() -> None:
    assert Place("a.py", 3, "f")._asdict() == {"file": "a.py", "line": 3, "function": "f"}
