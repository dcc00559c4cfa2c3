"""Budgets: contexts that counted operations bill to, their log and their summaries."""

from __future__ import annotations

import functools
import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, ParamSpec, TypeVar, overload

from flopscope import _core
from flopscope._version import __numpy_version__, __version__

if TYPE_CHECKING:
    from flopscope._escapes import Escape
    from flopscope._sub_budget import SubBudget
    from flopscope.inference.cpu import CpuPeak
    from flopscope.pricing.cost_model import CostModel
    from flopscope.report.roofline import Peaks
    from flopscope.report.source import LineFigures

__all__ = ["BudgetContext", "OpLog", "OpRecord", "budget", "namespace"]

# What a child process computes is billed to its copy of the budget.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_core._note_fork)

P = ParamSpec("P")
R = TypeVar("R")


class OpRecord(NamedTuple):
    """One logged operation.

    Attributes
    ----------
    op_name : str
        Name of the operation, e.g. ``"add"`` or ``"linalg.svd"``.
    subscripts : str or None
        Canonical einsum expression of a contraction.
    shapes : tuple of tuple of int
        Shapes of the operands; a scalar has the shape ``()``.
    flop_cost : int
        FLOPs charged, weight included.
    cumulative : int
        FLOPs charged up to and including this operation.
    namespace : str or None
        Dotted namespace path it was charged under.
    flopscope_context_start_offset_s : float or None
        When it began, in seconds since the context was made.
    flopscope_backend_duration_s : float or None
        Seconds in the numerical kernel.
    flopscope_overhead_duration_s : float or None
        Seconds in flopscope itself.
    """

    op_name: str
    subscripts: str | None
    shapes: tuple[tuple[int, ...], ...]
    flop_cost: int
    cumulative: int
    namespace: str | None = None
    flopscope_context_start_offset_s: float | None = None
    flopscope_backend_duration_s: float | None = None
    flopscope_overhead_duration_s: float | None = None


class OpLog(Sequence[OpRecord]):
    """The operations of a budget, oldest first: a read-only sequence, built as it is read.

    The core keeps 40 bytes per operation; an `OpRecord` is made when one is asked for.
    """

    __slots__ = ("_budget",)

    def __init__(self, budget: BudgetContext) -> None:
        self._budget = budget

    def __len__(self) -> int:
        return _core._log_length(self._budget)

    @overload
    def __getitem__(self, index: int) -> OpRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[OpRecord]: ...

    def __getitem__(self, index: int | slice) -> OpRecord | list[OpRecord]:
        size = len(self)
        if isinstance(index, slice):
            start, stop, step = index.indices(size)
            if step > 0:
                rows = _core._log_slice(self._budget, start, max(start, stop))[::step]
            else:
                rows = _core._log_slice(self._budget, stop + 1, start + 1)[::step]
            return [OpRecord(*row) for row in rows]
        at = index + size if index < 0 else index
        if not 0 <= at < size:
            raise IndexError(f"operation {index} of a log of {size}")
        return OpRecord(*_core._log_slice(self._budget, at, at + 1)[0])

    def __iter__(self) -> Iterator[OpRecord]:
        return iter(self[:])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (OpLog, list, tuple)):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # compared by content, and it grows

    def __repr__(self) -> str:
        return f"<OpLog of {len(self):,} operations>"


