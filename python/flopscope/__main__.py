"""``python -m flopscope`` is the command ``flopscope``."""

from __future__ import annotations

import sys

from flopscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
