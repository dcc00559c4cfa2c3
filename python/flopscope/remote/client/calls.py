"""Calls of operations: sent ahead where the result is known, waited for otherwise."""

from __future__ import annotations

import math
from typing import Any

from flopscope.errors import NoBudgetContextError
from flopscope.remote.client import state
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.clock import clock
from flopscope.remote.client.connection import Connection
from flopscope.remote.client.encoding import decode, register
from flopscope.remote.client.prediction import Known, bytes_of
from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.protocol import DTYPES

__all__ = ["call", "is_operand", "method_call"]

_WRITERS = frozenset("copyto fill_diagonal place put put_along_axis putmask random.shuffle".split())
_FILLED = frozenset({"zeros", "ones", "empty", "full"})
_OPERANDS = (RemoteArray, RemoteScalar, int, float, complex, bool, list, tuple)
_make = RemoteArray._make


def is_operand(value: Any) -> bool:
    """Whether an operator takes this on its other side."""
    return isinstance(value, _OPERANDS) or hasattr(value, "__array_interface__")


def _send_ahead(
    connection: Connection, name: str, refs: list[Any], known: Known
) -> RemoteArray | None:
    """Send a call whose result is known; None when it may not fit budget or limits."""
    shape, code, elements, group, cost = known
    size = bytes_of(known)
    if cost > connection.remaining or size > connection.array_bytes or not connection.is_open:
        return None
    handle = connection.ahead(name, refs, cost, size)
    return _make(connection, handle, shape, code, elements, group)


def _try_ahead(connection: Connection, name: str, args: tuple[Any, ...]) -> RemoteArray | None:
    predictor = connection.predictor
    known: Known | None = None
    if len(args) == 2:
        a, b = args
        if type(a) is RemoteArray:
            if type(b) is RemoteArray:
                known = predictor.binary(name, a, b)
                refs = [a._ref, b._ref]
            else:
                known = predictor.with_number(name, a, b, reflected=False)
                refs = [a._ref, b]
        elif type(b) is RemoteArray:
            known = predictor.with_number(name, b, a, reflected=True)
            refs = [a, b._ref]
    elif len(args) == 1 and type(args[0]) is RemoteArray:
        known = predictor.unary(name, args[0])
        refs = [args[0]._ref]
    return None if known is None else _send_ahead(connection, name, refs, known)


def _writes(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call may change an array that exists already."""
    if name in _WRITERS or "out" in kwargs or name.endswith(".at"):
        return True
    # An array given by position after the operands.
    return len(args) > 2 and any(type(value) is RemoteArray for value in args[1:])


def _check_targets(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse to write into what is not on the server: nobody would see it."""
    out = kwargs.get("out")
    targets = list(out) if isinstance(out, tuple) else [out]
    if name in _WRITERS:
        targets.append(args[0] if args else None)
    for target in targets:
        if target is not None and type(target) is not RemoteArray:
            raise TypeError(
                f"{name} writes into an array of the server, not into a {type(target).__name__} "
                "of this process"
            )


def call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
    """Carry an operation out on the server.

    Parameters
    ----------
    name : str
        As in the operation table.
    args, kwargs
        Its arguments.
    """
    connection = state.connection
    if connection is None:
        raise NoBudgetContextError
    with clock, connection.lock:
        if not kwargs:
            array = _try_ahead(connection, name, args)
            if array is not None:
                return array
        if name in _FILLED:
            known = connection.predictor.filled(name, args, kwargs or {})
            if known is not None:
                refs = [list(known[0]), *([args[1]] if name == "full" else [DTYPES[known[1]]])]
                array = _send_ahead(connection, name, refs, known)
                if array is not None:
                    return array
        writes = _writes(name, args, kwargs or {})
        if writes:
            _check_targets(name, args, kwargs or {})
        result = connection.request(name, list(args), kwargs or None)["result"]
        if writes:
            connection.epoch += 1
        found = decode(connection, result)
        out = None if kwargs is None else kwargs.get("out")
        return out if type(out) is RemoteArray else found


def _known_method(
    array: RemoteArray, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], Known] | None:
    """Predict the methods that only look at an array in another shape."""
    if array._group is not None or kwargs or not array._elements:
        return None
    shape: Any
    if name == "T" or (name == "transpose" and not args):
        shape = array._shape[::-1]
    elif name in ("ravel", "flatten", "copy") and not args:
        shape = array._shape if name == "copy" else (array.size,)
    elif name == "reshape" and args:
        shape = args[0] if len(args) == 1 and type(args[0]) is tuple else args
        if any(type(n) is not int for n in shape) or shape.count(-1) > 1:
            return None
        rest = math.prod(n for n in shape if n != -1)
        if rest <= 0 or array.size % rest:
            return None
        shape = tuple(array.size // rest if n == -1 else n for n in shape)
        if math.prod(shape) != array.size:
            return None
        return [array._ref, *shape], (shape, array._code, array._elements, None, 0)
    else:
        return None
    return [array._ref, *args], (shape, array._code, array._elements, None, 0)


def method_call(
    array: RemoteArray, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Carry a method of an array out on the server."""
    connection = array._connection
    with clock, connection.lock:
        predicted = _known_method(array, name, args, kwargs)
        if predicted is not None:
            found = _send_ahead(connection, f"ndarray.{name}", *predicted)
            if found is not None:
                return found
        reply = connection.request(f"ndarray.{name}", [array._ref, *args], kwargs or None)
        if "out" in kwargs:
            connection.epoch += 1
        return decode(connection, reply["result"])


register(field="id", maker=RemoteArray._of_reply)
