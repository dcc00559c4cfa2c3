"""A dataset in a folder, opened without reading its networks."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from whestbench.dataset.schema import (
    CorruptDatasetError,
    InvalidDatasetError,
    parquet_path,
    read_metadata,
)
from whestbench.dataset.table import SplitFile

__all__ = ["LocalDataset"]


class LocalDataset:
    """One split of a dataset folder.

    Parameters
    ----------
    folder : pathlib.Path
    split : str, optional
        The default split, or the only one.
    allow_partial : bool
        Accept a set that holds a part of its networks.

    Attributes
    ----------
    metadata : dict
        Of the whole folder.
    file : SplitFile
    """

    def __init__(
        self, folder: Path, split: str | None = None, *, allow_partial: bool = False
    ) -> None:
        self.folder = folder
        self.metadata = read_metadata(folder)
        if self.metadata.get("is_partial") and not allow_partial:
            start, end = self.metadata.get("mlp_range", ("?", "?"))
            raise InvalidDatasetError(
                f"{folder} is a part: networks {start} to {end} of "
                f"{self.metadata.get('total_n_mlps')}; join the parts with `whest dataset merge`"
            )
        self.split = split if split is not None else self.default_split()
        if self.split not in self.split_names:
            raise InvalidDatasetError(
                f"{folder} has no split {self.split!r}; there are {', '.join(self.split_names)}"
            )
        self.width, self.depth = self.metadata["width"], self.metadata["depth"]
        self.file = SplitFile(parquet_path(folder, self.split), self.width, self.depth)
        if len(self.file) != self.n_mlps:
            raise CorruptDatasetError(
                f"{self.file.path} holds {len(self.file)} networks, metadata.json says "
                f"{self.n_mlps}"
            )

    @property
    def split_names(self) -> list[str]:
        """Splits of the folder."""
        splits = self.metadata.get("splits")
        return [self.metadata["split"]] if splits is None else list(splits)

    def default_split(self) -> str:
        """The split used when none is named."""
        named = self.metadata.get("default_split")
        if named is not None:
            return str(named)
        if len(self.split_names) > 1:
            raise InvalidDatasetError(
                f"{self.folder} has the splits {', '.join(self.split_names)} and no default; "
                "name one with --split"
            )
        return self.split_names[0]

    @property
    def n_mlps(self) -> int:
        """Networks of the split, as the metadata has it."""
        splits = self.metadata.get("splits")
        entry = self.metadata if splits is None else splits[self.split]
        return int(entry["n_mlps"])

    @property
    def protocol(self) -> str:
        """Version of the seed protocol."""
        return str(self.metadata["seed_protocol"]["version"])

    def metadata_sha256(self) -> str:
        """Digest of ``metadata.json``: which dataset a report speaks of."""
        return hashlib.sha256((self.folder / "metadata.json").read_bytes()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """The ``dataset`` block of a report."""
        return {
            "path": str(self.folder),
            "sha256": self.metadata_sha256(),
            "seed": self.metadata.get("seed"),
            "n_mlps": self.n_mlps,
            "split": self.split,
        }
