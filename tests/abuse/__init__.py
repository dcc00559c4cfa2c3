"""Attacks on the meter: what is tried, and what must happen."""
