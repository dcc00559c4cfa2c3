"""The server: ``python -m flopscope.remote.server --url ipc:///tmp/flopscope.sock``.

It holds budgets, arrays and NumPy; its clients hold handles. ``docs/remote.md`` says how to use it,
and what it protects against.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from flopscope.remote.limits import DEFAULT_URL, Limits

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flopscope.remote.server", description="Meter programs of other processes."
    )
    parser.add_argument("--url", default=DEFAULT_URL, help="ZeroMQ endpoint (%(default)s)")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS",
        help="close sessions that ask nothing for so long (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--token-fd", type=int, metavar="FD",
        help="write a control token to this inherited descriptor; only its holders open budgets",
    )  # fmt: skip
    parser.add_argument(
        "--memory-limit", type=float, metavar="GIB",
        help="address space of the server, for all clients together",
    )  # fmt: skip
    return parser


def _limit_memory(gibibytes: float) -> None:
    import resource

    size = int(gibibytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.timeout > 0:
        parser.error(f"--timeout must be positive, got {options.timeout}")
    # A client's environment does not make a client of the server.
    from flopscope.remote import disconnect

    os.environ.pop("FLOPSCOPE_SERVER_URL", None)
    disconnect()

    from flopscope.remote.broker import Broker
    from flopscope.remote.operations import find_operation
    from flopscope.remote.pipeline import pipeline_table
    from flopscope.remote.token import ControlToken

    # Made now, not in the time of the first client.
    find_operation("ones")
    pipeline_table()

    try:
        limits = Limits()
    except ValueError as error:
        parser.error(str(error))
    token = (
        ControlToken() if options.token_fd is None else ControlToken.handed_over(options.token_fd)
    )
    if options.memory_limit is not None:
        _limit_memory(options.memory_limit)
    broker: Any = Broker(options.url, limits, token, idle_s=options.timeout)
    try:
        broker.bind()
    except Exception as error:
        print(f"error: cannot serve at {options.url}: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: broker.stop())
    print(f"flopscope server at {options.url}, process {os.getpid()}", file=sys.stderr, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        broker.serve()
    broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
