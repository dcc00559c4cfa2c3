"""flopscope: NumPy with a FLOP meter.

``import flopscope.numpy as fnp`` gives NumPy's names, each call billed in FLOPs before it runs;
this package holds the budgets they are billed to.

>>> import flopscope as flops
>>> import flopscope.numpy as fnp
>>> with flops.BudgetContext(flop_budget=1_000_000, quiet=True) as budget:
...     x = fnp.linspace(0.0, 1.0, 100)
...     y = fnp.exp(-x) @ x
>>> budget.flops_used
2099
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flopscope import errors
from flopscope._version import (
    __numpy_pinned__,
    __numpy_supported__,
    __numpy_version__,
    __version__,
    check_numpy,
)

check_numpy()

from flopscope import _tensor, _weights  # noqa: E402, F401 - _tensor completes SymmetricTensor
from flopscope._budget import BudgetContext, OpRecord, budget, namespace  # noqa: E402
from flopscope._core import FlopscopeArray, SymmetricTensor  # noqa: E402
from flopscope._session import (  # noqa: E402
    budget_live,
    budget_reset,
    budget_summary,
    budget_summary_dict,
)
from flopscope._settings import configure  # noqa: E402
from flopscope._symmetric import as_symmetric, is_symmetric, symmetrize  # noqa: E402
from flopscope.errors import (  # noqa: E402
    BudgetExhaustedError,
    FlopscopeError,
    FlopscopeWarning,
    NoBudgetContextError,
    SymmetryError,
    SymmetryLossWarning,
    TimeExhaustedError,
    UnauthorizedControlError,
    UnsupportedFunctionError,
    UnsupportedReturnType,
)
from flopscope.symmetry import SymmetryGroup  # noqa: E402

if TYPE_CHECKING:
    from flopscope import accounting, numpy, stats

_weights.load()

__all__ = [
    "BudgetContext",
    "BudgetExhaustedError",
    "FlopscopeArray",
    "FlopscopeError",
    "FlopscopeWarning",
    "NoBudgetContextError",
    "OpRecord",
    "SymmetricTensor",
    "SymmetryError",
    "SymmetryGroup",
    "SymmetryLossWarning",
    "TimeExhaustedError",
    "UnauthorizedControlError",
    "UnsupportedFunctionError",
    "UnsupportedReturnType",
    "__numpy_pinned__",
    "__numpy_supported__",
    "__numpy_version__",
    "__version__",
    "accounting",
    "as_symmetric",
    "budget",
    "budget_live",
    "budget_reset",
    "budget_summary",
    "budget_summary_dict",
    "configure",
    "errors",
    "is_symmetric",
    "namespace",
    "numpy",
    "stats",
    "symmetrize",
]

_LAZY = ("accounting", "numpy", "reference", "stats")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"flopscope.{name}")
    raise AttributeError(
        f"flopscope does not provide {name!r}; NumPy's functions are in flopscope.numpy "
        f"(`import flopscope.numpy as fnp`, then fnp.{name})"
    )


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
