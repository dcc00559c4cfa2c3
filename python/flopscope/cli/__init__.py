"""The command ``flopscope``: one subcommand per file of this package.

A subcommand is a module with ``add_parser(subparsers)``, which must be cheap, and ``run(options)``,
which returns the exit status and imports what it needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from flopscope.cli import check, cost, diff, inference, info, ops, run

__all__ = ["main"]

_COMMANDS = (run, diff, cost, ops, check, info, inference)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; that of the process when left out.

    Returns
    -------
    int
        Exit status. Bad input ends the process with status 2 and a message on standard error.

    Examples
    --------
    >>> from flopscope.cli import main
    >>> main(["inference", "--model", "gpt2", "--prompt", "8", "--output", "0", "--json"])
    ... # doctest: +ELLIPSIS
    {
      "model": "gpt2",
    ...
    0
    """
    from flopscope._version import __version__

    parser = argparse.ArgumentParser(prog="flopscope", description="NumPy with a FLOP meter.")
    parser.add_argument("--version", action="version", version=f"flopscope {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        chosen = command.add_parser(subparsers)
        chosen.set_defaults(run=command.run, parser=chosen)
    options = parser.parse_args(sys.argv[1:] if arguments is None else list(arguments))
    try:
        status: int = options.run(options)
    except (KeyError, ValueError, OSError) as error:
        # str() of a KeyError would put its message in quotes.
        message = error.args[0] if isinstance(error, KeyError) and error.args else error
        options.parser.error(str(message))
    return status
