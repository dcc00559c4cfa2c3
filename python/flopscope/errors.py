"""Exceptions and warnings of flopscope."""

from __future__ import annotations

import os
from typing import Any

__all__ = [
    "BudgetExhaustedError",
    "ConfigureNoOpWarning",
    "CostFallbackWarning",
    "EscapeError",
    "FlopscopeError",
    "FlopscopeServerError",
    "FlopscopeWarning",
    "NoBudgetContextError",
    "RemoteCallbackError",
    "RemoteCallbackWarning",
    "RemoteSerializationError",
    "SubBudgetWarning",
    "SymmetryError",
    "SymmetryLossWarning",
    "TimeExhaustedError",
    "UnauthorizedControlError",
    "UnsupportedDtypeError",
    "UnsupportedFunctionError",
    "UnsupportedReturnType",
    "ValueDependentError",
    "WeightConfigError",
    "WeightFileError",
]


def _see(page: str) -> str:
    """Return where a message sends its reader: a page below the documentation root."""
    root = os.environ.get("FLOPSCOPE_DOCS_ROOT", "docs").rstrip("/")
    return f"See: {root}/{page}"


class FlopscopeError(Exception):
    """Base of all errors that flopscope raises on its own account."""


class BudgetExhaustedError(FlopscopeError):
    """An operation would cost more than the budget has left. It was not run.

    Parameters
    ----------
    op_name : str
        Name of the operation, as in the log.
    flop_cost : int
        What it would have cost, in FLOPs.
    flops_remaining : int
        What the budget has left, in FLOPs.
    sub_budget : str, optional
        Namespace of the sub-budget whose limit it is; None for the budget's own.
    """

    def __init__(
        self, op_name: str, *, flop_cost: int, flops_remaining: int, sub_budget: str | None = None
    ) -> None:
        self.op_name = op_name
        self.flop_cost = flop_cost
        self.flops_remaining = flops_remaining
        self.sub_budget = sub_budget
        part = "" if sub_budget is None else f" of sub-budget {sub_budget!r}"
        super().__init__(
            f"{op_name} would cost {flop_cost:,} FLOPs, but only {flops_remaining:,}{part} remain; "
            f"nothing was run. {_see('cost-model.md')}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            (self.op_name,),
            {
                "flop_cost": self.flop_cost,
                "flops_remaining": self.flops_remaining,
                "sub_budget": self.sub_budget,
            },
        )


class TimeExhaustedError(FlopscopeError):
    """The wall time limit of the budget has passed.

    Parameters
    ----------
    op_name : str
        Name of the operation that noticed it.
    elapsed_s, limit_s : float
        Time since the context was entered, and its limit, in seconds.
    sub_budget : str, optional
        Namespace of the sub-budget whose limit it is; None for the budget's own.
    """

    def __init__(
        self, op_name: str, *, elapsed_s: float, limit_s: float, sub_budget: str | None = None
    ) -> None:
        self.op_name = op_name
        self.elapsed_s = elapsed_s
        self.limit_s = limit_s
        self.sub_budget = sub_budget
        part = "" if sub_budget is None else f" of sub-budget {sub_budget!r}"
        super().__init__(
            f"{op_name}: {elapsed_s:.3f} s of wall time exceeds limit of {limit_s:.3f} s{part}. "
            f"{_see('budgets.md')}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            (self.op_name,),
            {
                "elapsed_s": self.elapsed_s,
                "limit_s": self.limit_s,
                "sub_budget": self.sub_budget,
            },
        )


