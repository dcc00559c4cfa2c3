"""The sampling loop in PyTorch: several networks at once, on a GPU when there is one.

Inputs come from the device's own generator, seeded from the network's sample stream: the figures
are another sample of the same law, not the ones the BLAS kernel draws.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from whestbench.domain import MLP
from whestbench.truth.kernel import LayerStatistics

__all__ = ["TorchSampler"]

_CHUNK_ELEMENTS = 2**24
_CPU_CHUNK_ELEMENTS = 2**20


class TorchSampler:
    """Samples layer statistics with PyTorch; called like `whestbench.truth.layer_statistics`.

    Parameters
    ----------
    device : str, optional
        ``"cuda"`` when there is a GPU, else ``"cpu"``.
    chunk_size : int, optional
        Samples per chunk; chosen by width and device.
    mlps_per_batch : int, optional
        Networks carried together by `sample_many`; 1 by default.
    compile : bool
        Compile the loop over layers.

    Raises
    ------
    ImportError
        Without PyTorch.
    ValueError
        For a device that is not there.
    """

    def __init__(
        self,
        *,
        device: str | None = None,
        chunk_size: int | None = None,
        mlps_per_batch: int | None = None,
        compile: bool = False,
    ) -> None:
        try:
            import torch
        except ImportError as error:
            raise ImportError(
                "the torch backend needs PyTorch: pip install 'whestbench[torch]'"
            ) from error
        self._torch = torch
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            self.device = torch.device(name)
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError) as error:
            first = str(error).splitlines()[0]
            raise ValueError(f"the torch device {name!r} cannot be used: {first}") from error
        self.chunk_size = chunk_size
        self.mlps_per_batch = mlps_per_batch or 1
        self.compile = compile
        self._carry = torch.compile(self._carry_plain) if compile else self._carry_plain

    def metadata(self) -> dict[str, Any]:
        """What a dataset states about this backend."""
        torch = self._torch
        found: dict[str, Any] = {
            "backend": "torch",
            "device": str(self.device),
            "torch_version": torch.__version__,
            "mlps_per_batch": self.mlps_per_batch,
            "chunk_size": self.chunk_size,
            "torch_compile": self.compile,
            "bake_config": {
                "cudnn_deterministic": torch.backends.cudnn.deterministic,
                "cudnn_benchmark": torch.backends.cudnn.benchmark,
                "cublas_workspace_config": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
                "torch_use_deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            },
        }
        if self.device.type == "cuda":
            found["cuda_version"] = torch.version.cuda
            found["cuda_device_name"] = torch.cuda.get_device_name(self.device)
        return found

    def __call__(
        self,
        mlp: MLP,
        n: int,
        samples: np.random.SeedSequence,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> LayerStatistics:
        """Statistics of one network; see `whestbench.truth.layer_statistics`."""
        return self.sample_many([mlp], n, [samples], progress=progress)[0]

    def sample_many(
        self,
        mlps: Sequence[MLP],
        n: int,
        samples: Sequence[np.random.SeedSequence],
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[LayerStatistics]:
        """Statistics of networks of one shape, carried together in batched products.

        A network's inputs come from a generator of its own, so its figures do not depend on the
        company up to rounding.
        """
        torch = self._torch
        if n <= 0:
            raise ValueError(f"the number of samples must be positive, not {n}")
        width, depth = mlps[0].width, mlps[0].depth
        stacked = np.stack([[np.asarray(w) for w in mlp.weights] for mlp in mlps])
        weights = torch.from_numpy(stacked.swapaxes(0, 1).copy()).to(self.device)
        generators = [self._generator(sequence) for sequence in samples]
        rows = self._rows(width)
        sums = torch.zeros((depth, len(mlps), width), dtype=torch.float64, device=self.device)
        squares = torch.zeros((len(mlps), width), dtype=torch.float64, device=self.device)
        done = 0
        with torch.inference_mode():
            while done < n:
                size = min(rows, n - done)
                x = torch.stack(
                    [
                        torch.randn((size, width), generator=g, device=self.device)
                        for g in generators
                    ]
                )
                layer_sums, last_squares = self._carry(x, weights)
                sums += layer_sums
                squares += last_squares
                done += size
                if progress is not None:
                    progress(done, n)
        means = (sums / n).cpu().numpy().swapaxes(0, 1).astype(np.float32)
        second = (squares / n).cpu().numpy()
        return [
            LayerStatistics(
                np.ascontiguousarray(means[i]),
                float(np.mean(second[i] - means[i, -1].astype(np.float64) ** 2)),
                n,
            )
            for i in range(len(mlps))
        ]

    def _carry_plain(self, x: Any, weights: Any) -> tuple[Any, Any]:
        torch = self._torch
        sums = []
        for layer in range(weights.shape[0]):
            x = torch.bmm(x, weights[layer]).relu_()
            sums.append(x.sum(dim=1, dtype=torch.float64))
        return torch.stack(sums), (x * x).sum(dim=1, dtype=torch.float64)

    def _generator(self, sequence: np.random.SeedSequence) -> Any:
        seed = int(sequence.generate_state(1, np.uint64)[0]) & (2**63 - 1)
        return self._torch.Generator(device=self.device).manual_seed(seed)

    def _rows(self, width: int) -> int:
        if self.chunk_size is not None:
            return self.chunk_size
        elements = _CPU_CHUNK_ELEMENTS if self.device.type == "cpu" else _CHUNK_ELEMENTS
        return max(1024, elements // width)
