"""Bills of contractions with symmetry, counted by enumeration.

An expression is a list of terms, each a string with one label per axis; an operand's symmetry is a
list of axis permutations (``p[a]`` is where axis ``a`` goes) that generate its group; operands that
are the same object share an identity class.  Everything is listed: row moves, group elements and
assignments of labels.

>>> swap = [(1, 0)]
>>> bill(["ij", "jk"], "ik", {"i": 3, "j": 3, "k": 3}).total
45
>>> bill(["ij", "jk"], "ik", {"i": 3, "j": 3, "k": 3}, [swap, swap], [0, 0]).total
30
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .groups import Move, closure

__all__ = ["Bill", "bill", "closure", "counts"]

Bijection = dict[str, str]
Lengths = Mapping[str, int]


@dataclass
class Operand:
    """A term with the group of its axes, listed. Originals have an identity, intermediates none."""

    term: str
    shape: tuple[int, ...]
    group: list[Move]
    identity: object = None
    sources: tuple[int, ...] = ()


@dataclass
class Bill:
    """What an expression bills, step by step, and the symmetry of its result.

    ``steps`` holds pairs of cost and source; ``products`` says how many of the total are
    multiplications; ``output_moves`` has every permutation of the output axes that leaves the
    result as it is, by where each axis goes.
    """

    total: int = 0
    products: int = 0
    steps: list[tuple[int, str]] = field(default_factory=list)
    output_moves: set[Move] = field(default_factory=set)


def label_group(operands: Sequence[Operand], lengths: Lengths) -> list[Bijection]:
    """List the label bijections that some row move carries out.

    A row move sends axis a of operand o to axis h_o(a) of operand p(o): p permutes operands that
    are the same object, and each h_o is an element of their group, chosen on its own.
    """
    classes: dict[object, list[int]] = {}
    for o, operand in enumerate(operands):
        identity = ("alone", o) if operand.identity is None else ("shared", operand.identity)
        classes.setdefault(identity, []).append(o)
    choices = []
    for members in classes.values():
        group = operands[members[0]].group
        choices.append(
            [
                list(zip(members, order, moves, strict=True))
                for order in itertools.permutations(members)
                for moves in itertools.product(group, repeat=len(members))
            ]
        )
    accepted: list[Bijection] = []
    for choice in itertools.product(*choices):
        pi: Bijection = {}
        fits = True
        for o, image, move in itertools.chain.from_iterable(choice):
            for a, label in enumerate(operands[o].term):
                there = operands[image].term[move[a]]
                fits = fits and pi.setdefault(label, there) == there
        fits = fits and len(set(pi.values())) == len(pi)
        fits = fits and all(lengths[x] == lengths[y] for x, y in pi.items())
        if fits and pi not in accepted:
            accepted.append(pi)
    return accepted


def restricted(group: Iterable[Bijection], labels: Iterable[str]) -> list[Bijection]:
    """Elements that map some labels to themselves, cut down to these, without repetition."""
    kept = set(labels)
    out: list[Bijection] = []
    for pi in group:
        if {pi[x] for x in kept} == kept:
            part = {x: pi[x] for x in sorted(kept)}
            if part not in out:
                out.append(part)
    return out


def assignments(labels: Iterable[str], lengths: Lengths) -> Iterable[dict[str, int]]:
    """All ways to give each label an index."""
    names = sorted(labels)
    for values in itertools.product(*(range(lengths[x]) for x in names)):
        yield dict(zip(names, values, strict=True))


def moved(assignment: Mapping[str, int], pi: Bijection) -> dict[str, int]:
    return {pi[x]: value for x, value in assignment.items()}


def frozen(assignment: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(assignment.items()))


def counts(
    labels: Iterable[str], output: Iterable[str], lengths: Lengths, group: Sequence[Bijection]
) -> tuple[int, int, int]:
    """Count M, alpha and omega: orbits, their output orbits, and all output orbits."""
    labels, kept = set(labels), set(output)
    preserving = restricted(group, kept)

    def output_orbit(part: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        return min(frozen(moved(part, pi)) for pi in preserving)

    products = additions = 0
    seen: set[tuple[tuple[str, int], ...]] = set()
    for element in assignments(labels, lengths):
        if frozen(element) in seen:
            continue
        orbit = [moved(element, pi) for pi in group]
        seen.update(frozen(y) for y in orbit)
        products += 1
        additions += len({output_orbit({x: y[x] for x in kept}) for y in orbit})
    outputs = len({output_orbit(part) for part in assignments(kept, lengths)})
    return products, additions, outputs


def removal_cost(operand: Operand, removed: set[str]) -> int:
    """Price summing labels out of one operand, its axes as they stand."""
    axes = [chr(ord("a") + i) for i in range(len(operand.term))]
    own = dict(zip(axes, operand.shape, strict=True))
    kept = [axis for axis, label in zip(axes, operand.term, strict=True) if label not in removed]
    group = [
        {axes[a]: axes[image] for a, image in enumerate(move)}
        for move in operand.group
        if all(own[axes[a]] == own[axes[image]] for a, image in enumerate(move))
    ]
    _, additions, outputs = counts(axes, kept, own, group)
    return max(0, additions - outputs)


def reduced(operand: Operand, removed: set[str]) -> Operand:
    """What is left of an operand without some labels; the setwise stabiliser is its group."""
    kept = [a for a, label in enumerate(operand.term) if label not in removed]
    group = {
        tuple(kept.index(move[a]) for a in kept)
        for move in operand.group
        if {move[a] for a in kept} == set(kept)
    }
    term = "".join(operand.term[a] for a in kept)
    shape = tuple(operand.shape[a] for a in kept)
    return Operand(term, shape, sorted(group), operand.identity, operand.sources)


def same_sum(a: Operand, b: Operand, removed_a: set[str], removed_b: set[str]) -> bool:
    """Tell whether two operands that are one object stay one after the removals.

    Some element of the group carries the removed axes of one onto those of the other, equal labels
    to equal labels, and keeps the remaining axes in order.
    """
    gone_a = [i for i, label in enumerate(a.term) if label in removed_a]
    gone_b = [i for i, label in enumerate(b.term) if label in removed_b]
    kept_a = [i for i in range(len(a.term)) if i not in gone_a]
    kept_b = [i for i in range(len(b.term)) if i not in gone_b]
    if bool(gone_a) != bool(gone_b):
        return False
    return any(
        [move[i] for i in kept_a] == kept_b
        and all(
            (a.term[i] == a.term[j]) == (b.term[move[i]] == b.term[move[j]])
            for i in gone_a
            for j in gone_a
        )
        for move in a.group
    )


def pre_reduce(operands: Sequence[Operand], output: str) -> tuple[int, list[Operand], set[str]]:
    """Sum out labels that only one operand of a step has; cost, operands, labels."""
    if len(operands) < 2:
        return 0, list(operands), set()
    removed = []
    for o, operand in enumerate(operands):
        elsewhere = set(output).union(*(p.term for q, p in enumerate(operands) if q != o))
        removed.append(set(operand.term) - elsewhere)
    cost = sum(
        removal_cost(operand, gone) for operand, gone in zip(operands, removed, strict=True) if gone
    )
    left = [reduced(operand, gone) for operand, gone in zip(operands, removed, strict=True)]
    for o, operand in enumerate(operands):
        first = next(
            p
            for p in range(o + 1)
            if p == o
            or (
                operand.identity is not None
                and operands[p].identity == operand.identity
                and same_sum(operands[p], operand, removed[p], removed[o])
            )
        )
        left[o].identity = None if operand.identity is None else (operand.identity, first)
    return cost, left, set().union(*removed)


def set_group(sources: Sequence[Operand], output: str, lengths: Lengths) -> list[Bijection]:
    """List the label bijections of some original operands that keep the output labels."""
    kept = set(output)
    return [pi for pi in label_group(sources, lengths) if {pi[x] for x in kept} == kept]


def price_step(
    operands: Sequence[Operand],
    output: str,
    lengths: Lengths,
    merged: Sequence[Operand] | None,
) -> tuple[int, int, str]:
    """Price one step as the cheapest of its three counts, pre-reductions on top.

    The cost, how many products it has, and which count it is.
    """
    extra, left, removed = pre_reduce(operands, output)
    k = len(operands)
    labels = set().union(*(operand.term for operand in left))
    products, additions, outputs = counts(labels, output, lengths, label_group(left, lengths))
    multiplied = (k - 1) * products
    offers = [(max(0, multiplied + additions - outputs), multiplied, "per-input")]
    if merged is not None:
        group = set_group(merged, output, lengths)
        every = set().union(*(operand.term for operand in operands))
        if every == set().union(*(operand.term for operand in merged)):
            joint = restricted(group, every - removed)
            products, _, outputs = counts(labels, output, lengths, joint)
            joint_cost = max(0, k * products - outputs)
            offers.append((joint_cost, (k - 1) * products, "joint-burnside"))
        outputs = counts(output, output, lengths, restricted(group, output))[0]
        if outputs < math.prod(lengths[x] for x in output):
            summed = math.prod(lengths[x] for x in labels - set(output))
            output_cost = outputs * max(0, k * summed - 1)
            offers.append((output_cost, outputs * (k - 1) * summed, "output-burnside"))
    cost, multiplied, source = min(offers, key=lambda offer: offer[0])
    return cost + extra, min(cost, multiplied), source


def as_moves(group: Iterable[Bijection], term: str) -> list[Move]:
    return sorted({tuple(term.index(pi[x]) for x in term) for pi in group})


def bill(
    inputs: Sequence[str],
    output: str,
    lengths: Lengths,
    groups: Sequence[Iterable[Move] | None] | None = None,
    identities: Sequence[object] | None = None,
    path: Sequence[Sequence[int]] | None = None,
    shapes: Sequence[tuple[int, ...]] | None = None,
) -> Bill:
    """Price an expression; three or more operands along a path of positions.

    Parameters
    ----------
    inputs, output : sequence of str, str
        One label per axis.
    lengths : mapping of str to int
        Length of each label.
    groups : sequence, optional
        Generators of each operand's symmetry, or None.
    identities : sequence, optional
        Operands that are the same object have equal entries.
    path : sequence of sequences of int, optional
        Positions to contract, results appended last.
    shapes : sequence of tuple of int, optional
        Shapes of the operands, where a label of length n has length 1 in some of them.

    Returns
    -------
    Bill
    """
    originals = [
        Operand(
            term,
            shapes[o] if shapes else tuple(lengths[x] for x in term),
            closure((groups[o] if groups else None) or [], len(term)),
            identities[o] if identities else o,
            (o,),
        )
        for o, term in enumerate(inputs)
    ]
    result = Bill()

    def add_step(chosen: Sequence[Operand], term: str, merged: Sequence[Operand] | None) -> None:
        cost, products, source = price_step(chosen, term, lengths, merged)
        result.steps.append((cost, source))
        result.total += cost
        result.products += products

    if len(originals) < 3:
        add_step(originals, output, None)
        group = set_group(originals, output, lengths)
        result.output_moves = set(as_moves(restricted(group, output), output))
        return result
    operands = list(originals)
    for positions in path or ():
        chosen = [operands.pop(i) for i in sorted(positions, reverse=True)]
        needed = set(output).union(*(operand.term for operand in operands))
        labels = dict.fromkeys("".join(operand.term for operand in chosen))
        term = "".join(x for x in labels if x in needed) if operands else output
        sources = tuple(s for operand in chosen for s in operand.sources)
        merged = [originals[s] for s in sources]
        add_step(chosen, term, merged)
        group = restricted(set_group(merged, term, lengths), term)
        shape = tuple(lengths[x] for x in term)
        operands.append(Operand(term, shape, as_moves(group, term), None, sources))
    result.output_moves = set(operands[0].group)
    return result
