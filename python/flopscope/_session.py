"""Totals over all contexts of a session: printed, as a dictionary, and live."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flopscope import _core

if TYPE_CHECKING:
    from flopscope.report.figures import Figures

__all__ = ["budget_live", "budget_reset", "budget_summary", "budget_summary_dict"]


def budget_summary_dict(by_namespace: bool = False) -> dict[str, Any]:
    """Totals of all contexts since the last reset, as plain numbers.

    Parameters
    ----------
    by_namespace : bool, default False
        Add the key ``"by_namespace"``.

    Returns
    -------
    dict
        ``flop_budget``, ``flops_used``, ``flops_remaining`` (FLOPs); ``operations`` (per name:
        ``flop_cost``, ``calls`` and two times); ``wall_time_s``, ``flopscope_backend_time_s``,
        ``flopscope_overhead_time_s``, ``residual_wall_time_s`` (seconds, None before any context).
    """
    from flopscope.report.figures import session_figures  # reports: not every program wants them

    return session_figures().as_dict(by_namespace=by_namespace)


def budget_reset() -> None:
    """Forget the session's totals. Open contexts keep their own figures and count from here."""
    _core._start_session()


def _has_data(figures: Figures) -> bool:
    return bool(figures.rows) or figures.wall_s is not None


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _terminal() -> Any:
    """Return a rich console on a terminal; None without rich or without a terminal."""
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console()
    return console if console.is_terminal else None


def budget_summary(by_namespace: bool = False) -> Any:
    """Print the totals of all contexts since the last reset.

    Parameters
    ----------
    by_namespace : bool, default False
        Add a block per namespace.

    Returns
    -------
    None
        Printed as a rich panel when ``rich`` is installed and the output is a terminal, else as
        text. In IPython an object is returned instead that shows itself, in notebooks as HTML.
    """
    from flopscope.report.figures import session_figures
    from flopscope.report.summary import NOTHING_RECORDED, SummaryView

    figures = session_figures()
    if not _has_data(figures):
        print(NOTHING_RECORDED)
        return None
    view = SummaryView(figures, by_namespace=by_namespace)
    if _in_notebook():
        return view
    console = _terminal()
    if console is None:
        print(view)
    else:
        console.print(view)
    return None


@contextmanager
def budget_live(by_namespace: bool = False) -> Iterator[None]:
    """Show the running totals while the block runs.

    A live display when ``rich`` is installed and the output is a terminal; else the summary is
    printed at the end.

    Parameters
    ----------
    by_namespace : bool, default False
        Add a block per namespace.
    """
    from flopscope.report.figures import session_figures
    from flopscope.report.summary import format_summary

    console = _terminal()
    if console is None:
        try:
            yield
        finally:
            print(format_summary(session_figures(), by_namespace=by_namespace))
        return
    from rich.live import Live

    from flopscope.report.panel import summary_panel

    with Live(
        get_renderable=lambda: summary_panel(session_figures(), by_namespace=by_namespace),
        console=console,
        refresh_per_second=4,
    ):
        yield
