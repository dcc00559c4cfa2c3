"""pytest plugin: NumPy's own test files, with ``flopscope.numpy`` in the place of ``numpy``.

Loaded with ``-p substitute`` by `runner`. The files are taken as the installed NumPy ships them;
only what their import statements bind is replaced. A name bound to a NumPy module becomes a
stand-in that answers

* with ours, for every name that ``flopscope.numpy`` (or its ``linalg``, ``fft``, ``random``) has;
* with NumPy's, for what is documented as no part of it: private modules, test helpers, and the
  names in `NOT_COUNTED`;
* with our `AttributeError` for anything else.

Every test runs inside a large budget of its own. Outcomes are written as JSON to the file named by
``--outcomes``.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy
import pytest

import flopscope as flops
import flopscope.numpy as fnp

FOLDER = Path(numpy.__file__).parent

# Public names of NumPy that flopscope.numpy does not have: types, constants, classes, constructors
# that only wrap, and submodules.
NOT_COUNTED = frozenset(
    """
    False_ ScalarType True_ asanyarray ascontiguousarray asfortranarray bool busdaycalendar byte
    bytes_ c_ cdouble char character clongdouble complex256 complexfloating core csingle ctypeslib
    datetime64 double dtypes emath euler_gamma exceptions f2py flatiter flexible float128 generic
    half index_exp inexact info int_ intc intp lib little_endian long longdouble longlong ma matrix
    memmap mgrid object_ ogrid poly1d polynomial r_ rec recarray record s_ sctypeDict short
    signedinteger single str_ strings test timedelta64 typecodes ubyte ufunc uint uintc uintp ulong
    ulonglong unsignedinteger ushort vectorize void LinAlgError bit_generator get_bit_generator
    lapack_lite mtrand set_bit_generator testing typing
    """.split()
)

# The modules whose public names are ours to answer for.
COUNTED = {
    "numpy": fnp,
    "numpy.fft": fnp.fft,
    "numpy.linalg": fnp.linalg,
    "numpy.random": fnp.random,
}


class _UfuncType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, numpy.ufunc) or hasattr(instance, "nargs")


class AnyUfunc(metaclass=_UfuncType):
    """In the place of `numpy.ufunc`: counted ufuncs count as ufuncs."""


def _by_original() -> dict[int, Any]:
    """What stands for each function and class of NumPy, wherever it is imported from."""
    ours: dict[int, Any] = {}
    for name, counted in COUNTED.items():
        module = sys.modules[name]
        for public in counted.__all__:
            original = getattr(module, public, None)
            # Aliases are one object in NumPy and several of ours: take the one that is named alike.
            if callable(original) and (
                id(original) not in ours or getattr(original, "__name__", "") == public
            ):
                ours[id(original)] = getattr(counted, public)
    ours[id(numpy.ufunc)] = AnyUfunc
    return ours


_ORIGINALS = _by_original()


@functools.wraps(fnp.zeros)
def _zeros_as_data(shape: Any, dtype: Any = float, **keywords: Any) -> Any:
    """Dates that a module makes as data of its tests stay NumPy's; we would refuse `- 1`."""
    module = fnp if numpy.dtype(dtype).kind in "biufc" else numpy
    return module.zeros(shape, dtype, **keywords)


def _outer_of_vectors(x1: Any, x2: Any) -> Any:
    return numpy.linalg.outer(numpy.asarray(x1), numpy.asarray(x2))


