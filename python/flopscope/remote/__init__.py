"""Metering behind a process boundary: a server with NumPy and budgets, clients with handles.

>>> import flopscope as flops
>>> flops.remote.connect("ipc:///tmp/flopscope.sock")  # doctest: +SKIP
<module 'flopscope' (client of ipc:///tmp/flopscope.sock)>

``docs/remote.md`` says more. The extra ``remote`` has what is needed.
"""

from __future__ import annotations

from types import ModuleType

__all__ = ["connect", "disconnect"]


def connect(url: str | None = None) -> ModuleType:
    """Make this process a client: ``import flopscope`` gives one from now on.

    Parameters
    ----------
    url : str, optional
        Endpoint of the server; by default ``FLOPSCOPE_SERVER_URL``, else a socket called
        ``flopscope.sock`` in the temporary folder.

    Returns
    -------
    module
        The package as a client has it. Names bound before, ``flops`` for instance, still mean the
        library of this process: use what is returned, or import again.

    Raises
    ------
    ConnectionError
        No server answers there, or one of another version.
    ImportError
        The extra ``remote`` is not installed.

    Examples
    --------
    >>> from flopscope import remote
    >>> flops = remote.connect("ipc:///tmp/flopscope.sock")  # doctest: +SKIP
    >>> import flopscope.numpy as fnp  # doctest: +SKIP
    >>> with flops.BudgetContext(flop_budget=1_000) as budget:  # doctest: +SKIP
    ...     total = float(fnp.sum(fnp.ones(10)))
    """
    from flopscope.remote.client import package

    return package.install(url, greet=True)


def disconnect() -> None:
    """Undo `connect`: ``import flopscope`` gives the library of this process again."""
    from flopscope.remote.client import package

    package.uninstall()
