"""Requests of a session: operations, and the ones that control it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.errors import FlopscopeServerError, NoBudgetContextError, UnauthorizedControlError
from flopscope.remote.failures import describe_failure, error_reply
from flopscope.remote.greeting import greet
from flopscope.remote.pipeline import pipeline_table
from flopscope.remote.protocol import BLOCK_BYTES, MalformedFrameError, request_fields
from flopscope.remote.requests import arguments_of, as_tuple, index_of, slices_of
from flopscope.remote.results import bytes_of_array, dtype_name, symmetry_of
from flopscope.remote.session import Session
from flopscope.remote.sizes import too_large
from flopscope.remote.tickets import Ticket, readable_breakdown
from flopscope.remote.token import ControlToken

__all__ = ["Controller"]

_LOG_PAGE = 10_000

Handler = Callable[["Controller", dict[str, Any], list[Any], dict[str, Any]], dict[str, Any]]


class Controller:
    """Answers the requests of one client.

    Parameters
    ----------
    session : Session
    token : ControlToken
    """

    def __init__(self, session: Session, token: ControlToken) -> None:
        self.session = session
        self.token = token
        self.requests = self.fetches = self.bytes_in = self.bytes_out = self.overhead_ns = 0
        self._deferred: BaseException | None = None
        self._secret: bytes | None = None
        self._ticket: Ticket | None = None

    # ----------------------------------------------------------------------------- requests

    def answer(self, message: Any) -> dict[str, Any]:
        """Carry a request out; returns the reply.

        Errors of operations become replies; whatever is wrong with the message too.
        """
        self.requests += 1
        try:
            fields = request_fields(message)
        except MalformedFrameError as error:
            return error_reply(error)
        number = fields.get("seq")
        try:
            self._check_secret(fields)
            reply = self._answer(fields)
        except Exception as error:
            of_session = isinstance(error, RuntimeError) and fields.get("op") == "budget_open"
            reply = error_reply(error, of_session=of_session)
        if type(number) is int:
            reply["seq"] = number
        if self.session.budget is not None:
            reply["budget"] = self.session.figures()
        return reply

    def _check_secret(self, fields: dict[str, Any]) -> None:
        """A session that was opened with a secret takes only requests that carry it."""
        if self._secret is None or fields.get("op") == "hello":
            return
        given = fields.get("session")
        if type(given) is not bytes or not hmac.compare_digest(given, self._secret):
            raise UnauthorizedControlError("this request does not belong to the session")

    def _answer(self, fields: dict[str, Any]) -> dict[str, Any]:
        name, args, kwargs = arguments_of(fields)
        self._run_ahead(fields)
        if name == "batch":
            # Nobody waits for this reply: the error stays until somebody does.
            return {"status": "ok"} if self._deferred is None else error_reply(self._deferred)
        if self._deferred is not None and name != "budget_close":
            # What was sent ahead of this request failed: the client believes in arrays that are
            # not there.
            error, self._deferred = self._deferred, None
            raise error
        handler = _CONTROL.get(name)
        if handler is not None:
            return handler(self, fields, args, kwargs)
        if "seq" not in fields:
            args = [as_tuple(value) for value in args]
            kwargs = {key: as_tuple(value) for key, value in kwargs.items()}
        return {"status": "ok", "result": self.session.call(name, args, kwargs)}

    def _run_ahead(self, fields: dict[str, Any]) -> None:
        """Run the calls that were sent along before the request, then free what it says."""
        calls, freed = fields.get("before"), fields.get("free")
        if calls is not None and self._deferred is None:
            if type(calls) is not list:
                raise MalformedFrameError("'before' must be a list of calls")
            try:
                made = sum(map(self.session.call_ahead, calls))
                self._compare(fields, made)
            except Exception as error:
                self._deferred = error
        if freed is not None:
            if type(freed) is not list:
                raise MalformedFrameError("'free' must be a list of handles")
            self.session.free(freed)

    def _compare(self, fields: dict[str, Any], made: int) -> None:
        budget = self.session.budget
        used = None if budget is None else budget.flops_used
        if fields.get("used", used) != used or fields.get("bytes", made) != made:
            raise FlopscopeServerError(
                "client and server disagree about operations that were sent ahead: "
                f"{made:,} bytes and {used:,} FLOPs in all here"
            )

    # ------------------------------------------------------------------------------ control

    def _open(
        self, fields: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        flop_budget = kwargs.get(
            "flop_budget", fields.get("flop_budget", args[0] if args else None)
        )
        ticket = None
        if "ticket" in kwargs:
            if self.session.is_open:
                raise RuntimeError("Cannot nest BudgetContexts: this session has one open")
            ticket = self.token.tickets.redeem(kwargs["ticket"])
            flop_budget = ticket.flop_budget  # whatever the client says
        else:
            self.token.check(fields, kwargs)
        self.session.open(
            flop_budget,
            kwargs.get("namespace"),
            keep_arrays=kwargs.get("keep_arrays") is True,
            first_handle=kwargs.get("first_handle"),
        )
        self._ticket = ticket
        if ticket is not None and self.session.budget is not None:
            ticket.note_open(self.session.budget)
        self._deferred = None
        self.fetches = self.bytes_in = self.bytes_out = self.overhead_ns = 0
        self.requests = 1
        result: dict[str, Any] = self.session.figures()
        if kwargs.get("secret") is True:
            result["session"] = self._secret = self._secret or secrets.token_bytes(16)
        return {"status": "ok", "result": result}

    def _close(
        self, fields: dict[str, Any], _args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        if self._ticket is None:
            self.token.check(fields, kwargs)
        budget = self.session.close()
        self.end_ticket()
        compute_ns = round(budget.flopscope_backend_time_s * 1e9)
        comms = {
            "request_count": self.requests,
            "fetch_count": self.fetches,
            "total_bytes_sent": self.bytes_out,
            "total_bytes_received": self.bytes_in,
            "total_comms_overhead_ns": self.overhead_ns,
            "total_compute_time_ns": compute_ns,
            "overhead_ratio": self.overhead_ns / compute_ns if compute_ns else 0.0,
        }
        result: dict[str, Any] = {
            "budget_summary": budget.summary(),
            "budget_breakdown": readable_breakdown(budget),
            "comms_summary": comms,
        }
        if self._deferred is not None:
            name, message = describe_failure(self._deferred)
            result["deferred"] = {"error_type": name, "message": message}
            self._deferred = None
        return {"status": "ok", "result": result, **result}

    def end_ticket(self) -> None:
        """Tell the holder of the token that the budget is closed."""
        if self._ticket is not None:
            self._ticket.note_closed()
            self._ticket = None

    def _status(self, *_: Any) -> dict[str, Any]:
        if not self.session.is_open:
            raise NoBudgetContextError
        figures = self.session.figures()
        return {"status": "ok", "result": figures, **figures}

    def _summary(self, *_: Any) -> dict[str, Any]:
        budget = self.session.budget
        if budget is None:
            raise NoBudgetContextError
        return {"status": "ok", "result": {"text": budget.summary()}}

    def _log(self, _fields: Any, args: list[Any], _kwargs: Any) -> dict[str, Any]:
        budget = self.session.budget
        if budget is None:
            raise NoBudgetContextError
        first = args[0] if args and type(args[0]) is int and args[0] >= 0 else 0
        records = budget.op_log[first : first + _LOG_PAGE]
        rows = [[record.op_name, record.flop_cost, record.cumulative] for record in records]
        return {"status": "ok", "result": {"length": len(budget.op_log), "records": rows}}

    def _hello(
        self, fields: dict[str, Any], _args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        return greet(fields, kwargs, self.session.limits)

    def _sync(self, *_: Any) -> dict[str, Any]:
        return {"status": "ok", "result": None}

    def _pipeline(self, *_: Any) -> dict[str, Any]:
        return {"status": "ok", "result": pipeline_table()}

    # --------------------------------------------------------------------------------- data

    def _require_open(self) -> None:
        if not self.session.is_open and not (self.session.keep_arrays and self.session.objects):
            raise NoBudgetContextError

    def _send(self, array: Any, wants_block: bool) -> dict[str, Any]:
        self.fetches += 1
        limit = self.session.limits.array_bytes
        if array.nbytes > limit:
            raise too_large(array.nbytes, limit)
        data = bytes_of_array(array)
        about = {"status": "ok", "shape": list(array.shape), "dtype": dtype_name(array.dtype)}
        if wants_block and len(data) >= BLOCK_BYTES:
            try:
                return {**about, "block": self.session.blocks.fill(data)}
            except OSError:  # no such memory here: the bytes go into the message
                pass
        return {**about, "data": data}

    def _fetch(
        self, fields: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        self._require_open()
        handle = args[0] if args else kwargs.get("handle_id", fields.get("id"))
        return self._send(self.session.array(handle), kwargs.get("block") is True)

    def _fetch_slice(
        self, fields: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        self._require_open()
        handle = args[0] if args else kwargs.get("handle_id", fields.get("id"))
        given = args[1] if len(args) > 1 else kwargs.get("slices", fields.get("slices"))
        key = slices_of(given)
        parts = key if type(key) is tuple else (key,)
        if any(part is not Ellipsis and type(part) not in (int, slice) for part in parts):
            raise MalformedFrameError("'slices' holds integers and slices")
        part = np.asarray(self.session.array(handle)).__getitem__(key)
        return self._send(np.asarray(part), wants_block=False)

    def _free(
        self, fields: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        handles = args or kwargs.get("ids") or fields.get("ids") or [fields.get("id")]
        if len(handles) == 1 and type(handles[0]) in (list, tuple):
            handles = handles[0]
        self.session.free(handles)
        for number in kwargs.get("blocks") or ():
            self.session.blocks.free(number)
        return {"status": "ok", "result": None}

    def _make_block(self, _fields: Any, args: list[Any], _kwargs: Any) -> dict[str, Any]:
        self._require_open()
        return {"status": "ok", "result": self.session.blocks.make(args[0] if args else None)}

    def _create(self, _fields: Any, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        return {"status": "ok", "result": self.session.keep(self.session.create(args, kwargs))}

    def _getitem(self, fields: dict[str, Any], args: list[Any], _kwargs: Any) -> dict[str, Any]:
        handle = args[0] if args else fields.get("id")
        key = args[1] if len(args) > 1 else slices_of(fields.get("slices"))
        array = self.session.array(handle)
        result = self.session.call("ndarray.__getitem__", [array, index_of(key)], {})
        return {"status": "ok", "result": result}

    def _astype(
        self, fields: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        array = self.session.array(args[0] if args else fields.get("id"))
        result = self.session.call("ndarray.astype", [array, *args[1:]], kwargs)
        return {"status": "ok", "result": result}

    def _symmetry(self, _fields: Any, args: list[Any], _kwargs: Any) -> dict[str, Any]:
        return {"status": "ok", "result": symmetry_of(self.session.array(args[0] if args else 0))}


_CONTROL: dict[str, Handler] = {
    "__getitem__": Controller._getitem,
    "astype": Controller._astype,
    "budget_close": Controller._close,
    "budget_log": Controller._log,
    "budget_open": Controller._open,
    "budget_status": Controller._status,
    "budget_summary": Controller._summary,
    "create_from_data": Controller._create,
    "fetch": Controller._fetch,
    "fetch_slice": Controller._fetch_slice,
    "free": Controller._free,
    "hello": Controller._hello,
    "make_block": Controller._make_block,
    "pipeline": Controller._pipeline,
    "symmetry": Controller._symmetry,
    "sync": Controller._sync,
}
