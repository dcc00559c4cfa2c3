"""Joining the parts of a set that was baked in slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from whestbench.dataset.create import new_folder, write_metadata
from whestbench.dataset.local import LocalDataset
from whestbench.dataset.schema import (
    CorruptDatasetError,
    IncompatibleDatasetError,
    IncompleteDatasetError,
    OverlappingDatasetError,
    parquet_path,
)
from whestbench.dataset.table import write_rows
from whestbench.naming import unique_names
from whestbench.report.build import utc_now
from whestbench.seeds import estimator_seed

__all__ = ["hardware_fingerprint", "merge_datasets"]

# What parts of one set agree on.
_SHARED = (
    "schema_version",
    "format",
    "backend",
    "seed_protocol",
    "split",
    "config",
    "n_samples",
    "width",
    "depth",
    "total_n_mlps",
    "mlp_seeds_sha256",
    "whestbench_version",
    "flopscope_version",
)
_FINGERPRINT = ("cpu_brand", "cpu_count_logical", "machine", "os", "numpy_version")


def hardware_fingerprint(hardware: dict[str, Any] | None) -> dict[str, Any]:
    """What of a machine may change the last bits of a sampled mean."""
    return {key: (hardware or {}).get(key) for key in _FINGERPRINT}


def merge_datasets(directories: Sequence[str | Path], *, output_dir: str | Path) -> Path:
    """Join parts into the whole set.

    Parameters
    ----------
    directories : sequence of paths
        Parts, in any order.
    output_dir : path
        A folder that does not exist yet.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    IncompatibleDatasetError, IncompleteDatasetError, OverlappingDatasetError, CorruptDatasetError
        Parts that do not belong together, leave a gap, share a network, or are damaged.
    """
    if not directories:
        raise IncompleteDatasetError("there is nothing to merge")
    parts = [LocalDataset(Path(folder).expanduser(), allow_partial=True) for folder in directories]
    for part in parts:
        if not part.metadata.get("is_partial"):
            raise IncompatibleDatasetError(f"{part.folder} is a whole set, not a part of one")
    _check_shared(parts)
    parts.sort(key=lambda part: _range(part))
    _check_cover(parts)
    _check_rows(parts)
    first = parts[0].metadata
    dropped = ("is_partial", "mlp_range", "total_n_mlps", "mlp_seeds_sha256", "hardware")
    metadata = {key: value for key, value in first.items() if key not in dropped}
    fingerprints: list[dict[str, Any]] = []
    for part in parts:
        fingerprint = hardware_fingerprint(part.metadata.get("hardware"))
        if fingerprint not in fingerprints:
            fingerprints.append(fingerprint)
    metadata |= {
        "n_mlps": first["total_n_mlps"],
        "created_at_utc": min(str(part.metadata.get("created_at_utc")) for part in parts),
        "merged_at_utc": utc_now(),
        "hardware_fingerprints": fingerprints,
        "partials_count": len(parts),
    }

    def rows() -> Iterator[dict[str, Any]]:
        for part in parts:
            yield from part.file.rows()

    with new_folder(output_dir) as folder:
        path = parquet_path(folder, parts[0].split)
        write_rows(path, rows(), parts[0].width, parts[0].depth)
        write_metadata(folder, metadata)
    return Path(output_dir)


def _range(part: LocalDataset) -> tuple[int, int]:
    try:
        start, end = part.metadata["mlp_range"]
        return int(start), int(end)
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptDatasetError(f"{part.folder} does not tell its mlp_range") from error


def _check_shared(parts: Sequence[LocalDataset]) -> None:
    first = parts[0]
    for part in parts[1:]:
        for key in _SHARED:
            mine, other = first.metadata.get(key), part.metadata.get(key)
            if mine != other:
                raise IncompatibleDatasetError(
                    f"{part.folder} has {key} {other!r}, but {first.folder} has {mine!r}"
                )


def _check_cover(parts: Sequence[LocalDataset]) -> None:
    reached, before = 0, None
    total = parts[0].metadata.get("total_n_mlps")
    for part in parts:
        start, end = _range(part)
        if len(part.file) != end - start:
            raise CorruptDatasetError(
                f"{part.folder} holds {len(part.file)} networks for its range {start} to {end}"
            )
        if start < reached:
            raise OverlappingDatasetError(
                f"{part.folder} (from {start}) and {before} (to {reached}) hold the same networks"
            )
        if start > reached:
            raise IncompleteDatasetError(f"the networks {reached} to {start - 1} are missing")
        reached, before = end, part.folder
    if reached != total:
        raise IncompleteDatasetError(f"the networks {reached} to {int(total or 0) - 1} are missing")


def _check_rows(parts: Sequence[LocalDataset]) -> None:
    """Numbers, seeds and names must be those of one set."""
    seeds, names = [], []
    for part in parts:
        wanted = _range(part)[0]
        for row in part.file.rows(("mlp_id", "mlp_name", "mlp_seed")):
            if row["mlp_id"] != wanted:
                raise CorruptDatasetError(
                    f"{part.folder}: network {wanted} has the number {row['mlp_id']}"
                )
            wanted += 1
            seeds.append(int(row["mlp_seed"]))
            names.append(row["mlp_name"])
    if len(set(seeds)) != len(seeds):
        raise IncompatibleDatasetError("two networks of these parts have the same seed")
    protocol = parts[0].protocol
    if names != unique_names([estimator_seed(seed, protocol) for seed in seeds]):
        raise IncompatibleDatasetError(
            "the names of these parts are not those of one set: they were baked from different "
            "lists of seeds"
        )
