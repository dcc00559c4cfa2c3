"""Requests of a client: some wait for an answer, others are sent ahead in batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from flopscope._release import RELEASE
from flopscope.errors import FlopscopeServerError, NoBudgetContextError, RemoteSerializationError
from flopscope.remote.client.clock import clock
from flopscope.remote.client.failures import failure, warn
from flopscope.remote.client.prediction import Predictor
from flopscope.remote.client.sockets import ClientSocket
from flopscope.remote.limits import FRAME_ROOM
from flopscope.remote.protocol import MalformedFrameError, pack, unpack

__all__ = ["Connection"]

# Calls that are sent in one frame, bytes of results after which a frame is sent at once, and frames
# that may be on their way without an answer.
_BATCH = 64
_BATCH_BYTES = 2**22
_WINDOW = 16


class Connection:
    """A client's line to its server.

    Parameters
    ----------
    url : str
    encode : callable
        What `msgpack` does not know -> what it does.
    """

    def __init__(self, url: str, encode: Callable[[Any], Any]) -> None:
        self.url = url
        self.lock = threading.RLock()
        self.predictor = Predictor()
        self.array_bytes = 0
        self.epoch = 0
        self.largest_handle = 0
        self._loss: str | None = None
        self.shares_memory = True
        self._encode = encode
        self._socket: ClientSocket | None = None
        self._secret: bytes | None = None
        self._number = 0
        self._calls: list[list[Any]] = []
        self._call_bytes = 0
        self._freed: deque[str] = deque()
        self._unanswered = 0
        self._has_trouble = False
        self._next_chosen = 0
        self.is_open = False
        self.budgets_opened = 0
        self.used = self.remaining = self.budget = 0

    # ---------------------------------------------------------------------------- life

    def greet(self) -> None:
        """Connect, unless that is done.

        Raises
        ------
        ConnectionError
            No server answers, it is of another version, or talks something else.
        """
        with self.lock, clock:
            if self._socket is not None:
                return
            self._socket = ClientSocket(self.url)
            try:
                self._socket.send(pack({"op": "hello", "client_version": RELEASE}))
                reply = unpack(self._socket.receive())
                if not isinstance(reply, dict) or "status" not in reply:
                    raise ConnectionError(f"{self.url} does not answer like a flopscope server")
                if reply["status"] != "ok" or reply.get("server_version") != RELEASE:
                    message = reply.get("message", reply.get("server_version"))
                    raise ConnectionError(f"{self.url}: {reply.get('error_type')}: {message}")
                self.array_bytes = int(reply["limits"]["array_bytes"])
            except (FlopscopeServerError, MalformedFrameError, KeyError) as error:
                self.close()
                raise ConnectionError(f"{self.url}: {error}") from None
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Hang up: the server lets go of everything."""
        with self.lock:
            socket, self._socket = self._socket, None
            self._forget()
            if socket is not None:
                socket.close()

    def _forget(self) -> None:
        self.budgets_opened += 1  # whatever log there was is gone
        self.is_open = False
        self._secret = None
        self._calls.clear()
        self._freed.clear()
        self._call_bytes = self._unanswered = 0
        self._has_trouble = False
        self.epoch += 1

    # -------------------------------------------------------------------------- budget

    def open(
        self,
        flop_budget: Any,
        namespace: str | None,
        token: str | None,
        ticket: str | None = None,
    ) -> None:
        """Open a budget."""
        self.greet()
        kwargs: dict[str, Any] = {"flop_budget": flop_budget, "namespace": namespace}
        # Handles of a session that was lost mean nothing in the next one.
        kwargs.update(keep_arrays=True, secret=True, first_handle=self.largest_handle)
        if token is not None:
            kwargs["control_token"] = token
        if ticket is not None:
            kwargs["ticket"] = ticket
        result = self.request("budget_open", [], kwargs)["result"]
        self._secret = result["session"]
        self.budget = result["flop_budget"]
        self.is_open = True
        self._loss = None
        self.budgets_opened += 1
        if not self.predictor.ops:
            self.predictor.load(self.request("pipeline")["result"])

    def finish(self, token: str | None) -> dict[str, Any]:
        """Close the budget; returns what the server says of it."""
        kwargs = {} if token is None else {"control_token": token}
        try:
            result: dict[str, Any] = self.request("budget_close", [], kwargs)["result"]
        finally:
            self.is_open = False
        return result

    # ------------------------------------------------------------------------ requests

    def request(
        self,
        name: str,
        args: list[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Send a request after all calls before it, and wait for the reply.

        Raises
        ------
        FlopscopeError, ValueError, TypeError, ...
            What the server tells of.
        RemoteSerializationError
            An argument cannot be sent.
        """
        with self.lock, clock:
            if self._socket is None:
                if name != "budget_open":
                    self._raise_closed()
                self.greet()
            self._settle_trouble(name)
            reply = self._exchange({"op": name, "args": args, "kwargs": kwargs, **fields})
            return self._checked(reply)

    @property
    def is_lost(self) -> bool:
        """Whether the session ended before its budget was closed, and somebody was told."""
        return self._socket is None and self._loss is not None

    def _raise_closed(self) -> NoReturn:
        if self._loss is None:
            raise NoBudgetContextError
        raise FlopscopeServerError(self._loss)

    def _settle_trouble(self, name: str) -> None:
        """Let the server tell what went wrong with calls that were sent ahead."""
        if self._has_trouble and name not in ("budget_open", "budget_close"):
            self._calls.clear()
            self._checked(self._exchange({"op": "sync"}))
            self._has_trouble = False

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        number = self._send(message)
        while True:
            reply = self._receive()
            if reply.get("seq") == number:
                break
            self._acknowledge(reply)
        self._unanswered = 0
        self._has_trouble = False
        figures = reply.get("budget")
        if isinstance(figures, dict):
            self.used, self.remaining = figures["flops_used"], figures["flops_remaining"]
        return reply

    def _checked(self, reply: dict[str, Any]) -> dict[str, Any]:
        if "warnings" in reply:
            warn(reply["warnings"])
        if reply.get("status") == "ok":
            return reply
        kind = reply.get("error_type")
        if kind == "NoBudgetContextError" and self.is_open:
            self._give_up()
            raise FlopscopeServerError(
                f"the server at {self.url} dropped this session: it was restarted, or the session "
                "asked nothing for longer than its timeout"
            )
        raise failure(kind, reply.get("message"))

    def _give_up(self) -> None:
        """The session is lost: the next budget begins with a new connection."""
        self.close()
        self._loss = (
            f"the session at {self.url} was lost, and its arrays with it; a new BudgetContext "
            "begins another"
        )

    def _send(self, message: dict[str, Any]) -> int:
        """Send a message with all calls and frees that wait; returns its number."""
        if self._socket is None:
            self._raise_closed()
        self._number += 1
        message["seq"] = self._number
        if self._secret is not None:
            message["session"] = self._secret
        if self._calls:
            message["before"] = self._calls
            message["used"] = self.used
            message["bytes"] = self._call_bytes
        freed = [self._freed.popleft() for _ in range(len(self._freed))]
        if freed:
            message["free"] = freed
        try:
            frame = pack(message, self._encode)
        except (TypeError, OverflowError, ValueError) as error:
            self._freed.extend(freed)
            raise RemoteSerializationError(f"an argument cannot be sent: {error}") from None
        except BaseException:
            self._freed.extend(freed)
            raise
        if len(frame) > self.array_bytes + FRAME_ROOM:
            self._freed.extend(freed)
            raise ValueError(
                f"a request of {len(frame):,} bytes is too large: the server takes arrays up to "
                f"{self.array_bytes:,} bytes"
            )
        if self._calls:
            self._calls = []
            self._call_bytes = 0
        try:
            self._socket.send(frame)
        except BaseException:
            self._give_up()
            raise
        return self._number

    def _receive(self) -> dict[str, Any]:
        if self._socket is None:
            self._raise_closed()
        try:
            reply = unpack(self._socket.receive())
        except BaseException:  # an interrupt too: the answer would be taken for the next one's
            self._give_up()
            raise
        if not isinstance(reply, dict):
            self._give_up()
            raise FlopscopeServerError(f"{self.url} does not answer like a flopscope server")
        return reply

    def _acknowledge(self, reply: dict[str, Any]) -> None:
        self._unanswered -= 1
        if "warnings" in reply:
            warn(reply["warnings"])
        if reply.get("status") != "ok":
            self._has_trouble = True

    # --------------------------------------------------------------------- sent ahead

    def ahead(
        self,
        name: str,
        refs: list[Any],
        cost: int,
        size: int,
        kwargs: dict[str, Any] | None = None,
    ) -> str:
        """Have an operation run whose result is known; returns the handle of the result.

        Parameters
        ----------
        name : str
        refs : list
            Arguments as they travel.
        cost : int
            FLOPs that it bills: not more than remain.
        size : int
            Bytes of its result.
        kwargs : dict, optional
            Keywords as they travel.
        """
        self._next_chosen += 1
        chosen = self._next_chosen
        self._calls.append([name, refs, kwargs, chosen])
        self.used += cost
        self.remaining -= cost
        self._call_bytes += size
        if len(self._calls) >= _BATCH or self._call_bytes > _BATCH_BYTES:
            self.flush()
        return f"c{chosen}"

    def flush(self) -> None:
        """Send calls that wait, without waiting for what comes of them."""
        if self._socket is None:
            self._raise_closed()
        if not self._calls:
            return
        while self._unanswered >= _WINDOW:
            self._acknowledge(self._receive())
        while (frame := self._socket.receive_now()) is not None:
            self._acknowledge(unpack(frame))
        self._send({"op": "batch"})
        self._unanswered += 1

    def free(self, handle: str) -> None:
        """Let go of an array with the next message; called by the garbage collector."""
        self._freed.append(handle)
