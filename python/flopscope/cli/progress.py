"""Progress of long work: on standard error, when that is a terminal and rich is installed.

Nothing is shown of work that ends soon, and what was shown is removed at the end.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["running", "totals", "tracked"]

_Item = TypeVar("_Item")
_SOON_S = 1.0
_REFRESHES_PER_S = 4


def _terminal() -> Console | None:
    """Where progress may be shown; None when nobody watches."""
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console(stderr=True)
    return console if console.is_terminal and not console.is_dumb_terminal else None


def tracked(items: Sequence[_Item], label: str) -> Iterator[_Item]:
    """Go through items, with a bar when it takes more than a second."""
    console = _terminal()
    if console is None:
        yield from items
        return
    from rich.progress import Progress

    begun = time.monotonic()
    with Progress(console=console, transient=True, disable=False, auto_refresh=True) as bar:
        task = bar.add_task(label, total=len(items), visible=False)
        for item in items:
            yield item
            bar.update(task, advance=1, visible=time.monotonic() - begun > _SOON_S)


@contextmanager
def running(figures: Callable[[], tuple[int, int | None]]) -> Iterator[None]:
    """Show FLOPs and time while a block runs; what it prints goes above.

    Parameters
    ----------
    figures : callable
        Returns the FLOPs so far, and the budget if there is one.
    """
    console = _terminal()
    if console is None:
        yield
        return
    from rich.live import Live

    begun = time.monotonic()
    live = Live(
        get_renderable=lambda: _line(*figures(), time.monotonic() - begun),
        console=console,
        refresh_per_second=_REFRESHES_PER_S,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # a pipe keeps what is printed to it
    )
    late = threading.Timer(_SOON_S, live.start)
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
        late.join()
        live.stop()


def _line(flops: int, budget: int | None, seconds: float) -> Text:
    from rich.text import Text

    text = Text()
    text.append(f"{flops:,} FLOPs", style="bold")
    if budget:
        text.append(f" ({100 * flops / budget:.1f} % of {budget:,})")
    text.append(f", {_clock(seconds)}")
    if seconds > 0:
        text.append(f", {flops / seconds:.2e} FLOP/s")
    return text


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def totals(recording: Any) -> tuple[int, int | None]:
    """FLOPs of a recording so far, and the budget that it was given."""
    parts = list(recording.budgets)  # it grows meanwhile
    used = sum(int(part.flops_used) for part in parts)
    return used, int(recording.outer.flop_budget) if recording.is_limited else None
