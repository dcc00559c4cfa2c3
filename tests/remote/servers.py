"""Servers of their own for the tests, and clients of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flopscope as flops
from flopscope.remote.folders import socket_folder

from .wire import Wire


class Server:
    """A server process.

    Parameters
    ----------
    folder : Path
        Where its socket goes.
    arguments : str
        More of its command line.
    environment : str
        More of its environment.
    """

    def __init__(self, folder: Path, *arguments: str, pass_fds: tuple[int, ...] = (), **env: str):
        self.url = f"ipc://{folder}/s"
        self.errors = folder / "errors"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flopscope.remote.server", "--url", self.url, *arguments],
                env={**os.environ, "OMP_NUM_THREADS": "1", **env},
                stderr=errors,
                pass_fds=pass_fds,
            )

    def wire(self) -> Wire:
        """A plain socket of a client that speaks the protocol itself."""
        return Wire(self.url)

    def stop(self) -> None:
        """End it, and show what it said if that is more than it should."""
        self.process.terminate()
        assert self.process.wait(20) == 0, self.errors.read_text(encoding="utf-8")
        said = self.errors.read_text(encoding="utf-8")
        assert "Traceback" not in said, said

    def rss(self) -> int:
        """Bytes of memory it holds."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder that can hold a socket, however long the path of pytest's own is."""
    with socket_folder() as folder:
        yield Path(folder)


@pytest.fixture
def make_server() -> Iterator[Callable[..., Server]]:
    """Start servers with options of the test's own."""
    with ExitStack() as stack:

        def make(*arguments: str, **options: Any) -> Server:
            server = Server(Path(stack.enter_context(socket_folder())), *arguments, **options)
            stack.callback(lambda: server.process.poll() is None and server.stop())
            return server

        yield make


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for all tests that do it no harm."""
    with socket_folder() as folder:
        started = Server(Path(folder))
        yield started
        started.stop()


@pytest.fixture
def client(server: Server) -> Iterator[ModuleType]:
    """The package as a client has it."""
    yield flops.remote.connect(server.url)
    flops.remote.disconnect()


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    """A client that speaks the protocol itself."""
    with server.wire() as opened:
        yield opened


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
