"""Limits of a submission. Imports nothing, so that servers and scripts can read it cheaply."""

from __future__ import annotations

__all__ = ["MAX_SUBMISSION_BYTES", "MAX_SUBMISSION_FILES"]

MAX_SUBMISSION_BYTES = 52_428_800
"""Bytes of all files together, before compression."""

MAX_SUBMISSION_FILES = 50
