"""``flopscope run``: a script under a budget, with a summary, a report and exports."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["CONTEXT_SETTINGS", "DESCRIPTION", "SUMMARY", "as_main", "execute", "run"]

# What follows the script is for the script, whatever it looks like.
CONTEXT_SETTINGS = {"allow_interspersed_args": False}
SUMMARY = "run a script under a budget"
DESCRIPTION = """\
Runs a Python script, or a module with -m, and prints what it billed on standard error. Budgets that
the script opens itself are counted in. The exit status is the script's.
"""


class Attribution(str, Enum):
    """What reports tell of places in the source."""

    line = "line"
    stack = "stack"
    none = "none"


class Weight(str, Enum):
    """What is wide in traces."""

    flops = "flops"
    time = "time"


def flop_count(text: str) -> Any:
    """Read a number of FLOPs: 1000000, 1_000_000, 1e6."""
    try:
        number = float(text.replace("_", ""))
        whole = int(text.replace("_", "")) if text.replace("_", "").isdigit() else int(number)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no number of FLOPs") from None
    if whole < 1:
        raise typer.BadParameter(f"a budget must be positive, got {text}")
    return whole


def price_lists(one: str | None, several: str | None) -> tuple[Any, list[Any]]:
    """Price list to bill by, and those beside it; None: that of the process.

    Raises
    ------
    ValueError
        There is no list of that name, or both options are given.
    """
    from flopscope.pricing.cost_model import cost_model

    if several is None:
        return (None if one is None else cost_model(one)), []
    if one is not None:
        raise ValueError("--cost-model and --cost-models exclude each other")
    own, *also = [cost_model(name.strip()) for name in several.split(",")]
    return own, also


@contextmanager
def as_main(script: str, arguments: list[str], is_module: bool) -> Iterator[None]:
    """Arguments and search path as Python gives them to a script."""
    argv, path = sys.argv, sys.path[:]
    sys.argv = [script, *arguments]
    sys.path[0:1] = [""] if is_module else [str(Path(script).resolve().parent)]
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def execute(script: str, is_module: bool) -> int:
    """Run the script; its exit status."""
    try:
        if is_module:
            runpy.run_module(script, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(script, run_name="__main__")
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException as error:
        _print_error(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _print_error(error: BaseException) -> None:
    """Print the traceback without the frames that ran the script."""
    steps = error.__traceback__
    while steps is not None and Path(steps.tb_frame.f_code.co_filename).name in (
        "run.py",
        "<frozen runpy>",
        "runpy.py",
    ):
        steps = steps.tb_next
    traceback.print_exception(type(error), error, steps)


def _show(recording: Any, by_namespace: bool) -> None:
    from flopscope.report.figures import context_figures
    from flopscope.report.summary import SummaryView

    view = SummaryView(context_figures(recording), by_namespace=by_namespace)
    try:
        from rich.console import Console
    except ImportError:
        print(view, file=sys.stderr)
        return
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(view)
    else:
        print(view, file=sys.stderr)


def run(
    script: Annotated[str, typer.Argument(help="path of the script, or name of the module")],
    arguments: Annotated[list[str] | None, typer.Argument(help="for the script")] = None,
    budget: Annotated[
        Any,
        typer.Option(
            parser=flop_count,
            metavar="FLOPS",
            help="for what the script bills outside of budgets of its own",
        ),
    ] = None,
    cost_model: Annotated[
        str | None, typer.Option(metavar="NAME", help="price list to bill by, as in 0.5")
    ] = None,
    cost_models: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="bill by the first, and show what the others would bill: 0.8,0.5",
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="the same, in seconds")
    ] = None,
    attribute: Annotated[
        Attribution | None,
        typer.Option(
            help="what reports tell of places in the source: the line (if a report or an export is "
            "asked for), the stack, or nothing"
        ),
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="meter bytes, for the roofline")] = False,
    report: Annotated[str | None, typer.Option(metavar="PATH", help="write a page in HTML")] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help=".json, .csv, .trace.json or .speedscope.json"),
    ] = None,
    weight: Annotated[Weight, typer.Option(help="what is wide in traces")] = Weight.flops,
    by_namespace: Annotated[
        bool, typer.Option("--by-namespace", help="a block per namespace")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="print no summary")] = False,
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="show FLOPs and time while it runs; by default when standard error is a terminal "
            "and standard output is not",
        ),
    ] = None,
    is_module: Annotated[bool, typer.Option("-m", help="run a module")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.progress import running, totals
    from flopscope.report.exports import check_target
    from flopscope.report.exports import export as write_export
    from flopscope.report.page import write_page
    from flopscope.report.record import record

    if not is_module and not Path(script).exists():
        raise FileNotFoundError(f"there is no script {script!r}")
    own, also = price_lists(cost_model, cost_models)
    exports = export or []
    if progress is None:  # a script that prints to the same terminal would be in the way
        progress = not quiet and not sys.stdout.isatty()
    for path in exports:
        check_target(path)
    if attribute is None and (report or exports):
        attribute = Attribution.line
    with (
        record(
            budget,
            attribute=None if attribute in (None, Attribution.none) else attribute.value,
            memory=memory or bool(report),
            wall_time_limit_s=time_limit,
            cost_model=own,
            also=also,
        ) as recording,
        as_main(script, arguments or [], is_module),
        running(lambda: totals(recording)) if progress else nullcontext(),
    ):
        status = execute(script, is_module)
    sys.stdout.flush()
    if not quiet:
        _show(recording, by_namespace)
    if report:
        write_page(recording, report, title=f"flopscope report: {script}")
    for path in exports:
        write_export(recording, path, weight=weight.value)
    return status
