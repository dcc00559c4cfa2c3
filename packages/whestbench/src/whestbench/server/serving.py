"""Running an evaluator: the web server here, graders beside it, started again if lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn

from whestbench.server.app import create_app
from whestbench.server.settings import ServerSettings
from whestbench.server.store import Store

__all__ = ["keep_graders", "serve"]

_CHECK_S = 1.0


def serve(
    settings: ServerSettings,
    host: str,
    port: int,
    graders: int,
    *,
    certfile: str | None = None,
    keyfile: str | None = None,
) -> int:
    """Serve until interrupted."""
    settings.save()
    store = Store(settings.database)
    app = create_app(settings, store)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        ssl_certfile=certfile,
        ssl_keyfile=keyfile,
        forwarded_allow_ips="127.0.0.1",
    )
    server = _Announcing(config)
    # uvicorn shuts down on SIGTERM and then raises the signal again: it must find a handler that
    # lets the graders be ended too.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with keep_graders(settings, graders), contextlib.suppress(KeyboardInterrupt):
            server.run()
    finally:
        store.close()
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Announcing(uvicorn.Server):
    """Says on standard error where it listens, which matters when the port was 0."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        scheme = "https" if self.config.is_ssl else "http"
        for server in getattr(self, "servers", []):
            for socket in server.sockets:
                name, number = socket.getsockname()[:2]
                sys.stderr.write(f"listening on {scheme}://{name}:{number}\n")
        sys.stderr.flush()


@contextlib.contextmanager
def keep_graders(settings: ServerSettings, count: int) -> Iterator[None]:
    """Keep so many graders running; one that ends is replaced."""
    command = [sys.executable, "-m", "whestbench.server.grader", str(settings.data)]
    command += ["--parent", str(os.getpid())]
    graders = [subprocess.Popen(command) for _ in range(count)]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_CHECK_S):
            for position, grader in enumerate(graders):
                if grader.poll() is not None:
                    sys.stderr.write(f"a grader ended with status {grader.returncode}\n")
                    graders[position] = subprocess.Popen(command)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for grader in graders:
            grader.terminate()
        for grader in graders:
            try:
                grader.wait(timeout=10)
            except subprocess.TimeoutExpired:  # noqa: PERF203 - one at a time, by design
                grader.kill()
                grader.wait()
