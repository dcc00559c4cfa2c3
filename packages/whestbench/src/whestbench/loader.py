"""Finding and loading the estimator class of a file."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.sdk import BaseEstimator

__all__ = ["load_estimator_class", "load_estimator_from_path", "private_module_name"]


def private_module_name(path: Path) -> str:
    """Name under which an estimator file is imported: it can clash with no module of the user's."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    return f"_whestbench_estimator_{digest}"


def _error(code: str, message: str, trace: str | None = None, **details: Any) -> RunnerError:
    return RunnerError("setup", RunnerErrorDetail(code, message, details or None, trace))


def load_estimator_from_path(
    path: str | Path, class_name: str | None = None
) -> tuple[BaseEstimator, type[BaseEstimator]]:
    """Load a file and construct its estimator.

    Parameters
    ----------
    path : path
        The file. Its folder is put first on ``sys.path``, so that modules beside it import by
        their plain names.
    class_name : str, optional
        The class wanted; see `load_estimator_class` for the rule without it.

    Returns
    -------
    estimator, class

    Raises
    ------
    RunnerError
        With code ``ESTIMATOR_MISSING_MODULE`` for an import that is not installed, else
        ``SETUP_ERROR``.
    """
    estimator_class = load_estimator_class(path, class_name)
    try:
        return estimator_class(), estimator_class
    except Exception as error:
        raise _error(
            "SETUP_ERROR",
            f"{estimator_class.__name__}() failed: {type(error).__name__}: {error}; "
            "an estimator is constructed without arguments",
            traceback.format_exc(),
        ) from error


def load_estimator_class(path: str | Path, class_name: str | None = None) -> type[BaseEstimator]:
    """The estimator class of a file.

    The class is the one named; else the one called ``Estimator``; else the only subclass of
    `BaseEstimator` that the file defines (imported ones do not count).
    """
    file = Path(path).expanduser()
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist"
        raise _error("SETUP_ERROR", f"estimator file {file} {what}; give the path of a .py file")
    return _choose(_import(file.resolve()), file, class_name)


@contextlib.contextmanager
def _forgotten_on_error(name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sys.modules.pop(name, None)
        raise


def _forget_siblings_of_others(folder: Path) -> None:
    """Drop modules that an estimator of another folder imported under a name that lies here too."""
    own = {path.stem for path in folder.glob("*.py")}
    own |= {path.parent.name for path in folder.glob("*/__init__.py")}
    others = tuple(f"{other}/" for other in _FOLDERS - {folder})
    stale = {
        top
        for top in own & set(sys.modules)
        if (getattr(sys.modules[top], "__file__", None) or "").startswith(others)
    }
    for name in list(sys.modules):
        if name.partition(".")[0] in stale:
            del sys.modules[name]


# Folders of the estimators loaded so far in this process.
_FOLDERS: set[Path] = set()


def _import(file: Path) -> ModuleType:
    folder = file.parent
    _forget_siblings_of_others(folder)
    _FOLDERS.add(folder)
    if str(folder) in sys.path:
        sys.path.remove(str(folder))
    sys.path.insert(0, str(folder))
    name = private_module_name(file)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise _error("SETUP_ERROR", f"{file} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    with _forgotten_on_error(name):
        sys.modules[name] = module  # classes are pickled, and dataclasses resolved, through it
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except ModuleNotFoundError as error:
            raise _error(
                "ESTIMATOR_MISSING_MODULE",
                f"{file.name} imports {error.name!r}, which is neither installed nor beside it",
                traceback.format_exc(),
                module=error.name,
            ) from error
        except BaseException as error:  # a file that exits on import must not end the harness
            raise _error(
                "SETUP_ERROR",
                f"{file.name} could not be loaded: {type(error).__name__}: {error}",
                traceback.format_exc(),
            ) from error
    return module


def _choose(module: ModuleType, file: Path, class_name: str | None) -> type[BaseEstimator]:
    classes = {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, BaseEstimator)
        and value is not BaseEstimator
    }
    defined = {n: c for n, c in classes.items() if c.__module__ == module.__name__}
    listed = ", ".join(sorted(defined)) or "none"
    if class_name is not None:
        if class_name not in classes:
            raise _error(
                "SETUP_ERROR",
                f"{file.name} has no estimator class {class_name!r}; "
                f"subclasses of BaseEstimator in it: {listed}",
                candidates=sorted(defined),
            )
        chosen = classes[class_name]
    elif "Estimator" in classes:
        chosen = classes["Estimator"]
    elif len(defined) == 1:
        (chosen,) = defined.values()
    else:
        problem = "defines no" if not defined else "defines several"
        raise _error(
            "SETUP_ERROR",
            f"{file.name} {problem} subclass{'' if not defined else 'es'} of BaseEstimator "
            f"({listed}); call one Estimator, or name it with --class",
            candidates=sorted(defined),
        )
    if inspect.isabstract(chosen):
        raise _error("SETUP_ERROR", f"{chosen.__name__} does not define predict(self, mlp, budget)")
    _check_signature(chosen)
    return chosen


def _check_signature(chosen: type[BaseEstimator]) -> None:
    try:
        inspect.signature(chosen.predict).bind(None, None, None)
    except TypeError as error:
        raise _error(
            "SETUP_ERROR",
            f"{chosen.__name__}.predict is called as predict(mlp, budget): {error}",
        ) from error
    except ValueError:  # no signature to be had: a compiled method
        return
