"""Dry runs: programs run on shapes, and every operation is billed without being computed."""
