"""Changes of prices, one at a time, and whether a test sees each."""
