"""The socket of a client: frames out, frames in, and word of the server's death."""

from __future__ import annotations

import os
import time
from typing import Any

from flopscope.errors import FlopscopeServerError
from flopscope.remote._extra import require

__all__ = ["ClientSocket", "timeout_s"]

zmq = require("zmq")

_LOOK_MS = 100
# A server that is being started is waited for; one that refuses so long is not there.
_REFUSED_S = 10.0


def timeout_s() -> float:
    """Seconds to wait for an answer, ``FLOPSCOPE_CLIENT_TIMEOUT``; 30."""
    text = os.environ.get("FLOPSCOPE_CLIENT_TIMEOUT", "")
    try:
        value = float(text or 30.0)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ValueError(f"FLOPSCOPE_CLIENT_TIMEOUT must be a positive number, got {text!r}")
    return value


class ClientSocket:
    """A connection that knows when it is lost.

    Parameters
    ----------
    url : str
        ZeroMQ endpoint.

    Raises
    ------
    ConnectionError
        The endpoint is none.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.process = os.getpid()
        self._timeout_s = timeout_s()
        self._is_connected = self._is_lost = False
        self._refused_since: float | None = None
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.SNDHWM, 256),
            (zmq.RCVHWM, 0),
            (zmq.SNDTIMEO, _LOOK_MS),
            (zmq.RCVTIMEO, _LOOK_MS),
            (zmq.RECONNECT_IVL, 20),
            (zmq.TCP_KEEPALIVE, 1),
        ):
            self._socket.setsockopt(option, value)
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED
        )
        try:
            self._socket.connect(url)
        except zmq.ZMQError as error:
            self.close()
            raise ConnectionError(f"{url!r} is no endpoint of a server: {error}") from None

    def close(self) -> None:
        """Close it; frames that were not sent are dropped."""
        if os.getpid() != self.process:
            return  # it is the parent's
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._socket.close(0)
        self._context.term()

    def look(self) -> None:
        """Raise when the server is gone.

        Raises
        ------
        FlopscopeServerError
            The connection is lost.
        ConnectionError
            There never was one, and nobody listens.
        """
        while self._monitor.poll(0):
            event = int.from_bytes(self._monitor.recv_multipart()[0][:2], "little")
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._is_connected, self._refused_since = True, None
            elif event == zmq.EVENT_DISCONNECTED and self._is_connected:
                self._is_lost = True
            elif event == zmq.EVENT_CLOSED and self._refused_since is None:
                self._refused_since = time.monotonic()
        if self._is_lost:
            raise FlopscopeServerError(
                f"the server at {self.url} is gone, and with it the arrays and the budget of this "
                "session; open a new BudgetContext once it is back"
            )
        refused = self._refused_since
        if refused is not None and time.monotonic() - refused > min(_REFUSED_S, self._timeout_s):
            raise ConnectionError(f"no server listens at {self.url}")

    def _patiently(self, attempt: Any, what: str) -> Any:
        if os.getpid() != self.process:
            raise FlopscopeServerError(
                "a connection does not survive a fork: connect again in the new process"
            )
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                return attempt()
            except zmq.Again:
                self.look()
            if time.monotonic() > deadline:
                raise FlopscopeServerError(
                    f"the server at {self.url} did not {what} within {self._timeout_s:g} s"
                )

    def send(self, frame: bytes) -> None:
        """Send a frame.

        Raises
        ------
        FlopscopeServerError
            The server is gone, or takes nothing.
        """
        self._patiently(lambda: self._socket.send(frame), "take a request")

    def receive(self) -> bytes:
        """Wait for a frame.

        Raises
        ------
        FlopscopeServerError
            The server is gone, or does not answer in time.
        """
        frame: bytes = self._patiently(self._socket.recv, "answer")
        return frame

    def receive_now(self) -> bytes | None:
        """Return a frame that is there already, else None."""
        try:
            frame: bytes = self._socket.recv(zmq.NOBLOCK)
        except zmq.Again:
            return None
        return frame
