"""Properties: the compiled meter against its slow twin and against NumPy itself."""
