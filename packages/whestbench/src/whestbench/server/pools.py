"""Who grades the networks of a submission: workers here, or those of a Dask cluster."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, cast

from whestbench.scoring import ContestData
from whestbench.server.grading import grade_archive
from whestbench.server.settings import ServerSettings

__all__ = ["DaskPool", "LocalPool", "Pool", "make_pool"]

OnEntry = Callable[[dict[str, Any]], None]


class Pool(Protocol):
    """Grades networks of an archive, in any order."""

    def grade(
        self, archive: Path, data: ContestData, indices: Sequence[int], on_entry: OnEntry
    ) -> None:
        """Grade every network of `indices`; `on_entry` is called from one thread at a time."""

    def close(self) -> None:
        """Let go of the workers."""


def _options(settings: ServerSettings) -> dict[str, Any]:
    return {
        "max_threads": settings.max_threads,
        "isolate_network": settings.isolate_network,
        "isolate_files": settings.isolate_files,
        "worker_user": settings.worker_user,
    }


class LocalPool:
    """Worker processes of this machine, each with its share of the networks."""

    def __init__(self, settings: ServerSettings) -> None:
        self._size = settings.pool
        self._options = _options(settings)

    def grade(
        self, archive: Path, data: ContestData, indices: Sequence[int], on_entry: OnEntry
    ) -> None:
        """Grade with a worker per share; the first failure of one is raised."""
        shares = [indices[i :: self._size] for i in range(self._size)]
        lock = threading.Lock()

        def one_at_a_time(entry: dict[str, Any]) -> None:
            with lock:
                on_entry(entry)

        with ThreadPoolExecutor(self._size) as threads:
            futures = [
                threads.submit(grade_archive, archive, data, share, one_at_a_time, **self._options)
                for share in shares
                if share
            ]
            for future in futures:
                future.result()

    def close(self) -> None:
        """Nothing is kept between submissions."""


def _grade_remotely(
    archive: bytes, data: ContestData, index: int, options: dict[str, Any]
) -> dict[str, Any]:
    """One network on a cluster's worker: the whole archive travels, the rest of the truth not."""
    entries: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="whest-remote-") as scratch:
        path = Path(scratch) / "archive.tar.gz"
        path.write_bytes(archive)
        grade_archive(path, data, [0], entries.append, **options)
    return {**entries[0], "mlp_index": index}


class DaskPool:
    """Workers of a Dask cluster: a task per network, run again when its worker is lost.

    Raises
    ------
    ImportError
        Without ``distributed``.
    """

    def __init__(self, settings: ServerSettings) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ImportError(
                "grading on a cluster needs Dask: pip install 'whestbench[distributed]'"
            ) from error
        self._as_completed: Any = cast(Any, distributed).as_completed
        self._client: Any = cast(Any, distributed).Client(settings.scheduler)
        self._options = _options(settings)

    def grade(
        self, archive: Path, data: ContestData, indices: Sequence[int], on_entry: OnEntry
    ) -> None:
        """Grade on the cluster; entries come as they are ready."""
        content = self._client.scatter(archive.read_bytes(), broadcast=True)
        tasks = [
            self._client.submit(
                _grade_remotely, content, _only(data, index), index, self._options, pure=False
            )
            for index in indices
        ]
        try:
            for task in self._as_completed(tasks):
                on_entry(task.result())
        finally:
            self._client.cancel(tasks)

    def close(self) -> None:
        """Leave the cluster."""
        with contextlib.suppress(Exception):
            self._client.close()


def _only(data: ContestData, index: int) -> ContestData:
    """The contest of one network."""
    return ContestData(
        spec=data.spec,
        mlps=[data.mlps[index]],
        all_layer_targets=[data.all_layer_targets[index]],
        final_targets=[data.final_targets[index]],
        avg_variances=[data.avg_variances[index]],
        run_seed=data.run_seed,
    )


def make_pool(settings: ServerSettings) -> Pool:
    """The pool that the settings ask for."""
    return LocalPool(settings) if settings.scheduler is None else DaskPool(settings)
