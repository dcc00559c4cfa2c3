"""The package as a client has it, put in the place of the one with NumPy."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

import flopscope
from flopscope.remote.limits import DEFAULT_URL

__all__ = ["install", "uninstall"]

# Modules that mean something else to a client, with what is below them.
_REPLACED = tuple(
    f"flopscope.{name}"
    for name in "numpy stats module _module_arrays flops linalg fft random".split()
)
# Modules that need NumPy, and are not there for a process that was a client from the start.
_ABSENT = tuple(
    f"flopscope.{name}" for name in "accounting inference paths reference symmetry".split()
)
_saved: dict[str, ModuleType] = {}


def _is_ours(name: str) -> bool:
    return name == "flopscope" or any(
        name == replaced or name.startswith(f"{replaced}.") for replaced in _REPLACED
    )


def default_url() -> str:
    """Where the server is looked for when nothing else is said."""
    return os.environ.get("FLOPSCOPE_SERVER_URL") or DEFAULT_URL


def install(url: str | None = None, *, greet: bool = False) -> ModuleType:
    """Put the client's modules in the place of the library's.

    Parameters
    ----------
    url : str, optional
    greet : bool, default False
        Connect now, instead of with the first budget.

    Returns
    -------
    module
        The client's ``flopscope``.
    """
    from flopscope.remote.client import namespace, state
    from flopscope.remote.client.connection import Connection
    from flopscope.remote.client.encoding import encode

    connection = Connection(url or default_url(), encode)
    if greet:
        connection.greet()
    uninstall()
    if "flopscope.numpy" in sys.modules:
        # What the library of this process imports when it is asked for must not be the client's.
        for name in ("fft", "linalg", "random", "testing", "typing"):
            importlib.import_module(f"flopscope.numpy.{name}")
    state.set_connection(connection)
    for name in [name for name in sys.modules if _is_ours(name)]:
        _saved[name] = sys.modules.pop(name)
    modules = namespace.modules()
    sys.modules.update(modules)
    if "flopscope._core" not in sys.modules:
        sys.modules.update(dict.fromkeys(_ABSENT))  # type: ignore[arg-type]  # None: no such module
    package = modules["flopscope"]
    for name in ("__path__", "__file__", "__spec__", "__package__", "__doc__"):
        setattr(package, name, getattr(flopscope, name))
    return package


def uninstall() -> None:
    """Put the library's modules back, and hang up."""
    from flopscope.remote.client import state

    connection = state.connection
    if connection is None:
        return
    connection.close()
    state.set_connection(None)
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    sys.modules.update(_saved)
    _saved.clear()
    if "BudgetContext" not in vars(sys.modules["flopscope"]):
        _import_in_process()


def _import_in_process() -> None:
    """Import the library where only the client was imported so far."""
    for name in [name for name in sys.modules if _is_ours(name) or name in _ABSENT]:
        del sys.modules[name]
    url = os.environ.pop("FLOPSCOPE_SERVER_URL", None)
    try:
        importlib.import_module("flopscope")
    finally:
        if url is not None:
            os.environ["FLOPSCOPE_SERVER_URL"] = url
