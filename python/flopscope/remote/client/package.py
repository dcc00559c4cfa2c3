"""The package as a client has it, put in the place of the one with NumPy."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

import flopscope
from flopscope.remote.limits import DEFAULT_URL

__all__ = ["install", "uninstall"]

# Modules that mean something else to a client, or nothing.
_KEPT = ("flopscope.errors", "flopscope._release", "flopscope.remote")
_saved: dict[str, ModuleType] = {}


def _is_ours(name: str) -> bool:
    return (name == "flopscope" or name.startswith("flopscope.")) and not any(
        name == kept or name.startswith(f"{kept}.") for kept in _KEPT
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
    state.set_connection(connection)
    for name in [name for name in sys.modules if _is_ours(name)]:
        _saved[name] = sys.modules.pop(name)
    modules = namespace.modules()
    sys.modules.update(modules)
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
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    url = os.environ.pop("FLOPSCOPE_SERVER_URL", None)
    try:
        importlib.import_module("flopscope")
    finally:
        if url is not None:
            os.environ["FLOPSCOPE_SERVER_URL"] = url
