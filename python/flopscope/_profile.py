"""`profile`: a budget that keeps the place and the bytes of every operation."""

from __future__ import annotations

from typing import Literal

from flopscope._budget import BudgetContext

__all__ = ["profile"]


def profile(
    flop_budget: int = 10**15,
    *,
    attribute: Literal["line", "stack"] = "line",
    memory: bool = True,
    quiet: bool = True,
    namespace: str | None = None,
) -> BudgetContext:
    """Make a budget that finds the lines which spend FLOPs and move bytes.

    Parameters
    ----------
    flop_budget : int, default 10**15
    attribute : {"line", "stack"}, default "line"
        Keep the line of every operation, or that line and the ones that called it.
    memory : bool, default True
        Keep bytes read and written, and the most bytes that lived at once.
    quiet : bool, default True
    namespace : str, optional

    Returns
    -------
    BudgetContext
        A context manager, and a decorator.

    Notes
    -----
    Per operation, keeping the line takes 30 to 80 ns, the stack 150 to 250 ns, bytes some 100 ns;
    ``benchmarks/attribution.py`` measures it.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> with flops.profile() as profile:
    ...     x = fnp.ones((100, 50))
    ...     y = fnp.exp(x) @ x.T
    >>> line = profile.lines()[0]
    >>> line.flops, line.operations, line.bytes_read
    (1070000, {'matmul': 990000, 'exp': 80000}, 120000)
    """
    return BudgetContext(
        flop_budget, quiet=quiet, namespace=namespace, attribute=attribute, memory=memory
    )
