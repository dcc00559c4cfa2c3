"""What approaches 1 and 2 end in: straight lines of ln N* and ln D* against ln C, and a law of the loss."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import FitError, FitWarning
from .law import Floats, Optimum
from .power_law import PowerLawFit, fit_power_law


@dataclass(frozen=True)
class ComputeLaws:
    """N*(C), D*(C) and L*(C) as power laws. Only losses have an additive constant."""

    n_law: PowerLawFit
    d_law: PowerLawFit
    loss_law: PowerLawFit
    flops_per_param_token: float

    @property
    def n_exponent(self) -> float:
        """The a of N* ~ C^a."""
        return self.n_law.exponent_a

    @property
    def d_exponent(self) -> float:
        """The b of D* ~ C^b; a + b = 1."""
        return 1.0 - self.n_law.exponent_a

    def optimum(self, compute: Any) -> Optimum:
        """The optimal parameters, tokens and loss at a budget in FLOPs; C = k N D exactly."""
        c = np.asarray(compute, dtype=float)
        if not (np.isfinite(c).all() and (c > 0).all()):
            raise ValueError(f"a compute budget is a positive number of FLOPs, not {compute!r}")
        n = self.n_law.predict(c)
        d = c / (self.flops_per_param_token * n)
        return Optimum(n, float(d) if c.ndim == 0 else d, self.loss_law.predict(c))

    def laws_to_dict(self) -> dict[str, Any]:
        """The laws as plain values, for JSON."""
        return {
            "n_law": self.n_law.to_dict(),
            "d_law": self.d_law.to_dict(),
            "loss_law": self.loss_law.to_dict(),
            "flops_per_param_token": self.flops_per_param_token,
            "n_exponent": self.n_exponent,
            "d_exponent": self.d_exponent,
        }


def laws_from_dict(values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `ComputeLaws` that `laws_to_dict` was made from."""
    laws = {name: PowerLawFit.from_dict(values[name]) for name in ("n_law", "d_law", "loss_law")}
    return {**laws, "flops_per_param_token": values["flops_per_param_token"]}


def fit_compute_laws(compute: Floats, n: Floats, loss: Floats, k: float) -> ComputeLaws:
    """Laws through the optima found. D is C / (k N), so its line follows from that of N."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        n_law = fit_power_law(compute, n, name="optimal parameters")
        d_law = fit_power_law(compute, compute / (k * n), name="optimal tokens")
        loss_law = _loss_law(compute, loss)
    if caught:
        warnings.warn(
            f"laws through {len(compute)} optima are exact: no interval can be given",
            FitWarning,
            stacklevel=3,
        )
    return ComputeLaws(n_law, d_law, loss_law, k)


def _loss_law(compute: Floats, loss: Floats) -> PowerLawFit:
    """With an additive constant when the optima can carry one."""
    if len(np.unique(compute)) >= 4:
        try:
            return fit_power_law(compute, loss, name="optimal loss", offset=True)
        except FitError:
            pass
    return fit_power_law(compute, loss, name="optimal loss")
