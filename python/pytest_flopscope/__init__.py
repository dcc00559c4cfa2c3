"""FLOP budgets in test suites: a plugin of pytest that does nothing unless it is asked to.

Loaded by pytest in every run, so it imports flopscope, and with it NumPy, only when a test is to be
metered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flopscope.report.record import Recording

__all__ = ["FlopMeter"]

_DEFAULT = "flops-baseline.json"
_FORMAT = "flopscope-baseline"
_USED = "flops_used"  # a property of reports, which workers of pytest-xdist send on
_LISTED = 15

_recordings = pytest.StashKey["_Open"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("flopscope", "FLOP budgets")
    group.addoption(
        "--flops-record", nargs="?", const=_DEFAULT, metavar="FILE",
        help=f"write the FLOPs of every test to FILE ({_DEFAULT})",
    )  # fmt: skip
    group.addoption(
        "--flops-check", nargs="?", const=_DEFAULT, metavar="FILE",
        help=f"fail tests whose FLOPs differ from those in FILE ({_DEFAULT})",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; read the baseline, if one is to be compared with."""
    config.addinivalue_line(
        "markers",
        "flops(max, cost_model=None): fail the test when it bills more FLOPs than that, under the "
        "price list of that name",
    )
    record, check = config.getoption("flops_record"), config.getoption("flops_check")
    if record and check:
        raise pytest.UsageError("--flops-record and --flops-check exclude each other")
    baseline = _read(config.rootpath / check) if check else {}
    config.pluginmanager.register(_Baseline(config, record, check, baseline), "flops-baseline")


def _read(path: Path) -> dict[str, int]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != _FORMAT:
            raise ValueError(f"its format is {read['format']!r}")
        return {str(name): int(flops) for name, flops in read["tests"].items()}
    except FileNotFoundError:
        raise pytest.UsageError(f"there is no {path}; make it with --flops-record") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise pytest.UsageError(f"{path} is no baseline of FLOPs: {error}") from None


class FlopMeter:
    """What the test that asks for the fixture `flop_meter` has billed so far."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._start = recording.flops_used

    @property
    def flops_used(self) -> int:
        """FLOPs since the test began, or since `reset`."""
        return self._recording.flops_used - self._start

    @property
    def operations(self) -> dict[str, int]:
        """FLOPs of the whole test by operation, the most expensive first."""
        return self._recording.operations

    @property
    def op_log(self) -> list[Any]:
        """Operations of the whole test, as `flopscope.OpRecord` items."""
        return self._recording.op_log

    def reset(self) -> None:
        """Count `flops_used` from here."""
        self._start = self._recording.flops_used


class _Open:
    """A recording that goes on while a test runs."""

    def __init__(self, cost_model: Any = None) -> None:
        from flopscope.report.record import record

        self._manager: AbstractContextManager[Recording] = record(cost_model=cost_model)
        self.recording = self._manager.__enter__()

    def close(self) -> int:
        self._manager.__exit__(None, None, None)
        return self.recording.flops_used


def _limit(item: pytest.Item) -> int | None:
    marker = item.get_closest_marker("flops")
    if marker is None:
        return None
    limit = marker.kwargs.get("max", marker.args[0] if marker.args else None)
    if set(marker.kwargs) - {"max", "cost_model"} or len(marker.args) > 1 or limit is None:
        raise pytest.UsageError(
            f"{item.nodeid}: write the marker as flops(max=1_000_000), or "
            'flops(max=1_000_000, cost_model="0.5")'
        )
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit < 0:
        raise pytest.UsageError(f"{item.nodeid}: flops(max=...) takes FLOPs, got {limit!r}")
    return int(limit)


def _cost_model(item: pytest.Item) -> Any:
    """Price list that the marker names; None: that of the process."""
    marker = item.get_closest_marker("flops")
    named = None if marker is None else marker.kwargs.get("cost_model")
    if named is None:
        return None
    from flopscope.pricing.cost_model import resolve

    try:
        return resolve(named)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{item.nodeid}: flops(cost_model=...): {error}") from None


def _is_metered(item: pytest.Item) -> bool:
    config = item.config
    return (
        _limit(item) is not None
        or "flop_meter" in getattr(item, "fixturenames", ())
        or bool(config.getoption("flops_record") or config.getoption("flops_check"))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Meter the test itself, without its fixtures; compare when it has passed."""
    if not _is_metered(item):
        return (yield)
    meter = item.stash.get(_recordings, None) or _Open(_cost_model(item))
    item.stash[_recordings] = meter
    before = meter.recording.flops_used
    try:
        result = yield
    finally:
        used = meter.close() - before
        del item.stash[_recordings]
        item.user_properties.append((_USED, used))
    limit = _limit(item)
    if limit is not None and used > limit:
        top = ", ".join(f"{name} {flops:,}" for name, flops in
                        list(meter.recording.operations.items())[:5])  # fmt: skip
        pytest.fail(f"billed {used:,} FLOPs, at most {limit:,} are allowed ({top})", pytrace=False)
    baseline = item.config.pluginmanager.get_plugin("flops-baseline")
    known = baseline.known.get(item.nodeid) if baseline is not None else None
    if known is not None and known != used:
        change = f"{100.0 * (used - known) / known:+.2f} %" if known else "from nothing"
        pytest.fail(f"billed {used:,} FLOPs, the baseline has {known:,} ({change}); "
                    "if that is meant, record it with --flops-record", pytrace=False)  # fmt: skip
    return result


