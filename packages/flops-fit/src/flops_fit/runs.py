"""Checked columns of runs: what every fit starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import DegenerateDesignError, TooFewRunsError
from .law import Floats

#: The surface has this many constants, so it needs as many runs.
MIN_RUNS = 5


@dataclass(frozen=True)
class Columns:
    """Equally long columns of runs; `valid` marks those whose loss can be fitted."""

    n: Floats
    d: Floats
    loss: Floats
    valid: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.n)


def as_columns(n: ArrayLike, d: ArrayLike, loss: ArrayLike) -> Columns:
    """Check three columns against each other.

    A loss that is missing (None), not finite or not positive makes the run invalid. A size or token count like that is
    an error, unless the loss of the same run is invalid too (a run that failed before it began).
    """
    columns = [_column(name, values) for name, values in (("n", n), ("d", d), ("loss", loss))]
    lengths = {len(c) for c in columns}
    if len(lengths) > 1:
        found = ", ".join(f"{name} {len(c)}" for name, c in zip("n d loss".split(), columns, strict=True))
        raise ValueError(f"n, d and loss must have one entry for each run; their lengths are {found}")
    n_, d_, loss_ = columns
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(loss_) & (loss_ > 0)
        for name, column in (("n", n_), ("d", d_)):
            wrong = np.flatnonzero(valid & ~(np.isfinite(column) & (column > 0)))
            if len(wrong):
                raise ValueError(
                    f"{name}[{wrong[0]}] is {column[wrong[0]]}: parameters and tokens must be positive numbers"
                )
    return Columns(n_, d_, loss_, valid)


def check_design(n: Floats, d: Floats) -> None:
    """Refuse runs from which the two terms of the surface cannot be told apart."""
    points = np.unique(np.stack([n, d]), axis=1)
    if points.shape[1] < MIN_RUNS:
        raise TooFewRunsError(
            f"the surface has {MIN_RUNS} constants and needs at least {MIN_RUNS} runs that differ in "
            f"parameters or tokens; {points.shape[1]} usable ones were given"
        )
    for name, column in (("model sizes", n), ("token counts", d)):
        distinct = len(np.unique(column))
        if distinct < 3:
            raise DegenerateDesignError(
                f"the runs have {distinct} distinct {name}; at least 3 are needed to see an exponent"
            )
    x, y = np.log(n) - np.log(n).mean(), np.log(d) - np.log(d).mean()
    together = float(x @ y) / float(np.sqrt((x @ x) * (y @ y)))
    if together > 1 - 1e-12:
        raise DegenerateDesignError(
            "parameters and tokens grow in step in all runs, so their effects cannot be separated; "
            "add runs with other tokens per parameter"
        )


def _column(name: str, values: Any) -> Floats:
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        values = [np.nan if v is None else v for v in values]
    try:
        column = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a column of numbers: {error}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {column.shape}")
    return column
