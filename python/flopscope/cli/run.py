"""``flopscope run``: a script under a budget, with a summary, a report and exports."""

from __future__ import annotations

import argparse
import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

_DESCRIPTION = """\
Runs a Python script, or a module with -m, and prints what it billed on standard error. Budgets that
the script opens itself are counted in. The exit status is the script's.
"""


def flop_count(text: str) -> int:
    """Read a number of FLOPs: 1000000, 1_000_000, 1e6."""
    try:
        number = float(text.replace("_", ""))
        whole = int(text.replace("_", "")) if text.replace("_", "").isdigit() else int(number)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of FLOPs") from None
    if whole < 1:
        raise argparse.ArgumentTypeError(f"a budget must be positive, got {text}")
    return whole


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "run", help="run a script under a budget", description=_DESCRIPTION
    )
    parser.add_argument("--budget", type=flop_count, metavar="FLOPS",
                        help="for what the script bills outside of budgets of its own")  # fmt: skip
    parser.add_argument("--time-limit", type=float, metavar="SECONDS")
    parser.add_argument(
        "--attribute", choices=["line", "stack", "none"], help="what reports tell of places in the "
        "source: the line (if a report or an export is asked for), the stack, or nothing"
    )  # fmt: skip
    parser.add_argument("--memory", action="store_true", help="meter bytes, for the roofline")
    parser.add_argument("--report", metavar="PATH", help="write a page in HTML")
    parser.add_argument("--export", metavar="PATH", action="append", default=[],
                        help=".json, .csv, .trace.json or .speedscope.json")  # fmt: skip
    parser.add_argument("--weight", choices=["flops", "time"], default="flops",
                        help="what is wide in traces")  # fmt: skip
    parser.add_argument("--by-namespace", action="store_true", help="a block per namespace")
    parser.add_argument("--quiet", action="store_true", help="print no summary")
    parser.add_argument("-m", dest="is_module", action="store_true", help="run a module")
    parser.add_argument("script", help="path of the script, or name of the module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the script")
    return parser


@contextmanager
def _as_main(options: argparse.Namespace) -> Iterator[None]:
    """Arguments and search path as Python gives them to a script."""
    argv, path = sys.argv, sys.path[:]
    sys.argv = [options.script, *options.arguments]
    sys.path[0:1] = [""] if options.is_module else [str(Path(options.script).resolve().parent)]
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def _execute(options: argparse.Namespace) -> int:
    """Run the script; its exit status."""
    try:
        if options.is_module:
            runpy.run_module(options.script, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(options.script, run_name="__main__")
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
    from flopscope.report.summary import SummaryView, context_figures

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


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.report.exports import check_target, export
    from flopscope.report.page import write_page
    from flopscope.report.record import record

    if not options.is_module and not Path(options.script).exists():
        raise FileNotFoundError(f"there is no script {options.script!r}")
    for path in options.export:
        check_target(path)
    attribute = options.attribute
    if attribute is None and (options.report or options.export):
        attribute = "line"
    with (
        record(
            options.budget,
            attribute=None if attribute in (None, "none") else attribute,
            memory=options.memory or bool(options.report),
            wall_time_limit_s=options.time_limit,
        ) as recording,
        _as_main(options),
    ):
        status = _execute(options)
    sys.stdout.flush()
    if not options.quiet:
        _show(recording, options.by_namespace)
    if options.report:
        write_page(recording, options.report, title=f"flopscope report: {options.script}")
    for path in options.export:
        export(recording, path, weight=options.weight)
    return status