@pytest.fixture
def flop_meter(request: pytest.FixtureRequest) -> Iterator[FlopMeter]:
    """Tell what the test has billed so far: `flops_used`, `operations`, `op_log`, `reset()`."""
    meter = _Open(_cost_model(request.node))
    request.node.stash[_recordings] = meter
    yield FlopMeter(meter.recording)
    if request.node.stash.get(_recordings, None) is meter:  # the test was never called
        meter.close()


class _Baseline:
    """Gathers figures over the run; on workers of pytest-xdist only their controller does."""

    def __init__(
        self, config: pytest.Config, record: str | None, check: str | None, known: dict[str, int]
    ) -> None:
        self.known = known
        self._config = config
        self._record = record
        self._check = check
        self._used: dict[str, int] = {}
        self._passed: set[str] = set()

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == _USED:
                self._used[report.nodeid] = int(value)  # type: ignore[call-overload]
                if report.passed:
                    self._passed.add(report.nodeid)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        if not self._record or hasattr(self._config, "workerinput"):
            return
        path = self._config.rootpath / self._record
        tests = dict(_read(path)) if path.exists() else {}
        # Tests that did not run keep their figures; those that cost nothing need none.
        tests.update({name: self._used[name] for name in self._passed})
        kept = {name: flops for name, flops in sorted(tests.items()) if flops}
        text = json.dumps({"format": _FORMAT, "version": 1, "tests": kept}, indent=1)
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._used:
            return
        write = terminalreporter.write_line
        terminalreporter.write_sep("=", "FLOPs")
        ranked = sorted(self._used.items(), key=lambda item: (-item[1], item[0]))
        shown = [(name, flops) for name, flops in ranked[:_LISTED] if flops]
        width = max((len(f"{flops:,}") for _, flops in shown), default=0)
        for name, flops in shown:
            write(f"{flops:>{width},}  {name}")
        if len(ranked) > len(shown):
            write(f"and {len(ranked) - len(shown)} more")
        write(f"{sum(self._used.values()):,} FLOPs in {len(ranked)} metered tests")
        if self._record:
            write(f"recorded in {self._record}")
        if self._check:
            new = [name for name, flops in ranked if flops and name not in self.known]
            if new:
                some = ", ".join(new[:3]) + (", ..." if len(new) > 3 else "")
                write(f"not in {self._check}: {len(new)} ({some}); --flops-record adds them")
