"""What importing brings in, what the packages offer, and that their examples are right."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

ROOT = Path(__file__).parents[1]
OPTIONAL = [
    "rich",
    "typer",
    "click",
    "opt_einsum",
    "scipy",
    "matplotlib",
    "IPython",
    "sympy",
    "pandas",
    "hypothesis",
]


def run(program: str) -> str:
    """Output of a program in a fresh interpreter outside of the clone."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FLOPSCOPE_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=os.path.sep,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(run(program).splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    [
        "import flopscope",
        "import flopscope.numpy",
        "import flopscope.numpy as fnp; fnp.random; fnp.add(fnp.ones(3), 1.0)",
        "import flopscope.accounting, flopscope.symmetry, flopscope.errors",
        "import flopscope.inference",
    ],
)
def test_importing_brings_in_nothing_optional(statement: str) -> None:
    loaded = modules_after(statement)
    assert [name for name in OPTIONAL if name in loaded] == []
    assert [name for name in loaded if name.startswith("numpy.f2py")] == []


def test_the_numpy_surface_is_loaded_when_it_is_needed() -> None:
    loaded = modules_after("import flopscope")
    assert "flopscope.numpy" not in loaded
    assert "flopscope.reference" not in loaded
    assert "flopscope.inference" not in loaded
    assert "flopscope.numpy" in modules_after("import flopscope; flopscope.numpy.ones")


def test_numpys_functions_bring_in_the_submodules_that_count_them() -> None:
    program = """
import warnings
import numpy as np, flopscope as flops, flopscope.numpy as fnp
warnings.simplefilter("ignore")
with flops.BudgetContext(10**6, quiet=True) as budget:
    a = fnp.ones((3, 3))
    np.linalg.multi_dot([a, np.eye(3), np.eye(3)])
    np.fft.fft(a)
print(*[record.op_name for record in budget.op_log])
"""
    assert run(program).split() == ["ones", "linalg.multi_dot", "fft.fft"]


def test_importing_says_nothing() -> None:
    assert run("import flopscope, flopscope.numpy, flopscope.numpy.random") == ""


@pytest.mark.parametrize(
    "name",
    ["flopscope", "flopscope.numpy", "flopscope.numpy.random", "flopscope.numpy.linalg",
     "flopscope.numpy.fft", "flopscope.numpy.testing", "flopscope.numpy.typing",
     "flopscope.errors", "flopscope.accounting", "flopscope.symmetry", "flopscope.inference"],
)  # fmt: skip
def test_public_names_exist(name: str) -> None:
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    for public in module.__all__:
        getattr(module, public)
    namespace: dict[str, Any] = {}
    exec(f"from {name} import *", namespace)
    assert set(module.__all__) <= set(namespace)
    assert set(module.__all__) <= set(dir(module))


def test_the_core_says_how_it_was_built() -> None:
    assert isinstance(_core.NDEBUG, bool)


def test_versions() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "([^"]+)"', text, flags=re.MULTILINE)
    assert flops.__version__ == f"{version}+np{np.__version__}"
    assert flops.__numpy_version__ == np.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", flops.__numpy_pinned__)
    assert flops.__numpy_supported__.startswith(">=2.0")


def test_an_unsupported_numpy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from flopscope import _version

    monkeypatch.setattr(_version, "__numpy_version__", "3.1.0")
    with pytest.warns(flops.FlopscopeWarning, match=r"supports numpy .*3\.1\.0 is installed"):
        _version.check_numpy()
    for version in ("2.0.0", "2.4.6", "2.5.0rc1"):
        monkeypatch.setattr(_version, "__numpy_version__", version)
        _version.check_numpy()


