"""Talking to a leaderboard server: keys, requests with retries, watching a submission."""

from __future__ import annotations

from whestbench.submit.client import ApiError, Client, Submission
from whestbench.submit.hosts import Hosts, hosts_from_environment
from whestbench.submit.keys import find_key, key_file, store_key

__all__ = [
    "ApiError",
    "Client",
    "Hosts",
    "Submission",
    "find_key",
    "hosts_from_environment",
    "key_file",
    "store_key",
]
