"""A PostgreSQL server of its own for tests, where its programs are installed."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time


def program(name):
    """Path of a program of PostgreSQL; Debian keeps them out of PATH."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)
    return shutil.which(name) or next(iter(places), None)


def _user():
    """Who runs it: PostgreSQL refuses root. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@contextlib.contextmanager
def serving():
    """A server on a free port of loopback; gives a URL for a database name."""
    owner = _user()
    folder = tempfile.mkdtemp(prefix="whest-pg-")
    options = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid}
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    process = None
    try:
        subprocess.run(
            [program("initdb"), "-D", f"{folder}/data", "-U", "whest", "-A", "trust", "-N",
             "--no-locale", "-E", "UTF8"],
            check=True, capture_output=True, cwd=folder, **options,
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen(
                [program("postgres"), "-D", f"{folder}/data", "-k", "", "-p", str(port),
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                stdout=log, stderr=log, cwd=folder, **options,
            )  # fmt: skip
        _wait(port, process, f"{folder}/log")
        yield lambda name: f"postgresql://whest@127.0.0.1:{port}/{name}"
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port, process, log):
    import psycopg

    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"postgresql://whest@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:  # noqa: PERF203 - one per attempt
            if process.poll() is not None or time.monotonic() > end:
                with open(log, encoding="utf-8") as text:
                    raise AssertionError(text.read()) from None
            time.sleep(0.1)
