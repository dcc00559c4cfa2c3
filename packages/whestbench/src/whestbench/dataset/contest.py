"""A contest over the networks of a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from whestbench.dataset.load import metadata, row_mappings
from whestbench.domain import MLP
from whestbench.scoring.contest import ContestData
from whestbench.scoring.spec import ContestSpec

__all__ = ["contest_of_rows"]


def contest_of_rows(spec: ContestSpec, dataset: Any, n_mlps: int | None = None) -> ContestData:
    """See `whestbench.scoring.make_contest_from_dataset`."""
    found = metadata(dataset)
    protocol = found["seed_protocol"]["version"]
    mlps, means, variances, bills = [], [], [], []
    rows: Iterable[Mapping[str, Any]] = row_mappings(dataset, n_mlps)
    for row in rows:
        mlps.append(MLP.from_row(row, protocol))
        means.append(np.asarray(row["all_layer_means"], dtype=np.float32))
        variances.append(float(row["avg_variance"]))
        bills.append(_bill(row.get("sampling_budget_breakdown")))
    complete = replace(
        spec,
        width=found["width"],
        depth=found["depth"],
        n_mlps=len(mlps),
        ground_truth_samples=found["n_samples"],
    )
    complete.validate()
    return ContestData(
        spec=complete,
        mlps=mlps,
        all_layer_targets=means,
        final_targets=[layers[-1] for layers in means],
        avg_variances=variances,
        sampling_breakdowns=bills,
        run_seed=spec.seed or 0,
    )


def _bill(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    usable = isinstance(found, dict) and isinstance(found.get("by_namespace"), dict)
    return found if usable else None
