"""Reading datasets: as Hugging Face types where they are promised, else row by row."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from whestbench.dataset.hub import fetch, is_hub_name, missing_extra, unreachable
from whestbench.dataset.local import LocalDataset
from whestbench.dataset.schema import InvalidDatasetError, check_metadata, parquet_path
from whestbench.domain import MLP

__all__ = ["iter_mlps", "load_dataset", "metadata", "mlp_at", "row_mappings"]

_MARK = "whestbench metadata: "


def load_dataset(
    path_or_repo: str | Path,
    *,
    revision: str | None = None,
    split: str | None = None,
    token: str | None = None,
    streaming: bool = False,
) -> Any:
    """Load a dataset as Hugging Face types.

    Parameters
    ----------
    path_or_repo : str or path
        A folder, ``hf://owner/repo[@revision]``, or ``owner/repo``.
    revision : str, optional
        Of a hub repository.
    split : str, optional
        Load this split only.
    token : str, optional
        For a private repository.
    streaming : bool
        Read rows as they are asked for; hub repositories only.

    Returns
    -------
    datasets.Dataset or datasets.DatasetDict
        A dict of splits for a set of several splits when none was named; iterable types when
        streaming.

    Raises
    ------
    InvalidDatasetError
        With what would help.
    ImportError
        Without ``datasets``.
    """
    if is_hub_name(path_or_repo):
        if streaming:
            return _streamed(str(path_or_repo), revision, split, token)
        folder = fetch(str(path_or_repo), revision=revision, token=token)
    else:
        folder = Path(path_or_repo).expanduser()
        if streaming:
            raise InvalidDatasetError(
                f"{folder} is a local folder: streaming is for hub repositories; leave it out"
            )
    first = LocalDataset(folder, split or _first_split(folder))
    if split is not None or len(first.split_names) == 1:
        return _as_hf(first)
    datasets = _datasets()
    return datasets.DatasetDict(
        {name: _as_hf(LocalDataset(folder, name)) for name in first.split_names}
    )


def _first_split(folder: Path) -> str | None:
    from whestbench.dataset.schema import read_metadata

    splits = read_metadata(folder).get("splits")
    return next(iter(splits)) if splits else None


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise missing_extra("datasets") from error
    return datasets


def _as_hf(dataset: LocalDataset) -> Any:
    datasets = _datasets()
    prepared = dataset.folder / "prepared" / dataset.split
    if (prepared / "state.json").is_file():
        loaded = datasets.Dataset.load_from_disk(str(prepared))
    else:
        loaded = datasets.Dataset.from_parquet(str(parquet_path(dataset.folder, dataset.split)))
    loaded.info.description = _MARK + json.dumps(dataset.metadata)
    return loaded.with_format("numpy")


def _streamed(name: str, revision: str | None, split: str | None, token: str | None) -> Any:
    datasets = _datasets()
    from whestbench.dataset.hub import fetch_metadata, parse_hub_name

    repo, revision = parse_hub_name(name, revision)
    found = check_metadata(fetch_metadata(repo, revision, token), repo)
    try:
        loaded = datasets.load_dataset(
            repo, split=split, revision=revision, token=token, streaming=True
        )
    except Exception as error:
        raise unreachable(repo, revision, error) from error
    parts = loaded.values() if isinstance(loaded, dict) else [loaded]
    for part in parts:
        part.info.description = _MARK + json.dumps(found)
    return loaded


def metadata(dataset: Any, split: str | None = None) -> dict[str, Any]:
    """The metadata that a loaded dataset came with.

    Parameters
    ----------
    dataset : object
        What `load_dataset` returned, a split of it, or a selection of its rows.
    split : str, optional
        Return the entry of one split of a set of several.

    Raises
    ------
    InvalidDatasetError
        For a dataset that `load_dataset` did not load.
    """
    if isinstance(dataset, LocalDataset):
        found = dataset.metadata
    else:
        part = next(iter(dataset.values())) if isinstance(dataset, Mapping) else dataset
        text = getattr(getattr(part, "info", None), "description", None) or ""
        if not text.startswith(_MARK):
            raise InvalidDatasetError(
                "this object carries no whestbench metadata; load it with whestbench.load_dataset"
            )
        found = json.loads(text[len(_MARK) :])
    if split is None:
        return dict(found)
    splits = found.get("splits") or {found.get("split"): found}
    if split not in splits:
        raise InvalidDatasetError(f"there is no split {split!r}, only {', '.join(splits)}")
    return dict(splits[split])


def row_mappings(dataset: Any, limit: int | None = None) -> Iterator[Mapping[str, Any]]:
    """Rows of a loaded dataset, first to last."""
    if isinstance(dataset, LocalDataset):
        return dataset.file.rows(limit=limit)
    if isinstance(dataset, Mapping):
        names = ", ".join(dataset)
        raise InvalidDatasetError(f"this dataset has the splits {names}; pick one of them")
    rows: Iterable[Mapping[str, Any]] = dataset
    return itertools.islice(rows, limit)


def iter_mlps(dataset: Any) -> Iterator[MLP]:
    """Networks of a loaded dataset, first to last."""
    protocol = metadata(dataset)["seed_protocol"]["version"]
    return (MLP.from_row(row, protocol) for row in row_mappings(dataset))


def mlp_at(dataset: Any, index: int) -> MLP:
    """One network of a loaded dataset.

    Raises
    ------
    IndexError
    """
    if isinstance(dataset, LocalDataset) or not hasattr(dataset, "__getitem__"):
        if index < 0:
            raise IndexError(f"row {index}: rows are read from the first on")
        for position, mlp in enumerate(iter_mlps(dataset)):
            if position == index:
                return mlp
        raise IndexError(f"there is no row {index}")
    if isinstance(dataset, Mapping):
        row_mappings(dataset)
    return MLP.from_row(dataset[index], metadata(dataset)["seed_protocol"]["version"])
