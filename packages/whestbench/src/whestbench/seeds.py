"""Seed protocols: from one integer to the streams of weights, samples and estimator.

All of it is NumPy's `SeedSequence` and PCG64, bit for bit, so any machine with NumPy redraws the
same networks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "PROTOCOL_2",
    "PROTOCOL_3",
    "PROTOCOL_NAMES",
    "NetworkSeeds",
    "check_input_seeds",
    "draw_input_seeds",
    "draw_run_seed",
    "estimator_seed",
    "live_seeds",
    "network_seeds",
]

PROTOCOL_2 = "2.0"
PROTOCOL_3 = "3.0"
PROTOCOL_NAMES = {
    PROTOCOL_2: "whestbench_seedsequence_hierarchy",
    PROTOCOL_3: "whestbench_explicit_per_mlp_seeds",
}
_INPUT_SEED_BITS = 63


@dataclass(frozen=True)
class NetworkSeeds:
    """The three seeds of one network.

    Attributes
    ----------
    weights, samples : numpy.random.SeedSequence
        Of the weight matrices and of the ground-truth inputs.
    estimator : int
        Unsigned 32-bit integer, shown to the participant as ``mlp.seed``.
    """

    weights: np.random.SeedSequence
    samples: np.random.SeedSequence
    estimator: int


def _three(children: Sequence[np.random.SeedSequence]) -> NetworkSeeds:
    weights, samples, estimator = children
    return NetworkSeeds(weights, samples, int(estimator.generate_state(1)[0]))


def live_seeds(seed: int, n_mlps: int) -> list[NetworkSeeds]:
    """Seeds of the networks of a run with ``--seed``.

    Parameters
    ----------
    seed : int
        Non-negative.
    n_mlps : int

    Returns
    -------
    list of NetworkSeeds
        Network ``i`` uses the children ``3i``, ``3i + 1`` and ``3i + 2`` of the run's sequence.

    Examples
    --------
    >>> import numpy as np
    >>> [seeds.estimator for seeds in live_seeds(0, 2)] == [
    ...     int(child.generate_state(1)[0]) for child in np.random.SeedSequence(0).spawn(6)[2::3]
    ... ]
    True
    """
    import numpy as np

    children = np.random.SeedSequence(seed).spawn(3 * n_mlps)
    return [_three(children[3 * i : 3 * i + 3]) for i in range(n_mlps)]


def network_seeds(input_seed: int) -> NetworkSeeds:
    """Seeds of one network of a dataset under protocol 3.0, from its 63-bit input seed."""
    import numpy as np

    return _three(np.random.SeedSequence(int(input_seed)).spawn(3))


def estimator_seed(column: int, protocol: str) -> int:
    """What ``mlp.seed`` is for a value of a dataset's seed column.

    Parameters
    ----------
    column : int
        Value of ``mlp_seed``.
    protocol : str
        ``"2.0"``: the column holds it already; ``"3.0"``: the column holds the input seed.

    Raises
    ------
    ValueError
        For another protocol.
    """
    if protocol == PROTOCOL_2:
        return int(column)
    if protocol == PROTOCOL_3:
        return network_seeds(column).estimator
    raise ValueError(
        f"unknown seed protocol {protocol!r}: this version reads {', '.join(PROTOCOL_NAMES)}"
    )


def draw_run_seed() -> int:
    """A fresh seed for a run that was given none: short enough to type again."""
    return secrets.randbits(32)


def draw_input_seeds(n_mlps: int) -> list[int]:
    """Distinct 63-bit seeds from the operating system."""
    seeds: dict[int, None] = {}
    while len(seeds) < n_mlps:
        seeds[secrets.randbits(_INPUT_SEED_BITS)] = None
    return list(seeds)


def check_input_seeds(seeds: Iterable[object], n_mlps: int) -> list[int]:
    """Return the seeds of a bake as ints, or say which one is wrong.

    Raises
    ------
    TypeError
        For a value that is not an integer, booleans included.
    ValueError
        For a wrong number of seeds, a repeated one, or one outside ``[0, 2**63)``.
    """
    import numpy as np

    checked: list[int] = []
    for position, seed in enumerate(seeds):
        if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
            raise TypeError(f"mlp_seeds[{position}] is {seed!r}: seeds are integers")
        if not 0 <= int(seed) < 2**_INPUT_SEED_BITS:
            raise ValueError(f"mlp_seeds[{position}] is {int(seed)}: seeds lie in [0, 2**63)")
        checked.append(int(seed))
    if len(checked) != n_mlps:
        raise ValueError(f"mlp_seeds holds {len(checked)} seeds, but n_mlps is {n_mlps}")
    first_at: dict[int, int] = {}
    for position, value in enumerate(checked):
        if value in first_at:
            raise ValueError(
                f"mlp_seeds[{position}] repeats mlp_seeds[{first_at[value]}] ({value}): "
                "seeds must be distinct"
            )
        first_at[value] = position
    return checked
