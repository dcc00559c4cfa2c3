"""What this package raises and warns with.

Every refusal is a `ValueError`, so callers who only want «these data do not support an answer» need
one clause; the subclasses say which answer and why.
"""

from __future__ import annotations


class FitError(ValueError):
    """The runs given cannot support the fit that was asked for."""


class TooFewRunsError(FitError):
    """Fewer usable runs than the law has constants."""


class TooFewBudgetsError(FitError):
    """An approach that compares compute budgets was given too few of them."""


class NoInteriorMinimumError(FitError):
    """No budget shows a minimum of the loss inside its grid of model sizes."""


class DegenerateDesignError(FitError):
    """Sizes and tokens do not vary enough, or not apart from each other, to separate the terms."""


class NotIdentifiableError(FitError):
    """The losses do not determine the constants: flat, or free of one of the terms."""


class PlanError(ValueError):
    """No sweep can be planned from what was given."""


class DatasetTooSmallWarning(UserWarning):
    """A planned run reads its dataset more than once."""


class FitWarning(UserWarning):
    """A fit was made, but less can be said of it than was asked."""


class MissingExtraError(ImportError):
    """A part of the package that needs an optional dependency was used without it."""


def missing_extra(module: str, extra: str, what: str) -> MissingExtraError:
    """The error for an optional dependency that is not installed."""
    return MissingExtraError(f"{what} needs {module}, which is not installed; pip install 'flops-fit[{extra}]'")
