"""Runs NumPy's own test files with ``flopscope.numpy`` in the place of ``numpy``.

    python tests/numpy_suite/runner.py                    all files; passed and total of each
    python tests/numpy_suite/runner.py linalg fft         files whose path contains a word
    python tests/numpy_suite/runner.py --failures linalg  and what went wrong
    python tests/numpy_suite/runner.py --update           write expected_failures.txt anew

Each file is a pytest run of its own, see `substitute`. Skipped tests are not counted; a test that
NumPy itself expects to fail counts as passed. Slow ones (NumPy's marker) are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

# Of NumPy's test files those that are about functions, arrays and generators that we have. Not
# here: files about dtypes, text, dates, files, records, masked arrays, printing, memory, building,
# and three on NumPy's insides that fail or pass with arrays of objects (test_array_coercion,
# test_nep50_promotions) or with its iterator (test_nditer), which we hand out as it is.
FILES = """
_core/tests/test_casting_floatingpoint_errors.py
_core/tests/test_dlpack.py
_core/tests/test_einsum.py
_core/tests/test_errstate.py
_core/tests/test_function_base.py
_core/tests/test_getlimits.py
_core/tests/test_half.py
_core/tests/test_indexerrors.py
_core/tests/test_indexing.py
_core/tests/test_item_selection.py
_core/tests/test_longdouble.py
_core/tests/test_mem_overlap.py
_core/tests/test_multiarray.py
_core/tests/test_numeric.py
_core/tests/test_regression.py
_core/tests/test_scalarmath.py
_core/tests/test_shape_base.py
_core/tests/test_ufunc.py
_core/tests/test_umath.py
_core/tests/test_umath_accuracy.py
_core/tests/test_umath_complex.py
fft/tests/test_helper.py
fft/tests/test_pocketfft.py
lib/tests/test_arraypad.py
lib/tests/test_arraysetops.py
lib/tests/test_function_base.py
lib/tests/test_histograms.py
lib/tests/test_index_tricks.py
lib/tests/test_nanfunctions.py
lib/tests/test_packbits.py
lib/tests/test_polynomial.py
lib/tests/test_regression.py
lib/tests/test_shape_base.py
lib/tests/test_stride_tricks.py
lib/tests/test_twodim_base.py
lib/tests/test_type_check.py
lib/tests/test_ufunclike.py
linalg/tests/test_linalg.py
linalg/tests/test_regression.py
random/tests/test_direct.py
random/tests/test_generator_mt19937.py
random/tests/test_generator_mt19937_regressions.py
random/tests/test_random.py
random/tests/test_randomstate.py
random/tests/test_randomstate_regression.py
random/tests/test_regression.py
random/tests/test_seed_sequence.py
random/tests/test_smoke.py
""".split()

# Tests that are left out for what they take: 17 s of threads inside the BLAS.
_LEFT_OUT = ("linalg/tests/test_regression.py::TestRegression::test_openblas_threading",)

NUMPY = Path(np.__file__).parent
HERE = Path(__file__).parent
EXPECTED = HERE / "expected_failures.txt"
# The NumPy series that the list of expected failures was made with.
SERIES = "2.4"
UNEXPLAINED = "not explained yet"


class Outcome(NamedTuple):
    """What became of one test: passed, failed, skipped or xfailed, and the message of a failure."""

    word: str
    message: str


def run(file: str) -> dict[str, Outcome]:
    """Run one of `FILES`; test id -> outcome."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder, "outcomes.json")
        command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(NUMPY.parent)]
        command += ["-p", "substitute", "-p", "no:cacheprovider", "-p", "no:randomly", "-q"]
        command += ["--tb=no", "-m", "not slow", "--outcomes", str(outcomes), f"numpy/{file}"]
        command += [f"--deselect=numpy/{test}" for test in _LEFT_OUT]
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in [name for name in environment if name.startswith("PYTEST_")]:
            del environment[name]
        done = subprocess.run(
            command, cwd=NUMPY.parent, env=environment, capture_output=True, text=True, check=False
        )
        if not outcomes.exists():
            raise RuntimeError(f"{file} did not run:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        found = json.loads(outcomes.read_text(encoding="utf-8"))
    return {name: Outcome(*outcome) for name, outcome in found.items()}


def counts(outcomes: dict[str, Outcome]) -> tuple[int, int]:
    """Return how many tests passed, and how many ran."""
    words = [outcome.word for outcome in outcomes.values()]
    ran = len(words) - words.count("skipped")
    return ran - words.count("failed"), ran


def expected_failures() -> dict[str, str]:
    """Read the list: test id, or id without its parameters for all of its cases -> reason."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            reason = line[3:]
        elif line and not line.startswith("#"):
            reasons[line] = reason
    return reasons


def reason_of(name: str, reasons: dict[str, str]) -> str | None:
    """Return why a test is expected to fail, or None."""
    return reasons.get(name) or reasons.get(name.partition("[")[0])


def _update(outcomes: dict[str, Outcome], reasons: dict[str, str]) -> None:
    """Write the list again: failures with the reasons that are known."""
    cases: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        if outcome.word != "skipped":
            cases.setdefault(name.partition("[")[0], []).append(name)
    groups: dict[str, set[str]] = {}
    for base, names in cases.items():
        failed = [name for name in names if outcomes[name].word == "failed"]
        why = {name: reason_of(name, reasons) or UNEXPLAINED for name in failed}
        whole = len(failed) == len(names) and len(set(why.values())) == 1
        for name in failed:
            groups.setdefault(why[name], set()).add(base if whole else name)
    lines = [
        line for line in EXPECTED.read_text(encoding="utf-8").splitlines() if line.startswith("#")
    ]
    for reason in sorted(groups):
        lines += ["", f"== {reason}", *sorted(groups[reason])]
    EXPECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Run files and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="parts of the paths of the files to run")
    parser.add_argument("--failures", action="store_true", help="show failures that are unexpected")
    parser.add_argument("--update", action="store_true", help="write expected_failures.txt")
    options = parser.parse_args()
    files = [f for f in FILES if not options.words or any(word in f for word in options.words)]
    reasons = expected_failures()
    everything: dict[str, Outcome] = {}
    passed = ran = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, outcomes in zip(files, pool.map(run, files), strict=True):
            everything.update(outcomes)
            of_file, in_file = counts(outcomes)
            passed, ran = passed + of_file, ran + in_file
            print(
                f"{of_file:6} of {in_file:6}  {of_file / max(1, in_file):7.2%}  {file}", flush=True
            )
            for name, outcome in outcomes.items():
                if options.failures and outcome.word == "failed" and not reason_of(name, reasons):
                    print(f"    {name}\n        {outcome.message.strip()[:400]}")
    print(f"{passed:6} of {ran:6}  {passed / max(1, ran):7.2%}  in {len(files)} files")
    if options.update and not options.words:
        _update(everything, reasons)


if __name__ == "__main__":
    main()
