"""What a small operation costs behind a process boundary.

    python benchmarks/remote.py
    python benchmarks/remote.py --url tcp://127.0.0.1:5599 --json build/remote.json

Starts a server and times, each as the best of several rounds: a chain of 1,000 additions of ten
elements in this process, on the server, a call that waits for its answer, a bare round trip of
ZeroMQ between two processes, and 8 MB of elements down and up.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import zmq

import flopscope as flops
import flopscope.numpy as fnp

_CHAIN = 1_000


def best(run: Callable[[], Any], rounds: int, per: int = 1) -> float:
    """Shortest of several rounds, in microseconds per item."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return 1e6 * min(times) / per


def echo(url: str) -> None:
    """Send back what comes, until an empty message."""
    socket = zmq.Context().socket(zmq.REP)
    socket.bind(url)
    while message := socket.recv():
        socket.send(message)
    socket.send(b"")
    socket.close()


def bare_round_trip(url: str, rounds: int) -> float:
    """A small message to another process and back."""
    process = multiprocessing.get_context("spawn").Process(target=echo, args=(url,))
    process.start()
    socket = zmq.Context().socket(zmq.REQ)
    socket.connect(url)

    def run() -> None:
        for _ in range(200):
            socket.send(b"x" * 40)
            socket.recv()

    run()
    found = best(run, rounds, 200)
    socket.send(b"")
    socket.recv()
    process.join()
    socket.close()
    return found


@contextlib.contextmanager
def server(url: str) -> Iterator[None]:
    """A server of its own."""
    command = [sys.executable, "-m", "flopscope.remote.server", "--url", url]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def chain(fnp: Any, length: int) -> float:
    """Add a number again and again; the value at the end is asked for."""
    x = fnp.ones(10)
    for _ in range(length):
        x = x + 1.0
    return float(x[0])


def in_process(rounds: int) -> dict[str, float]:
    """The same chain without a server."""
    with flops.BudgetContext(10**12, quiet=True):
        assert chain(fnp, _CHAIN) == _CHAIN + 1
        return {"chain of 1,000 in process": best(lambda: chain(fnp, _CHAIN), rounds, _CHAIN)}


def remote(url: str, rounds: int) -> dict[str, float]:
    """Figures of a client."""
    client: Any = flops.remote.connect(url)
    np_ = client.numpy
    found = {}
    with client.BudgetContext(10**12, quiet=True):
        assert chain(np_, _CHAIN) == _CHAIN + 1
        found["chain of 1,000 on the server"] = best(lambda: chain(np_, _CHAIN), rounds, _CHAIN)
        x = np_.ones(10)
        found["call that waits (sum)"] = best(lambda: [np_.sum(x) for _ in range(100)], rounds, 100)
        large = np_.ones((1000, 1001))
        from flopscope.remote.client.transfer import fetch, upload

        found["8 MB down"] = best(lambda: fetch(large), rounds)
        data = bytearray(8 * 1000 * 1001)
        found["8 MB up"] = best(lambda: upload(data, (1000, 1001), "float64"), rounds)
    flops.remote.disconnect()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default=f"ipc://{tempfile.mkdtemp()}/flopscope.sock")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = in_process(options.rounds)
    bare = options.url + "-bare" if options.url.startswith("ipc:") else "tcp://127.0.0.1:5598"
    found["bare round trip of zmq"] = bare_round_trip(bare, options.rounds)
    with server(options.url):
        found.update(remote(options.url, options.rounds))
    for name, microseconds in found.items():
        print(f"{name:32} {microseconds:12.2f} us")
    print(f"processors: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
