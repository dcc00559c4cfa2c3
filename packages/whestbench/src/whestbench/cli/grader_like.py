"""``whest run --grader-like``: what would be sent, packaged and run as a grader runs it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whestbench.cli.output import CommandError, Output

__all__ = ["as_grader"]


@contextlib.contextmanager
def as_grader(
    output: Output, estimator: Path, class_name: str | None
) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Package the estimator's folder; a runner and an entrypoint for the unpacked archive.

    The last item says what the worker is kept from on this machine.
    """
    from whestbench.cli.package_options import chosen_files
    from whestbench.graded import graded_worker
    from whestbench.packaging import PackagingError, build_archive

    with tempfile.TemporaryDirectory(prefix="whest-run-") as place:
        selection = chosen_files(output, estimator, single_file=False)
        try:
            archive = build_archive(
                selection, class_name=class_name, output=Path(place) / "submission.tar.gz"
            )
            with graded_worker(archive, echo=True, refuse_callbacks=True) as graded:
                runner, entrypoint, isolation = graded
                missing = isolation.missing()
                if missing:
                    output.note(
                        f"warning: this system does not keep the worker from "
                        f"{' and '.join(missing)}, as a grader's would"
                    )
                yield runner, entrypoint, {**isolation.reached(), "callbacks": True}
        except PackagingError as error:
            raise CommandError("package", error.code, str(error)) from error
