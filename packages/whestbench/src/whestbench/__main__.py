"""``python -m whestbench`` is the command ``whest``."""

from __future__ import annotations

import sys

from whestbench.cli import main

if __name__ == "__main__":
    sys.exit(main())
