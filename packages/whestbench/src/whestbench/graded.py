"""A submission as a grader runs it: unpacked, in a worker that is kept from the machine."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from whestbench.packaging import extract_archive
from whestbench.runner import EstimatorEntrypoint, SubprocessRunner
from whestbench.runner.isolation import Isolation

__all__ = ["graded_worker"]


@contextlib.contextmanager
def graded_worker(
    archive: Path,
    *,
    no_network: bool = True,
    no_files: bool = True,
    user: str | None = None,
    echo: bool = False,
    refuse_callbacks: bool = False,
) -> Iterator[tuple[SubprocessRunner, EstimatorEntrypoint, Isolation]]:
    """Unpack an archive; gives a runner that is not started yet, and what to start it with.

    Parameters
    ----------
    archive : pathlib.Path
    no_network, no_files, user
        See `Isolation`.
    echo : bool
        Show what the estimator prints.
    refuse_callbacks : bool
        Let operations fail that call a Python function back, as on a remote backend.

    Raises
    ------
    PackagingError
        For an archive that breaks a rule.
    """
    with tempfile.TemporaryDirectory(prefix="whest-grade-") as place:
        folder, scratch = Path(place).resolve() / "submission", Path(place).resolve() / "scratch"
        manifest = extract_archive(archive, folder)
        scratch.mkdir()
        Path(place).chmod(0o755)  # the worker may be another user
        if user is not None:
            shutil.chown(scratch, user)
        isolation = Isolation(
            no_network=no_network,
            no_files=no_files,
            user=user,
            folder=folder,
            scratch=scratch,
            clean_environment=True,
        )
        runner = SubprocessRunner(echo=echo, isolation=isolation, refuse_callbacks=refuse_callbacks)
        entry = manifest["entrypoint"]
        entrypoint = EstimatorEntrypoint(folder / f"{entry['module']}.py", entry["class"])
        try:
            yield runner, entrypoint, isolation
        finally:
            runner.close()
