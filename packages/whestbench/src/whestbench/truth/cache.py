"""Sampled truths kept on disk, so that a second run with the same seed starts at once.

An entry is keyed by everything its figures follow from: the weights, the seed of the inputs, the
number of samples and the version of the kernel. A damaged entry is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from whestbench.domain import MLP
from whestbench.truth.kernel import KERNEL_VERSION, LayerStatistics

__all__ = ["TruthCache"]

_MAX_ENTRIES = 4000


class TruthCache:
    """A folder of sampled truths.

    Parameters
    ----------
    folder : pathlib.Path, optional
        ``WHEST_CACHE_DIR`` or the user's cache folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = os.environ.get("WHEST_CACHE_DIR")
        base = Path(named) if named else platformdirs.user_cache_path("whestbench")
        self.folder = folder if folder is not None else base / "truth"

    def key(self, mlp: MLP, samples: np.random.SeedSequence, n: int, backend: str = "blas") -> str:
        """Digest of what the truth of a network follows from."""
        digest = hashlib.sha256()
        described = {
            "kernel": KERNEL_VERSION,
            "backend": backend,
            "entropy": samples.entropy,
            "spawn_key": list(samples.spawn_key),
            "n": n,
            "shape": [mlp.depth, mlp.width],
        }
        digest.update(json.dumps(described, sort_keys=True, default=int).encode())
        for w in mlp.weights:
            digest.update(np.ascontiguousarray(w, dtype=np.float32).tobytes())
        return digest.hexdigest()

    def load(self, key: str) -> LayerStatistics | None:
        """The entry of a key, or None."""
        try:
            path = self.folder / f"{key}.npz"
            with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
                means = entry["means"]
                figures = LayerStatistics(means, float(entry["avg_variance"]), int(entry["n"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return figures if means.ndim == 2 and np.isfinite(means).all() else None

    def save(self, key: str, truth: LayerStatistics) -> None:
        """Keep an entry. A folder that cannot be written is no reason to stop a run."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(
                        file,
                        means=truth.means,
                        avg_variance=truth.avg_variance,
                        n=truth.n_samples,
                    )
                os.replace(temporary, self.folder / f"{key}.npz")
            except BaseException:
                os.unlink(temporary)
                raise
            self._drop_oldest()
        except OSError:
            return

    def _drop_oldest(self) -> None:
        entries: list[Any] = list(self.folder.glob("*.npz"))
        if len(entries) > _MAX_ENTRIES:
            entries.sort(key=lambda path: path.stat().st_mtime)
            for path in entries[: len(entries) - _MAX_ENTRIES]:
                path.unlink(missing_ok=True)
