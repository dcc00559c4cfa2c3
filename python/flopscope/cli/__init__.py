"""The command ``flopscope``: one subcommand per file of this package, put together in ``app``."""

from __future__ import annotations

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
        Exit status. Bad input ends the process with status 2 and a message on standard error, and
        so does an installation without typer.

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
    try:
        import typer  # noqa: F401
    except ImportError as error:
        print(
            f"flopscope: the command needs typer, which cannot be imported ({error}); "
            "install it with: pip install typer",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    from flopscope.cli.app import invoke

    return invoke(sys.argv[1:] if arguments is None else list(arguments))
