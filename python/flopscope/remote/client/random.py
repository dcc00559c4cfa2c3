"""Random generators whose state lives on the server. Streams are NumPy's for every seed."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from flopscope.errors import UnsupportedFunctionError
from flopscope.remote import surface
from flopscope.remote.client import calls, state
from flopscope.remote.client.connection import Connection
from flopscope.remote.client.encoding import register

__all__ = ["RandomState", "RemoteGenerator", "SeedSequence"]


class _Remote:
    """An object of a random class on the server."""

    _key: ClassVar[str]
    _field: ClassVar[str]
    _owner: ClassVar[str]

    _connection: Connection
    _handle: str

    @classmethod
    def _of_reply(cls, connection: Connection, fields: dict[str, Any]) -> Any:
        made = object.__new__(cls)
        made._connection = connection
        made._handle = fields[cls._field]
        connection.largest_handle = max(connection.largest_handle, int(made._handle[1:]))
        return made

    @property
    def _ref(self) -> dict[str, str]:
        return {self._key: self._handle}

    def __del__(self) -> None:
        handle = self.__dict__.get("_handle")
        if handle is not None:
            self._connection.free(handle)

    def __getattr__(self, name: str) -> Any:
        if name in surface.METHODS[self._owner]:

            def method(*args: Any, **kwargs: Any) -> Any:
                return calls.call(f"{self._owner}.{name}", (self, *args), kwargs)

            method.__name__ = name
            method.__qualname__ = f"{self._owner}.{name}"
            return method
        raise AttributeError(f"{self._owner} of a server has no attribute {name!r}")

    def shuffle(self, *_: Any, **__: Any) -> NoReturn:
        """Not offered: arrays are immutable.

        Raises
        ------
        UnsupportedFunctionError
            Always.
        """
        raise UnsupportedFunctionError(
            f"{self._owner}.shuffle", replacement="permutation, which returns a new array"
        )

    def __dir__(self) -> list[str]:
        return sorted({*surface.METHODS[self._owner], *super().__dir__()})

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {self._owner} of a server cannot be pickled")


class RemoteGenerator(_Remote):
    """What `default_rng` returns."""

    _key, _field, _owner = "__gen__", "gen_id", "Generator"

    def __init__(self, *_: Any) -> None:
        raise TypeError("generators come from flopscope.numpy.random.default_rng(seed)")


class _Made(_Remote):
    """A random object that its class makes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = f"random.{self._owner}"
        connection = state.current()
        result = connection.request(name, list(args), kwargs or None)["result"]
        made = self._of_reply(connection, result)
        self._connection = connection
        self._handle, made._handle = made._handle, None


class RandomState(_Made):
    """NumPy's legacy generator, on the server.

    Parameters
    ----------
    seed : int or sequence of int, optional
    """

    _key, _field, _owner = "__rs__", "rs_id", "RandomState"


class SeedSequence(_Made):
    """NumPy's seed sequence, on the server.

    Parameters
    ----------
    entropy : int or sequence of int, optional
    """

    _key, _field, _owner = "__seq__", "seq_id", "SeedSequence"

    def spawn(self, n_children: int) -> NoReturn:
        """Not offered by servers.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "SeedSequence.spawn does not exist on a server; use default_rng(seed).spawn(n), or "
            "seeds of your own"
        )


for _kind in (RemoteGenerator, RandomState, SeedSequence):
    register(field=_kind._field, maker=_kind._of_reply)
