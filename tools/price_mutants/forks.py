"""Work in forked children: nothing that they change or cache is left behind."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

__all__ = ["KILLED", "codes_of", "result_of", "results_of"]

#: What `codes_of` has for a child that a signal ended, such as that of a timer.
KILLED = -1


def _started(work: Callable[[], Any]) -> tuple[int, int]:
    """Start a child, and return its id and where its result is read."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reads)
            with os.fdopen(writes, "wb") as stream:
                pickle.dump(work(), stream)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writes)
    return child, reads


def results_of(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what functions return that run in children, all at once."""
    found = []
    for child, reads in [_started(work) for work in works]:
        with os.fdopen(reads, "rb") as stream:
            data = stream.read()
        if os.waitpid(child, 0)[1] != 0:
            raise RuntimeError("a child failed; what it printed says why")
        found.append(pickle.loads(data))
    return found


def result_of(work: Callable[[], Any]) -> Any:
    """Return what a function returns that runs in a child."""
    return results_of([work])[0]


def codes_of(works: Sequence[Callable[[], int]], jobs: int) -> Iterator[tuple[int, int]]:
    """Run functions in children, some at a time; yield place and exit code of each that ends."""
    running: dict[int, int] = {}
    waiting = iter(enumerate(works))
    while True:
        while len(running) < jobs and (following := next(waiting, None)) is not None:
            at, work = following
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGPROF, signal.SIG_DFL)
                code = 70
                try:
                    code = work()
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(code)
            running[child] = at
        if not running:
            return
        ended, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        yield running.pop(ended), KILLED if code < 0 else code
