"""A contest over the networks of a dataset, as the options name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from whestbench.cli.contests import ChosenContest
from whestbench.cli.output import CommandError, Output
from whestbench.dataset.contest import contest_of_rows
from whestbench.dataset.hub import fetch, is_hub_name
from whestbench.dataset.local import LocalDataset
from whestbench.dataset.schema import InvalidDatasetError
from whestbench.report.progress import Progress
from whestbench.scoring import ContestData, ContestSpec

__all__ = ["dataset_contest", "locate"]


def locate(source: str, revision: str | None, *, streaming: bool = False) -> Path:
    """The folder of a ``--dataset`` argument, fetched from the hub when it names a repository.

    Raises
    ------
    CommandError
        For a path that is not there, and a repository without a revision.
    """
    path = Path(source).expanduser()
    if path.exists() or not is_hub_name(source):
        if streaming:
            raise _invalid(f"--streaming is for hub repositories; {source} is a local path")
        if revision is not None:
            raise _invalid(f"--revision is for hub repositories; {source} is a local path")
        return path
    if not source.startswith("hf://") and revision is None:
        raise _invalid(
            f"{source!r} is no path here; a hub repository is named with --revision, or as "
            f"hf://{source}@REVISION, so that the run can be repeated"
        )
    try:
        return fetch(source, revision=revision)
    except (InvalidDatasetError, ImportError) as error:
        raise _invalid(str(error)) from error


def _invalid(message: str) -> CommandError:
    return CommandError("dataset", "INVALID_DATASET", message)


def dataset_contest(output: Output, spec: ContestSpec, options: dict[str, Any]) -> ChosenContest:
    """Open the dataset; its networks are read when the contest is called for."""
    source = options["dataset"]
    streaming = bool(options.get("streaming"))
    folder = locate(source, options.get("revision"), streaming=streaming)
    try:
        dataset = LocalDataset(folder, options.get("split"))
    except InvalidDatasetError as error:
        raise _invalid(str(error)) from error
    for option in ("width", "depth", "n_samples"):
        given = options.get(option)
        if given is not None and given != dataset.metadata[option]:
            raise _invalid(f"the dataset has {option} {dataset.metadata[option]}, not {given}")
    wanted = options.get("n_mlps") or dataset.n_mlps
    if wanted > dataset.n_mlps:
        output.note(f"warning: the dataset has {dataset.n_mlps} networks, fewer than {wanted}")
        wanted = dataset.n_mlps
    seed = options.get("seed")
    spec = replace(
        spec,
        width=dataset.width,
        depth=dataset.depth,
        n_mlps=wanted,
        ground_truth_samples=dataset.metadata["n_samples"],
        seed=seed,
    )

    def contest(progress: Progress) -> Callable[[], ContestData]:
        def read() -> ContestData:
            try:
                return contest_of_rows(spec, dataset, wanted)
            except InvalidDatasetError as error:
                raise _invalid(str(error)) from error

        return read

    return ChosenContest(
        spec=spec,
        seed=seed or 0,
        seed_source="given" if seed is not None else "default",
        contest=contest,
        round_name=options.get("round_name"),
        dataset={**dataset.describe(), "path": source},
    )
