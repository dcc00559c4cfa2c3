"""One client of a server: its session, answered on a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
import warnings
from typing import Any

from flopscope.remote._extra import require
from flopscope.remote.control import Controller
from flopscope.remote.failures import error_reply
from flopscope.remote.limits import Limits
from flopscope.remote.protocol import pack, unpack
from flopscope.remote.session import Session
from flopscope.remote.token import ControlToken

__all__ = ["Peer", "collect_warnings"]

zmq = require("zmq")

_MOST_WARNINGS = 20
_heard = threading.local()


def collect_warnings() -> None:
    """Have warnings of operations sent to the client that caused them, not to standard error."""

    def show(message: Any, category: type[Warning], *_: Any) -> None:
        found = getattr(_heard, "found", None)
        if found is not None and len(found) < _MOST_WARNINGS:
            found.append([category.__name__, str(message)[:1_000]])

    warnings.simplefilter("always")
    warnings.showwarning = show  # type: ignore[assignment]


class Peer(threading.Thread):
    """Answers the requests of one client, in order.

    Parameters
    ----------
    address : list of bytes
        Frames that a reply begins with.
    connection : int or None
        The connection it came over; requests over another do not belong to it.
    limits : Limits
    token : ControlToken
    replies : str
        Endpoint that takes ``[*address, reply]``.
    """

    def __init__(
        self,
        address: list[bytes],
        connection: int | None,
        limits: Limits,
        token: ControlToken,
        replies: str,
    ) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.connection = connection
        self.waiting_bytes = 0
        self.last_heard = time.monotonic()
        self.is_busy = False
        self.is_over = False
        self._limits = limits
        self._replies = replies
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._session = Session(limits)
        self._controller = Controller(self._session, token)

    def hand(self, frame: bytes) -> bool:
        """Give it a request; False when too much is waiting already."""
        if self.waiting_bytes + len(frame) > 2 * self._limits.frame_bytes:
            return False
        self.waiting_bytes += len(frame)
        self.last_heard = time.monotonic()
        self._frames.put(frame)
        return True

    def stop(self) -> None:
        """End it once the request it is at is done; all that it holds goes."""
        self._frames.put(None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waiting or running."""
        return not self.is_busy and self._frames.empty()

    def run(self) -> None:
        """Answer until stopped, or until nothing is left that the client could come back to."""
        socket = zmq.Context.instance().socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(self._replies)
        try:
            while True:
                frame = self._frames.get()
                if frame is None:
                    return
                self.is_busy = True
                try:
                    reply = self._answer(frame)
                finally:
                    self.waiting_bytes -= len(frame)
                self.last_heard = time.monotonic()
                self.is_busy = False
                if not self._session.is_open and not self._session.keep_arrays:
                    self.is_over = True
                socket.send_multipart([*self.address, reply])
                if self.is_over:
                    return
        finally:
            self.is_over = True
            self._session.end()
            self._controller.end_ticket()
            socket.close()

    def _answer(self, frame: bytes) -> bytes:
        began = time.perf_counter_ns()
        session, controller = self._session, self._controller
        budget = session.budget
        backend = 0.0 if budget is None else budget.flopscope_backend_time_s
        found = _heard.found = []
        session.reviver.has_handles = False
        try:
            reply = controller.answer(unpack(frame, session.reviver))
        except Exception as error:  # whatever a client sends, its session goes on
            reply = error_reply(error)
        if found:
            reply["warnings"] = found
        if session.budget is budget and budget is not None:
            backend = budget.flopscope_backend_time_s - backend
        spent = time.perf_counter_ns() - began - round(max(backend, 0.0) * 1e9)
        reply["comms_overhead_ns"] = max(spent, 0)
        try:
            packed = pack(reply)
        except (ValueError, TypeError, OverflowError) as error:
            packed = pack(error_reply(error))
        controller.overhead_ns += max(spent, 0)
        controller.bytes_in += len(frame)
        controller.bytes_out += len(packed)
        return packed
