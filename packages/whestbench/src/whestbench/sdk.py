"""What a participant writes: a subclass of `BaseEstimator`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whestbench.domain import MLP

__all__ = ["API_VERSION", "BaseEstimator", "SetupContext"]

API_VERSION = "1.0"


@dataclass(frozen=True)
class SetupContext:
    """What an estimator is told before the first network.

    Attributes
    ----------
    width, depth : int
        Shape of the networks to come.
    flop_budget : int
        FLOPs allowed per network.
    api_version : str
        Version of this contract.
    scratch_dir : pathlib.Path or None
        Folder for temporary files, when the harness offers one.
    submission_dir : pathlib.Path or None
        Folder of ``estimator.py``: files shipped with it are found here.
    seed : int
        Seed of the run, the same for every network. Randomness in `setup` must come from it.
    """

    width: int
    depth: int
    flop_budget: int
    api_version: str = API_VERSION
    scratch_dir: Path | None = None
    submission_dir: Path | None = None
    seed: int = 0


class BaseEstimator(ABC):
    """An estimator of the expected activations of a random network.

    Only `predict` must be written. The class is constructed without arguments.

    Examples
    --------
    >>> import flopscope.numpy as fnp
    >>> class Estimator(BaseEstimator):
    ...     def predict(self, mlp, budget):
    ...         return fnp.zeros((mlp.depth, mlp.width))
    """

    def setup(self, ctx: SetupContext) -> None:  # noqa: B027 - optional
        """Prepare once, outside the FLOP budget."""

    @abstractmethod
    def predict(self, mlp: MLP, budget: int) -> Any:
        """Estimate the mean activation of every neuron.

        Parameters
        ----------
        mlp : MLP
            The network: ``mlp.weights`` is a list of ``depth`` arrays ``(width, width)``, float32.
        budget : int
            FLOPs allowed.

        Returns
        -------
        array, shape (depth, width)
            Row ``l`` holds the means after the ReLU of layer ``l + 1``; all values finite.
        """

    def teardown(self) -> None:  # noqa: B027 - optional
        """Release resources, once, at the end."""
