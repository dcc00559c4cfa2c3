"""The price lists as documents, and what operations cost under lists of changed documents."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from make_cost_models import DATA, Generator

from flopscope.pricing.formula import Formula, Function
from flopscope.pricing.price_file import resolve
from price_mutants.charges import Charge
from price_mutants.collectors import names_of

__all__ = ["Lists", "Priced", "bill_of", "documents", "price_of", "resolved"]

_OPERATIONS = Generator().priced()

Functions = tuple[tuple[str, str], ...]


class Priced(NamedTuple):
    """A formula with the functions it may call, and a weight."""

    count: str
    functions: Functions
    weight: float


Lists = dict[str, dict[str, Priced]]


def documents() -> dict[str, Any]:
    """The documents of all lists, by name."""
    return {path.stem: Generator.load(path.stem)[1] for path in sorted(DATA.glob("*.toml"))}


def resolved(given: Mapping[str, Any]) -> Lists:
    """What every operation costs under every list."""
    found: Lists = {}
    for name in given:
        prices = resolve(name, lambda wanted: (wanted, given[wanted]), _OPERATIONS)
        functions = tuple(prices.functions.items())
        found[name] = {
            operation: Priced(price.count, functions, 1.0 if price.weight is None else price.weight)
            for operation, price in prices.prices.items()
        }
    return found


def price_of(lists: Lists, price_list: str, op_name: str) -> Priced:
    """Find a price; a method of a ufunc has the formula of all such, and the ufunc's weight."""
    prices = lists[price_list]
    if op_name in prices:
        return prices[op_name]
    base, _, method = op_name.rpartition(".")
    return prices[f"ufunc.{method}"]._replace(weight=prices[base].weight)


@lru_cache(512)
def _functions(texts: Functions) -> dict[str, Function]:
    known: dict[str, Function] = {}
    for signature, text in texts:
        function = Function(signature, text, known)
        known[function.name] = function
    return known


@lru_cache(8192)
def _formula(text: str, names: tuple[str, ...], functions: Functions) -> Formula:
    return Formula(text, names, _functions(functions))


def bill_of(price: Priced, charge: Charge) -> int:
    """What a charge would be billed. Raises NameError where a fact is not told."""
    formula = _formula(price.count, tuple(names_of(charge.op_name)), price.functions)
    count = formula.evaluate(dict(charge.facts))
    return int(Fraction(count) * Fraction(price.weight))
