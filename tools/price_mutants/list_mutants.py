"""Changes of the price lists, judged by the bills and weights that tables pin.

Nothing is compiled: a changed formula is evaluated on the facts of recorded charges.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flopscope.pricing.formula import FormulaError
from flopscope.pricing.price_file import PriceFileError
from price_mutants.changes import changes
from price_mutants.charges import NOTHING, Charge
from price_mutants.lists import Lists, Priced, bill_of, price_of, resolved

__all__ = ["ListMutant", "Pinned", "is_killed", "list_mutants", "verified"]


Charges = dict[tuple[str, str], list[Charge]]


class ListMutant(NamedTuple):
    """A changed document: its list, what was changed, and all documents with the change."""

    name: str
    price_list: str
    documents: Mapping[str, Any]


class Pinned(NamedTuple):
    """What mutants are judged by."""

    lists: Lists
    charges: Mapping[tuple[str, str], Sequence[Charge]]  # by list and operation
    weights: Mapping[tuple[str, str], float]


def _changed_texts(text: str) -> Iterator[str]:
    """A formula with one change, each in turn."""
    pieces = [piece.strip() for piece in text.split(";")]
    for at, piece in enumerate(pieces):
        name, equals, value = piece.partition("=") if at < len(pieces) - 1 else ("", "", piece)
        tree = ast.parse(value.strip(), mode="eval")
        for changed, _ in changes(tree):
            new = f"{name.strip()} {equals} {ast.unparse(changed)}".strip()
            yield "; ".join([*pieces[:at], new, *pieces[at + 1 :]])


def _with(given: Mapping[str, Any], name: str, edit: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Documents in which one entry of one is another."""
    document = {**given[name]}
    kind, at = edit[0], edit[1]
    document[kind] = copy.copy(document[kind])
    if kind == "functions":
        document[kind][at] = value
    else:
        document[kind][at] = {**document[kind][at], edit[2]: value}
    return {**given, name: document}


def list_mutants(given: Mapping[str, Any], only: str = "") -> Iterator[ListMutant]:
    """Every change of a constant, an operator, a comparison, a branch or a weight."""
    for name, document in given.items():
        texts = [
            (f"{name}: {signature}", ("functions", signature), text)
            for signature, text in document.get("functions", {}).items()
        ]
        for at, entry in enumerate(document["price"]):
            words = str(entry.get("of") or entry["samplers"]).split()
            title = f"{name}: {words[0]}" + (", ..." if len(words) > 1 else "")
            if "count" in entry:
                texts.append((title, ("price", at, "count"), entry["count"]))
            if "weight" in entry and only in title:
                weight = entry["weight"] + 1
                documents = _with(given, name, ("price", at, "weight"), weight)
                yield ListMutant(f"{title}: weight {entry['weight']} -> {weight}", name, documents)
        for title, edit, text in texts:
            if only in title:
                plain = " ".join(text.split())
                for changed in _changed_texts(plain):
                    mutant = _with(given, name, edit, changed)
                    yield ListMutant(f"{title}: {plain} -> {changed}", name, mutant)


def verified(lists: Lists, charges: Sequence[Charge]) -> tuple[Charges, list[Charge]]:
    """Sort charges by list and operation; those whose bill the formulas do not give come second."""
    good: Charges = {}
    bad = []
    for charge in dict.fromkeys(charges):
        price = price_of(lists, charge.price_list, charge.op_name)
        try:
            agrees = _outcome(price, charge) == charge.bill
        except NameError:  # its facts were not told
            continue
        if agrees:
            good.setdefault((charge.price_list, charge.op_name), []).append(charge)
        else:
            bad.append(charge)
    return good, bad


def _outcome(price: Priced, charge: Charge) -> int:
    if charge.bill == NOTHING:
        return NOTHING if price.count == "0" else 0
    return bill_of(price, charge)


def _sees(price: Priced, charge: Charge) -> bool:
    try:
        return _outcome(price, charge) != charge.bill
    except NameError:
        return False
    except (FormulaError, ArithmeticError, TypeError, ValueError):
        return True


def is_killed(mutant: ListMutant, pinned: Pinned) -> bool:
    """Whether a pinned weight or bill differs, or the lists are refused."""
    try:
        lists = resolved(mutant.documents)
    except (PriceFileError, FormulaError):
        return True
    for (price_list, op_name), weight in pinned.weights.items():
        price = lists[price_list].get(op_name)
        if price is not None and price.weight != weight:
            return True
    for (price_list, op_name), charges in pinned.charges.items():
        price = price_of(lists, price_list, op_name)
        before = price_of(pinned.lists, price_list, op_name)
        if price != before and any(_sees(price, charge) for charge in charges):
            return True
    return False
