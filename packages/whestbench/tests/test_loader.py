"""Which class of a file is the estimator, and what is said when there is none."""

from __future__ import annotations

import sys

import pytest

from whestbench.loader import load_estimator_from_path, private_module_name
from whestbench.runner import RunnerError

HEAD = "from whestbench import BaseEstimator\nfrom whestbench.estimators import *\n"


def klass(name, body="def predict(self, mlp, budget): return 1"):
    return f"class {name}(BaseEstimator):\n    {body}\n"


def load(tmp_path, text, class_name=None):
    path = tmp_path / "estimator.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_estimator_from_path(path, class_name)[1].__name__


@pytest.mark.parametrize(
    ("text", "class_name", "chosen"),
    [
        (klass("Only"), None, "Only"),  # the imported ones do not count
        (klass("Other") + klass("Estimator"), None, "Estimator"),
        (klass("One") + klass("Two"), "Two", "Two"),
        ("", "MeanPropagationEstimator", "MeanPropagationEstimator"),
        ("Estimator = MeanPropagationEstimator\n", None, "MeanPropagationEstimator"),
    ],
)
def test_choice(tmp_path, text, class_name, chosen):
    assert load(tmp_path, text, class_name) == chosen


@pytest.mark.parametrize(
    ("text", "class_name", "message"),
    [
        ("", None, r"defines no subclass of BaseEstimator \(none\)"),
        (klass("One") + klass("Two"), None, r"defines several subclasses .* \(One, Two\)"),
        (klass("One"), "Two", "no estimator class 'Two'; .*: One"),
        (klass("One", "pass"), None, r"One does not define predict"),
        (klass("One", "def predict(self, mlp): return 1"), None, "called as predict"),
        (klass("One", "def __init__(self, x): pass\n    def predict(self, a, b): pass"), None,
         "constructed without arguments"),
        ("x = 1 / 0\n", None, "ZeroDivisionError"),
        ("def broken(:\n", None, "SyntaxError"),
        ("import sys\nsys.exit(4)\n", None, "SystemExit: 4"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, text, class_name, message):
    with pytest.raises(RunnerError, match=message) as caught:
        load(tmp_path, text, class_name)
    assert caught.value.detail.code == "SETUP_ERROR"
    assert caught.value.stage == "setup"
    assert private_module_name(tmp_path / "estimator.py") not in [
        name for name in sys.modules if "SyntaxError" in message
    ]


def test_missing_things(tmp_path):
    with pytest.raises(RunnerError, match="does not exist"):
        load_estimator_from_path(tmp_path / "no.py")
    with pytest.raises(RunnerError, match="is a folder"):
        load_estimator_from_path(tmp_path)
    with pytest.raises(RunnerError, match="imports 'no_such_thing'") as caught:
        load(tmp_path, "import no_such_thing\n")
    assert caught.value.detail.code == "ESTIMATOR_MISSING_MODULE"


def test_sibling_modules_are_those_of_the_folder(tmp_path):
    for number in (1, 2):
        folder = tmp_path / str(number)
        (folder / "pack").mkdir(parents=True)
        (folder / "helper.py").write_text(f"NUMBER = {number}\n", encoding="utf-8")
        (folder / "pack" / "__init__.py").write_text("", encoding="utf-8")
        (folder / "pack" / "inner.py").write_text("from helper import NUMBER\n", encoding="utf-8")
        (folder / "estimator.py").write_text(
            HEAD
            + "from pack.inner import NUMBER\n"
            + klass("Estimator", "number = NUMBER\n    def predict(self, mlp, budget): pass"),
            encoding="utf-8",
        )
    # Two folders with modules of the same names, in one process: each gets its own.
    for number in (1, 2, 1):
        loaded = load_estimator_from_path(tmp_path / str(number) / "estimator.py")[1]
        assert loaded.number == number
        assert loaded.__module__.startswith("_whestbench_estimator_")
