"""How many parameters a model of a given size has, without building giants."""

from __future__ import annotations

import bisect
import math

import numpy as np

from .contracts import ModelFamily
from .errors import PlanError

#: A model that cannot be built without memory is built for real up to this many parameters.
MAX_REAL_PARAMS = 20_000_000

#: Sizes are legal up to here.
MAX_SIZE = 1 << 20


class SizeTable:
    """Sizes and their true parameter counts, found where they are asked for.

    Torch models are counted on the meta device. Others are built, as long as they are small; beyond that their count
    is extended as a polynomial in the size, which must reproduce every model that was built.
    """

    def __init__(self, family: ModelFamily, *, min_size: int = 1, max_size: int = MAX_SIZE) -> None:
        self.family = family
        self.min_size, self.max_size = min_size, min(max_size, MAX_SIZE)
        self._known: dict[int, int | None] = {}
        self._built: dict[int, int] = {}
        self._cubic: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None

    def params(self, size: int) -> int | None:
        """Parameters at this size; None where the model refuses it."""
        if size not in self._known:
            self._known[size] = self._count(size)
        return self._known[size]

    def nearest(self, n_params: float, step: int) -> tuple[int, int] | None:
        """The legal multiple of `step` whose count is nearest to `n_params` in ratio, and that count."""
        low, high = self._bracket(n_params, step)
        found = [(size, n) for size in (*low, *high) if (n := self.params(size)) is not None]
        if not found:
            return None
        return min(found, key=lambda pair: abs(math.log(pair[1] / n_params)))

    def _bracket(self, n_params: float, step: int) -> tuple[list[int], list[int]]:
        """Legal sizes next below and next above, each as a list of at most one."""
        first = math.ceil(self.min_size / step)
        last = self.max_size // step
        low = self._legal(first, last, 1, step)
        if low is None:
            return [], []
        # Gallop up from the smallest, then halve. Counts grow with size, or the plan has no meaning.
        stride, below, above = 1, low, None
        while above is None:
            probe = self._legal(min(below + stride, last), last, 1, step)
            if probe is None or probe <= below:
                break
            if self._at(probe * step) > n_params:
                above = probe
            else:
                below, stride = probe, stride * 2
        if self._at(below * step) > n_params:
            return [], [below * step]
        if above is None:
            return [below * step], []
        while above - below > 1:
            middle = (below + above) // 2
            probe = self._legal(middle, above - 1, 1, step) or self._legal(middle - 1, below + 1, -1, step)
            if probe is None:
                break
            if self._at(probe * step) > n_params:
                above = probe
            else:
                below = probe
        return [below * step], [above * step]

    def _legal(self, start: int, stop: int, by: int, step: int) -> int | None:
        """The first legal multiple from `start` towards `stop`, among the next 64."""
        for index in range(start, stop + by, by)[:64]:
            if self.params(index * step) is not None:
                return index
        return None

    def _at(self, size: int) -> int:
        n = self.params(size)
        assert n is not None
        return n

    def _count(self, size: int) -> int | None:
        if not self.family.on_meta and self._too_large(size):
            return self._extended(size)
        n = self._build(size)
        if n is not None:
            self._check_growth(size, n)
        return n

    def _check_growth(self, size: int, n: int) -> None:
        legal = sorted((s, m) for s, m in self._known.items() if m is not None)
        at = bisect.bisect(legal, (size, 0))
        for other, m in legal[max(0, at - 1) : at + 1]:
            if other != size and (n - m) * (size - other) <= 0:
                raise PlanError(
                    f"{self.family.name} has {m} parameters at {self.family.size_param}={other} and {n} at {size}: "
                    "the size argument must scale the model"
                )

    def _too_large(self, size: int) -> bool:
        """Whether a model of this size, at cubic growth, may be too large to be built."""
        if not self._built:
            return False
        s, n = max(self._built.items())
        return size > s and n * (size / s) ** 3 > MAX_REAL_PARAMS

    def _extended(self, size: int) -> int | None:
        """The count by a cubic through models that were built."""
        if self._cubic is None:
            smallest = min(self._built)
            for factor in range(2, 17):
                if len(self._built) < 6 and smallest * factor <= self.max_size:
                    self._build(smallest * factor)
            if len(self._built) < 5:
                raise PlanError(f"{self.family.name} builds at too few small sizes to tell how it grows")
            sizes, counts = np.array(sorted(self._built.items()), dtype=float).T
            scale = sizes.max()
            coefficients = np.polyfit(sizes / scale, counts, 3)
            if not np.allclose(np.polyval(coefficients, sizes / scale), counts, rtol=1e-6, atol=0.5):
                raise PlanError(
                    f"{self.family.name} may be too large to be built at {self.family.size_param}={size}, and its "
                    f"parameters are no cubic of it; give max_size, or build it with torch, which counts without memory"
                )
            self._cubic = coefficients / scale ** np.arange(3, -1, -1)
        # Where some sizes were refused, the others have a divisor in common, such as the number of heads.
        if None in self._known.values() and size % math.gcd(*self._built):
            return None
        return round(float(np.polyval(self._cubic, size)))

    def _build(self, size: int) -> int | None:
        """The true count, None if the size is refused."""
        try:
            n = self.family.count(size)
        except (TypeError, ValueError) as error:
            if "num_params()" in str(error):
                raise
            return None
        except Exception:  # a size the model refuses is skipped
            return None
        self._built[size] = n
        return n
