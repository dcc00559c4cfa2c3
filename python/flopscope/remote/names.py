"""Names of the remote surface that no row of the operation table has."""

from __future__ import annotations

__all__ = ["ARRAY_METHODS", "COST_HELPERS", "SERVER_ONLY"]

#: What arrays do themselves, on the server: methods and attributes that are arrays.
ARRAY_METHODS = tuple(
    "__getitem__ T all any argmax argmin argpartition argsort astype choose clip compress conj "
    "conjugate copy cumprod cumsum diagonal dot flatten imag mT max mean min nonzero prod ptp "
    "ravel real repeat reshape round searchsorted squeeze std sum swapaxes take trace transpose "
    "var".split()
)

#: Cost helpers that a server answers.
COST_HELPERS = ("einsum_cost", "pointwise_cost", "reduction_cost", "svd_cost")

#: Names of the in-process package that a client does not have.
SERVER_ONLY = tuple(
    "AccumulationCost ComponentCost Estimate Explanation FlopscopeArray PathInfo RegimeStep "
    "ShapeDtype StepInfo SymmetricTensor accounting budget_live budget_reset clear_cache "
    "clear_einsum_cache einsum_accumulation_cost einsum_cache_info einsum_clear_caches estimate "
    "explain inference namespace paths profile reduction_accumulation_cost reduction_cache_info "
    "reduction_clear_cache reference tier2_reduction_cost".split()
)