class BudgetContext(_core.Budget):
    """A FLOP budget; inside its ``with`` block every counted operation is billed to it.

    Parameters
    ----------
    flop_budget : int
        FLOPs that may be spent; positive.
    quiet : bool, default False
        Do not print the banner line to standard error on entry.
    namespace : str, optional
        Root of the namespace paths in the log.
    wall_time_limit_s : float, optional
        Seconds after entry at which counted operations raise `TimeExhaustedError`.
    attribute : {"line", "stack"}, optional
        Keep for every operation the line of the program that called it, or that line and the ones
        that called it in turn: `lines`, `annotate` and reports tell them.
    memory : bool, default False
        Keep bytes read and written per operation, and `peak_live_bytes`. They are never billed.
    strict : bool, default False
        Refuse to hand counted data to code that is not metered, instead of keeping it in `escapes`.
    cost_model : str or CostModel, optional
        Price list, by name or as a value: see `cost_models`; by default that of `configure`.
    also : sequence of str or CostModel, optional
        Other lists under which the same calls are billed beside it, without a limit: see `bills`.

    Raises
    ------
    EscapeError
        In the block of a strict context: data would leave by one of the ways that `Escape` tells.
    ValueError
        `flop_budget` is not positive or not finite, `attribute` something else, or there is no
        such price list.
    BudgetExhaustedError
        In the block: an operation would cost more than is left. It is not run and not billed.
    RuntimeError
        On entry: another context is open in this thread or task.

    Notes
    -----
    A context may be entered again after it was left; its figures carry on. Called with a function
    it is a decorator. A thread or task without a context of its own bills to the context most
    recently opened in the process, else to a default budget of 10**15 FLOPs.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
    ...     y = fnp.exp(fnp.array([0.0, 1.0]))
    >>> budget.flops_used
    32
    """

    __slots__ = ()

    @property
    def cost_model(self) -> CostModel:
        """The price list that operations are billed by.

        Examples
        --------
        >>> import flopscope as flops
        >>> flops.BudgetContext(flop_budget=1_000, cost_model="0.5").cost_model
        <CostModel '0.5'>
        """
        from flopscope.pricing.cost_model import wrap

        return wrap(_core._cost_model_of(self))

    @property
    def bills(self) -> dict[str, int]:
        """FLOPs by price list: the budget's own first, then those of `also`.

        Each is what a run under that list alone would have been billed.

        Examples
        --------
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(flop_budget=1_000, quiet=True, also=("0.5",)) as budget:
        ...     y = fnp.std(fnp.ones(5))
        >>> budget.bills
        {'0.8': 21, '0.5': 8}
        """
        own = {_core._cost_model_of(self).name: self.flops_used}
        return own | {model.name: flops for model, flops, _ in _core._also(self)}

    @property
    def op_log(self) -> OpLog:
        """The operations charged so far, as `OpRecord` items."""
        return OpLog(self)

    @property
    def escapes(self) -> tuple[Escape, ...]:
        """Ways by which counted data reached code that is not metered, first seen first.

        Examples
        --------
        >>> import numpy as np
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        ...     x = np.asarray(fnp.ones(10)) * 2.0
        >>> [(escape.what, escape.nbytes) for escape in budget.escapes]
        [('np.asarray', 80)]
        """
        rows = _core._escape_rows(self)
        if not rows:
            return ()
        from flopscope._escapes import escapes_of

        return escapes_of(rows)

    def sub(
        self,
        name: str,
        *,
        flops: float | None = None,
        seconds: float | None = None,
        soft: bool = False,
    ) -> SubBudget:
        """Limit a part of the program: a context inside this one, and a namespace.

        Parameters
        ----------
        name : str
            Segment of the namespace path: not empty, no dots.
        flops : int, optional
            FLOPs that may be spent within; positive. What is not spent stays with this budget.
        seconds : float, optional
            Wall time, in seconds, after which no operation within starts.
        soft : bool, default False
            Warn once per limit instead of raising.

        Returns
        -------
        SubBudget
            To be used with ``with``; it may be entered again after it was left, and goes on.

        Raises
        ------
        BudgetExhaustedError, TimeExhaustedError
            In the block: an operation would pass a limit. It is not run and not billed; the error's
            `sub_budget` tells whose limit it is.
        ValueError, TypeError
            `name` or a limit is none.
        RuntimeError
            On entry: this context is not the one that is billed here.

        Notes
        -----
        Blocks nest, and every limit around an operation holds. A thread without a context of its
        own bills to the sub-budget entered last, a task to the one that it was made in.

        Examples
        --------
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        ...     with budget.sub("encoder", flops=100) as encoder:
        ...         y = fnp.exp(fnp.ones(5))
        >>> encoder.flops_used, budget.op_log[-1].namespace
        (80, 'encoder')
        """
        from flopscope._sub_budget import SubBudget

        return SubBudget(self, name, flops, seconds, soft)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function: each call runs inside this context."""

        @functools.wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return inside

    def summary(self, by_namespace: bool = False) -> str:
        """Describe spending and time as text.

        Parameters
        ----------
        by_namespace : bool, default False
            Add a block per namespace.
        """
        from flopscope.report.figures import context_figures
        from flopscope.report.summary import format_summary

        return format_summary(context_figures(self), by_namespace=by_namespace)

    def _repr_html_(self) -> str:
        from flopscope.report.figures import context_figures
        from flopscope.report.html import figures_html

        figures = context_figures(self)
        spaces = {row.namespace for row in figures.rows}
        return figures_html(figures, by_namespace=len(spaces) > 1)

    def summary_dict(self, by_namespace: bool = False) -> dict[str, Any]:
        """Spending and time as a dictionary of plain numbers; see `budget_summary_dict`."""
        from flopscope.report.figures import context_figures

        return context_figures(self).as_dict(by_namespace=by_namespace)

    def deduct(
        self,
        op_name: str,
        *,
        flop_cost: int,
        subscripts: str | None = None,
        shapes: Sequence[Sequence[int]] = (),
    ) -> AbstractContextManager[None]:
        """Charge for work of your own, and time it.

        Parameters
        ----------
        op_name : str
            Name in the log; known names bring their weight.
        flop_cost : int
            Count before the weight; not negative.
        subscripts : str, optional
            Einsum expression to log.
        shapes : sequence of shapes
            Operand shapes to log.

        Returns
        -------
        context manager
            Its block is timed as backend time.

        Raises
        ------
        BudgetExhaustedError
            Less is left than it costs; nothing is charged.
        """
        return _Timed(self, _charge(self, op_name, flop_cost, subscripts, shapes))

    def deduct_after(
        self,
        op_name: str,
        *,
        subscripts: str | None = None,
        shapes: Sequence[Sequence[int]] = (),
    ) -> DeductAfter:
        """Charge for work whose cost is known only once it is done.

        The block must call ``set_cost(n)``; the charge happens when it ends without an exception.

        Examples
        --------
        >>> import flopscope as flops
        >>> with flops.BudgetContext(flop_budget=100, quiet=True) as budget:
        ...     with budget.deduct_after("search") as work:
        ...         work.set_cost(7)
        >>> budget.flops_used
        7
        """
        return DeductAfter(self, op_name, subscripts, shapes)

    def lines(self) -> list[LineFigures]:
        """Figures of every line that called an operation, the most expensive first.

        Their FLOPs sum to `flops_used`.

        Raises
        ------
        ValueError
            The budget was made without `attribute`.

        Examples
        --------
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(10_000, quiet=True, attribute="line") as budget:
        ...     x = fnp.ones(100) * 2.0
        ...     y = fnp.exp(x)
        >>> [(line.line, line.flops) for line in budget.lines()]
        [(3, 1600), (2, 100)]
        """
        from flopscope.report.source import line_figures

        return line_figures(self)

    def annotate(self, target: Any = None) -> None:
        """Print source with the FLOPs of each line beside it.

        Parameters
        ----------
        target : function, class, module or path, optional
            What to print; by default every file that called an operation.

        Raises
        ------
        ValueError
            The budget was made without `attribute`.
        TypeError
            `target` is something else.
        """
        from flopscope.report.source import annotate

        print(annotate(self, target))

    def export(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,
        weight: Literal["flops", "time"] = "flops",
    ) -> None:
        """Write the figures to a file that other programs read.

        Parameters
        ----------
        path : path
            Its end tells the format: ``.json``, ``.csv``, ``.trace.json`` (Chrome, Perfetto),
            ``.speedscope.json``.
        format : {"json", "csv", "chrome", "speedscope"}, optional
            When the name does not tell it.
        weight : {"flops", "time"}, default "flops"
            What is wide in traces. In Chrome traces one microsecond stands for one FLOP.

        Raises
        ------
        ValueError
            No such format or weight.
        OSError
            The file cannot be written.

        Notes
        -----
        The JSON format is described by `flopscope.report.exports.report_schema`.
        """
        from flopscope.report.exports import export

        export(self, path, format, weight)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        peaks: Peaks | bool = True,
    ) -> None:
        """Write a page with totals, tables, an icicle of FLOPs, times and a roofline.

        The page is one file that needs no network.

        Parameters
        ----------
        path : path
            Of the HTML file.
        title : str, optional
            Heading of the page.
        peaks : Peaks or bool, default True
            What the roofline is drawn against. True measures this machine, which takes a second
            once per process; False leaves the roofline out. It is there only for budgets made with
            ``memory=True``, which know bytes.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        from flopscope.report.page import write_page

        write_page(self, path, title=title, peaks=peaks)

    def attest(
        self, path: str | os.PathLike[str] | None = None, *, key: bytes | None = None
    ) -> dict[str, Any]:
        """State under seal what was spent, for others to check with ``flopscope verify``.

        Parameters
        ----------
        path : path, optional
            File to write the statement to as well, as JSON.
        key : bytes, optional
            A secret to sign with (HMAC-SHA-256). Without one anybody can make a new statement;
            with one only those who know the secret.

        Returns
        -------
        dict
            Figures and limits, escapes, the log with a hash chain over it, digests of price table,
            compiled core and Python facade, and names of functions of the library that were changed
            in memory.

        Raises
        ------
        TypeError
            `key` is no bytes, or empty.
        OSError
            The file cannot be written.

        Notes
        -----
        The chain depends on what was billed and in which order, not on times: two runs of one
        program have the same.

        Examples
        --------
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(flop_budget=1_000, quiet=True) as budget:
        ...     y = fnp.exp(fnp.ones(5))
        >>> statement = budget.attest(key=b"known to the organisers")
        >>> statement["budget"]["flops_used"], len(statement["log"]["chain"])
        (80, 64)
        """
        from flopscope._attestation.attest import attest, write

        with _core._OwnTime():
            report = attest(self, key)
            if path is not None:
                write(path, report)
        return report

    def mfu(self, peak: float | CpuPeak | None = None, *, dtype: str = "fp64") -> float:
        """FLOPs billed per second in kernels, in percent of what this machine can do.

        Parameters
        ----------
        peak : float or CpuPeak, optional
            FLOPs per second to compare with. Left out, the peak of this machine is measured with a
            matrix product, once per process and format; that takes half a second, which counts
            towards the wall time of a budget that is open.
        dtype : {"fp64", "fp32"}
            Format of that matrix product.

        Returns
        -------
        float
            Percent; 0.0 as long as nothing ran. Operations are billed by formula, an exponential
            at 16 FLOPs for instance, so this is no bound of 100.

        Raises
        ------
        ValueError
            `peak` is not positive.

        Examples
        --------
        >>> import flopscope as flops
        >>> import flopscope.numpy as fnp
        >>> with flops.BudgetContext(flop_budget=10**9, quiet=True) as budget:
        ...     product = fnp.ones((200, 200)) @ fnp.ones((200, 200))
        >>> 0.0 < budget.mfu(peak=1e15) < budget.mfu(peak=1e12)
        True
        """
        from flopscope.inference.checks import positive
        from flopscope.inference.cpu import cpu_peak

        if peak is None:
            peak = cpu_peak(dtype)
        rate = positive(peak if isinstance(peak, (int, float)) else peak.flops_per_s, "peak")
        seconds = self.flopscope_backend_time_s
        return float(100.0 * self.flops_used / (seconds * rate)) if seconds > 0.0 else 0.0

    def _print_banner(self) -> None:
        limit = self.wall_time_limit_s
        timed = "" if limit is None else f", time limit: {limit:g}s"
        print(
            f"flopscope {__version__} (numpy {__numpy_version__}): "
            f"budget {float(self.flop_budget):.2e} FLOPs{timed}",
            file=sys.stderr,
        )

    def __repr__(self) -> str:
        return (
            f"<BudgetContext {self.flops_used:,} of {self.flop_budget:,} FLOPs used, "
            f"{len(self.op_log):,} operations>"
        )


