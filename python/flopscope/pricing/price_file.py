"""Price lists as files: read, checked, and resolved along ``extends``.

``cost_models/`` in the repository has one TOML file per list. A file states a ``name``, a
``summary``, perhaps the list that it ``extends``, ``functions`` of its formulas, ``[[price]]``
entries that give operations a ``count``, a ``weight``, and, where dtypes decide, a ``dtype`` rule
and a ``complex`` factor, and ``rates`` by dtype. What an entry leaves out comes from the list that
is extended.

Like `formula`, this file imports nothing of the compiled library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "DTYPES",
    "UFUNC_METHODS",
    "Price",
    "PriceFileError",
    "PriceList",
    "check_rate",
    "check_weight",
    "resolve",
]  # fmt: skip

#: Dtypes that a rate is stated for.
DTYPES = (
    "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 longdouble "
    "complex64 complex128 clongdouble"
).split()

#: Names that stand for a method of every ufunc.
UFUNC_METHODS = tuple(
    f"ufunc.{name}" for name in ("reduce", "accumulate", "outer", "reduceat", "at")
)

_SAMPLER_HOMES = ("random.", "random.Generator.", "random.RandomState.")
_KEYS = {"name", "summary", "extends", "functions", "price", "rates"}
_PRICE_KEYS = {"of", "samplers", "count", "weight", "dtype", "complex", "then", "logged_as"}


class PriceFileError(ValueError):
    """A price file that says something impossible; names the file, the key and what would do."""

    def __init__(self, file: str, key: str, what: str) -> None:
        super().__init__(f"{file}: {key}: {what}")
        self.file, self.key = file, key


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_weight(file: str, key: str, value: Any) -> float:
    """Return a weight, or raise `PriceFileError`."""
    if not _is_number(value) or value < 0:
        raise PriceFileError(file, key, f"a weight is a finite number >= 0, not {value!r}")
    return float(value)


def check_rate(file: str, dtype: str, value: Any) -> float:
    """Return the rate of a dtype, or raise `PriceFileError`."""
    if dtype not in DTYPES:
        raise PriceFileError(file, f"rates.{dtype}", f"no such dtype; known: {', '.join(DTYPES)}")
    if not _is_number(value) or value < 0:
        raise PriceFileError(
            file, f"rates.{dtype}", f"a rate is a finite number >= 0, not {value!r}"
        )
    return float(value)


@dataclass(frozen=True)
class Price:
    """What one operation costs.

    Attributes
    ----------
    count : str
        Formula of the count, before weight, rate and factor.
    weight : float
    dtype : str
        Rule that tells the billing dtype; empty: the price does not depend on it.
    complex : str
        Factor of a complex billing dtype as a decimal number, ``"exact"`` or ``"illegal"``.
    then : tuple of (str, str, str)
        More records of the same call: operation, formula of its count, dtype rule.
    logged_as : tuple of (str, str)
        A condition, and the operation that is billed instead when it holds.
    """

    count: str = ""
    weight: float | None = None
    dtype: str = ""
    complex: str = ""
    then: tuple[tuple[str, str, str], ...] = ()
    logged_as: tuple[str, str] | None = None


@dataclass(frozen=True)
class PriceList:
    """A price list with everything that it extends folded in."""

    name: str
    summary: str
    extends: str
    functions: Mapping[str, str]
    prices: Mapping[str, Price]
    rates: Mapping[str, float]
    own: frozenset[str] = field(default=frozenset())  # operations that the file itself mentions


def _named(file: str, key: str, entry: Mapping[str, Any], operations: set[str]) -> Iterable[str]:
    for name in str(entry.get("of", "")).split():
        if name not in operations:
            import difflib

            close = difflib.get_close_matches(name, operations, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise PriceFileError(file, key, f"there is no operation {name!r}{hint}")
        yield name
    for name in str(entry.get("samplers", "")).split():
        found = [home + name for home in _SAMPLER_HOMES if home + name in operations]
        if not found:
            raise PriceFileError(file, key, f"there is no sampler {name!r}")
        yield from found


def _factor(file: str, key: str, value: Any) -> str:
    if value in ("exact", "illegal"):
        return str(value)
    if not _is_number(value) or value < 0:
        raise PriceFileError(
            file, key, f"a factor is a number >= 0, 'exact' or 'illegal', not {value!r}"
        )
    return repr(float(value))


def _entry(file: str, key: str, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise PriceFileError(file, key, "a price is a table")
    for name in entry.keys() - _PRICE_KEYS:
        raise PriceFileError(file, f"{key}.{name}", f"no such key; known: {sorted(_PRICE_KEYS)}")
    if not entry.get("of") and not entry.get("samplers"):
        raise PriceFileError(file, key, "an entry names operations with 'of' or 'samplers'")
    given: dict[str, Any] = {}
    if "count" in entry:
        given["count"] = str(entry["count"])
    if "weight" in entry:
        given["weight"] = check_weight(file, f"{key}.weight", entry["weight"])
    if "dtype" in entry:
        given["dtype"] = str(entry["dtype"])
    if "complex" in entry:
        given["complex"] = _factor(file, f"{key}.complex", entry["complex"])
    if "then" in entry:
        given["then"] = tuple(
            (str(line["of"]), str(line["count"]), str(line["dtype"])) for line in entry["then"]
        )
    if "logged_as" in entry:
        given["logged_as"] = (str(entry["logged_as"]["when"]), str(entry["logged_as"]["of"]))
    if not given:
        raise PriceFileError(file, key, "an entry states nothing")
    return given


def _own_prices(
    file: str, document: Mapping[str, Any], operations: set[str]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for at, entry in enumerate(document.get("price", ())):
        key = f"price[{at}]"
        given = _entry(file, key, entry)
        for name in _named(file, key, entry, operations):
            before = found.setdefault(name, {})
            for twice in before.keys() & given.keys():
                raise PriceFileError(file, key, f"the {twice} of {name!r} is stated twice")
            before.update(given)
    return found


def _rates(file: str, document: Mapping[str, Any]) -> dict[str, float]:
    rates = document.get("rates", {})
    if not isinstance(rates, Mapping):
        raise PriceFileError(file, "rates", "rates are a table of numbers by dtype")
    found = {name: check_rate(file, name, value) for name, value in rates.items()}
    missing = [name for name in DTYPES if name not in found]
    if found and missing:
        raise PriceFileError(file, "rates", f"no rate for {', '.join(missing)}")
    return found


def _check_keys(file: str, document: Any) -> None:
    if not isinstance(document, Mapping):
        raise PriceFileError(file, "(top)", "a price file is a table")
    for key in document.keys() - _KEYS:
        raise PriceFileError(file, str(key), f"no such key; known: {', '.join(sorted(_KEYS))}")
    if not isinstance(document.get("name"), str) or not document["name"]:
        raise PriceFileError(file, "name", "a price list has a name")


def resolve(
    name: str,
    load: Callable[[str], tuple[str, Mapping[str, Any]]],
    operations: Iterable[str],
    _chain: tuple[str, ...] = (),
) -> PriceList:
    """Read a price list and what it extends.

    Parameters
    ----------
    name : str
        Of the list.
    load : callable
        Name to (file name for messages, parsed document).
    operations : iterable of str
        Names that may be priced.

    Raises
    ------
    PriceFileError
        Unknown keys or operations, negative or missing numbers, statements made twice, lists that
        extend each other, operations without a price.
    """
    file, document = load(name)
    _check_keys(file, document)
    if document["name"] != name:
        raise PriceFileError(file, "name", f"expected {name!r}, found {document['name']!r}")
    known = {*operations, *UFUNC_METHODS}
    base = PriceList("", "", "", {}, {}, {})
    extends = document.get("extends", "")
    if extends:
        if extends == name or extends in _chain:
            cycle = " -> ".join((*_chain, name, extends))
            raise PriceFileError(file, "extends", f"price lists extend each other: {cycle}")
        base = resolve(extends, load, operations, (*_chain, name))
    own = _own_prices(file, document, known)
    prices = dict(base.prices)
    for operation, given in own.items():
        prices[operation] = replace(prices.get(operation, Price()), **given)
    rates = _rates(file, document) or dict(base.rates)
    for operation in sorted(known):
        price = prices.get(operation, Price())
        if not price.count or (price.weight is None and operation not in UFUNC_METHODS):
            raise PriceFileError(file, operation, "has no count and weight in this list")
        if rates and (not price.dtype or not price.complex) and operation not in UFUNC_METHODS:
            raise PriceFileError(file, operation, "has no dtype rule and complex factor")
    return PriceList(
        name,
        str(document.get("summary", "")),
        extends,
        {**base.functions, **document.get("functions", {})},
        prices,
        rates,
        frozenset(own),
    )
