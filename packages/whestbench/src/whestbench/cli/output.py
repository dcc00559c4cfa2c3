"""How a command speaks: rich, plain or JSON, and errors in the same three ways."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
import traceback as tracebacks
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import click

__all__ = ["CommandError", "Output", "command_options"]

FORMATS = ("rich", "plain", "json")


class CommandError(Exception):
    """A failure that a command reports in one line and exits with.

    Parameters
    ----------
    stage, code, message : str
        As in the error object of the report.
    status : int
        Exit status.
    """

    def __init__(
        self,
        stage: str,
        code: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        trace: str | None = None,
        status: int = 1,
    ) -> None:
        super().__init__(message)
        self.stage, self.code, self.message = stage, code, message
        self.details, self.trace, self.status = details, trace, status


class Output:
    """Where a command's results and errors go.

    Attributes
    ----------
    format : str
        ``"rich"``, ``"plain"`` or ``"json"``.
    debug : bool
        Show tracebacks.
    """

    def __init__(self, format: str, debug: bool) -> None:
        self.format = format
        self.debug = debug
        self._stdout = sys.stdout

    @property
    def is_json(self) -> bool:
        """Whether standard output is for a program."""
        return self.format == "json"

    def console(self, *, stderr: bool = False) -> Any:
        """A rich console; the plain one has no colour and a fixed width."""
        from rich.console import Console

        if self.format == "rich":
            return Console(stderr=stderr)
        return Console(
            stderr=stderr, color_system=None, force_terminal=False, width=100, highlight=False
        )

    def json(self, value: dict[str, Any]) -> None:
        """Print the one JSON value of the command; numbers that JSON lacks become null."""
        from whestbench._version import __version__
        from whestbench.report.build import finite

        value = {**value, "whestbench_version": __version__}
        text = json.dumps(finite(value), indent=2, allow_nan=False)
        self._stdout.write(text + "\n")
        self._stdout.flush()

    def note(self, text: str) -> None:
        """Print a line on standard error."""
        click.echo(text, err=True)

    def fail(self, error: CommandError) -> int:
        """Report an error; returns the exit status."""
        from whestbench.report.build import error_object

        trace = error.trace if self.debug else None
        if self.is_json:
            self.json(error_object(error.stage, error.code, error.message, error.details, trace))
            return error.status
        from rich.panel import Panel
        from rich.text import Text

        console = self.console(stderr=True)
        title = f"Error [{error.stage}:{error.code}]"
        console.print(Panel(Text(error.message), title=Text(title), border_style="red"))
        if trace:
            console.print(Text(trace.rstrip()))
        return error.status

    @contextlib.contextmanager
    def only_json_on_stdout(self) -> Iterator[None]:
        """Send whatever else is printed, by whatever means, to standard error."""
        try:
            number = sys.stdout.fileno()
            sys.stderr.fileno()
        except (AttributeError, OSError, ValueError):
            yield  # not a real stream: whoever replaced it sees to it
            return
        sys.stdout.flush()
        private = os.fdopen(os.dup(number), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), number)
        self._stdout = private
        try:
            yield
        finally:
            sys.stdout.flush()
            private.flush()
            os.dup2(private.fileno(), number)
            private.close()
            self._stdout = sys.stdout


def _default_format() -> str:
    return "rich" if sys.stdout.isatty() else "plain"


def command_options(
    function: Callable[..., int | None], *, debug: bool = True
) -> Callable[..., int]:
    """Give a command ``--format``, ``--json`` and ``--debug``, and pass it an `Output` first.

    A `CommandError` that it raises is reported; a `RunnerError` too; its return value is the exit
    status.
    """

    @functools.wraps(function)
    def command(format: str | None, as_json: bool, debug: bool = False, **options: Any) -> int:
        output = Output("json" if as_json else format or _default_format(), debug)
        with contextlib.ExitStack() as stack:
            if output.is_json:
                stack.enter_context(output.only_json_on_stdout())
            try:
                return function(output, **options) or 0
            except CommandError as error:
                return output.fail(error)
            except (click.ClickException, click.exceptions.Exit, click.Abort, KeyboardInterrupt):
                raise
            except BrokenPipeError:
                raise
            except Exception as error:
                return output.fail(_unexpected(error))

    decorated: Callable[..., int] = command
    if debug:
        decorated = click.option("--debug", is_flag=True, help="Show tracebacks.")(decorated)
    decorated = click.option("--json", "as_json", is_flag=True, help="Same as --format json.")(
        decorated
    )
    return click.option(
        "--format",
        type=click.Choice(FORMATS),
        default=None,
        help="Output; rich on a terminal, else plain.",
    )(decorated)


def _unexpected(error: Exception) -> CommandError:
    from whestbench.runner.errors import RunnerError
    from whestbench.scoring.predictions import PredictionError

    if isinstance(error, PredictionError):
        trace = "".join(tracebacks.format_exception(error))
        return CommandError("predict", error.code, str(error), details=error.details, trace=trace)
    if isinstance(error, RunnerError):
        detail = error.detail
        return CommandError(
            error.stage, detail.code, detail.message, details=detail.details, trace=detail.traceback
        )
    code = "SCORING_VALIDATION_ERROR" if isinstance(error, ValueError) else "SCORING_RUNTIME_ERROR"
    text = (
        str(error)
        if isinstance(error, (ValueError, OSError))
        else f"{type(error).__name__}: {error}"
    )
    return CommandError("command", code, text, trace="".join(tracebacks.format_exception(error)))


def usage(message: str) -> NoReturn:
    """End with status 2 and a message about how the command was called."""
    raise click.UsageError(message, click.get_current_context(silent=True))
