"""Fixtures: servers to attack."""

from ...remote.servers import make_server, server, wire  # noqa: F401
