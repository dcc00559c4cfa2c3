"""Fixtures: servers, and clients of them."""

from .servers import client, make_server, server, short_path, wire  # noqa: F401
