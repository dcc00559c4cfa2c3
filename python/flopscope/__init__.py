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
import os
from typing import TYPE_CHECKING, Any

from flopscope import errors as errors

if os.environ.get("FLOPSCOPE_SERVER_URL"):
    # The client of a server takes the place of this module, and of all that would need NumPy.
    from flopscope.remote.client.package import install

    install()
else:
    from flopscope._version import (
        __numpy_pinned__,
        __numpy_supported__,
        __numpy_version__,
        __version__,
        check_numpy,
    )

    check_numpy()

    from flopscope import _folders  # noqa: F401, I001 - before any other
    from flopscope import _tensor, _weights  # noqa: F401 - _tensor completes SymmetricTensor
    from flopscope._budget import BudgetContext, OpRecord, budget, namespace
    from flopscope._contraction.caches import (
        clear_cache,
        einsum_cache_info,
        einsum_clear_caches,
        reduction_cache_info,
        reduction_clear_cache,
    )
    from flopscope._core import FlopscopeArray, SymmetricTensor
    from flopscope._session import (
        budget_live,
        budget_reset,
        budget_summary,
        budget_summary_dict,
    )
    from flopscope._settings import configure
    from flopscope._symmetric import as_symmetric, is_symmetric, symmetrize
    from flopscope.errors import (
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
    from flopscope.symmetry import SymmetryGroup

    _weights.load()

if TYPE_CHECKING:
    from flopscope import accounting, numpy, stats
    from flopscope import inference as inference
    from flopscope import paths as paths
    from flopscope._contraction.accumulation import (
        AccumulationCost,
        ComponentCost,
        RegimeStep,
        einsum_accumulation_cost,
        reduction_accumulation_cost,
        tier2_reduction_cost,
    )
    from flopscope._contraction.path_info import PathInfo, StepInfo
    from flopscope._dry.estimate import Estimate as Estimate
    from flopscope._dry.estimate import ShapeDtype as ShapeDtype
    from flopscope._dry.estimate import estimate as estimate
    from flopscope._escapes import Escape as Escape
    from flopscope._explanation import Explanation as Explanation
    from flopscope._explanation import explain as explain
    from flopscope._profile import profile as profile
    from flopscope._sub_budget import SubBudget as SubBudget
    from flopscope.module import Module
    from flopscope.pricing.cost_model import CostModel as CostModel
    from flopscope.pricing.cost_model import cost_model as cost_model
    from flopscope.pricing.cost_model import cost_models as cost_models

__all__ = [
    "AccumulationCost",
    "BudgetContext",
    "BudgetExhaustedError",
    "ComponentCost",
    "CostModel",
    "Escape",
    "Estimate",
    "Explanation",
    "FlopscopeArray",
    "FlopscopeError",
    "FlopscopeWarning",
    "Module",
    "NoBudgetContextError",
    "OpRecord",
    "PathInfo",
    "RegimeStep",
    "ShapeDtype",
    "StepInfo",
    "SubBudget",
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
    "clear_cache",
    "configure",
    "cost_model",
    "cost_models",
    "einsum_accumulation_cost",
    "einsum_cache_info",
    "einsum_clear_caches",
    "errors",
    "estimate",
    "explain",
    "inference",
    "is_symmetric",
    "namespace",
    "numpy",
    "paths",
    "profile",
    "reduction_accumulation_cost",
    "reduction_cache_info",
    "reduction_clear_cache",
    "reference",
    "remote",
    "remote_unsupported_ops",
    "stats",
    "symmetrize",
    "tier2_reduction_cost",
]

_LAZY = ("accounting", "inference", "numpy", "paths", "reference", "remote", "stats")

# Reports: few programs ask for them, and reading their modules takes a while.
_LAZY_NAMES = {
    **dict.fromkeys(
        (
            "AccumulationCost",
            "ComponentCost",
            "RegimeStep",
            "einsum_accumulation_cost",
            "reduction_accumulation_cost",
            "tier2_reduction_cost",
        ),
        "flopscope._contraction.accumulation",
    ),
    "Explanation": "flopscope._explanation",
    "Module": "flopscope.module",
    **dict.fromkeys(("Estimate", "ShapeDtype", "estimate"), "flopscope._dry.estimate"),
    "Escape": "flopscope._escapes",
    "SubBudget": "flopscope._sub_budget",
    "profile": "flopscope._profile",
    "PathInfo": "flopscope._contraction.path_info",
    "StepInfo": "flopscope._contraction.path_info",
    "explain": "flopscope._explanation",
    **dict.fromkeys(("CostModel", "cost_model", "cost_models"), "flopscope.pricing.cost_model"),
}


def remote_unsupported_ops() -> frozenset[str]:
    """Tell which functions a remote backend refuses: they call the caller's code back.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> import flopscope as flops
    >>> "piecewise" in flops.remote_unsupported_ops()
    True
    """
    return frozenset(
        {"apply_along_axis", "apply_over_axes", "fromfunction", "fromiter", "piecewise"}
    )


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"flopscope.{name}")
    if name in _LAZY_NAMES:
        value = globals()[name] = getattr(importlib.import_module(_LAZY_NAMES[name]), name)
        return value
    raise AttributeError(
        f"flopscope does not provide {name!r}; NumPy's functions are in flopscope.numpy "
        f"(`import flopscope.numpy as fnp`, then fnp.{name})"
    )


def __dir__() -> list[str]:
    return sorted(__all__)