def _ours(counted: Any, name: str) -> Any:
    """Return our object; one that refuses when called for names that are not supported."""
    if _Loader.loading and name == "zeros":
        return _zeros_as_data
    if _Loader.loading and counted is fnp.linalg and name == "outer":
        # A class asserts refusals in its body, and we refuse nothing.
        return _outer_of_vectors
    try:
        return getattr(counted, name)
    except AttributeError as error:
        if "blacklisted" not in str(error):
            raise
        refusal = error

    # Modules that mention such a name outside their tests would otherwise not be collected at all.
    def refused(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise refusal

    refused.__name__ = name
    return refused


class StandIn(types.ModuleType):
    """A module of NumPy as the test files see it."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__(module.__name__, module.__doc__)
        object.__setattr__(self, "_module", module)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {
            name: substituted(value)
            for name, value in vars(self._module).items()
            # Lists of "every ufunc" are lists of those we have.
            if not isinstance(value, numpy.ufunc) or id(value) in _ORIGINALS
        }

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "_module"):
            return object.__getattribute__(self, name)
        module = self._module
        if module.__name__ == "numpy.testing":
            return _helper(name, getattr(module, name))
        counted = COUNTED.get(module.__name__)
        if counted is not None and not name.startswith("_") and name not in NOT_COUNTED:
            found = _ours(counted, name)
        else:
            found = getattr(module, name)
        return substituted(found)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)

    def __dir__(self) -> list[str]:
        return dir(self._module)


_stand_ins: dict[str, StandIn] = {}


def _plain(value: Any) -> Any:
    """Return counted arrays of no numbers as NumPy's: comparing them is no operation of ours."""
    if isinstance(value, fnp.ndarray) and value.dtype.kind not in "biufc":
        return value.view(numpy.ndarray)
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value


def _helper(name: str, function: Any) -> Any:
    """Return a function of `numpy.testing` that compares arrays of objects, texts and dates."""
    if not name.startswith("assert_") or any(word in name for word in ("raises", "warn", "leaks")):
        return function

    @functools.wraps(function)
    def compare(*args: Any, **keywords: Any) -> Any:
        __tracebackhide__ = True
        return function(*(_plain(value) for value in args), **keywords)

    return compare


def substituted(found: Any) -> Any:
    """Return what the test files see in the place of an object of NumPy."""
    if isinstance(found, types.ModuleType):
        name = found.__name__.replace("flopscope.numpy", "numpy")
        if name.split(".")[0] != "numpy":
            return found
        if name not in _stand_ins:
            _stand_ins[name] = StandIn(importlib.import_module(name))
        return _stand_ins[name]
    try:
        return _ORIGINALS.get(id(found), found)
    except TypeError:
        return found


def import_stand_in(name: str, attribute: str = "") -> Any:
    """Do what an import statement of a test file asks for."""
    module = importlib.import_module(name)
    if not attribute:
        return substituted(module)
    if not hasattr(module, attribute):
        importlib.import_module(f"{name}.{attribute}")
    return getattr(substituted(module), attribute)


class _Imports(ast.NodeTransformer):
    """Turns imports of NumPy into calls of `import_stand_in`."""

    def __init__(self, package: str) -> None:
        self.package = package

    @staticmethod
    def _bind(node: ast.stmt, name: str, module: str, attribute: str = "") -> ast.stmt:
        call = ast.Call(
            ast.Name("__import_stand_in__", ast.Load()),
            [ast.Constant(module), ast.Constant(attribute)],
            [],
        )
        statement = ast.Assign([ast.Name(name, ast.Store())], call)
        return ast.fix_missing_locations(ast.copy_location(statement, node))

    def visit_Import(self, node: ast.Import) -> Any:
        statements: list[ast.stmt] = []
        for alias in node.names:
            if alias.name.split(".")[0] != "numpy":
                statements.append(ast.copy_location(ast.Import([alias]), node))
            elif alias.asname:
                statements.append(self._bind(node, alias.asname, alias.name))
            else:
                importlib.import_module(alias.name)
                statements.append(self._bind(node, "numpy", "numpy"))
        return statements

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        module = node.module or ""
        if node.level or module.split(".")[0] != "numpy":
            return node
        return [
            self._bind(node, alias.asname or alias.name, module, alias.name) for alias in node.names
        ]


class _Loader(importlib.machinery.SourceFileLoader):
    loading = False  # whether a test file's own statements are running

    def source_to_code(self, data: Any, path: Any, **_: Any) -> types.CodeType:  # type: ignore[override]
        tree = _Imports(self.name.rpartition(".")[0]).visit(ast.parse(data))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

    def get_code(self, fullname: str) -> types.CodeType:  # never NumPy's own bytecode
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__import_stand_in__"] = import_stand_in
        _Loader.loading = True
        try:
            super().exec_module(module)
        finally:
            _Loader.loading = False


class _Finder(importlib.abc.MetaPathFinder):
    """Finds NumPy's test files, with a full name or (folders without __init__.py) by their own."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        name = fullname.rpartition(".")[2]
        if not name.startswith("test_"):
            return None
        for folder in sys.path if path is None else path:
            file = Path(folder, f"{name}.py")
            if FOLDER in file.parents and file.exists():
                loader = _Loader(fullname, str(file))
                return importlib.util.spec_from_file_location(fullname, file, loader=loader)
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", help="file that the outcomes are written to")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    # Before pytest's own hook, which rewrites assertions of the files as they are.
    sys.meta_path.insert(0, _Finder())
    config.pluginmanager.register(_Recorder(config.getoption("outcomes")))


class _Recorder:
    """Keeps one word per test, and the last line of what went wrong."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.outcomes: dict[str, tuple[str, str]] = {}

    @staticmethod
    def _name(nodeid: str) -> str:
        file, _, rest = nodeid.partition("::")
        at = file.rfind("numpy/")
        return f"{file[at + 6 :] if at >= 0 else file}::{rest}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with flops.BudgetContext(flop_budget=10**18, quiet=True):
            return (yield)  # type: ignore[misc]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = self._name(report.nodeid)
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            text = crash.message if crash is not None else str(report.longrepr)
            self.outcomes[name] = ("failed", text)
        elif report.when == "call" or report.skipped:
            word = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            self.outcomes.setdefault(name, (word, ""))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[self._name(report.nodeid)] = ("failed", str(report.longrepr))

    def pytest_sessionfinish(self) -> None:
        if self.path:
            Path(self.path).write_text(json.dumps(self.outcomes, indent=0), encoding="utf-8")
