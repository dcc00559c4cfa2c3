"""`flopscope.explain`: one bill, with the rule and the numbers that it comes from."""

from __future__ import annotations

import dataclasses
import math
import textwrap
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import flopscope.numpy as fnp
from flopscope import _core, _symmetric, stats
from flopscope._budget import BudgetContext
from flopscope._contraction.accumulation import (
    einsum_accumulation_cost,
    reduction_accumulation_cost,
)
from flopscope._legend import legend_of
from flopscope.errors import BudgetExhaustedError
from flopscope.numpy._namespace import ROWS
from flopscope.pricing.prices import formula_of, functions_of, weight_of

__all__ = ["Explanation", "explain"]

# Where counts that do not fit are held.
_LARGEST = 2**64 - 1


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What one call costs, and why.

    Attributes
    ----------
    op_name : str
        Log name.
    formula : str
        The count before the weight.
    legend : dict of str to str
        What the symbols of the formula mean.
    shapes : tuple
        Operand shapes as they would stand in the log.
    numbers : dict of str to int
        Values of symbols for these operands, as far as they are known.
    flop_cost : int
        The count before the weight.
    weight : float
    charged : int
        What a call is billed: ``int(flop_cost * weight)``.
    is_deferred : bool
        Whether the operation runs before it is billed, since its result decides the price.
    """

    op_name: str
    formula: str
    legend: Mapping[str, str]
    shapes: tuple[tuple[int, ...], ...]
    numbers: Mapping[str, int]
    flop_cost: int
    weight: float
    charged: int
    is_deferred: bool

    def __str__(self) -> str:
        on = " on " + ", ".join(map(str, self.shapes)) if self.shapes else ""
        rows = [("formula", self.formula)]
        rows += [("where", f"{symbol}: {text}") for symbol, text in self.legend.items()]
        if self.numbers:
            rows.append(("numbers", ", ".join(f"{k} = {v:,}" for k, v in self.numbers.items())))
        rows += [("count", f"{self.flop_cost:,}"), ("weight", f"{self.weight:g}")]
        rows.append(("bill", f"{self.charged:,} FLOPs"))
        if self.charged == _LARGEST:
            rows.append(("note", "the count does not fit 64 bits: no budget affords it"))
        if self.is_deferred:
            rows.append(("note", "billed after it has run: the result decides the price"))
        labels = [
            name if i == 0 or rows[i - 1][0] != name else "" for i, (name, _) in enumerate(rows)
        ]
        lines = [
            textwrap.fill(text, 96, initial_indent=f"  {label:<8} ", subsequent_indent=" " * 13)
            for label, (_, text) in zip(labels, rows, strict=True)
        ]
        return "\n".join([f"{self.op_name}{on}", *lines])


def _function(op_name: str) -> Callable[..., Any]:
    """Find a counted function by its log name, or raise the error of the namespace it is from."""
    module, _, rest = op_name.partition(".")
    found: Any = fnp
    if module == "stats":
        found, op_name = stats, rest
    elif op_name in ROWS and ROWS[op_name].module == "symmetry":
        found = _symmetric
    elif op_name.startswith("random.Generator."):
        found, op_name = fnp.random.default_rng(0), op_name.removeprefix("random.Generator.")
    elif op_name.startswith("random.RandomState."):
        found, op_name = fnp.random.RandomState(0), op_name.removeprefix("random.RandomState.")
    elif "." not in op_name and not hasattr(fnp, op_name):
        within = sorted(name for name in ROWS if name.endswith(f".{op_name}"))
        if within:
            raise AttributeError(
                f"no operation is called {op_name!r}; there is {', '.join(within)}"
            )
    for part in op_name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{op_name} is no operation but {found!r}: it costs nothing to read")
    return found  # type: ignore[no-any-return]


def _operand(shape: Any, dtype: Any, group: Any) -> Any:
    """An array of zeros that takes no memory; or a list of such arrays."""
    if isinstance(shape, list) or (isinstance(shape, tuple) and shape and not _is_shape(shape)):
        return [_operand(each, dtype, group) for each in shape]
    lengths = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    array = np.broadcast_to(np.zeros((), dtype), lengths)
    if group is not None:
        return _symmetric.as_symmetric(array, symmetry=group)
    return fnp.asarray(array)


def _before_weight(charged: int, weight: float) -> int:
    if weight == 0:
        return 0
    return charged // int(weight) if weight == int(weight) else round(charged / weight)


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and all(isinstance(n, (int, np.integer)) for n in shape)


@dataclasses.dataclass
class _Answer:
    """What a refused call told: its log name and bill, and the operands it was refused."""

    op_name: str = ""
    charged: int = 0
    operands: tuple[Any, ...] = ()
    error: BaseException | None = None


def _ask(op_name: str, prepare: Callable[[], tuple[Any, ...]], keywords: Any) -> _Answer:
    """Price a call: a budget that is spent refuses every bill, before the work is done.

    Budgets do not nest, and this question is not to be billed to the caller's: it is asked on a
    thread of its own.
    """
    answer = _Answer()

    def ask() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Operands first: to declare their symmetry is billed too.
            with BudgetContext(flop_budget=2**64 - 1, quiet=True):
                function = _function(op_name)
                answer.operands = prepare()
            with BudgetContext(flop_budget=1, quiet=True) as budget:
                budget.deduct("explain", flop_cost=1)
                try:
                    function(*answer.operands, **keywords)
                except BudgetExhaustedError as refused:
                    answer.op_name, answer.charged = refused.op_name, refused.flop_cost
                else:
                    answer.op_name = budget.op_log[-1].op_name
                    if answer.op_name == "explain":  # a question about shapes: not even logged
                        answer.op_name = op_name

    def guarded() -> None:
        try:
            ask()
        except BaseException as error:  # raised again by the thread that asked
            answer.error = error

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if answer.error is not None:
        raise answer.error
    return answer


def _numbers(op_name: str, operands: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, int]:
    """Values of the symbols in a formula, where they follow from the operands alone."""
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    row = ROWS.get(op_name)
    if not arrays or row is None:
        return {}
    first = arrays[0]
    if row.kind == "reduction":
        # The axis may come by position, right behind the operand.
        axis = operands[1] if len(operands) > 1 else keywords.get("axis")
        if not isinstance(axis, (int, tuple, type(None))):
            return {}
        cost = reduction_accumulation_cost(first, axis)
        return {"A": cost.alpha, "O": cost.alpha - cost.total}
    if row.kind in ("ufunc", "elementwise"):
        return {"unique": math.prod(np.broadcast_shapes(*(x.shape for x in arrays)))}
    if op_name in ("einsum", "einsum_path"):
        cost = einsum_accumulation_cost(*operands)
        additions = cost.total - cost.mu
        return {"multiplications": cost.mu, "additions": additions}
    if row.module == "linalg" and first.ndim >= 2:
        *batch, m, n = first.shape
        return {"B": math.prod(batch), "m": m, "n": n}
    return {"size": first.size}


def explain(
    op_name: str,
    *arguments: Any,
    shapes: Any = (),
    dtype: Any = float,
    symmetry: Any = None,
    **keywords: Any,
) -> Explanation:
    """Tell what one call would be billed, and why; nothing is computed or billed.

    Cost: 0 FLOPs.

    Parameters
    ----------
    op_name : str
        Log name: ``"exp"``, ``"linalg.svd"``, ``"random.normal"``, ``"stats.norm.cdf"``,
        ``"add.reduce"``.
    *arguments : object
        Positional arguments beside the operands. A text comes before them (the subscripts of
        einsum), everything else after.
    shapes : tuple of int, or sequence of those
        Shape of the operand, or of each; a list of shapes within the sequence stands for an
        operand that is a list of arrays.
    dtype : dtype, optional
        Of the operands.
    symmetry : object, optional
        Declared symmetry of the first operand, as `flopscope.as_symmetric` takes it.
    **keywords : object
        The other arguments, by name.

    Returns
    -------
    Explanation
        Printed, it shows the formula, its symbols, the numbers and the bill.

    Raises
    ------
    AttributeError, UnsupportedFunctionError
        There is no such operation, or it is not supported.
    TypeError, ValueError
        The operation does not take these arguments.

    Notes
    -----
    Operands are zeros. Where the result decides the price (`Explanation.is_deferred`) the
    operation runs on them, and other values may cost something else.

    Examples
    --------
    >>> import flopscope as flops
    >>> print(flops.explain("matmul", shapes=[(2, 3), (3, 4)]))
    matmul on (2, 3), (3, 4)
      formula  bill('...ij,...jk->...ik')
      where    bill: (k-1) M + A - O for k operands: M products of label values, A partial sums,
                 O outputs; along the cheapest path for three or more
      numbers  elements = 6
      count    40
      weight   1
      bill     40 FLOPs
    """
    if not isinstance(op_name, str):
        raise TypeError(f"op_name is the log name of an operation, a str; got {op_name!r}")
    each = [shapes] if _is_shape(shapes) and shapes != () else list(shapes)
    first = tuple(x for x in arguments if isinstance(x, str))
    rest = tuple(x for x in arguments if not isinstance(x, str))

    def prepare() -> tuple[Any, ...]:
        operands = [
            _operand(shape, dtype, symmetry if i == 0 else None) for i, shape in enumerate(each)
        ]
        return (*first, *operands, *rest)

    answer = _ask(op_name, prepare, keywords)
    row = ROWS.get(answer.op_name)
    weight = weight_of(answer.op_name)
    formula = formula_of(answer.op_name)
    return Explanation(
        op_name=answer.op_name,
        formula=formula,
        legend=legend_of(answer.op_name, formula, functions_of()),
        shapes=tuple(tuple(x.shape) for x in answer.operands if isinstance(x, np.ndarray)),
        numbers=_numbers(answer.op_name, answer.operands, keywords),
        flop_cost=_before_weight(answer.charged, weight),
        weight=weight,
        charged=answer.charged,
        is_deferred=row is not None and bool(row.flags & _core.FLAG_DEFERRED),
    )