class EscapeError(FlopscopeError):
    """A strict budget refused to hand counted data to code that is not metered.

    Parameters
    ----------
    what : str
        The way, as in `Escape.what`.
    nbytes : int
        How much would have left, in bytes.
    """

    def __init__(self, what: str, nbytes: int) -> None:
        self.what = what
        self.nbytes = nbytes
        super().__init__(
            f"{what} would hand {nbytes:,} bytes of counted data to code that is not metered, and "
            "the budget is strict: compute with flopscope.numpy, and read results after the "
            f"context was left. {_see('security.md')}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.nbytes)


class NoBudgetContextError(FlopscopeError):
    """Something needs an open budget context, and there is none."""

    def __init__(self) -> None:
        super().__init__(
            "No active BudgetContext: open one with `with flopscope.BudgetContext(...)`. "
            f"{_see('budgets.md')}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


class SymmetryError(FlopscopeError):
    """Data does not have the symmetry that was declared for it.

    Parameters
    ----------
    axes : tuple of int
        The axes of the group.
    max_deviation : float
        Largest difference between elements that should agree; inf when lengths differ.
    atol, rtol : float
        The tolerances that were applied.
    """

    def __init__(
        self,
        axes: tuple[int, ...],
        max_deviation: float,
        atol: float = 1e-6,
        rtol: float = 1e-5,
    ) -> None:
        self.axes = axes
        self.max_deviation = max_deviation
        self.atol = atol
        self.rtol = rtol
        super().__init__(
            f"array is not symmetric along axes {axes}: largest deviation {max_deviation:g} "
            f"(atol={atol:g}, rtol={rtol:g}). {_see('symmetry.md')}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.axes, self.max_deviation, self.atol, self.rtol)


class UnsupportedFunctionError(FlopscopeError):
    """The installed NumPy does not have this function, or flopscope does not count it.

    Parameters
    ----------
    func_name : str
        Name that was asked for.
    min_version, max_version : str, optional
        First NumPy release that has it, and first that no longer has it.
    replacement : str, optional
        What to use instead.
    """

    def __init__(
        self,
        func_name: str,
        *,
        min_version: str | None = None,
        max_version: str | None = None,
        replacement: str | None = None,
    ) -> None:
        self.func_name = func_name
        self.min_version = min_version
        self.max_version = max_version
        self.replacement = replacement
        if min_version is not None:
            reason = f"{func_name} requires numpy >= {min_version}"
        elif max_version is not None:
            reason = f"{func_name} was removed in numpy {max_version}"
        else:
            reason = f"{func_name} is not supported"
        if replacement is not None:
            reason += f"; use `{replacement}`"
        super().__init__(f"{reason}. {_see('cost-reference.md')}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            (self.func_name,),
            {
                "min_version": self.min_version,
                "max_version": self.max_version,
                "replacement": self.replacement,
            },
        )


class UnsupportedDtypeError(FlopscopeError, TypeError):
    """A counted operation was given an array that does not hold numbers.

    Parameters
    ----------
    op_name : str
        Name of the operation.
    dtype : numpy.dtype
        The dtype it was given.
    """

    def __init__(self, op_name: str, dtype: object) -> None:
        self.op_name = op_name
        self.dtype = dtype
        super().__init__(
            f"{op_name} counts operations on bool, integer, float and complex arrays; got dtype "
            f"{dtype}. Convert the data first, for example with numpy.asarray(x, dtype=float)."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.op_name, self.dtype)


class UnsupportedReturnType(FlopscopeError):
    """A result cannot be sent from a server to its client."""


class UnauthorizedControlError(FlopscopeError):
    """A control request came without the token that it needs."""


class FlopscopeServerError(FlopscopeError):
    """A server failed, cannot be reached, or does not understand its client."""


class RemoteCallbackError(FlopscopeError):
    """A function that calls the caller's code back was asked of a server."""


class RemoteSerializationError(FlopscopeError):
    """An argument cannot be sent to a server."""


class ValueDependentError(FlopscopeError):
    """A dry run was asked for a value, and it knows only shapes.

    Parameters
    ----------
    what : str
        What was asked for.
    filename : str
    lineno : int
    function : str
        Where in the program.
    """

    def __init__(self, what: str, filename: str, lineno: int, function: str) -> None:
        self.what = what
        self.filename = filename
        self.lineno = lineno
        self.function = function
        super().__init__(
            f"{filename}, line {lineno}, in {function}: {what}; a dry run "
            "has shapes only. Keep what depends on values out of the function"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.filename, self.lineno, self.function)


class WeightFileError(FlopscopeError, ValueError):
    """A file of arrays is damaged, hostile, or does not fit what it is loaded into.

    Parameters
    ----------
    file : path or file-like
        The file.
    member : str or None
        The array in it that is at fault; None: the file as a whole.
    reason : str
        What is wrong.
    """

    def __init__(self, file: object, member: str | None, reason: str) -> None:
        self.file = file
        self.member = member
        self.reason = reason
        where = str(file) if isinstance(file, (str, os.PathLike)) else f"<{type(file).__name__}>"
        super().__init__(f"{where}: {'' if member is None else repr(member) + ' '}{reason}")

    def __reduce__(self) -> tuple[Any, ...]:
        file = self.file if isinstance(self.file, (str, os.PathLike)) else str(self.file)
        return type(self), (file, self.member, self.reason)


class WeightConfigError(WeightFileError, TypeError):
    """The constructor of a module does not take the configuration that its file holds."""


class FlopscopeWarning(UserWarning):
    """Base of all warnings that flopscope issues on its own account."""


class SubBudgetWarning(FlopscopeWarning):
    """An operation passes a soft limit of a sub-budget. Told once per limit."""


class SymmetryLossWarning(FlopscopeWarning):
    """An operation lost symmetry that its operands had."""


class CostFallbackWarning(FlopscopeWarning):
    """A count could not be found within the search limits; the dense count was charged."""


class RemoteCallbackWarning(FlopscopeWarning):
    """The operation calls a Python function back, which a remote backend refuses."""


class ConfigureNoOpWarning(FlopscopeWarning):
    """A setting has no effect on a remote backend."""


def _rebuild(
    cls: type[FlopscopeError], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> FlopscopeError:
    """Make an error again from a pickle."""
    return cls(*args, **kwargs)
