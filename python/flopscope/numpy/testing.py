"""NumPy's assertions. Comparisons they make on counted arrays are billed like any other."""

from numpy.testing import assert_allclose, assert_array_equal

__all__ = ["assert_allclose", "assert_array_equal"]
