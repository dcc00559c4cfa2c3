"""Networks with their ground truth, drawn live or read from a dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from whestbench.domain import MLP, sample_mlp
from whestbench.naming import unique_names
from whestbench.scoring.spec import ContestSpec
from whestbench.seeds import NetworkSeeds, draw_run_seed, live_seeds
from whestbench.simulation import chunk_rows, sample_layer_statistics_chunk_count
from whestbench.truth.bill import sampling_breakdown
from whestbench.truth.cache import TruthCache
from whestbench.truth.kernel import LayerStatistics, layer_statistics

__all__ = ["ContestData", "draw_networks", "make_contest", "make_contest_from_dataset"]

Progress = Callable[[dict[str, Any]], None]
Sampler = Callable[..., LayerStatistics]


@dataclass(frozen=True)
class ContestData:
    """A contest ready to be scored.

    Attributes
    ----------
    spec : ContestSpec
    mlps : list of MLP
    all_layer_targets : list of numpy.ndarray, each (depth, width), float32
        True means.
    final_targets : list of numpy.ndarray, each (width,), float32
    avg_variances : list of float
        Mean variance of a last-layer activation, per network.
    sampling_breakdowns : list of dict or None
        Bill of the sampling, per network; None where a dataset does not tell.
    run_seed : int
        Seed of the whole contest, given to `setup`.
    """

    spec: ContestSpec
    mlps: list[MLP]
    all_layer_targets: list[np.ndarray[Any, Any]]
    final_targets: list[np.ndarray[Any, Any]]
    avg_variances: list[float]
    sampling_breakdowns: list[dict[str, Any] | None] = field(default_factory=list)
    run_seed: int = 0

    @property
    def noise_floor(self) -> float:
        """Mean squared error that the finite sampling of the truth alone leaves."""
        return float(np.mean(self.avg_variances)) / self.spec.ground_truth_samples


def draw_networks(width: int, depth: int, seeds: Sequence[NetworkSeeds]) -> list[MLP]:
    """The networks of a list of seeds, named."""
    names = unique_names([s.estimator for s in seeds])
    return [
        sample_mlp(width, depth, np.random.default_rng(s.weights), seed=s.estimator, name=name)
        for s, name in zip(seeds, names, strict=True)
    ]


def make_contest(
    spec: ContestSpec,
    progress: Progress | None = None,
    *,
    cache: TruthCache | None = None,
    sampler: Sampler = layer_statistics,
) -> ContestData:
    """Draw the networks of a contest and sample their truth.

    Parameters
    ----------
    spec : ContestSpec
        Without a seed, one is drawn and recorded in the result.
    progress : callable, optional
        Called with ``{"phase": "sampling_ground_truth", "completed", "total", "mlp_index",
        "mlp_name", "n_mlps", "mlp_completed", "mlp_total", "unit": "chunks"}``.
    cache : TruthCache, optional
        Where sampled truths are looked up and kept; none by default.
    sampler : callable, optional
        Replaces `whestbench.truth.layer_statistics`.

    Returns
    -------
    ContestData

    Examples
    --------
    >>> spec = ContestSpec(4, 2, 1, flop_budget=1000, ground_truth_samples=100, seed=0)
    >>> make_contest(spec).mlps[0].name
    'thomas-johnson'
    """
    spec.validate()
    run_seed = draw_run_seed() if spec.seed is None else spec.seed
    seeds = live_seeds(run_seed, spec.n_mlps)
    mlps = draw_networks(spec.width, spec.depth, seeds)
    n = spec.ground_truth_samples
    truths, bills = [], []
    for index, (mlp, network) in enumerate(zip(mlps, seeds, strict=True)):
        started = time.perf_counter()
        report = _chunk_progress(progress, index, mlp, spec) if progress is not None else None
        key = cache.key(mlp, network.samples, n) if cache is not None else ""
        truth = cache.load(key) if cache is not None else None
        if truth is None:
            truth = sampler(mlp, n, network.samples, progress=report)
            if cache is not None:
                cache.save(key, truth)
        elif report is not None:
            report(n, n)
        truths.append(truth)
        seconds = time.perf_counter() - started
        bills.append(sampling_breakdown(spec.width, spec.depth, n, seconds))
    return ContestData(
        spec=spec,
        mlps=mlps,
        all_layer_targets=[truth.means for truth in truths],
        final_targets=[truth.final for truth in truths],
        avg_variances=[truth.avg_variance for truth in truths],
        sampling_breakdowns=list(bills),
        run_seed=run_seed,
    )


def _chunk_progress(
    progress: Progress, index: int, mlp: MLP, spec: ContestSpec
) -> Callable[[int, int], None]:
    per_mlp = sample_layer_statistics_chunk_count(spec.width, spec.ground_truth_samples)
    rows = chunk_rows(spec.width)

    def report(done: int, wanted: int) -> None:
        completed = per_mlp if done >= wanted else done // rows
        progress(
            {
                "phase": "sampling_ground_truth",
                "completed": index * per_mlp + completed,
                "total": spec.n_mlps * per_mlp,
                "mlp_index": index,
                "mlp_name": mlp.name,
                "n_mlps": spec.n_mlps,
                "mlp_completed": completed,
                "mlp_total": per_mlp,
                "unit": "chunks",
            }
        )

    return report


def make_contest_from_dataset(
    spec: ContestSpec, dataset: Any, *, n_mlps: int | None = None
) -> ContestData:
    """A contest over the networks of a dataset, first to last.

    Parameters
    ----------
    spec : ContestSpec
        Width, depth, number of networks and of samples are replaced by the dataset's.
    dataset : object
        What `whestbench.load_dataset` returned, or one split of it.
    n_mlps : int, optional
        Only the first so many.

    Returns
    -------
    ContestData
    """
    from whestbench.dataset.contest import contest_of_rows

    return contest_of_rows(spec, dataset, n_mlps)
