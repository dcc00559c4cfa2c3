"""NumPy's own tests, as the installed NumPy ships them, on ``flopscope.numpy``.

They take about two minutes on two cores, so they run when ``FLOPSCOPE_NUMPY_SUITE`` is set, which
``make test`` does. `runner` says what is run and how; expected_failures.txt, what is known to fail
and why.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from . import runner

pytest.importorskip("hypothesis", reason="NumPy's tests need hypothesis")
if os.environ.get("FLOPSCOPE_NUMPY_SUITE", "0") in ("", "0"):
    pytest.skip("set FLOPSCOPE_NUMPY_SUITE=1 to run NumPy's tests", allow_module_level=True)
if not (runner.NUMPY / "_core" / "tests" / "test_umath.py").exists():
    pytest.skip("NumPy was installed without its tests", allow_module_level=True)

_FILES = [file for file in runner.FILES if (runner.NUMPY / file).exists()]
_IS_LISTED_SERIES = np.__version__.startswith(f"{runner.SERIES}.")

Run = Callable[[str], dict[str, runner.Outcome]]


@pytest.fixture(scope="session")
def outcomes_of() -> Iterator[Run]:
    """Run files ahead of the tests that ask for them; under pytest-xdist, when they ask."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    running: dict[str, Future[dict[str, runner.Outcome]]] = {}
    with ThreadPoolExecutor(1 if is_worker else os.cpu_count()) as pool:

        def outcomes(file: str) -> dict[str, runner.Outcome]:
            for name in [file] if is_worker else [file, *_FILES]:
                if name not in running:
                    running[name] = pool.submit(runner.run, name)
            return running[file].result()

        yield outcomes
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("file", _FILES)
def test_numpys_own(outcomes_of: Run, file: str) -> None:
    outcomes = outcomes_of(file)
    reasons = runner.expected_failures()
    failed = [name for name, outcome in outcomes.items() if outcome.word == "failed"]
    surprises = [name for name in failed if not runner.reason_of(name, reasons)]
    if not _IS_LISTED_SERIES:
        # Another NumPy has other tests; few of those that are not in the list may fail.
        assert len(surprises) <= max(5, len(outcomes) // 20), surprises
        return
    assert not surprises, "\n".join(f"{name}: {outcomes[name].message}" for name in surprises)
    fixed = [
        name
        for name, outcome in outcomes.items()
        if outcome.word in ("passed", "xfailed") and runner.reason_of(name, reasons)
    ]
    assert not fixed, f"listed in {runner.EXPECTED.name}, and passed: {fixed}"


def test_the_list_names_tests_that_exist(outcomes_of: Run) -> None:
    if not _IS_LISTED_SERIES or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("needs all outcomes of the NumPy series that the list was made with")
    names = {name for file in _FILES for name in outcomes_of(file)}
    names |= {name.partition("[")[0] for name in names}
    assert sorted(set(runner.expected_failures()) - names) == []


def test_every_expected_failure_has_a_reason() -> None:
    assert all(len(reason) > 10 for reason in runner.expected_failures().values())
    assert runner.UNEXPLAINED not in runner.expected_failures().values()


def test_nearly_all_pass(outcomes_of: Run) -> None:
    if not _IS_LISTED_SERIES or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("needs all outcomes of the NumPy series that the list was made with")
    counted = [runner.counts(outcomes_of(file)) for file in _FILES]
    passed, ran = (sum(column) for column in zip(*counted, strict=True))
    assert passed > 0.965 * ran
