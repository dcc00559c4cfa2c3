"""A contest over the networks of a dataset, as the options name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from whestbench.cli.contests import ChosenContest
from whestbench.cli.output import CommandError, Output
from whestbench.dataset.contest import contest_of_rows
from whestbench.dataset.hub import fetch, fetch_metadata, is_hub_name, parse_hub_name
from whestbench.dataset.load import load_dataset
from whestbench.dataset.local import LocalDataset
from whestbench.dataset.schema import InvalidDatasetError, check_metadata
from whestbench.report.progress import Progress
from whestbench.scoring import ContestData, ContestSpec

__all__ = ["dataset_contest", "locate"]


def locate(source: str, revision: str | None) -> Path:
    """The folder of a ``--dataset`` argument, fetched from the hub when it names a repository.

    Raises
    ------
    CommandError
        For a path that is not there, and a repository without a revision.
    """
    path = Path(source).expanduser()
    if path.exists() or not is_hub_name(source):
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
    if options.get("streaming"):
        return _streamed_contest(output, spec, options)
    folder = locate(source, options.get("revision"))
    try:
        dataset = LocalDataset(folder, options.get("split"))
    except InvalidDatasetError as error:
        raise _invalid(str(error)) from error
    spec = _complete(output, spec, options, dataset.metadata, dataset.n_mlps)
    seed = spec.seed

    def contest(progress: Progress) -> Callable[[], ContestData]:
        def read() -> ContestData:
            try:
                return contest_of_rows(spec, dataset, spec.n_mlps)
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


def _complete(
    output: Output, spec: ContestSpec, options: dict[str, Any], found: dict[str, Any], n_mlps: int
) -> ContestSpec:
    """The contest with the dataset's shape; an option may not ask for another one."""
    for option in ("width", "depth", "n_samples"):
        given = options.get(option)
        if given is not None and given != found[option]:
            raise _invalid(f"the dataset has {option} {found[option]}, not {given}")
    wanted = options.get("n_mlps") or n_mlps
    if wanted > n_mlps:
        output.note(f"warning: the dataset has {n_mlps} networks, fewer than {wanted}")
    return replace(
        spec,
        width=found["width"],
        depth=found["depth"],
        n_mlps=min(wanted, n_mlps),
        ground_truth_samples=found["n_samples"],
        seed=options.get("seed"),
    )


def _streamed_contest(output: Output, spec: ContestSpec, options: dict[str, Any]) -> ChosenContest:
    """Networks of a hub repository, fetched row by row: only those that are scored."""
    source, revision = options["dataset"], options.get("revision")
    if Path(source).expanduser().exists() or not is_hub_name(source):
        raise _invalid(f"--streaming is for hub repositories; {source} is a local path")
    try:
        repo, revision = parse_hub_name(source, revision)
        if revision is None and not source.startswith("hf://"):
            raise _invalid(f"{source!r} is named with --revision, or as hf://{source}@REVISION")
        found = check_metadata(fetch_metadata(repo, revision, None), repo)
        splits = found.get("splits") or {found.get("split"): found}
        split = options.get("split") or found.get("default_split") or next(iter(splits))
        if split not in splits:
            raise _invalid(f"{repo} has no split {split!r}; there are {', '.join(splits)}")
        rows = load_dataset(source, revision=revision, split=split, streaming=True)
    except (InvalidDatasetError, ImportError) as error:
        raise _invalid(str(error)) from error
    spec = _complete(output, spec, options, found, int(splits[split]["n_mlps"]))

    def contest(_progress: Progress) -> Callable[[], ContestData]:
        return lambda: contest_of_rows(spec, rows, spec.n_mlps)

    described = {"path": source, "sha256": None, "seed": found.get("seed"), "split": split}
    return ChosenContest(
        spec=spec,
        seed=spec.seed or 0,
        seed_source="given" if spec.seed is not None else "default",
        contest=contest,
        round_name=options.get("round_name"),
        dataset={**described, "n_mlps": int(splits[split]["n_mlps"])},
    )
