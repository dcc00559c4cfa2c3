"""What contractions cost in time: cold pricing, warm calls, and einsum next to NumPy's.

    python benchmarks/contractions.py                   all three parts
    python benchmarks/contractions.py --part execution  one of pricing, warm, execution

Sides take turns, and the shortest of many rounds is given. `execution` compares ``fnp.einsum`` with
``np.einsum(..., optimize=True)``; both results are compared first.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp

LABELS = "abcdefghijklmnopqrstuvwxyz"

EXECUTED = """
ij,jk->ik ij,kj->ik ji,jk->ik bij,bjk->bik ij,ij-> ij,ij->ij i,j->ij ij->ji ii-> ii->i ij->i ij->
ijk,kl->ijl ijk,jkl->il abc,bad->dc ab,bc,cd->ad ab,bc,cd,de->ae ij,jk,ki-> bhqd,bhkd->bhqk
bhqk,bhkd->bhqd ij,j->i j,ij->i abcd,cd->ab abij,ijkl->abkl ab,ab,ab->a ijk,ijk->k ijk->kji
aij,ajk,akl->ail i,i-> i,i,i-> iij->j ij,i->ij
""".split()


def shortest(calls: dict[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Microseconds of the shortest call of each."""
    best = dict.fromkeys(calls, math.inf)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], 1e6 * (time.perf_counter() - start))
    return best


def forget() -> None:
    """Empty every cache of prices and paths."""
    flops.clear_cache()
    flops.einsum_clear_caches()
    flops.reduction_clear_cache()


def symmetric(order: int, n: int) -> Any:
    group = flops.SymmetryGroup.symmetric(axes=tuple(range(order)))
    return flops.as_symmetric(np.ones((n,) * order), symmetry=group)


def cold_cases() -> Iterator[tuple[str, float, Callable[[], Any]]]:
    """Yield what is priced, the goal in microseconds, and a call that has not been made before."""
    for order, goal in ((4, 100.0), (6, 1000.0), (8, 10_000.0)):
        tensor, vector = symmetric(order, 3), fnp.ones(3)
        labels = LABELS[:order]
        subscripts = f"{labels},{labels[-1]}->{labels[:-1]}"

        def price(subscripts: str = subscripts, tensor: Any = tensor, vector: Any = vector) -> None:
            flops.einsum_accumulation_cost(subscripts, tensor, vector)

        yield f"symmetric order {order} times vector", goal, price

    rng = random.Random(0)

    def path_of_16() -> None:
        # Other labels and lengths each time: no cache can know them.
        names = rng.sample(LABELS, 17)
        sizes = [rng.randint(2, 5) for _ in names]
        operands = [fnp.empty((sizes[i], sizes[i + 1])) for i in range(16)]
        terms = ",".join(names[i] + names[i + 1] for i in range(16))
        fnp.einsum_path(f"{terms}->{names[0]}{names[16]}", *operands)

    yield "einsum_path of a chain of 16, with its operands", 300.0, path_of_16
    matrix = fnp.ones((2, 2))
    chain = ",".join(LABELS[i : i + 2] for i in range(16)) + f"->{LABELS[0]}{LABELS[16]}"
    yield (
        "one operand 16 times in a chain",
        20_000.0,
        lambda: flops.einsum_accumulation_cost(chain, *[matrix] * 16),
    )


def pricing() -> bool:
    """Price what has not been priced before."""
    is_good = True
    for name, goal, price in cold_cases():
        best = math.inf
        for _ in range(50):
            forget()
            start = time.perf_counter()
            price()
            best = min(best, 1e6 * (time.perf_counter() - start))
        is_good = is_good and best <= goal
        print(f"{name:50s} {best:8.0f} us   goal {goal:6.0f} {'ok' if best <= goal else 'MISSED'}")
    return is_good


def warm() -> bool:
    """Repeat calls whose price and plan are known."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    tensor, vector = symmetric(4, 3), fnp.asarray(np.ones(3))
    plain, ones = np.ones((3,) * 4), np.ones(3)
    x, y = fnp.asarray(a), fnp.asarray(b)
    is_good = True
    for name, goal, ours, theirs in (
        (
            "two operands",
            1.0,
            lambda: fnp.einsum("ij,jk->ik", x, y),
            lambda: np.einsum("ij,jk->ik", a, b),
        ),
        (
            "symmetric order 4 times vector",
            10.0,
            lambda: fnp.einsum("ijkl,l->ijk", tensor, vector),
            lambda: np.einsum("ijkl,l->ijk", plain, ones),
        ),
    ):
        us = shortest({"ours": ours, "NumPy": theirs}, 0.5)
        extra = us["ours"] - us["NumPy"]
        is_good = is_good and extra <= goal
        print(
            f"{name:50s} {us['ours']:8.2f} us   {extra:+6.2f} to NumPy, goal {goal:+.0f} "
            f"{'ok' if extra <= goal else 'MISSED'}"
        )
    return is_good


def execution(sizes: tuple[int, ...] = (4, 16, 48)) -> bool:
    """Run expressions of one to four operands."""
    rng = np.random.default_rng(0)
    slower = 0
    ratios = []
    for n in sizes:
        for subscripts in EXECUTED:
            terms = subscripts.split("->")[0].split(",")
            if n ** len(set("".join(terms))) > 20_000_000:
                continue
            plain = [rng.standard_normal((n,) * len(term)) for term in terms]
            counted = [fnp.asarray(x) for x in plain]
            calls = {
                "ours": lambda s=subscripts, ys=counted: fnp.einsum(s, *ys),
                "NumPy": lambda s=subscripts, xs=plain: np.einsum(s, *xs, optimize=True),
            }
            np.testing.assert_allclose(
                np.asarray(calls["ours"]()), calls["NumPy"](), rtol=1e-9, atol=1e-9 * n
            )
            us = shortest(calls, 0.15)
            if us["ours"] > 1.05 * us["NumPy"]:  # a busy machine? look again, for longer
                us = shortest(calls, 2.0)
            ratios.append(us["ours"] / us["NumPy"])
            if ratios[-1] > 1.05:
                slower += 1
                print(f"  {n:3d} {subscripts:18s} {us['ours']:.1f} us, NumPy {us['NumPy']:.1f}")
    print(
        f"einsum next to np.einsum(optimize=True): {len(ratios)} expressions, {slower} slower by "
        f"more than 5 %, time {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f} of its "
        f"(geometric mean), at worst {max(ratios):.2f}"
    )
    return slower == 0


def main() -> int:
    """Print the figures; the status is 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parts = {"pricing": pricing, "warm": warm, "execution": execution}
    parser.add_argument("--part", choices=parts, action="append")
    options = parser.parse_args()
    with flops.BudgetContext(10**18, quiet=True):
        good = [parts[part]() for part in options.part or parts]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
