"""``whest watch``."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from whestbench.cli.output import usage

# Folders that programs fill while an estimator is worked on, and files that editors do.
_LEFT_OUT = frozenset({".git", ".hg", ".venv", "venv", "__pycache__", ".ipynb_checkpoints"})
_LOOK_EVERY_S = 0.3
_States = dict[Path, tuple[int, int]]


@click.command(
    help="Score an estimator again whenever a file beside it is saved. Options are those of "
    "`whest run`; without --seed one is drawn for all runs.",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.option("--estimator", required=True, type=click.Path(path_type=Path), help="The .py file.")
@click.option("--max-runs", type=click.IntRange(1), help="End after so many runs.")
@click.pass_context
def command(context: click.Context, estimator: Path, max_runs: int | None) -> int:
    """Run, wait for a change, run again, until interrupted."""
    if not estimator.is_file():
        usage(f"there is no file {estimator}")
    arguments = ["--estimator", str(estimator), *context.args]
    if not _has(context.args, "--seed") and not _has(context.args, "--dataset"):
        from whestbench.seeds import draw_run_seed

        arguments += ["--seed", str(draw_run_seed())]
    folder = estimator.resolve().parent
    runs = 0
    while True:
        states = _states(folder)
        runs += 1
        status = _run(arguments, folder, states)
        if status == 2:  # the options are wrong, and no save will change that
            return 2
        if runs == max_runs:
            return status or 0
        click.echo(f"watching {folder}; Ctrl+C ends", err=True)
        _wait_for_change(folder, states)


def _has(arguments: list[str], option: str) -> bool:
    return any(item == option or item.startswith(f"{option}=") for item in arguments)


def _run(arguments: list[str], folder: Path, states: _States) -> int | None:
    """The status of a run; None when a file was saved meanwhile, which ends it.

    A process of its own, so that every module is read anew.
    """
    process = subprocess.Popen([sys.executable, "-m", "whestbench", "run", *arguments])
    try:
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_EVERY_S)
            if process.poll() is None and _states(folder) != states:
                click.echo("saved; starting again", err=True)
                return None
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()
    return process.returncode


def _wait_for_change(folder: Path, states: _States) -> None:
    while _states(folder) == states:
        time.sleep(_LOOK_EVERY_S)
    # Editors write in several steps: go on when nothing has moved for a moment.
    while (now := _states(folder)) != states:
        states = now
        time.sleep(_LOOK_EVERY_S / 2)


def _states(folder: Path) -> _States:
    """Time and size of the files that a submission may consist of."""
    found: _States = {}
    for path in _files(folder):
        with contextlib.suppress(OSError):  # it went away in between
            state = path.stat()
            found[path] = (state.st_mtime_ns, state.st_size)
    return found


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir():
                if path.name not in _LEFT_OUT and not path.is_symlink():
                    yield from _files(path)
            elif path.suffix in (".py", ".npz", ".npy", ".json", ".toml", ".txt"):
                yield path
