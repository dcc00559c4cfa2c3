"""Language model FLOPs: recorded figures, plain counting, a real counter, and bad input."""
