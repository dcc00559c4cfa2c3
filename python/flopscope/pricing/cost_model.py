"""Price lists as values: look them up, compare them, change them, and quote by them."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from flopscope import _core
from flopscope.pricing.quotes import Quote, quote

__all__ = ["DTYPES", "CostModel", "PriceChange", "cost_model", "cost_models", "resolve", "wrap"]

#: Dtypes that have a rate.
DTYPES: tuple[str, ...] = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16",
    "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble",
)  # fmt: skip

_ROWS: dict[str, tuple[Any, ...]] = {row[0]: row for row in _core._op_rows()}


class PriceChange(NamedTuple):
    """How the price of one operation differs between two lists; see `CostModel.diff`.

    Attributes
    ----------
    op_name : str
    before, after : str
        ``count * weight``, and what depends on the dtype.
    example : str
        Facts of an ordinary call.
    bills : tuple of int
        What it costs before and after.
    """

    op_name: str
    before: str
    after: str
    example: str
    bills: tuple[int, int]


def _check_number(what: str, name: str, value: Any) -> float:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value < 0:
        raise ValueError(f"the {what} of {name!r} is a finite number >= 0; got {value!r}")
    return float(value)


def _unknown(what: str, name: Any, known: Any) -> ValueError:
    import difflib  # only for this

    close = difflib.get_close_matches(str(name), list(known), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return ValueError(f"no {what} is called {name!r}{hint}")


def _has_price(name: str) -> bool:
    """Whether lists may state a weight: rows, methods of ufuncs, names that programs charge."""
    if name in _ROWS:
        return bool(_ROWS[name][2] not in ("blocked", "local"))
    base, _, method = name.rpartition(".")
    return base in _ROWS and method in ("reduce", "accumulate", "outer", "reduceat", "at")


class CostModel:
    """A price list: what every operation costs. Immutable.

    Lists that ship are found by `cost_model`; others derive from them. A call is billed
    ``int(count * rate * factor * weight)`` FLOPs, truncated once: the count is a formula in the
    facts of the call, the rate belongs to the dtype that is billed, the factor to complex numbers.

    Attributes
    ----------
    name : str
    base : str
        Name of the list it derives from; empty for one that ships.
    summary : str
        What the list is.
    digest : str
        SHA-256 of everything that decides a bill: two lists with one digest bill alike.
    weights : mapping of str to float
        Of every operation of the table.
    rates : mapping of str to float
        Per dtype; empty where prices do not depend on dtypes.

    Examples
    --------
    >>> import flopscope as flops
    >>> half = flops.cost_model("0.8").derive("cheap exp", weights={"exp": 8})
    >>> half.quote("exp", unique=5).bill
    40
    """

    __slots__ = ("_core", "_digest")

    _core: Any
    _digest: str | None

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError(
            "price lists are looked up, flops.cost_model('0.8'), or derived from one, "
            "model.derive(name, weights=...)"
        )

    @property
    def name(self) -> str:
        """Name of the list."""
        return str(self._core.name)

    @property
    def base(self) -> str:
        """Name of the list it derives from."""
        return str(self._core.base)

    @property
    def summary(self) -> str:
        """What the list is, in a sentence."""
        return str(self._core.summary)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of every operation of the table."""
        return MappingProxyType(
            {name: float(self._core.weight_of(name)) for name in _ROWS if _has_price(name)}
        )

    @property
    def rates(self) -> Mapping[str, float]:
        """Rate of every dtype; empty where prices do not depend on dtypes."""
        if not self._core.has_rates:
            return MappingProxyType({})
        return MappingProxyType(
            {dtype: float(self._core.rate(i)) for i, dtype in enumerate(DTYPES)}
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the formulas, weights, rates and factors."""
        if self._digest is None:
            from flopscope._attestation.digests import of_prices  # hashes: not at import

            object.__setattr__(self, "_digest", of_prices(self._core))
        return str(self._digest)

    def formula(self, op_name: str) -> str:
        """Count of an operation, as an expression in its facts.

        Raises
        ------
        ValueError
            There is no such operation.
        """
        self._check(op_name)
        return str(self._core.price(op_name)[0])

    def _check(self, op_name: str) -> None:
        if not isinstance(op_name, str) or not _has_price(op_name):
            raise _unknown("operation", op_name, _ROWS)

    def quote(self, op_name: str, *, dtype: Any = None, **facts: Any) -> Quote:
        """Return what an operation costs, from facts.

        Parameters
        ----------
        op_name : str
            A row of the operation table.
        dtype : dtype, optional
            What is billed, where prices depend on it.
        **facts : int, bool, str or list of int
            By the names that the formula uses; those that are not given are 0.

        Returns
        -------
        Quote

        Raises
        ------
        ValueError
            There is no such operation, or dtype with a rate.
        TypeError
            The operation has no such fact.

        Examples
        --------
        >>> import flopscope as flops
        >>> model = flops.cost_model("0.8")
        >>> model.quote("linalg.cholesky", B=1, n=7)
        Quote(count=114, weight=1.0, rate=1.0, factor=1.0, bill=114)
        """
        if op_name not in _ROWS or not _has_price(op_name):
            raise _unknown("operation", op_name, _ROWS)
        schema = [word.rstrip("@") for word in _ROWS[op_name][5].split()]
        names = [word.rstrip("[]:") for word in schema]
        strange = facts.keys() - set(names)
        if strange:
            raise TypeError(f"{op_name} has no fact {min(strange)!r}; it has {', '.join(names)}")
        empty: list[Any] = [
            [] if w.endswith("[]") else "" if w.endswith(":") else 0 for w in schema
        ]
        given = [facts.get(name, value) for name, value in zip(names, empty, strict=True)]
        return quote(op_name, given, self._core, -1 if dtype is None else _dtype_index(dtype))

    def derive(
        self,
        name: str,
        *,
        weights: Mapping[str, float] | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> CostModel:
        """Return the list with some weights and rates replaced, under a name of its own.

        Parameters
        ----------
        name : str
            Not the name of a list that ships.
        weights : mapping of str to float, optional
            Operation to weight.
        rates : mapping of str to float, optional
            Dtype to rate; only where the list has rates.

        Raises
        ------
        ValueError
            Unknown operations or dtypes, numbers that are negative or not finite, a name that is
            taken. Nothing is made.
        """
        if not isinstance(name, str) or not name or name in _core._cost_models():
            raise ValueError(f"a derived price list needs a name of its own; got {name!r}")
        checked = {}
        for op_name, weight in (weights or {}).items():
            self._check(op_name)
            checked[op_name] = _check_number("weight", op_name, weight)
        table = None
        if rates:
            if not self._core.has_rates:
                raise ValueError(f"prices of {self.name} do not depend on dtypes: it has no rates")
            for dtype, rate in rates.items():
                if dtype not in DTYPES:
                    raise _unknown("dtype with a rate", dtype, DTYPES)
                _check_number("rate", dtype, rate)
            table = [float(rates.get(dtype, value)) for dtype, value in self.rates.items()]
        return _wrap(self._core.derive(name, checked, False, table))

    def diff(self, other: CostModel | str) -> tuple[PriceChange, ...]:
        """Return what another list prices differently, by operation.

        Parameters
        ----------
        other : CostModel or str

        Returns
        -------
        tuple of PriceChange
            Sorted by name; methods of ufuncs, which follow their ufunc, are left out.

        Examples
        --------
        >>> import flopscope as flops
        >>> changes = flops.cost_model("0.8").diff("0.5")
        >>> [(c.before, c.after, c.bills) for c in changes if c.op_name == "linalg.cholesky"]
        [('B * max(1, n**3 // 3)', 'B * max(1, n**3) * 4', (21, 256))]
        """
        theirs = resolve(other)
        return tuple(self._changes(theirs))

    def _changes(self, other: CostModel) -> Iterator[PriceChange]:
        from flopscope.pricing.examples import example_facts  # nearly nobody compares lists

        for op_name in sorted(filter(_has_price, _ROWS)):
            before, after = self._text(op_name), other._text(op_name)
            if before == after:
                continue
            facts = example_facts(_ROWS[op_name][5])
            words = set(re.findall(r"\w+", f"{before} {after}"))
            example = ", ".join(f"{k} = {v}" for k, v in facts.items() if k in words)
            mine, theirs = (
                quote(op_name, list(facts.values()), model._core).bill for model in (self, other)
            )
            yield PriceChange(op_name, before, after, example, (mine, theirs))

    def _text(self, op_name: str) -> str:
        formula, weight, rule, factor, _deferred, lines = self._core.price(op_name)
        if formula == "0":
            weight = 1.0
        text = str(formula) if weight == 1 else f"{formula} * {weight:g}"
        if rule:
            text += f" at the rate of the {rule}, complex {factor}"
        return "; ".join([text, *(f"{op} {count}" for op, count, *_ in lines)])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CostModel):
            return NotImplemented
        return self.name == other.name and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<CostModel {self.name!r}>"

    def __reduce__(self) -> Any:
        if not self.base:
            return cost_model, (self.name,)
        core = self._core
        return _rebuilt, (core.shipped, core.name, core.weights, list(self.rates.values()))

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("price lists are immutable; derive another one")


def _rebuilt(shipped: str, name: str, weights: dict[str, float], rates: list[float]) -> CostModel:
    return _wrap(_core._cost_model(shipped).derive(name, weights, True, rates or None))


def _wrap(core: Any) -> CostModel:
    model = CostModel.__new__(CostModel)
    object.__setattr__(model, "_core", core)
    object.__setattr__(model, "_digest", None)
    return model


def _dtype_index(dtype: Any) -> int:
    name = np.dtype(dtype).name
    name = {"float128": "longdouble", "complex256": "clongdouble"}.get(name, name)
    if name not in DTYPES:
        raise _unknown("dtype with a rate", name, DTYPES)
    return DTYPES.index(name)


def cost_models() -> tuple[str, ...]:
    """Return the names of the price lists that ship.

    Examples
    --------
    >>> import flopscope as flops
    >>> "0.8" in flops.cost_models()
    True
    """
    return tuple(_core._cost_models())


@functools.cache
def _shipped(name: str) -> CostModel:
    return _wrap(_core._cost_model(name))


def wrap(core: Any) -> CostModel:
    """Return the value for a price list of the core: always one object for those that ship."""
    return _wrap(core) if core.base else _shipped(core.name)


def cost_model(name: str | None = None) -> CostModel:
    """Return a price list that ships; without a name, the one that new budgets use.

    Parameters
    ----------
    name : str, optional

    Raises
    ------
    ValueError
        There is no such list; the message names those there are.
    """
    if name is None:
        return wrap(_core._default_cost_model())
    if name not in _core._cost_models():
        known = ", ".join(_core._cost_models())
        raise ValueError(f"no price list is called {name!r}; there are {known}")
    return _shipped(name)


def resolve(model: CostModel | str) -> CostModel:
    """Return the price list of that name, or the list itself.

    Raises
    ------
    ValueError
        There is no such list.
    TypeError
        It is neither a name nor a list.
    """
    if isinstance(model, CostModel):
        return model
    if isinstance(model, str):
        return cost_model(model)
    raise TypeError(f"a price list is given by name or as a CostModel; got {model!r}")
