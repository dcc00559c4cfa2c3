"""The commands ``whest`` and ``whestbench``.

A command is a module of this package with a click command named ``command``; it is imported when
it is called, and imports what it needs when it runs, so that ``--help`` is instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; that of the process when left out.

    Returns
    -------
    int
        Exit status: 0; 1 for a failure; 2 for wrong usage; 130 when interrupted.
    """
    from whestbench.cli.app import run

    try:
        status = run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted (`whest ... | head`). Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
