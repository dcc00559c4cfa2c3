"""``whest dataset bake``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from whestbench.cli.dataset_errors import dataset_command
from whestbench.cli.output import usage

_COUNT = click.IntRange(1)


def _seeds_of(path: Path | None) -> list[int] | None:
    """Seeds of a file: a JSON list, or integers separated by blanks, commas or lines."""
    if path is None:
        return None
    text = path.read_text(encoding="utf-8").strip()
    try:
        found = (
            json.loads(text)
            if text.startswith("[")
            else [int(word) for word in re.split(r"[\s,]+", text) if word]
        )
    except ValueError as error:
        raise ValueError(f"{path} holds no list of integers: {error}") from error
    return list(found)


def part_of(slice_text: str | None, range_text: str | None, n_mlps: int) -> tuple[int, int] | None:
    """First network and the one after the last, of ``--slice K/N`` or ``--mlp-range A-B``."""
    if slice_text and range_text:
        usage("--slice and --mlp-range exclude each other")
    if slice_text:
        match = re.fullmatch(r"(\d+)/(\d+)", slice_text)
        if not match or not int(match[1]) < int(match[2]) <= n_mlps:
            usage(f"--slice {slice_text!r}: K/N with 0 <= K < N <= --n-mlps")
        k, n = int(match[1]), int(match[2])
        return k * n_mlps // n, (k + 1) * n_mlps // n
    if range_text:
        match = re.fullmatch(r"(\d+)-(\d+)", range_text)
        if not match or not int(match[1]) <= int(match[2]) < n_mlps:
            usage(f"--mlp-range {range_text!r}: A-B, both included, with A <= B < --n-mlps")
        return int(match[1]), int(match[2]) + 1
    return None


@click.command(help="Draw networks, sample their truth, and write a dataset folder.")
@click.option("--n-mlps", type=_COUNT, required=True, help="Networks of the whole set.")
@click.option("--n-samples", type=_COUNT, required=True, help="Random inputs per network.")
@click.option("--width", type=_COUNT, required=True)
@click.option("--depth", type=_COUNT, required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option(
    "--mlp-seeds",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with one seed per network; drawn when absent.",
)
@click.option("--split", default="public", show_default=True)
@click.option("--config", default="default", show_default=True)
@click.option("--slice", "slice_text", help="K/N: bake the K-th of N parts (from 0).")
@click.option("--mlp-range", "range_text", help="A-B: bake these networks, both included.")
@click.option("--torch", "use_torch", is_flag=True, help="Sample with PyTorch.")
@click.option("--device", help="PyTorch device, e.g. cuda; the GPU when there is one.")
@click.option("--mlps-per-batch", type=_COUNT, help="Networks sampled together (PyTorch).")
@click.option("--chunk-size", type=_COUNT, help="Samples per chunk (PyTorch).")
@click.option("--compile", "use_compile", is_flag=True, help="torch.compile the loop.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep sampled truths.")
@dataset_command
def command(
    n_mlps: int,
    n_samples: int,
    width: int,
    depth: int,
    output: Path,
    mlp_seeds: Path | None,
    split: str,
    config: str,
    slice_text: str | None,
    range_text: str | None,
    use_torch: bool,
    no_cache: bool,
    **torch_options: Any,
) -> None:
    """Bake."""
    part = part_of(slice_text, range_text, n_mlps)
    if part is not None and mlp_seeds is None:
        usage("a part of a set needs --mlp-seeds, so that the parts belong together")
    if not use_torch and any(torch_options.values()):
        usage("--device, --mlps-per-batch, --chunk-size and --compile need --torch")
    from whestbench.dataset import create_dataset
    from whestbench.report.progress import make_progress
    from whestbench.truth.cache import TruthCache

    settings: dict[str, Any] = {}
    if use_torch:
        from whestbench.truth.torch_kernel import TorchSampler

        sampler = TorchSampler(
            device=torch_options["device"],
            chunk_size=torch_options["chunk_size"],
            mlps_per_batch=torch_options["mlps_per_batch"],
            compile=torch_options["use_compile"],
        )
        settings = {"sampler": sampler, "backend": sampler.metadata()}
    import sys

    with make_progress("rich" if sys.stderr.isatty() else "plain", "bake") as progress:
        folder = create_dataset(
            n_mlps=n_mlps,
            n_samples=n_samples,
            width=width,
            depth=depth,
            output_path=output,
            mlp_seeds=_seeds_of(mlp_seeds),
            split=split,
            config=config,
            mlp_range=part,
            progress=lambda event: progress.update(
                event["phase"], event["completed"], event["total"], event["mlp_name"]
            ),
            cache=None if no_cache or use_torch else TruthCache(),
            **settings,
        )
    count = n_mlps if part is None else part[1] - part[0]
    click.echo(f"{folder}: {count} networks of width {width} and depth {depth}")
