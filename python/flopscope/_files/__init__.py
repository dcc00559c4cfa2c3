"""Arrays in files: NumPy's formats, written whole or not at all, and read with suspicion."""
