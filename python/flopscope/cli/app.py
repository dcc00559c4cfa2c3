"""The application that typer runs.

A subcommand is a module with the texts ``SUMMARY`` and ``DESCRIPTION`` and a function ``run``,
whose signature typer reads, and which returns the exit status. Importing the module must be cheap:
what a subcommand works with is imported when it runs.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import typer

from flopscope.cli import check, cost, diff, inference, info, migrate, ops, run, verify

__all__ = ["invoke"]

_COMMANDS = (run, diff, migrate, cost, ops, check, info, inference, verify)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from flopscope._version import __version__

        print(f"flopscope {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="print it and end"),
    ] = False,
) -> None:
    """NumPy with a FLOP meter."""


def _command(name: str, function: Callable[..., int], statuses: list[int]) -> Callable[..., None]:
    """Hand a subcommand's exit status on; bad input becomes a message and status 2."""

    @functools.wraps(function)
    def called(**options: Any) -> None:
        try:
            statuses.append(function(**options))
        except (KeyError, ValueError, OSError) as error:
            # str() of a KeyError would put its message in quotes.
            message = error.args[0] if isinstance(error, KeyError) and error.args else error
            print(f"flopscope {name}: error: {message}", file=sys.stderr)
            raise SystemExit(2) from None

    return called


def _application(statuses: list[int]) -> typer.Typer:
    # Help in plain text: boxes would import rich, 0.1 s that every call of the command would pay.
    app = typer.Typer(
        name="flopscope",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        app.command(
            name,
            help=module.DESCRIPTION,
            short_help=module.SUMMARY,
            context_settings=_settings(module),
        )(_command(name, module.run, statuses))
    return app


def _settings(module: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = getattr(module, "CONTEXT_SETTINGS", {})
    return found


def invoke(arguments: list[str]) -> int:
    """Run the command line; the exit status of the subcommand.

    Raises
    ------
    SystemExit
        With status 2 for bad input, with 0 after help and version.
    """
    statuses: list[int] = []
    try:
        _application(statuses)(arguments, prog_name="flopscope")
    except SystemExit:
        # typer ends the process after a subcommand too; callers of main() go on.
        if not statuses:
            raise
    return statuses[0]
