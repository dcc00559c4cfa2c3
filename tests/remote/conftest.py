"""Fixtures: servers, and clients of them."""

from .servers import client, make_server, server, wire  # noqa: F401
