"""`flopscope.explain`: one bill, with the rule and the numbers that it comes from."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import textwrap
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import flopscope.numpy as fnp
from flopscope import _core, _symmetric, stats
from flopscope._budget import BudgetContext
from flopscope._dry.estimate import dry_run
from flopscope._legend import legend_of
from flopscope.errors import BudgetExhaustedError, ValueDependentError
from flopscope.numpy._namespace import ROWS
from flopscope.pricing import cost_model as _pricing
from flopscope.pricing.cost_model import CostModel
from flopscope.pricing.prices import formula_of, functions_of
from flopscope.pricing.quotes import fact_names, quote, quote_count

__all__ = ["Explanation", "explain"]

# Where counts that do not fit are held.
_LARGEST = 2**64 - 1


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else repr(value)


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
    numbers : dict of str to int, str or list of int
        Values of the facts that the formula uses.
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
    numbers: Mapping[str, Any]
    flop_cost: int
    weight: float
    charged: int
    is_deferred: bool

    def __str__(self) -> str:
        on = " on " + ", ".join(map(str, self.shapes)) if self.shapes else ""
        rows = [("formula", self.formula)]
        rows += [("where", f"{symbol}: {text}") for symbol, text in self.legend.items()]
        if self.numbers:
            rows.append(
                ("numbers", ", ".join(f"{k} = {_shown(v)}" for k, v in self.numbers.items()))
            )
        rows += [("count", f"{self.flop_cost:,}"), ("weight", f"{self.weight:g}")]
        rows.append(("bill", f"{self.charged:,} FLOPs"))
        if self.charged >= _LARGEST:
            rows.append(("note", "the bill does not fit 64 bits: no budget affords it"))
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


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and all(isinstance(n, (int, np.integer)) for n in shape)


@dataclasses.dataclass
class _Answer:
    """What a call told that was priced and not run: its log name, facts, and the operands."""

    op_name: str
    facts: tuple[Any, ...] = ()
    operands: tuple[Any, ...] = ()
    error: BaseException | None = None


def _ask(
    op_name: str, prepare: Callable[[], tuple[Any, ...]], keywords: Any, model: Any
) -> _Answer:
    """Price a call without carrying it out, whatever the size.

    Budgets do not nest, and this question is not to be billed to the caller's: it is asked on a
    thread of its own.
    """
    answer = _Answer(op_name)

    def ask() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Operands first: to declare their symmetry is billed too.
            with BudgetContext(flop_budget=_LARGEST, quiet=True):
                function = _function(op_name)
                answer.operands = prepare()
            told = _facts_of(function, answer.operands, keywords, model)
            if told is not None:  # else a question about shapes: not even logged
                answer.op_name, answer.facts = told

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


def _facts_of(
    function: Callable[..., Any], operands: Sequence[Any], keywords: Any, model: Any
) -> tuple[str, tuple[Any, ...]] | None:
    """The facts of a call; None for one that is not even logged."""
    if _is_refused_first(function, model):
        # A budget that is spent refuses every bill, before the work is done.
        spent = BudgetContext(flop_budget=1, quiet=True, _dry=True, cost_model=model)
        with spent:
            spent.deduct("explain", flop_cost=1)
            with contextlib.suppress(BudgetExhaustedError):
                function(*operands, **keywords)
        return _core._first_facts(spent)
    dry = BudgetContext(flop_budget=_LARGEST, quiet=True, _dry=True, cost_model=model)
    try:
        with dry_run(dry):
            function(*operands, **keywords)
    except ValueDependentError:  # values decide the price: those of zeros
        with dry:
            function(*operands, **keywords)
    return _core._first_facts(dry)


def _is_refused_first(function: Callable[..., Any], model: Any) -> bool:
    """Whether the price is known, and not zero, before the operation runs."""
    name = getattr(function, "op_name", getattr(function, "__name__", ""))
    row = ROWS.get(name)
    formula, _weight, _rule, _factor, needs_result, _lines = model._core.price(name)
    is_deferred = row is not None and bool(row.flags & _core.FLAG_DEFERRED)
    return not (needs_result or is_deferred or formula == "0")


def _numbers(op_name: str, facts: Sequence[Any], formula: str) -> dict[str, Any]:
    """Values of the facts that a formula uses."""
    used = set(re.findall(r"\w+", formula))
    return {
        name: v for name, v in zip(fact_names(op_name), facts, strict=bool(facts)) if name in used
    }


def explain(
    op_name: str,
    *arguments: Any,
    shapes: Any = (),
    dtype: Any = float,
    symmetry: Any = None,
    cost_model: CostModel | str | None = None,
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
    cost_model : str or CostModel, optional
        Price list; by default the one that new budgets use.
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
    Nothing is computed and no array takes memory, whatever the size. Operands are zeros; where
    values decide the price (the zeros that `trim_zeros` finds), the operation runs on them, and
    other values may cost something else.

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

    model = _pricing.cost_model() if cost_model is None else _pricing.resolve(cost_model)
    answer = _ask(op_name, prepare, keywords, model)
    name, core = answer.op_name, model._core
    told = quote(name, answer.facts, core) if answer.facts else quote_count(name, 0, core)
    row = ROWS.get(name)
    formula = formula_of(name, core)
    return Explanation(
        op_name=name,
        formula=formula,
        legend=legend_of(name, formula, functions_of(core)),
        shapes=tuple(tuple(x.shape) for x in answer.operands if isinstance(x, np.ndarray)),
        numbers=_numbers(name, answer.facts, formula),
        flop_cost=told.count,
        weight=told.weight,
        charged=told.bill,
        is_deferred=row is not None and bool(row.flags & _core.FLAG_DEFERRED),
    )
