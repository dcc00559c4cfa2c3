"""The wire protocol, spoken without the library: plain sockets and msgpack."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import zmq


def handle(fields: Any) -> dict[str, str]:
    """How an array is given as an argument."""
    return {"__handle__": fields["result"]["id"] if isinstance(fields, dict) else fields}


class Wire:
    """One connection.

    Parameters
    ----------
    url : str
    kind : int
        ``zmq.REQ`` waits for replies; ``zmq.DEALER`` need not.
    """

    def __init__(self, url: str, kind: int = zmq.REQ, identity: bytes | None = None) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 20_000)
        self.socket.setsockopt(zmq.SNDTIMEO, 20_000)
        if identity is not None:
            self.socket.setsockopt(zmq.ROUTING_ID, identity)
        self.socket.connect(url)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.socket.close(0)
        self._context.term()

    def raw(self, frame: bytes) -> dict[str, Any]:
        """Send bytes, return the reply."""
        self.socket.send(frame)
        return self.reply()

    def reply(self) -> dict[str, Any]:
        """Return the next reply."""
        found: dict[str, Any] = msgpack.unpackb(self.socket.recv())
        return found

    def send(self, op: str, *args: Any, **fields: Any) -> None:
        """Send a request."""
        message = {"op": op, "args": list(args), **fields}
        self.socket.send(msgpack.packb(message))

    def ask(self, op: str, *args: Any, **fields: Any) -> dict[str, Any]:
        """Send a request, return the reply."""
        self.send(op, *args, **fields)
        return self.reply()

    def open(self, flop_budget: int = 10**9, **kwargs: Any) -> dict[str, Any]:
        """Open a budget."""
        found = self.ask("budget_open", kwargs={"flop_budget": flop_budget, **kwargs})
        assert found["status"] == "ok", found
        return found

    def array(self, *values: float) -> str:
        """Make a vector; returns its handle."""
        data = struct.pack(f"<{len(values)}d", *values)
        reply = self.ask("create_from_data", data, [len(values)], "float64")
        assert reply["status"] == "ok", reply
        made: str = reply["result"]["id"]
        return made

    def used(self) -> int:
        """FLOPs spent."""
        found: int = self.ask("budget_status")["result"]["flops_used"]
        return found

    def values(self, handle: str) -> tuple[float, ...]:
        """Elements of an array of float64."""
        data = self.ask("fetch", handle)["data"]
        return struct.unpack(f"<{len(data) // 8}d", data)


def assert_refused(reply: dict[str, Any], *kinds: str) -> None:
    """Check that a reply tells of an error of one of these types, and of nothing else."""
    assert reply["status"] == "error", reply
    assert reply["error_type"] in kinds, reply
    assert set(reply) <= {
        "status", "error_type", "message", "budget", "seq", "comms_overhead_ns", "warnings",
    }  # fmt: skip
    assert "Traceback" not in reply["message"]
    assert "/" not in reply["message"].replace("n/a", "") or len(reply["message"]) < 400
