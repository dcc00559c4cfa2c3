"""How fast paths are found, and how good they are, next to opt_einsum and cotengrust.

    python benchmarks/paths.py             every network
    python benchmarks/paths.py --quick     small ones only

Each figure is the shortest of a few rounds, in which the sides take turns and what is quick is
called in a loop, from Python with conversion and all. Labels are single characters, as in
`opt_einsum.contract`. Costs are opt_einsum's FLOP count. cotengrust is left out where it is not
installed. Its `optimal` is asked to look at outer products where ours does (`optimal`) and not
where ours does not (`dp`), and goes no further than 16 and 20 operands here.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from typing import Any

import opt_einsum
import opt_einsum.paths as theirs
from opt_einsum.path_random import random_greedy_128, ssa_path_compute_cost

from flopscope import paths

try:
    import cotengrust
except ImportError:
    cotengrust = None

# Of each method and rival, how many times faster ours was, network by network.
gains: dict[tuple[str, str], list[float]] = {}

Problem = tuple[list[frozenset[str]], frozenset[str], dict[str, int]]
EXACT_TO = 20
DP_TO = 12


def from_edges(edges: list[tuple[Any, Any]], sizes: list[int], rng: random.Random) -> Problem:
    inputs: dict[Any, set[str]] = {}
    for number, ends in enumerate(edges):
        for end in ends:
            inputs.setdefault(end, set()).add(f"e{number}")
    size_dict = {f"e{number}": rng.choice(sizes) for number in range(len(edges))}
    return [frozenset(labels) for labels in inputs.values()], frozenset(), size_dict


def regular(count: int) -> Problem:
    rng = random.Random(count)
    while True:
        stubs = [node for node in range(count) for _ in range(3)]
        rng.shuffle(stubs)
        edges = list(zip(stubs[::2], stubs[1::2], strict=False))
        if all(a != b for a, b in edges):
            return from_edges(edges, [2, 3, 4, 5, 6], rng)


def chain(count: int) -> Problem:
    rng = random.Random(count)
    return from_edges([(i, i + 1) for i in range(count - 1)], [2, 5, 9, 20, 50], rng)


def tree(count: int) -> Problem:
    rng = random.Random(count)
    return from_edges([(i, rng.randrange(i)) for i in range(1, count)], [2, 3, 4], rng)


def lattice(side: int) -> Problem:
    nodes = [(x, y) for x in range(side) for y in range(side)]
    edges = [((x, y), (x + 1, y)) for x, y in nodes if x + 1 < side]
    edges += [((x, y), (x, y + 1)) for x, y in nodes if y + 1 < side]
    return from_edges(edges, [2], random.Random(0))


def layered(layer: Problem, size: int) -> Problem:
    """The norm of a tensor network state: two copies joined by one label per node."""
    inputs, _, sizes = layer
    doubled = [
        frozenset({f"{c}{x}" for x in t} | {f"p{i}"}) for c in "ab" for i, t in enumerate(inputs)
    ]
    size_dict = {f"{c}{x}": n for c in "ab" for x, n in sizes.items()}
    return doubled, frozenset(), size_dict | {f"p{i}": size for i in range(len(inputs))}


def with_letters(problem: Problem) -> Problem:
    """Rename labels to single characters, which cotengrust needs."""
    inputs, output, sizes = problem
    letter = {label: opt_einsum.get_symbol(i) for i, label in enumerate(sizes)}
    renamed = [frozenset(letter[label] for label in term) for term in inputs]
    return (
        renamed,
        frozenset(letter[label] for label in output),
        {letter[label]: size for label, size in sizes.items()},
    )


def problems(quick: bool) -> dict[str, Problem]:
    out = {f"regular {n}": regular(n) for n in (4, 6, 8, 10, 12, 14, 16, 18, 20)}
    if quick:
        return out
    out |= {f"regular {n}": regular(n) for n in (30, 40, 60, 80)}
    out |= {f"chain {n}": chain(n) for n in (10, 20, 80)}
    out |= {f"tree {n}": tree(n) for n in (10, 20, 80)}
    out |= {f"lattice {n}x{n}": lattice(n) for n in (4, 6, 8, 10)}
    out["MPS norm 20"] = layered(
        from_edges([(i, i + 1) for i in range(19)], [8], random.Random(0)), 2
    )
    out["PEPS norm 4x4"] = layered(lattice(4), 2)
    return out


def cost_of(path: Any, problem: Problem) -> float:
    return float(ssa_path_compute_cost(theirs.linear_to_ssa(path), *problem)[0])


def timed(call: Callable[[], Any], calls: int) -> float:
    """Microseconds per call."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return 1e6 * (time.perf_counter() - start) / calls


