"""Errors as they travel: a class name and a message, nothing else."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from flopscope import errors
from flopscope.remote.protocol import MalformedFrameError

__all__ = ["describe_failure", "error_reply"]

_LONGEST = 2_000

_AS_THEMSELVES = {
    name
    for name in errors.__all__
    if isinstance(getattr(errors, name), type)
    and issubclass(getattr(errors, name), errors.FlopscopeError)
} | {"ValueError", "TypeError", "KeyError", "InvalidRequestError", "VersionMismatch"}
# Said by the session about itself: nesting of budgets.
_SESSION_ERRORS = {"RuntimeError"}


def _text(error: BaseException) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    for folder in {os.path.dirname(__file__), os.getcwd(), os.path.expanduser("~"),
                   tempfile.gettempdir()}:  # fmt: skip
        if len(folder) > 1:
            text = text.replace(folder, "...")
    return text[:_LONGEST]


def describe_failure(error: BaseException, *, of_session: bool = False) -> tuple[str, str]:
    """Return class name and message of an error, as a client is told.

    Parameters
    ----------
    error : BaseException
    of_session : bool
        The session itself refused, no operation failed.
    """
    name = type(error).__name__
    if isinstance(error, MalformedFrameError):
        return "InvalidRequestError", _text(error)
    if name in _AS_THEMSELVES or (of_session and name in _SESSION_ERRORS):
        return name, _text(error)
    return "FlopscopeServerError", f"internal server error: {name}: {_text(error)}"


def error_reply(error: BaseException, *, of_session: bool = False) -> dict[str, Any]:
    """Return the reply that tells a client of an error."""
    name, message = describe_failure(error, of_session=of_session)
    return {"status": "error", "error_type": name, "message": message}
