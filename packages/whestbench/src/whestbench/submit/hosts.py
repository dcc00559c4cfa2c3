"""Which servers are spoken to, and over what: TLS, but for this machine itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["DEFAULT_CHALLENGE", "Hosts", "hosts_from_environment"]

DEFAULT_CHALLENGE = "arc-white-box-estimation-challenge-2026"
_RAILS = "www.aicrowd.com"
_API = "https://api.aicrowd.com"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Hosts:
    """Base addresses.

    Attributes
    ----------
    rails : str
        Of accounts and submissions; ends in ``/api/v1``.
    api : str
        Of challenges.
    site : str
        Where people look at a submission.
    """

    rails: str
    api: str
    site: str


def hosts_from_environment() -> Hosts:
    """Hosts of ``WHEST_SERVER``, else of ``RAILS_HOST`` and ``AICROWD_API_ENDPOINT``.

    Raises
    ------
    ValueError
        For an address that is not https and not of this machine.
    """
    server = os.environ.get("WHEST_SERVER", "").strip()
    if server:
        base = _checked(server, "WHEST_SERVER")
        return Hosts(f"{base}/api/v1", base, base)
    rails = _checked(os.environ.get("RAILS_HOST", "").strip() or _RAILS, "RAILS_HOST")
    api = os.environ.get("AICROWD_API_ENDPOINT", "").strip() or _API
    return Hosts(f"{rails}/api/v1", _checked(api, "AICROWD_API_ENDPOINT"), rails)


def _checked(address: str, name: str) -> str:
    """An address with its scheme; a bare host is https, or http on this machine."""
    if "://" not in address:
        host = urlsplit(f"//{address}").hostname or ""
        address = f"{'http' if host in _LOOPBACK else 'https'}://{address}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} is {address!r}, which is no address of a server")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(
            f"{name} is {address!r}: the key is sent over https only, except to this machine"
        )
    return address.rstrip("/")