def fastest(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Microseconds per call in the shortest round of each; a round takes half a millisecond."""
    best = dict.fromkeys(calls, math.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            once = timed(call, 1)
            best[name] = min(best[name], once, timed(call, max(1, int(500 / once))))
    return best


def show(name: str, title: str, us: dict[str, float], costs: dict[str, float]) -> None:
    own = next(iter(us))
    text = f"{name:14s} {title:8s} {us[own]:9.1f} us"
    for other in list(us)[1:]:
        text += f"   {us[other] / us[own]:7.1f} x faster than {other}"
        gains.setdefault((title, other), []).append(us[other] / us[own])
        if other in costs:
            text += f" (cost {costs[own] / costs[other]:.4f} of its)"
    print(text, flush=True)


def measure(name: str, problem: Problem) -> dict[str, float]:
    count = len(problem[0])
    lists = [sorted(term) for term in problem[0]], sorted(problem[1]), problem[2]

    def compare(title: str, calls: dict[str, Callable[[], Any]], rounds: int) -> float:
        us = fastest(calls, rounds)
        show(name, title, us, {side: cost_of(call(), problem) for side, call in calls.items()})
        return next(iter(us.values()))

    calls: dict[str, Callable[[], Any]] = {"flopscope": lambda: paths.greedy(*problem)}
    calls["opt_einsum"] = lambda: theirs.greedy(*problem)
    if cotengrust:
        calls["cotengrust"] = lambda: cotengrust.optimize_greedy(*lists)
    compare("greedy", calls, 20)
    assert paths.greedy(*problem) == theirs.greedy(*problem)

    if count <= EXACT_TO:
        for title in ("optimal", "dp"):
            find = getattr(paths, title)
            calls = {"flopscope": lambda find=find: find(*problem)}
            if cotengrust and count <= (16 if title == "optimal" else 20):
                outer = title == "optimal"
                calls["cotengrust"] = lambda outer=outer: cotengrust.optimize_optimal(
                    *lists, search_outer=outer
                )
            if title == "optimal" and count <= 6:
                calls["opt_einsum"] = lambda: theirs.optimal(*problem)
            if title == "dp" and count <= DP_TO:
                calls["opt_einsum"] = lambda: theirs.dynamic_programming(*problem)
            compare(title, calls, 3)

    ratios = {}
    is_small = count <= DP_TO
    reference = theirs.auto_hq if is_small else random_greedy_128
    theirs_is = "auto-hq" if is_small else "random-greedy-128"
    for title in ("auto", "auto_hq"):
        find = getattr(paths, title)
        calls = {"flopscope": lambda find=find: find(*problem)}
        calls[theirs_is] = lambda: reference(*problem)
        compare(title, calls, 1)
        ratios[title] = cost_of(find(*problem), problem) / cost_of(reference(*problem), problem)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small networks only")
    quick = parser.parse_args().quick
    ratios = [measure(name, with_letters(problem)) for name, problem in problems(quick).items()]
    for (title, other), found in gains.items():
        mean = math.exp(sum(map(math.log, found)) / len(found))
        print(
            f"{title:8s} {mean:7.1f} x faster than {other} in the mean (geometric), "
            f"{min(found):.1f} at least, over {len(found)} networks"
        )
    for title in ("auto", "auto_hq"):
        kept = sum(ratio[title] <= 1 for ratio in ratios)
        print(f"{title}: no dearer than opt_einsum's search on {kept} of {len(ratios)} networks")


if __name__ == "__main__":
    main()
