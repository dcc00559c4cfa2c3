"""Datasets of the examples; each has a generated stand-in that needs no network. Needs torch."""
