"""Version of the library alone, for parts that do without NumPy."""

__all__ = ["RELEASE"]

# Kept equal to pyproject.toml by a test; reading package metadata would cost a millisecond.
RELEASE = "0.8.0"
