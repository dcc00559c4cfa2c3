"""Requests that are tried again: full jitter, a limit on attempts and on time, `Retry-After`."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import tenacity

__all__ = ["POLL", "REQUEST", "Policy", "send"]

_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Policy:
    """Attempts, seconds of the first pause, longest pause, and seconds in all."""

    attempts: int
    base_s: float
    cap_s: float
    total_s: float


REQUEST = Policy(5, 0.5, 8.0, 45.0)
POLL = Policy(3, 0.5, 4.0, 20.0)


class _Again(Exception):
    """An answer that may be another one next time."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def send(
    request: Callable[[], httpx.Response],
    policy: Policy,
    sleep: Callable[[float], None] = time.sleep,
) -> httpx.Response:
    """Send a request until there is an answer that counts.

    Parameters
    ----------
    request : callable
        Sends it once.
    policy : Policy
    sleep : callable

    Returns
    -------
    httpx.Response
        The last answer, whatever its status.

    Raises
    ------
    httpx.TransportError
        When no attempt got an answer.
    """

    def attempt() -> httpx.Response:
        response = request()
        if response.status_code in _STATUSES:
            raise _Again(response)
        return response

    def wait(state: Any) -> float:
        error = state.outcome.exception()
        asked = _retry_after(error.response) if isinstance(error, _Again) else None
        longest = min(policy.cap_s, policy.base_s * 2 ** (state.attempt_number - 1))
        return asked if asked is not None else random.uniform(0.0, longest)

    retrying = tenacity.Retrying(
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(policy.attempts), tenacity.stop_before_delay(policy.total_s)
        ),
        wait=wait,
        retry=tenacity.retry_if_exception_type((_Again, httpx.TransportError)),
        sleep=sleep,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except _Again as error:
        return error.response


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait: a number, or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())
