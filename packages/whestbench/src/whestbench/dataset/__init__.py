"""Datasets of networks with their ground truth: parquet files and a ``metadata.json``."""

from __future__ import annotations

from whestbench.dataset.combine import combine_split_datasets
from whestbench.dataset.create import create_dataset
from whestbench.dataset.hub import publish_dataset
from whestbench.dataset.load import iter_mlps, load_dataset, metadata, mlp_at
from whestbench.dataset.merge import merge_datasets
from whestbench.dataset.schema import (
    SCHEMA_VERSION,
    CorruptDatasetError,
    IncompatibleDatasetError,
    IncompleteDatasetError,
    InvalidDatasetError,
    OverlappingDatasetError,
)

__all__ = [
    "SCHEMA_VERSION",
    "CorruptDatasetError",
    "IncompatibleDatasetError",
    "IncompleteDatasetError",
    "InvalidDatasetError",
    "OverlappingDatasetError",
    "combine_split_datasets",
    "create_dataset",
    "iter_mlps",
    "load_dataset",
    "merge_datasets",
    "metadata",
    "mlp_at",
    "publish_dataset",
]
