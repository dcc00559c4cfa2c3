"""``whest dataset info``."""

from __future__ import annotations

from typing import Any

import click

from whestbench.cli.dataset_errors import dataset_command


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    protocol = found["seed_protocol"]
    lines = [
        ("schema", f"{found['format']} {found['schema_version']}"),
        ("seed protocol", f"{protocol['name']} {protocol['version']}"),
        ("networks", f"width {found['width']}, depth {found['depth']}"),
        ("truth", f"{found['n_samples']:,} samples per network, backend {found.get('backend')}"),
    ]
    splits = found.get("splits") or {found["split"]: found}
    default = found.get("default_split")
    for name, entry in splits.items():
        mark = " (default)" if name == default else ""
        lines.append((f"split {name}{mark}", f"{entry['n_mlps']} networks"))
    if found.get("is_partial"):
        start, end = found["mlp_range"]
        lines.append(("part", f"networks {start} to {end - 1} of {found['total_n_mlps']}"))
    told = ("created_at_utc", "merged_at_utc", "whestbench_version", "flopscope_version")
    more = [key for key in told if key in found]
    return lines + [(k.removesuffix("_utc").replace("_", " "), str(found[k])) for k in more]


@click.command(help="Print what a dataset folder or hub repository holds.")
@click.argument("source")
@click.option("--revision", help="Tag or commit of a hub repository.")
@dataset_command
def command(source: str, revision: str | None) -> None:
    """Print the key metadata, once every data file was found sound."""
    from pathlib import Path

    from whestbench.dataset.hub import fetch_metadata, is_hub_name, parse_hub_name
    from whestbench.dataset.local import LocalDataset
    from whestbench.dataset.schema import check_metadata, read_metadata

    if is_hub_name(source):
        repo, revision = parse_hub_name(source, revision)
        found = check_metadata(fetch_metadata(repo, revision, None), repo)
    else:
        folder = Path(source).expanduser()
        found = read_metadata(folder)
        for split in found.get("splits") or [found["split"]]:
            LocalDataset(folder, split, allow_partial=True)
    click.echo(source)
    for name, value in _lines(found):
        click.echo(f"  {name}: {value}")
