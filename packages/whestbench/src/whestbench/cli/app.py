"""The group of commands: a table of names, and one way out for every error."""

from __future__ import annotations

import difflib
import importlib
import itertools
import json
import sys
from typing import Any

import click

__all__ = ["COMMANDS", "LazyGroup", "run"]

# Name, module, one line of help: listing the commands imports none of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write a starter estimator into a folder."),
    "validate": ("validate", "Load an estimator and try it on a tiny network."),
    "run": ("run", "Score an estimator and print the report."),
    "watch": ("watch", "Score an estimator again whenever it is saved."),
    "history": ("history", "Past runs on this machine, and how the score moved."),
    "compare": ("compare", "Two estimators on the same networks, pair by pair."),
    "sweep": ("sweep", "Score against budget."),
    "dataset": ("dataset", "Bake, inspect, join and share datasets."),
    "create-dataset": ("create_dataset", ""),
    "package": ("package", "Package an estimator and its folder."),
    "validate-package": ("validate_package", "Check an archive as the server will."),
    "login": ("login", "Verify and store the key of your account."),
    "submit": ("submit", "Send a submission, and watch it being graded."),
    "serve": ("serve", "Run an evaluator: queue, graders, leaderboard."),
    "profile-simulation": ("profile_simulation", "Time running and sampling networks."),
    "smoke-test": ("smoke_test", "Score a built-in estimator: is everything installed?"),
    "doctor": ("doctor", "Check the machine and the installation."),
    "version": ("version", "Print the version."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def __init__(self, *args: Any, table: dict[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._table:
            return None
        module = importlib.import_module(f"whestbench.cli.{self._table[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List names and help from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items() if text])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or suggest the nearest name."""
        name = args[0]
        if name not in self._table and not name.startswith("-"):
            near = difflib.get_close_matches(name, self._table, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _group() -> LazyGroup:
    return LazyGroup(
        "whest",
        table=COMMANDS,
        help="Score estimators of random ReLU networks under a FLOP budget.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        no_args_is_help=True,
    )


def run(arguments: list[str]) -> int:
    """Parse and run; every error ends in a message and a status."""
    try:
        result = _group().main(arguments, prog_name="whest", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        return _usage_error(error, arguments)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _usage_error(error: click.UsageError, arguments: list[str]) -> int:
    as_json = "--json" in arguments or "--format=json" in arguments
    as_json |= any(pair == ("--format", "json") for pair in itertools.pairwise(arguments))
    if as_json:
        from whestbench.report.build import error_object

        json.dump(error_object("usage", "USAGE_ERROR", error.format_message()), sys.stdout)
        sys.stdout.write("\n")
    else:
        error.show()
    return 2
