"""One dataset of several splits, from datasets of one split each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whestbench.dataset.create import new_folder, write_metadata
from whestbench.dataset.hub import missing_extra
from whestbench.dataset.local import LocalDataset
from whestbench.dataset.merge import hardware_fingerprint
from whestbench.dataset.schema import (
    IncompatibleDatasetError,
    InvalidDatasetError,
    OverlappingDatasetError,
    parquet_path,
    read_metadata,
)

__all__ = ["combine_split_datasets", "prepare_arrow"]

_SHARED = ("schema_version", "format", "seed_protocol", "width", "depth", "n_samples")


def combine_split_datasets(
    directories: Sequence[str | Path],
    *,
    output_dir: str | Path,
    default_split: str | None = None,
    write_prepared_arrow: bool = True,
) -> Path:
    """Combine datasets of one split each into one of several.

    Parameters
    ----------
    directories : sequence of paths
        Complete datasets with different split names, of one shape and number of samples.
    output_dir : path
        A folder that does not exist yet.
    default_split : str, optional
        The split that is used when none is named.
    write_prepared_arrow : bool
        Also write Arrow copies, which load without conversion; needs ``datasets``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    IncompatibleDatasetError, OverlappingDatasetError
    """
    if not directories:
        raise InvalidDatasetError("there is nothing to combine")
    parts = [LocalDataset(Path(folder).expanduser()) for folder in directories]
    first = parts[0].metadata
    by_name: dict[str, LocalDataset] = {}
    for part in parts:
        if len(part.split_names) > 1:
            raise IncompatibleDatasetError(f"{part.folder} has several splits already")
        if part.split in by_name:
            raise OverlappingDatasetError(
                f"{part.folder} and {by_name[part.split].folder} both have the split {part.split!r}"
            )
        for key in _SHARED:
            if part.metadata.get(key) != first.get(key):
                raise IncompatibleDatasetError(
                    f"{part.folder} has {key} {part.metadata.get(key)!r}, but {parts[0].folder} "
                    f"has {first.get(key)!r}"
                )
        by_name[part.split] = part
    if default_split is not None and default_split not in by_name:
        raise InvalidDatasetError(
            f"the default split {default_split!r} is none of {', '.join(by_name)}"
        )
    kept = (*_SHARED, "backend", "whestbench_version", "flopscope_version", "seed")
    metadata: dict[str, Any] = {key: first[key] for key in kept if key in first}
    metadata["created_at_utc"] = max(str(p.metadata.get("created_at_utc")) for p in parts)
    metadata["splits"] = {name: _entry(part) for name, part in by_name.items()}
    if default_split is not None:
        metadata["default_split"] = default_split
    with new_folder(output_dir) as folder:
        (folder / "data").mkdir()
        for name, part in by_name.items():
            shutil.copyfile(part.file.path, parquet_path(folder, name))
        write_metadata(folder, metadata)
        if write_prepared_arrow:
            prepare_arrow(folder)
    return Path(output_dir)


def _entry(part: LocalDataset) -> dict[str, Any]:
    found = part.metadata
    fingerprints = found.get("hardware_fingerprints")
    return {
        "config": found.get("config", "default"),
        "n_mlps": found["n_mlps"],
        "created_at_utc": found.get("created_at_utc"),
        "hardware_fingerprints": fingerprints or [hardware_fingerprint(found.get("hardware"))],
    }


def prepare_arrow(folder: str | Path) -> list[str]:
    """Write an Arrow copy of every split under ``prepared/`` and note it in the metadata.

    Returns
    -------
    list of str
        Names of the splits.

    Raises
    ------
    ImportError
        Without ``datasets``.
    """
    try:
        import datasets
    except ImportError as error:
        raise missing_extra("datasets") from error
    folder = Path(folder).expanduser()
    metadata = read_metadata(folder)
    names = list(metadata.get("splits") or [metadata["split"]])
    prepared = {}
    for name in names:
        LocalDataset(folder, name)  # complete and sound
        target = folder / "prepared" / name
        shutil.rmtree(target, ignore_errors=True)
        loaded = datasets.Dataset.from_parquet(str(parquet_path(folder, name)), keep_in_memory=True)
        loaded.save_to_disk(str(target))
        prepared[name] = {"path": f"prepared/{name}", "format": "save_to_disk"}
    metadata["prepared_splits"] = prepared
    write_metadata(folder, metadata)
    return names
