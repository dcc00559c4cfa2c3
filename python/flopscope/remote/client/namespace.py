"""Modules of a client, by the names that programs import."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from flopscope import errors
from flopscope._release import RELEASE
from flopscope.remote.client import budget, costs, dtypes, files, random
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.functions import blocked, functions
from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.client.symmetry import SymmetryGroup
from flopscope.remote.names import SERVER_ONLY
from flopscope.remote.surface import CALLBACKS

__all__ = ["modules"]

_ABSTRACT = ("floating", "integer", "number", "inexact", "generic", "signedinteger",
             "unsignedinteger", "complexfloating")  # fmt: skip

_ERRORS = tuple(
    "BudgetExhaustedError FlopscopeError FlopscopeServerError FlopscopeWarning "
    "NoBudgetContextError RemoteCallbackError RemoteSerializationError SymmetryError "
    "SymmetryLossWarning TimeExhaustedError UnauthorizedControlError UnsupportedFunctionError "
    "UnsupportedReturnType".split()
)
_CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}


def configure(**settings: Any) -> None:
    """Record settings: they have no effect on a server, and a warning says so."""
    if settings:
        _settings.update(settings)
        warnings.warn(
            f"configure({', '.join(settings)}) has no effect on a server, which has its own "
            "settings",
            errors.ConfigureNoOpWarning,
            stacklevel=2,
        )


_settings: dict[str, Any] = {}


def remote_unsupported_ops() -> frozenset[str]:
    """Tell which functions a server refuses: they call the caller's code back."""
    return CALLBACKS


class _ClientModule(ModuleType):
    """A module that explains what it does not have."""

    def __init__(
        self, name: str, names: dict[str, Any], explain: Callable[[str], AttributeError]
    ) -> None:
        super().__init__(name)
        self.__dict__.update(names)
        self.__all__ = sorted(key for key in names if not key.startswith("_"))
        self._explain = explain

    def __getattr__(self, name: str) -> Any:
        if name in _LAZY and self.__name__ == "flopscope":
            return getattr(importlib.import_module(_LAZY[name]), name)
        raise self._explain(name)

    def __dir__(self) -> list[str]:
        return [*self.__all__, *(_LAZY if self.__name__ == "flopscope" else ())]


_LAZY = {"Module": "flopscope.module"}


def _explain(where: str, prefix: str = "") -> Callable[[str], AttributeError]:
    def explain(name: str) -> AttributeError:
        if name in SERVER_ONLY:
            return AttributeError(
                f"{where}.{name} is in-process only: it needs NumPy and the compiled core, which a "
                "client of a server does without"
            )
        if name in _ABSTRACT:
            return AttributeError(
                f"{where}.{name} is an abstract scalar type, which a client does not have: compare "
                "dtypes by name, as in array.dtype == 'float64'"
            )
        found = blocked(where, name, prefix)
        return found or AttributeError(f"{where} does not provide {name!r}")

    return explain


class _Distribution:
    """A distribution of `flopscope.stats`."""

    def __init__(self, name: str, methods: dict[str, Any]) -> None:
        self.name = name
        self.__dict__.update(methods)

    def __repr__(self) -> str:
        return f"<flopscope.stats.{self.name}>"


def _stats() -> dict[str, Any]:
    from flopscope.remote.client.functions import FunctionProxy
    from flopscope.remote.surface import FUNCTIONS

    found: dict[str, dict[str, Any]] = {}
    for op_name in FUNCTIONS["stats"]:
        _, distribution, method = op_name.split(".")
        found.setdefault(distribution, {})[method] = FunctionProxy(op_name)
    return {name: _Distribution(name, methods) for name, methods in found.items()}


def _numpy_names() -> dict[str, Any]:
    types: dict[str, Any] = {
        name: kind for name, kind in dtypes.DTYPES_BY_NAME.items() if name != "bool"
    }
    return {
        **functions("core"),
        **types,
        **_CONSTANTS,
        "bool_": dtypes.DTYPES_BY_NAME["bool"],
        "dtype": dtypes.dtype,
        "finfo": dtypes.finfo,
        "iinfo": dtypes.iinfo,
        "ndarray": RemoteArray,
        "load": files.load,
        "save": files.save,
        "savez": files.savez,
        "savez_compressed": files.savez_compressed,
    }


def modules() -> dict[str, ModuleType]:
    """Make the modules of a client.

    Returns
    -------
    dict
        Name -> module; ``flopscope`` is the package.
    """
    parts = {
        "linalg": functions("linalg"),
        "fft": functions("fft"),
        "random": {
            **functions("random"),
            "Generator": random.RemoteGenerator,
            "RandomState": random.RandomState,
            "SeedSequence": random.SeedSequence,
        },
    }
    made: dict[str, ModuleType] = {}
    for name, names in parts.items():
        explain = _explain(f"flopscope.numpy.{name}", f"{name}.")
        made[name] = _ClientModule(f"flopscope.numpy.{name}", names, explain)
    fnp = _ClientModule("flopscope.numpy", {**_numpy_names(), **made}, _explain("flopscope.numpy"))
    fnp.__path__ = []
    stats = _ClientModule("flopscope.stats", _stats(), _explain("flopscope.stats"))
    helpers = _ClientModule("flopscope.flops", costs.HELPERS, _explain("flopscope.flops"))
    package_names: dict[str, Any] = {
        **_numpy_names(),
        **functions("symmetry"),
        **made,
        **{name: getattr(errors, name) for name in _ERRORS},
        "BudgetContext": budget.BudgetContext,
        "OpRecord": budget.OpRecord,
        "RemoteArray": RemoteArray,
        "RemoteScalar": RemoteScalar,
        "SymmetryGroup": SymmetryGroup,
        "budget": budget.budget,
        "budget_summary": budget.budget_summary,
        "budget_summary_dict": budget.budget_summary_dict,
        "configure": configure,
        "errors": errors,
        "flops": helpers,
        "numpy": fnp,
        "remote": importlib.import_module("flopscope.remote"),
        "remote_unsupported_ops": remote_unsupported_ops,
        "stats": stats,
        "__version__": RELEASE,
    }
    package = _ClientModule("flopscope", package_names, _explain("flopscope"))
    return {
        "flopscope": package,
        "flopscope.numpy": fnp,
        "flopscope.stats": stats,
        "flopscope.flops": helpers,
        **{f"flopscope.numpy.{name}": module for name, module in made.items()},
        **{f"flopscope.{name}": module for name, module in made.items()},
    }
