"""The worker as a process: in a session of its own, its output drained, ended for certain."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import IO

from whestbench.runner.isolation import Isolation
from whestbench.runner.wire import Channel

__all__ = ["WorkerProcess"]

_KEPT_LINES = 200
_SHOWN_LINES = 200
_LONGEST_LINE = 2000


class WorkerProcess:
    """A running worker.

    Parameters
    ----------
    max_threads : int or None
        Of BLAS and OpenMP.
    echo : bool
        Show what it prints on standard error.
    isolation : Isolation, optional
    module : str
        What is run.
    variables : dict, optional
        More of its environment.

    Attributes
    ----------
    channel : Channel
        To its requests and replies.
    output : collections.deque of str
        The last 200 lines it printed, on either stream.
    """

    def __init__(
        self,
        max_threads: int | None,
        *,
        echo: bool,
        isolation: Isolation | None = None,
        module: str = "whestbench.subprocess_worker",
        variables: dict[str, str] | None = None,
    ) -> None:
        request_read, request_write = os.pipe()
        reply_read, reply_write = os.pipe()
        isolation = isolation or Isolation()
        environment = {**isolation.environment(), **(variables or {})}
        if max_threads is not None:
            names = ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "VECLIB_MAXIMUM")
            environment.update({f"{name}_THREADS": str(max_threads) for name in names})
        self._process = subprocess.Popen(
            [
                *isolation.command(),
                sys.executable,
                "-m",
                module,
                str(request_read),
                str(reply_write),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(request_read, reply_write),
            env=environment,
            start_new_session=True,
            **isolation.process_options(),
        )
        os.close(request_read)
        os.close(reply_write)
        self.channel = Channel(reply_read, request_write, self.is_alive)
        self.output: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._echo = echo
        self._shown = 0
        stream = self._process.stdout
        assert stream is not None
        self._drain_thread = threading.Thread(target=self._drain, args=(stream,), daemon=True)
        self._drain_thread.start()

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def _drain(self, stream: IO[bytes]) -> None:
        # By pieces: a line without an end must not fill the memory.
        with contextlib.suppress(OSError, ValueError):
            for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
                line = raw.decode("utf-8", "replace").rstrip("\n")
                self.output.append(line)
                self._show(line)

    def _show(self, line: str) -> None:
        if not self._echo or self._shown > _SHOWN_LINES:
            return
        self._shown += 1
        text = line if self._shown <= _SHOWN_LINES else "... (more output, not shown)"
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"[estimator] {text}\n")

    def next_network(self) -> None:
        """Show output again, if there was so much that it was cut."""
        self._shown = 0

    def exit_text(self) -> str:
        """How the process ended, in words."""
        try:
            status = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "stopped answering"
        if status >= 0:
            return f"exited with status {status}"
        name = signal.Signals(-status).name
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"was killed by {name}{hint}"

    def end(self, patience_s: float = 0.0) -> None:
        """Wait a little, then kill it and whatever it started."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=patience_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.channel.close()
        self._drain_thread.join(timeout=2)
        if self._process.stdout is not None and not self._drain_thread.is_alive():
            self._process.stdout.close()
