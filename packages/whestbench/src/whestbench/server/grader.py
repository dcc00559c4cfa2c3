"""The grader: takes submissions from the queue, one at a time, until it is stopped.

``python -m whestbench.server.grader DATA`` runs one; any number may run on one database. A grader
that dies loses nothing: its lease runs out, and another one goes on with the networks that are
still missing.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whestbench.packaging import PackagingError
from whestbench.runner import RunnerError
from whestbench.scoring import ContestData
from whestbench.scoring.breakdowns import sum_breakdowns
from whestbench.scoring.evaluate import aggregate
from whestbench.server.contest import contest_of
from whestbench.server.pools import Pool, make_pool
from whestbench.server.settings import ServerSettings
from whestbench.server.store import LostClaim, Store
from whestbench.server.tables import SubmissionRow

__all__ = ["Grader", "main"]

_log = logging.getLogger(__name__)
_IDLE_S = 0.5


class Grader:
    """Grades what is queued.

    Parameters
    ----------
    settings : ServerSettings
    store : Store
    data : ContestData
    pool : Pool
    """

    def __init__(
        self, settings: ServerSettings, store: Store, data: ContestData, pool: Pool
    ) -> None:
        self._settings, self._store, self._data, self._pool = settings, store, data, pool
        self.stopping = threading.Event()

    def run(self, parent: int | None = None) -> None:
        """Grade until `stopping` is set, or until `parent` is the parent process no more."""
        while not self.stopping.is_set() and parent in (None, os.getppid()):
            if not self.grade_one():
                self.stopping.wait(_IDLE_S)

    def grade_one(self) -> bool:
        """Grade the next submission; False when there is none."""
        claimed = self._store.claim(self._settings.lease_s)
        if claimed is None:
            return False
        row, mark = claimed
        _log.info("submission %d: attempt %d", row.id, row.attempts + 1)
        try:
            with self._alive(row.id, mark):
                self._grade(row, mark)
        except LostClaim as error:
            _log.warning("%s", error)
        except (PackagingError, RunnerError) as error:
            self._fail(row.id, mark, _one_line(error))
        except Exception as error:
            _log.exception("submission %d", row.id)
            self._fail(row.id, mark, f"the grader failed: {type(error).__name__}")
        return True

    def _grade(self, row: SubmissionRow, mark: str) -> None:
        done = {entry["mlp_index"] for entry in self._store.entries(row.id)}
        missing = [i for i in range(len(self._data.mlps)) if i not in done]
        archive = self._settings.uploads / f"{row.upload_key}.tar.gz"

        def keep(entry: dict[str, Any]) -> None:
            self._store.record(row.id, mark, entry)

        self._pool.grade(archive, self._data, missing, keep)
        entries = self._store.entries(row.id)
        results = aggregate(entries, self._data.spec)
        results["breakdowns"]["sampling"] = sum_breakdowns(self._data.sampling_breakdowns)
        del results["per_mlp"]  # they have a table of their own
        self._store.finish(row.id, mark, results)
        _log.info("submission %d: %g", row.id, results["adjusted_final_layer_score"])

    def _fail(self, number: int, mark: str, message: str) -> None:
        with contextlib.suppress(LostClaim):
            self._store.fail(number, mark, message)

    @contextlib.contextmanager
    def _alive(self, number: int, mark: str) -> Iterator[None]:
        """Give signs of life while a submission is graded."""
        over = threading.Event()
        lease = self._settings.lease_s

        def beat() -> None:
            while not over.wait(lease / 3):
                try:
                    self._store.extend(number, mark, lease)
                except LostClaim:  # noqa: PERF203 - a try per sign of life
                    return
                except Exception:  # the database may be back in time
                    _log.exception("submission %d: no sign of life", number)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _one_line(error: Exception) -> str:
    code = error.code if isinstance(error, PackagingError) else None
    if isinstance(error, RunnerError):
        code = error.detail.code
    text = " ".join(str(error).split())
    return f"{code}: {text}"[:500]


def main(arguments: list[str] | None = None) -> int:
    """Run a grader on a data folder until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m whestbench.server.grader")
    parser.add_argument("data", type=Path, help="data folder of `whest serve`")
    parser.add_argument("--parent", type=int, help="end when this process is not the parent")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s grader %(message)s")
    settings = ServerSettings.load(options.data)
    store = Store(settings.database)
    grader = Grader(settings, store, contest_of(settings), make_pool(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: grader.stopping.set())
    _log.info("ready")
    grader.run(options.parent)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