def test_the_packages_names_are_the_references() -> None:
    names = """
        AccumulationCost BudgetContext BudgetExhaustedError ComponentCost FlopscopeArray
        FlopscopeError FlopscopeWarning Module NoBudgetContextError OpRecord PathInfo RegimeStep
        StepInfo SymmetricTensor SymmetryError SymmetryGroup SymmetryLossWarning TimeExhaustedError
        UnauthorizedControlError UnsupportedFunctionError UnsupportedReturnType __numpy_pinned__
        __numpy_supported__ __numpy_version__ __version__ accounting as_symmetric budget budget_live
        budget_reset budget_summary budget_summary_dict clear_cache configure
        einsum_accumulation_cost einsum_cache_info einsum_clear_caches is_symmetric namespace numpy
        reduction_accumulation_cost reduction_cache_info reduction_clear_cache
        remote_unsupported_ops stats symmetrize tier2_reduction_cost
    """
    more = """
        CostModel Escape Estimate Explanation ShapeDtype SubBudget cost_model cost_models errors
        estimate explain inference paths profile reference remote
    """
    assert sorted(flops.__all__) == sorted((names + more).split())
    assert dir(flops) == sorted(flops.__all__)
    for other in ("errors", "inference", "paths"):
        assert inspect.ismodule(getattr(flops, other))


def test_the_package_is_typed() -> None:
    package = Path(inspect.getfile(flops)).parent
    assert (package / "py.typed").exists()


def public_functions() -> list[str]:
    return [name for name in fnp.__all__ if isinstance(getattr(fnp, name), _core.CountedFunction)]


def test_counted_functions_look_like_numpys() -> None:
    names = public_functions()
    assert len(names) > 250
    rounding = {"around", "round", "real", "imag", "bmat"}
    files = {"load", "save", "savez", "savez_compressed"}
    for name in names:
        function = getattr(fnp, name)
        assert callable(function)
        assert isinstance(function.__name__, str)
        assert "FLOP Cost" in function.__doc__, name
        assert repr(function) == f"<counted function '{function.op_name}'>"
        original = getattr(np, name, None)
        if original is None or name in rounding | files:
            continue
        try:
            expected = inspect.signature(original)
        except ValueError:
            continue
        assert inspect.signature(function) == expected, name


def test_counted_functions_say_where_they_live() -> None:
    assert fnp.add.__module__ == "flopscope.numpy"
    assert fnp.add.__qualname__ == "add"
    assert fnp.add.reduceat.__name__ == "reduceat"


def test_help_works(capsys: pytest.CaptureFixture[str]) -> None:
    help(fnp.exp)
    text = capsys.readouterr().out
    assert "Calculate the exponential" in text
    assert "FLOP Cost" in text
    help(flops.BudgetContext)
    assert "flop_budget" in capsys.readouterr().out


def test_constants_and_types_are_numpys() -> None:
    for name in ("pi", "e", "inf", "newaxis", "float64", "int32", "bool_", "dtype", "integer"):
        assert getattr(fnp, name) is getattr(np, name)
    assert np.isnan(fnp.nan)


# --------------------------------------------------------------------------------------- doctests

DOCUMENTED = [
    "flopscope",
    "flopscope._budget",
    "flopscope._session",
    "flopscope._symmetric",
    "flopscope._settings",
    "flopscope._weights",
    "flopscope.accounting",
    "flopscope.errors",
    "flopscope.numpy",
    "flopscope.numpy._symmetric_draws",
    "flopscope.numpy.random",
    "flopscope.numpy.linalg",
    "flopscope.numpy.fft",
    "flopscope.symmetry",
]


def own_doctests(name: str) -> list[doctest.DocTest]:
    """Examples of a module and of what it defines, classes of the core included."""
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    if name.startswith("flopscope.numpy") and not name.endswith("_draws"):
        # The functions' docstrings are NumPy's; only the module's own text is ours.
        own = types.ModuleType(name, module.__doc__)
        return finder.find(own, name, module=False)
    tests = finder.find(module, name)
    if name == "flopscope.symmetry":
        for cls in (flops.SymmetryGroup, _core.Permutation):
            tests += finder.find(cls, f"flopscope.{cls.__name__}", module=False)
    # Methods of arrays have NumPy's docstrings too.
    return [t for t in tests if t.examples and ".FlopscopeArray." not in t.name]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_in_docstrings(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    output: list[str] = []
    for test in own_doctests(name):
        test.globs = {"__name__": "__main__", **vars(importlib.import_module(name))}
        runner.run(test, out=output.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(output)


@pytest.mark.parametrize(
    "name",
    ["flopscope", "flopscope._budget", "flopscope.numpy", "flopscope.accounting",
     "flopscope.symmetry"],
)  # fmt: skip
def test_there_are_examples(name: str) -> None:
    assert sum(len(test.examples) for test in own_doctests(name)) >= 1
