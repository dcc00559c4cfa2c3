"""The contest of an evaluator: drawn or read once, and its truth kept from then on."""

from __future__ import annotations

from pathlib import Path

from whestbench.scoring import ContestData, ContestSpec, make_contest
from whestbench.server.settings import ServerSettings
from whestbench.truth.cache import TruthCache

__all__ = ["contest_of", "spec_of"]


def spec_of(settings: ServerSettings) -> ContestSpec:
    """The parameters as pages state them; a dataset tells its own shape."""
    if settings.dataset is None:
        return settings.spec
    from dataclasses import replace

    from whestbench.dataset.local import LocalDataset

    dataset = LocalDataset(Path(settings.dataset), settings.split)
    return replace(
        settings.spec,
        width=dataset.width,
        depth=dataset.depth,
        n_mlps=min(settings.spec.n_mlps, dataset.n_mlps),
        ground_truth_samples=dataset.metadata["n_samples"],
    )


def contest_of(settings: ServerSettings) -> ContestData:
    """Networks and truth."""
    if settings.dataset is None:
        return make_contest(settings.spec, cache=TruthCache(settings.data / "truth"))
    from whestbench.dataset.contest import contest_of_rows
    from whestbench.dataset.local import LocalDataset

    spec = spec_of(settings)
    return contest_of_rows(spec, LocalDataset(Path(settings.dataset), settings.split), spec.n_mlps)
