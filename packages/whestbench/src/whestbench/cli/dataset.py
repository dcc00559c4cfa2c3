"""``whest dataset``: the group of commands about datasets."""

from __future__ import annotations

from whestbench.cli.app import LazyGroup

command = LazyGroup(
    "dataset",
    table={
        "bake": ("dataset_bake", "Draw networks, sample their truth, write a dataset."),
        "info": ("dataset_info", "Print what a dataset is."),
        "merge": ("dataset_merge", "Join the parts of a set that was baked in slices."),
        "combine-splits": ("dataset_combine", "One dataset of several splits."),
        "prepare-arrow": ("dataset_prepare", "Write Arrow copies that load without conversion."),
        "upload": ("dataset_upload", "Upload a dataset to the Hugging Face hub."),
        "download": ("dataset_download", "Download a dataset from the Hugging Face hub."),
    },
    help="Bake, inspect, join and share datasets.",
    no_args_is_help=True,
)
