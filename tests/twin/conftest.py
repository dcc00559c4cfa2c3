"""Hypothesis profiles, and the switch of the inner-loop path put back after every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from flopscope import _core

_EXAMPLES = 40
_COMMON = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
    "derandomize": os.environ.get("CI") == "1",
}

settings.register_profile("twin", max_examples=_EXAMPLES, **_COMMON)
settings.register_profile("thorough", max_examples=20 * _EXAMPLES, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "twin"))


@pytest.fixture(autouse=True, scope="module")
def inner_loops_restored() -> Iterator[None]:
    """Leave the inner-loop path as it was found, whatever a failing test left behind."""
    found = _core._use_inner_loops(True)
    yield
    _core._use_inner_loops(found)