# A program cannot make them say something else.
for _type in (_core.Budget, BudgetContext, OpLog):
    _core._seal(_type)


def _charge(
    budget: BudgetContext,
    op_name: str,
    flop_cost: int,
    subscripts: str | None,
    shapes: Sequence[Sequence[int]],
) -> int:
    if isinstance(flop_cost, bool) or not isinstance(flop_cost, int):
        raise TypeError(f"flop_cost must be an int, got {type(flop_cost).__name__}")
    if flop_cost < 0:
        raise ValueError(f"flop_cost must not be negative, got {flop_cost}")
    lengths = tuple(tuple(operator.index(n) for n in shape) for shape in shapes)
    # The core holds counts at 64 bits and refuses what does not fit, whatever the budget.
    return _core._charge(budget, op_name, min(flop_cost, 2**64 - 1), subscripts, lengths)


class _Timed(AbstractContextManager[None]):
    """Times the block of `BudgetContext.deduct`."""

    def __init__(self, budget: BudgetContext, index: int) -> None:
        self._stopwatch = _core._Stopwatch(budget, index)

    def __enter__(self) -> None:
        self._stopwatch.start()

    def __exit__(self, *_: object) -> None:
        self._stopwatch.stop()


class DeductAfter(AbstractContextManager["DeductAfter"]):
    """The block of `BudgetContext.deduct_after`."""

    def __init__(
        self,
        budget: BudgetContext,
        op_name: str,
        subscripts: str | None,
        shapes: Sequence[Sequence[int]],
    ) -> None:
        self._budget = budget
        self._what = (op_name, subscripts, shapes)
        self._cost: int | None = None

    def set_cost(self, flop_cost: int) -> None:
        """Tell the count before the weight."""
        self._cost = flop_cost

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        if error_type is not None:
            return
        op_name, subscripts, shapes = self._what
        if self._cost is None:
            raise RuntimeError(f"deduct_after({op_name!r}): the block never called set_cost")
        _charge(self._budget, op_name, self._cost, subscripts, shapes)


