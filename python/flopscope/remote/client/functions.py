"""Functions of a client: one per operation that a server carries out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from flopscope.errors import RemoteCallbackError
from flopscope.remote import surface
from flopscope.remote.client import calls
from flopscope.remote.client.encoding import register
from flopscope.remote.client.transfer import make_array

__all__ = ["FunctionProxy", "blocked", "functions", "public_name"]

_METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")


class FunctionProxy:
    """A function that a server carries out and bills.

    Attributes
    ----------
    op_name : str
        Name of the operation.
    """

    def __init__(self, op_name: str) -> None:
        self.op_name = op_name
        self.__name__ = self.__qualname__ = public_name(op_name)
        self.__module__ = "flopscope.numpy"
        self.__doc__ = (
            f"NumPy's `{op_name}`, carried out by the server.\n\nWhat it bills: "
            "docs/cost-reference.md."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return calls.call(self.op_name, args, kwargs)

    def __repr__(self) -> str:
        return f"<counted function {self.op_name!r} of a server>"

    def __reduce__(self) -> Any:
        return FunctionProxy, (self.op_name,)


class UfuncProxy(FunctionProxy):
    """A function with the methods of NumPy's ufuncs."""

    def __getattr__(self, name: str) -> FunctionProxy:
        if name in _METHODS:
            return FunctionProxy(f"{self.op_name}.{name}")
        raise AttributeError(f"{self!r} has no attribute {name!r}")


def public_name(op_name: str) -> str:
    """Name of an operation in its module."""
    return op_name.rpartition(".")[2]


class Refusal(FunctionProxy):
    """A function that calls the caller's code back: refused before anything is sent."""

    def __call__(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise RemoteCallbackError(
            f"{self.op_name} calls a Python function back, which a server cannot do; compute the "
            "values with array operations, or make them here and send them with array()"
        )


class ArrayMaker(FunctionProxy):
    """`array` and `asarray`: numbers in lists are encoded here."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        simple = 0 < len(args) <= 2 and kwargs.keys() <= {"dtype"}
        if simple and len(args) + len(kwargs) <= 2:
            obj, dtype = args[0], args[1] if len(args) > 1 else kwargs.get("dtype")
            made = make_array(self.op_name, obj, dtype)
            if made is not None:
                return made
        return calls.call(self.op_name, args, kwargs)


def _proxy(op_name: str) -> FunctionProxy:
    if op_name in surface.CALLBACKS:
        return Refusal(op_name)
    if op_name in ("array", "asarray"):
        return ArrayMaker(op_name)
    return UfuncProxy(op_name) if op_name in surface.UFUNCS else FunctionProxy(op_name)


def functions(module: str) -> dict[str, Callable[..., Any]]:
    """Return the functions of a module of the table, by public name."""
    found: dict[str, Callable[..., Any]] = {
        public_name(name): _proxy(name) for name in surface.FUNCTIONS[module]
    }
    return found


def blocked(where: str, name: str, prefix: str = "") -> AttributeError | None:
    """Return the error for a name that clients do not have on purpose; None for any other."""
    if prefix + name in surface.BLOCKED:
        return AttributeError(
            f"{where} does not support {name!r} (blacklisted): it reads or writes text, settings "
            "or dates, which flopscope does not meter"
        )
    if prefix + name in surface.LOCAL:
        return AttributeError(
            f"{where} does not support {name!r} on a server (blacklisted): it works on text, "
            "iterators or settings of the process that has NumPy"
        )
    return None


register(FunctionProxy, lambda proxy: {"__function__": proxy.op_name})
