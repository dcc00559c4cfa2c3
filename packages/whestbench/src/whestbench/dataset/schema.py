"""What a dataset consists of: columns, metadata, names, and the errors for what is not one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whestbench.seeds import PROTOCOL_2, PROTOCOL_3, PROTOCOL_NAMES

__all__ = [
    "COLUMNS",
    "FORMAT",
    "SCHEMA_VERSION",
    "CorruptDatasetError",
    "IncompatibleDatasetError",
    "IncompleteDatasetError",
    "InvalidDatasetError",
    "OverlappingDatasetError",
    "check_metadata",
    "check_name",
    "hub_features",
    "parquet_path",
    "read_metadata",
]

SCHEMA_VERSION = "3.0"
FORMAT = "hf-datasets-parquet"
COLUMNS = (
    "mlp_id",
    "mlp_name",
    "mlp_seed",
    "weights",
    "all_layer_means",
    "final_means",
    "avg_variance",
    "sampling_budget_breakdown",
)
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class InvalidDatasetError(ValueError):
    """Not a dataset that this version can use; the message says what would make it one."""


class IncompatibleDatasetError(InvalidDatasetError):
    """Parts that were baked with different settings."""


class IncompleteDatasetError(InvalidDatasetError):
    """Parts that leave a gap."""


class OverlappingDatasetError(InvalidDatasetError):
    """Parts that hold the same network."""


class CorruptDatasetError(InvalidDatasetError):
    """A file that is damaged, or contradicts its metadata."""


def parquet_path(folder: Path, split: str) -> Path:
    """The data file of a split."""
    return folder / "data" / f"{split}-00000-of-00001.parquet"


def check_name(kind: str, name: str) -> str:
    """Return a split or config name, or say what names look like.

    Raises
    ------
    ValueError
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"{kind} {name!r} is not a name: lower-case letters and digits, parts joined by "
            "hyphens, a letter first"
        )
    return name


def hub_features(width: int, depth: int) -> dict[str, Any]:
    """Types of the columns, in the form that Hugging Face `datasets` stores beside them."""

    def value(dtype: str) -> dict[str, Any]:
        return {"dtype": dtype, "_type": "Value"}

    return {
        "mlp_id": value("int32"),
        "mlp_name": value("string"),
        "mlp_seed": value("int64"),
        "weights": {"shape": [depth, width, width], "dtype": "float32", "_type": "Array3D"},
        "all_layer_means": {"shape": [depth, width], "dtype": "float32", "_type": "Array2D"},
        "final_means": {"feature": value("float32"), "length": width, "_type": "Sequence"},
        "avg_variance": value("float64"),
        "sampling_budget_breakdown": value("string"),
    }


def read_metadata(folder: Path) -> dict[str, Any]:
    """The checked ``metadata.json`` of a folder.

    Raises
    ------
    InvalidDatasetError
    """
    if folder.suffix == ".npz":
        raise InvalidDatasetError(
            f"{folder} is a dataset of before version 3.0, which is not read; bake it again with "
            "`whest dataset bake`"
        )
    if folder.is_file():
        raise InvalidDatasetError(f"{folder} is a file; a dataset is the folder around it")
    path = folder / "metadata.json"
    if not path.is_file():
        missing = "has no metadata.json" if folder.is_dir() else "does not exist"
        raise InvalidDatasetError(
            f"{folder} {missing}; `whest dataset bake` makes a dataset, `whest dataset download` "
            "fetches one"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptDatasetError(f"{path} is damaged: {error}") from error
    return check_metadata(found, str(folder))


def check_metadata(found: Any, where: str) -> dict[str, Any]:
    """Check schema, format, protocol and splits of a metadata object; returns it.

    Raises
    ------
    InvalidDatasetError
    """
    if not isinstance(found, dict):
        raise CorruptDatasetError(f"metadata.json of {where} is not an object")
    if found.get("schema_version") != SCHEMA_VERSION:
        raise InvalidDatasetError(
            f"{where} has schema version {found.get('schema_version')!r}, this version reads "
            f"{SCHEMA_VERSION!r}; bake it again or use the release that made it"
        )
    if found.get("format") != FORMAT:
        raise InvalidDatasetError(
            f"{where} has format {found.get('format')!r}, this version reads {FORMAT!r}"
        )
    protocol = found.get("seed_protocol")
    version, name = (
        (protocol.get("version"), protocol.get("name"))
        if isinstance(protocol, dict)
        else (None, None)
    )
    if version not in PROTOCOL_NAMES or name != PROTOCOL_NAMES[version]:
        known = ", ".join(f"{name} {number}" for number, name in PROTOCOL_NAMES.items())
        raise InvalidDatasetError(
            f"{where} has the unknown seed protocol {protocol!r}; this version reads {known}"
        )
    if version == PROTOCOL_3 and _has_key(found, "seed"):
        raise InvalidDatasetError(f"{where} follows seed protocol 3.0, but tells a seed")
    if version == PROTOCOL_2 and not _has_key(found, "seed"):
        raise InvalidDatasetError(f"{where} follows seed protocol 2.0, but tells no seed")
    for key in ("width", "depth", "n_samples"):
        if not _is_count(found.get(key)):
            raise CorruptDatasetError(f"metadata.json of {where} has no usable {key!r}")
    _check_splits(found, where)
    return found


def _check_splits(found: dict[str, Any], where: str) -> None:
    splits = found.get("splits")
    if splits is None:
        if not _is_count(found.get("n_mlps")) or not isinstance(found.get("split"), str):
            raise CorruptDatasetError(f"metadata.json of {where} has no usable n_mlps or split")
        names = [found["split"]]
    else:
        if not isinstance(splits, dict) or not splits:
            raise CorruptDatasetError(f"metadata.json of {where} lists no splits")
        names = list(splits)
        default = found.get("default_split")
        if default is not None and default not in splits:
            raise CorruptDatasetError(f"the default split {default!r} of {where} is not there")
    try:
        for name in names:
            check_name("split", name)  # it becomes part of a path
    except ValueError as error:
        raise CorruptDatasetError(f"{where}: {error}") from error


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _has_key(value: Any, key: str) -> bool:
    if isinstance(value, Mapping):
        return key in value or any(_has_key(item, key) for item in value.values())
    return isinstance(value, list) and any(_has_key(item, key) for item in value)