def budget(
    flop_budget: int,
    quiet: bool = False,
    namespace: str | None = None,
    wall_time_limit_s: float | None = None,
    *,
    cost_model: str | CostModel | None = None,
) -> BudgetContext:
    """Make a `BudgetContext`; reads well as a decorator.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> @flops.budget(flop_budget=10_000, quiet=True)
    ... def norm(x):
    ...     return fnp.sqrt(fnp.sum(x * x))
    >>> norm(fnp.array([3.0, 4.0]))
    FlopscopeArray(5.)
    """
    return BudgetContext(
        flop_budget,
        quiet=quiet,
        namespace=namespace,
        wall_time_limit_s=wall_time_limit_s,
        cost_model=cost_model,
    )


def namespace(name: str) -> AbstractContextManager[BudgetContext]:
    """Label the operations of a ``with`` block.

    Parameters
    ----------
    name : str
        One path segment: not empty, no dots. Nested blocks append segments.

    Returns
    -------
    context manager
        Yields the active `BudgetContext`.

    Raises
    ------
    ValueError
        `name` is no such string.
    NoBudgetContextError
        On entry: no context is open.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> with flops.BudgetContext(flop_budget=100, quiet=True) as budget:
    ...     with flops.namespace("encoder"):
    ...         y = fnp.add(1.0, 2.0)
    >>> budget.op_log[0].namespace
    'encoder'
    """
    if not isinstance(name, str):
        raise ValueError(f"a namespace must be a string, got {type(name).__name__}")
    segment = name.strip()
    if not segment:
        raise ValueError("a namespace must be a non-empty string")
    if "." in segment:
        raise ValueError(f"a namespace must not contain '.', got {name!r}: nest blocks instead")
    return _core._Namespace(segment)
