"""Baking a dataset: draw networks, sample their truth, write parquet and metadata."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from whestbench.dataset.card import dataset_card
from whestbench.dataset.schema import FORMAT, SCHEMA_VERSION, check_name, parquet_path
from whestbench.dataset.table import write_rows
from whestbench.domain import MLP, sample_mlp
from whestbench.hardware import host
from whestbench.naming import unique_names
from whestbench.report.build import utc_now
from whestbench.seeds import (
    PROTOCOL_3,
    PROTOCOL_NAMES,
    check_input_seeds,
    draw_input_seeds,
    network_seeds,
)
from whestbench.truth.bill import sampling_breakdown
from whestbench.truth.cache import TruthCache
from whestbench.truth.kernel import LayerStatistics, layer_statistics

__all__ = ["create_dataset", "new_folder", "write_metadata"]

Progress = Callable[[dict[str, Any]], None]


def create_dataset(
    *,
    n_mlps: int,
    n_samples: int,
    width: int,
    depth: int,
    output_path: str | Path,
    mlp_seeds: Sequence[int] | None = None,
    split: str = "public",
    config: str = "default",
    mlp_range: tuple[int, int] | None = None,
    progress: Progress | None = None,
    cache: TruthCache | None = None,
    sampler: Callable[..., LayerStatistics] = layer_statistics,
    backend: dict[str, Any] | None = None,
    **refused: Any,
) -> Path:
    """Bake a dataset under seed protocol 3.0.

    Parameters
    ----------
    n_mlps : int
        Networks of the whole set.
    n_samples : int
        Random inputs per network.
    width, depth : int
    output_path : path
        A folder that does not exist yet; it appears when everything is written.
    mlp_seeds : sequence of int, optional
        Exactly `n_mlps` distinct integers in ``[0, 2**63)``; drawn when left out.
    split, config : str
        Names such as ``public`` or ``phase-1``.
    mlp_range : (int, int), optional
        Bake only the networks ``start`` to ``end - 1``; needs `mlp_seeds`, so that the parts
        belong together. The rows equal those of a bake of the whole set, bit for bit.
    progress : callable, optional
        Events as `whestbench.scoring.make_contest` gives.
    cache : TruthCache, optional
        Where sampled truths are looked up and kept, so that an interrupted bake goes on.
    sampler : callable, optional
        Replaces `whestbench.truth.layer_statistics`.
    backend : dict, optional
        Metadata about another sampler.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    TypeError
        For ``seed=``: a set has a seed per network.
    FileExistsError
        When the folder exists.
    ValueError
        For anything else that is wrong, before any work.
    """
    if "seed" in refused:
        raise TypeError("create_dataset takes no seed=: give one seed per network in mlp_seeds=")
    if refused:
        raise TypeError(f"create_dataset got unknown arguments: {', '.join(sorted(refused))}")
    counts = {"n_mlps": n_mlps, "n_samples": n_samples, "width": width, "depth": depth}
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a positive integer, not {value!r}")
    check_name("split", split)
    check_name("config", config)
    start, end = _check_range(mlp_range, n_mlps, mlp_seeds)
    seeds = draw_input_seeds(n_mlps) if mlp_seeds is None else check_input_seeds(mlp_seeds, n_mlps)
    partial = (start, end) != (0, n_mlps)
    metadata: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "format": FORMAT,
        "backend": "flopscope",
        "seed_protocol": {"name": PROTOCOL_NAMES[PROTOCOL_3], "version": PROTOCOL_3},
        "created_at_utc": utc_now(),
        "split": split,
        "config": config,
        "n_mlps": end - start,
        "n_samples": n_samples,
        "width": width,
        "depth": depth,
        "hardware": host(),
        **_versions(),
        **(backend or {}),
    }
    if partial:
        metadata |= {
            "is_partial": True,
            "mlp_range": [start, end],
            "total_n_mlps": n_mlps,
            "mlp_seeds_sha256": hashlib.sha256(json.dumps(seeds).encode()).hexdigest(),
        }
    with new_folder(output_path) as folder:
        rows = _rows(seeds, start, end, width, depth, n_samples, progress, cache, sampler)
        write_rows(parquet_path(folder, split), rows, width, depth)
        write_metadata(folder, metadata)
    return Path(output_path)


def _versions() -> dict[str, str]:
    import flopscope
    from whestbench._version import __version__

    return {"whestbench_version": __version__, "flopscope_version": flopscope.__version__}


def _check_range(
    mlp_range: tuple[int, int] | None, n_mlps: int, mlp_seeds: Sequence[int] | None
) -> tuple[int, int]:
    if mlp_range is None:
        return 0, n_mlps
    start, end = (int(bound) for bound in mlp_range)
    if not 0 <= start < end <= n_mlps:
        raise ValueError(
            f"mlp_range ({start}, {end}) is no part of 0 to {n_mlps}: the end is not included"
        )
    if mlp_seeds is None and (start, end) != (0, n_mlps):
        raise ValueError(
            "a part needs mlp_seeds for the whole set: drawn seeds would differ between parts"
        )
    return start, end


def _rows(
    seeds: Sequence[int],
    start: int,
    end: int,
    width: int,
    depth: int,
    n: int,
    progress: Progress | None,
    cache: TruthCache | None,
    sampler: Callable[..., LayerStatistics],
) -> Iterator[dict[str, Any]]:
    streams = [network_seeds(seed) for seed in seeds]
    # Of the whole set, then sliced: a part has the names that the whole would give it.
    names = unique_names([stream.estimator for stream in streams])
    size = getattr(sampler, "mlps_per_batch", 1)  # a sampler may carry several networks at once
    for first in range(start, end, size):
        batch = range(first, min(first + size, end))
        mlps = [
            sample_mlp(width, depth, streams[i].weights, seed=streams[i].estimator, name=names[i])
            for i in batch
        ]
        began = time.perf_counter()
        report = _report(progress, first - start, end - start, mlps[0].name)
        samples = [streams[i].samples for i in batch]
        truths = _truths(mlps, n, samples, cache, sampler, report)
        seconds = (time.perf_counter() - began) / len(batch)
        if progress is not None:
            _report(progress, batch[-1] - start, end - start, mlps[-1].name)(n, n)  # type: ignore[misc]
        for index, mlp, truth in zip(batch, mlps, truths, strict=True):
            yield {
                "mlp_id": index,
                "mlp_name": mlp.name,
                "mlp_seed": seeds[index],
                "weights": np.stack([np.asarray(w) for w in mlp.weights]),
                "all_layer_means": truth.means,
                "final_means": truth.final,
                "avg_variance": truth.avg_variance,
                "sampling_budget_breakdown": json.dumps(
                    sampling_breakdown(width, depth, n, seconds)
                ),
            }


def _truths(
    mlps: list[MLP],
    n: int,
    samples: list[np.random.SeedSequence],
    cache: TruthCache | None,
    sampler: Callable[..., Any],
    report: Callable[[int, int], None] | None,
) -> list[LayerStatistics]:
    if len(mlps) > 1:
        batch: list[LayerStatistics] = sampler.sample_many(  # type: ignore[attr-defined]
            mlps, n, samples, progress=report
        )
        return batch
    key = cache.key(mlps[0], samples[0], n) if cache is not None else ""
    truth: LayerStatistics | None = cache.load(key) if cache is not None else None
    if truth is None:
        truth = sampler(mlps[0], n, samples[0], progress=report)
        if cache is not None:
            cache.save(key, truth)
    return [truth]


def _report(
    progress: Progress | None, position: int, n_mlps: int, name: str
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None

    def report(done: int, wanted: int) -> None:
        progress(
            {
                "phase": "sampling_ground_truth",
                "completed": position * wanted + done,
                "total": n_mlps * wanted,
                "mlp_index": position,
                "mlp_name": name,
                "n_mlps": n_mlps,
                "mlp_completed": done,
                "mlp_total": wanted,
                "unit": "samples",
            }
        )

    return report


@contextlib.contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill that takes its name only when all went well.

    Raises
    ------
    FileExistsError
        When something of that name is there, before and after.
    """
    target = Path(path).expanduser()
    if target.exists():
        raise FileExistsError(f"{target} exists; remove it or choose another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        scratch.chmod(0o755)
        yield scratch
        if target.exists():
            raise FileExistsError(f"{target} appeared meanwhile; nothing was replaced")
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def write_metadata(folder: Path, metadata: dict[str, Any]) -> None:
    """Write ``metadata.json`` and the card of a dataset."""
    (folder / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(dataset_card(metadata), encoding="utf-8")
