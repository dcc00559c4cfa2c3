"""The sockets of a server: takes messages in, hands them to sessions, sends replies out."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
import warnings
from typing import Any

from flopscope.errors import FlopscopeServerError, NoBudgetContextError
from flopscope.remote._extra import require
from flopscope.remote.failures import error_reply
from flopscope.remote.greeting import greet
from flopscope.remote.limits import Limits
from flopscope.remote.peer import Peer, collect_warnings
from flopscope.remote.protocol import MalformedFrameError, pack, request_fields, unpack
from flopscope.remote.requests import arguments_of
from flopscope.remote.token import ControlToken

__all__ = ["Broker"]

zmq = require("zmq")

_REPLIES = "inproc://flopscope-replies"
_POLL_MS = 200


def _check_path(path: str) -> None:
    """Refuse a path where something else is, or where a server listens."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(f"{path} is there already, and no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:  # left behind by a server that was killed
            return
    raise OSError("another server listens there")


class Broker:
    """Serves clients until it is stopped.

    Parameters
    ----------
    url : str
        ZeroMQ endpoint.
    limits : Limits
    token : ControlToken
    idle_s : float
        Seconds after which a session that asks nothing is dropped.
    """

    def __init__(self, url: str, limits: Limits, token: ControlToken, idle_s: float) -> None:
        self._url = url
        self._limits = limits
        self._token = token
        self._idle_s = idle_s
        self._peers: dict[bytes, Peer] = {}
        self._stopped = False
        self._next_look = 0.0
        self._file: tuple[str, int] | None = None
        context = zmq.Context.instance()
        self._router = context.socket(zmq.ROUTER)
        for option, value in (
            (zmq.LINGER, 200),
            (zmq.MAXMSGSIZE, limits.frame_bytes),
            (zmq.ROUTER_MANDATORY, 1),
            # Not ZeroMQ's heartbeats: libzmq 4.3.5 ends the process (an assertion in `out_event`)
            # when one is due on a connection that was lost while its input waited.
            (zmq.TCP_KEEPALIVE, 1),
            (zmq.RCVHWM, 64),
            (zmq.SNDHWM, 64),
        ):
            self._router.setsockopt(option, value)
        self._monitor = self._router.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._replies = context.socket(zmq.PULL)
        self._replies.bind(_REPLIES)

    def bind(self) -> None:
        """Open the endpoint.

        Raises
        ------
        OSError, zmq.ZMQError
            It is taken, or no endpoint.
        """
        path = self._url.removeprefix("ipc://") if self._url.startswith("ipc://") else ""
        if not path or path.startswith("@"):
            self._router.bind(self._url)
            return
        _check_path(path)
        self._router.bind(self._url)
        self._file = (path, os.stat(path).st_ino)

    def stop(self) -> None:
        """Have `serve` return soon; may be called from a signal handler."""
        self._stopped = True

    def close(self) -> None:
        """Drop all sessions and close the sockets."""
        for identity in list(self._peers):
            self._drop(identity)
        self._router.disable_monitor()
        self._monitor.close(0)
        if self._file is not None:
            path, inode = self._file
            with contextlib.suppress(OSError):
                if os.stat(path).st_ino == inode:  # not that of a server that came after
                    os.unlink(path)
        self._router.close()
        self._replies.close(0)

    def serve(self) -> None:
        """Take requests until stopped. No message ends it."""
        with warnings.catch_warnings():
            collect_warnings()
            poller = zmq.Poller()
            for source in (self._router, self._replies, self._monitor):
                poller.register(source, zmq.POLLIN)
            while not self._stopped:
                ready = dict(poller.poll(_POLL_MS))
                if self._monitor in ready:
                    self._see_disconnections()
                if self._replies in ready:
                    self._send_replies()
                if self._router in ready:
                    self._take_requests()
                now = time.monotonic()
                if now >= self._next_look:
                    self._next_look = now + min(1.0, self._idle_s / 4)
                    self._drop_idle(now)

    # --------------------------------------------------------------------------- the sockets

    def _see_disconnections(self) -> None:
        while self._monitor.poll(0):
            frames = self._monitor.recv_multipart()
            # Event (16 bit) and its value, here the number of the connection (32 bit).
            connection = int.from_bytes(frames[0][2:6], "little", signed=True)
            gone = [key for key, peer in self._peers.items() if peer.connection == connection]
            for identity in gone:
                self._drop(identity)

    def _send_replies(self) -> None:
        for _ in range(64):
            try:
                frames = self._replies.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            peer = self._peers.get(frames[0])
            self._send(frames)
            if peer is not None and peer.is_over:
                self._drop(frames[0])

    def _send(self, frames: list[bytes]) -> None:
        try:
            self._router.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError:
            # Gone, or it sends without ever reading: either way it hears nothing.
            self._drop(frames[0])

    def _take_requests(self) -> None:
        for _ in range(64):
            try:
                frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            except zmq.ZMQError:
                return
            self._take(frames)

    def _take(self, frames: list[Any]) -> None:
        identity = frames[0].bytes
        # Sockets that wait for replies put an empty frame before the message.
        empty = [b""] if len(frames) == 3 and not len(frames[1].bytes) else []
        address = [identity, *empty]
        if len(frames) != 2 + len(empty):
            malformed = MalformedFrameError("a message is one frame")
            self._send([*address, pack(error_reply(malformed))])
            return
        frame: bytes = frames[-1].bytes
        connection = self._connection_of(frames[-1])
        peer = self._peers.get(identity)
        if peer is not None and (peer.connection != connection or peer.is_over):
            self._drop(identity)
            peer = None
        if peer is None:
            self._welcome(address, connection, frame)
        elif not peer.hand(frame):
            self._drop(identity)
            error = FlopscopeServerError("too many requests are waiting; the session is dropped")
            self._send([*address, pack(error_reply(error))])

    @staticmethod
    def _connection_of(frame: Any) -> int | None:
        try:
            return int(frame.get(zmq.SRCFD))
        except (zmq.ZMQError, KeyError, TypeError):
            return None

    # ------------------------------------------------------------------------------ clients

    def _welcome(self, address: list[bytes], connection: int | None, frame: bytes) -> None:
        """Answer a client without a session; `budget_open` makes one."""
        fields: dict[str, Any] = {}
        try:
            fields = request_fields(unpack(frame))
            name, _args, kwargs = arguments_of(fields)
            if name == "hello":
                reply = greet(fields, kwargs, self._limits)
            elif name in ("ticket", "ticket_report"):
                self._token.check(fields, kwargs)
                book = self._token.tickets
                if name == "ticket":
                    result: Any = book.issue(kwargs.get("flop_budget"))
                else:
                    result = book.report(kwargs.get("ticket"))
                reply = {"status": "ok", "result": result}
            elif name == "budget_open":
                if "ticket" not in kwargs:
                    self._token.check(fields, kwargs)
                self._admit(address, connection, frame)
                return
            elif name == "free":
                reply = {"status": "ok", "result": None}
            else:
                raise NoBudgetContextError
        except Exception as error:
            reply = error_reply(error)
        number = fields.get("seq")
        if type(number) is int:
            reply["seq"] = number
        self._send([*address, pack({**reply, "comms_overhead_ns": 0})])

    def _admit(self, address: list[bytes], connection: int | None, frame: bytes) -> None:
        # What is known of the connection must be news from before this message.
        self._see_disconnections()
        if len(self._peers) >= self._limits.clients:
            raise FlopscopeServerError(
                f"this server has {len(self._peers)} clients, the most it takes"
            )
        peer = Peer(address, connection, self._limits, self._token, _REPLIES)
        self._peers[address[0]] = peer
        peer.hand(frame)
        peer.start()

    def _drop(self, identity: bytes) -> None:
        peer = self._peers.pop(identity, None)
        if peer is not None:
            peer.stop()

    def _drop_idle(self, now: float) -> None:
        for identity, peer in list(self._peers.items()):
            if peer.is_idle and now - peer.last_heard > self._idle_s:
                self._drop(identity)
