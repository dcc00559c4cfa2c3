"""`estimate`: the bill of a function, without computing anything.

>>> import flopscope as flops
>>> import flopscope.numpy as fnp
>>> def attention(q, k, v):
...     scores = fnp.exp(q @ k.T / 8.0)
...     return (scores / scores.sum(axis=1, keepdims=True)) @ v
>>> x = flops.ShapeDtype((100_000, 64), "float32")
>>> estimate = flops.estimate(attention, x, x, x)
>>> f"{estimate.flops_used:,}"
'2,739,993,500,000'
>>> estimate.result
ShapeDtype(shape=(100000, 64), dtype=dtype('float32'))
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from flopscope import _core
from flopscope._budget import BudgetContext, OpLog
from flopscope._core import FlopscopeArray
from flopscope._dry.guards import guarded
from flopscope._dry.hook import stand_in
from flopscope._dry.unknown import DryRun, active, is_unknown, unknown
from flopscope.symmetry import SymmetryGroup, SymmetryLike, parse_symmetry

if TYPE_CHECKING:
    from flopscope.pricing.cost_model import CostModel

__all__ = ["Estimate", "ShapeDtype", "estimate"]

_AMPLE = 2**125


@dataclass(frozen=True, eq=True)
class ShapeDtype:
    """An array of which only shape, dtype and symmetry are known.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype, default float64
    symmetry : SymmetryGroup, axes, or blocks of axes, optional
        As for `flopscope.as_symmetric`; taken as true.

    Raises
    ------
    ValueError, TypeError
        No shape, no numeric dtype, or a symmetry of other axes.

    Examples
    --------
    >>> import flopscope as flops
    >>> flops.ShapeDtype((3, 3), "float32", symmetry=(0, 1)).dtype
    dtype('float32')
    """

    shape: tuple[int, ...]
    dtype: Any = np.float64
    symmetry: SymmetryLike | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        given: Any = self.shape
        lengths = (given,) if isinstance(given, (int, np.integer)) else tuple(given)
        if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) for n in lengths):
            raise TypeError(f"shape must be lengths, got {given!r}")
        if any(n < 0 for n in lengths):
            raise ValueError(f"lengths must not be negative, got {given!r}")
        dtype = np.dtype(self.dtype)
        if dtype.kind not in "biufc":
            raise TypeError(f"dtype must be bool, integer, float or complex, got {dtype}")
        group = None if self.symmetry is None else parse_symmetry(self.symmetry, len(lengths))
        object.__setattr__(self, "shape", tuple(int(n) for n in lengths))
        object.__setattr__(self, "dtype", dtype)
        object.__setattr__(self, "symmetry", group)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=object))


@dataclass(frozen=True)
class Estimate:
    """What a dry run found out.

    Attributes
    ----------
    flops_used : int
        The bill, in FLOPs.
    result : object
        What the function returned; arrays whose values are unknown are `ShapeDtype`.
    budget : BudgetContext
        The operations that would run, for reports. Its times are those of the dry run.
    """

    flops_used: int
    result: Any
    budget: BudgetContext = field(repr=False)

    @property
    def op_log(self) -> OpLog:
        """The operations, as `OpRecord` items."""
        return self.budget.op_log

    @property
    def bills(self) -> dict[str, int]:
        """FLOPs by price list; see `BudgetContext.bills`."""
        return self.budget.bills

    def summary(self, by_namespace: bool = False) -> str:
        """Describe the bill as text."""
        return self.budget.summary(by_namespace=by_namespace)

    def summary_dict(self, by_namespace: bool = False) -> dict[str, Any]:
        """The bill as plain numbers; see `BudgetContext.summary_dict`."""
        return self.budget.summary_dict(by_namespace=by_namespace)

    def __int__(self) -> int:
        return self.flops_used


def _map_leaves(value: Any, replace: Callable[[Any], Any]) -> Any:
    if isinstance(value, (list, tuple)):
        items = [_map_leaves(item, replace) for item in value]
        if type(value) is list:
            return items
        make: Callable[..., Any] = getattr(type(value), "_make", type(value))
        return make(items)
    if type(value) is dict:
        return {key: _map_leaves(item, replace) for key, item in value.items()}
    return replace(value)


def _enter(value: Any) -> Any:
    if not isinstance(value, ShapeDtype):
        return value
    array: Any = unknown(value.shape, value.dtype).view(FlopscopeArray)
    if isinstance(value.symmetry, SymmetryGroup):
        return _core._tag_view(array, value.symmetry, False)
    return array


def _leave(value: Any) -> Any:
    if isinstance(value, np.ndarray) and is_unknown(value):
        return ShapeDtype(value.shape, value.dtype, getattr(value, "symmetry", None))
    if is_unknown(value):
        return ShapeDtype((), value.dtype)
    return value


_lock = threading.Lock()
_runs = 0


@contextmanager
def _hooked() -> Iterator[None]:
    global _runs
    with _lock:
        _runs += 1
        _core._set_dry_hook(stand_in)
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                _core._set_dry_hook(None)


@contextmanager
def dry_run(budget: BudgetContext) -> Iterator[None]:
    """Price what is called in the block by a dry budget; nothing is computed."""
    with _hooked(), guarded():
        token = active.set(DryRun())
        try:
            with budget:
                yield
        finally:
            active.reset(token)


def estimate(
    function: Callable[..., Any],
    *args: Any,
    cost_model: CostModel | str | None = None,
    also: Sequence[CostModel | str] = (),
    **kwargs: Any,
) -> Estimate:
    """Price a function by running it on shapes.

    The function runs as Python, its counted operations are billed as always, and none of them is
    computed: every array that one returns is a shape without values, and takes no memory.

    Parameters
    ----------
    function : callable
        What to price.
    *args, **kwargs
        Its arguments. `ShapeDtype`, also in lists, tuples and dicts, stands for an array;
        everything else is passed as it is.
    cost_model : str or CostModel, optional
        Price list, as for `BudgetContext`; not passed on.
    also : sequence of str or CostModel, optional
        Other lists, for `Estimate.bills`; not passed on.

    Returns
    -------
    Estimate
        The bill equals that of a run for every operation whose cost does not depend on values.

    Raises
    ------
    ValueDependentError
        The program asks for a value that nobody knows: a branch on it, a mask as an index, an
        operation like ``nonzero``. The error names file and line.

    Notes
    -----
    Nothing is charged to an open budget, nor to the session. Arrays of the program's own are not
    written to (one that would be loses a symmetry that was only inferred), and generators do not
    move on. Values that are taken out through plain NumPy (``numpy.asarray(x)``) are NaN.
    Polynomials are taken to have no zeros at their ends, matrices to have full rank and real
    eigenvalues. Threads that the function starts run for real.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> flops.estimate(fnp.matmul, flops.ShapeDtype((10**6, 10**6)),
    ...                flops.ShapeDtype(10**6)).flops_used
    1999999000000
    """
    budget: BudgetContext = BudgetContext(
        _AMPLE, quiet=True, _dry=True, cost_model=cost_model, also=also
    )
    with dry_run(budget):
        result = function(*_map_leaves(args, _enter), **_map_leaves(kwargs, _enter))
        left = _map_leaves(result, _leave)
    return Estimate(budget.flops_used, left, budget)
