"""Errors of the dataset commands: one line on standard error, status 1."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

__all__ = ["dataset_command"]


def dataset_command(function: Callable[..., Any]) -> Callable[..., int]:
    """Report what goes wrong in one line; interrupted work leaves nothing behind."""

    @functools.wraps(function)
    def command(**options: Any) -> int:
        try:
            function(**options)
        except (click.ClickException, click.exceptions.Exit, click.Abort, KeyboardInterrupt):
            raise
        except BrokenPipeError:
            raise
        except (ValueError, OSError, ImportError, TypeError) as error:
            click.echo(f"Error: {error}", err=True)
            return 1
        return 0

    return command
