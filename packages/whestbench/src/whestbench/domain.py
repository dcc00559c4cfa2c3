"""The network: square float32 weight matrices, ReLU after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import flopscope.numpy as fnp
from whestbench.seeds import PROTOCOL_2, estimator_seed

# A worker that is a client of a flopscope server has no NumPy: it is imported where it is needed.
if TYPE_CHECKING:
    import numpy as np

__all__ = ["MLP", "sample_mlp"]


@dataclass(frozen=True)
class MLP:
    """A random ReLU network without biases.

    Attributes
    ----------
    width, depth : int
        Neurons per layer, number of layers.
    weights : list of flopscope arrays, each (width, width), float32
        Activations are rows: ``h_l = max(0, h_{l-1} @ weights[l - 1])``.
    seed : int
        Seed for the estimator's own randomness in `predict`.
    name : str
        Readable label, unique within a set.
    """

    width: int
    depth: int
    weights: list[Any] = field(repr=False)
    seed: int = 0
    name: str = ""

    def validate(self) -> None:
        """Check the shapes.

        Raises
        ------
        ValueError
            For a non-positive width or depth, a number of matrices other than ``depth``, or a
            matrix of another shape than ``(width, width)``.
        """
        if self.width <= 0:
            raise ValueError(f"width must be positive, not {self.width}")
        if self.depth <= 0:
            raise ValueError(f"depth must be positive, not {self.depth}")
        if len(self.weights) != self.depth:
            raise ValueError(
                f"depth is {self.depth}, but there are {len(self.weights)} weight matrices"
            )
        for layer, matrix in enumerate(self.weights):
            shape = tuple(getattr(matrix, "shape", ()))
            if shape != (self.width, self.width):
                raise ValueError(
                    f"weights[{layer}] has shape {shape}, expected {(self.width, self.width)}"
                )

    @classmethod
    def from_row(cls, row: Mapping[str, Any], seed_protocol_version: str = PROTOCOL_2) -> MLP:
        """The network of one dataset row.

        Parameters
        ----------
        row : mapping
            With ``weights`` (depth, width, width), ``mlp_seed`` and ``mlp_name``.
        seed_protocol_version : str
            Says what the seed column holds, see `whestbench.seeds.estimator_seed`.

        Returns
        -------
        MLP
        """
        import numpy as np

        weights = np.asarray(row["weights"], dtype=np.float32)
        if weights.ndim != 3:
            raise ValueError(f"weights of a row have three axes, these have shape {weights.shape}")
        mlp = cls(
            width=int(weights.shape[-1]),
            depth=int(weights.shape[0]),
            weights=[fnp.asarray(matrix) for matrix in weights],
            seed=estimator_seed(int(row["mlp_seed"]), seed_protocol_version),
            name=str(row.get("mlp_name") or ""),
        )
        mlp.validate()
        return mlp


def sample_mlp(width: int, depth: int, rng: Any = None, *, seed: int = 0, name: str = "") -> MLP:
    """Draw a network: entries normal with mean 0 and variance ``2 / width``.

    Each matrix is drawn in float64 and cast to float32, one after another from one generator. The
    drawing is not billed.

    Parameters
    ----------
    width, depth : int
        Positive.
    rng : numpy or flopscope Generator, SeedSequence or int, optional
        Where the numbers come from; fresh entropy when left out.
    seed : int
        Becomes ``mlp.seed``; it does not seed the weights.
    name : str
        Becomes ``mlp.name``.

    Returns
    -------
    MLP

    Examples
    --------
    >>> import numpy as np
    >>> mlp = sample_mlp(4, 2, np.random.default_rng(0))
    >>> len(mlp.weights), mlp.weights[0].shape, mlp.weights[0].dtype
    (2, (4, 4), dtype('float32'))
    """
    if width <= 0 or depth <= 0:
        raise ValueError(f"width and depth must be positive, not {width} and {depth}")
    import numpy as np

    generator = uncounted_generator(rng)
    scale = np.sqrt(2.0 / width)
    weights = [
        fnp.asarray((generator.standard_normal((width, width)) * scale).astype(np.float32))
        for _ in range(depth)
    ]
    return MLP(width=width, depth=depth, weights=weights, seed=seed, name=name)


def uncounted_generator(rng: Any) -> np.random.Generator:
    """A plain NumPy generator over the same stream as `rng`, whatever kind of source that is."""
    import numpy as np

    if isinstance(rng, np.random.Generator):
        # A counting generator shares its bit generator: the stream goes on, nothing is billed.
        return np.random.Generator(rng.bit_generator)
    return np.random.default_rng(rng)
