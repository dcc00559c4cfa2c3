"""Contractions: what they cost, how they are planned, and how they are run."""
