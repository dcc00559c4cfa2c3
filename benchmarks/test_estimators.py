"""What do whole programs cost, next to NumPy's? For ratios prefer `estimators.py`."""

from __future__ import annotations

from typing import Any

import pytest
from bench_cases import Side, open_side
from estimators import ESTIMATORS, REFERENCE, REFERENCE_WIDTH, he_network

SIZES = ((64, 32), (256, 8), (16, 64))


@pytest.mark.parametrize(("width", "depth"), SIZES, ids=lambda n: str(n))
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimator(benchmark: Any, name: str, width: int, depth: int, side: Side) -> None:
    if side.name == "reference" and (name not in REFERENCE or width > REFERENCE_WIDTH):
        pytest.skip("not asked of the reference meter")
    estimator = ESTIMATORS[name]
    plain = he_network(width, depth, seed=0)
    weights = [side.array(w) for w in plain]
    with open_side("numpy") as numpy:
        want = estimator(plain, numpy.xp)
    assert (estimator(weights, side.xp) == want).all()
    benchmark.group = f"{name} propagation, {width} x {depth}"
    benchmark.pedantic(estimator, args=(weights, side.xp), rounds=10, warmup_rounds=1)
