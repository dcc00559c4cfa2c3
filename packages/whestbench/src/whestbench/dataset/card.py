"""The README of a dataset, which is also its card on the Hugging Face hub."""

from __future__ import annotations

from typing import Any

__all__ = ["dataset_card"]


def dataset_card(metadata: dict[str, Any]) -> str:
    """Front matter that tells where the splits are, then a short description."""
    splits = metadata.get("splits") or {metadata["split"]: metadata}
    configs: dict[str, list[str]] = {}
    for name, entry in splits.items():
        configs.setdefault(str(entry.get("config", "default")), []).append(name)
    lines = ["---", "configs:"]
    for config, names in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for name in names:
            lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    lines += ["---", "", "# Random ReLU networks with sampled mean activations", ""]
    lines += [
        f"Networks of width {metadata['width']} and depth {metadata['depth']}; truth from "
        f"{metadata['n_samples']:,} samples each.",
        "",
        "| split | networks |",
        "|---|---|",
        *(f"| {name} | {entry['n_mlps']} |" for name, entry in splits.items()),
        "",
        "Made by whestbench; read it with `whestbench.load_dataset` or `whest run --dataset`.",
        "",
    ]
    return "\n".join(lines)
