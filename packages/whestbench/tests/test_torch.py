"""The PyTorch sampler: another sample of the same law, alone and in batches."""

from __future__ import annotations

import json

import numpy as np
import pytest

from whestbench import sample_mlp
from whestbench.truth import layer_statistics

torch = pytest.importorskip("torch")

from whestbench.truth.torch_kernel import TorchSampler  # noqa: E402

N = 40_000


def test_statistics_agree_within_their_standard_error():
    mlp = sample_mlp(16, 4, 3)
    ours = layer_statistics(mlp, N, 0)
    theirs = TorchSampler(device="cpu")(mlp, N, np.random.SeedSequence(1))
    error = np.sqrt(ours.noise_floor + theirs.noise_floor)
    difference = theirs.final - ours.final
    assert np.sqrt(np.mean(difference**2)) < 2 * error
    assert theirs.avg_variance == pytest.approx(ours.avg_variance, rel=0.05)
    assert theirs.means.shape == (4, 16)
    assert theirs.means.dtype == np.float32


def test_a_network_has_the_same_figures_in_any_company():
    sampler = TorchSampler(device="cpu", chunk_size=3000)
    mlps = [sample_mlp(8, 3, seed) for seed in range(3)]
    seeds = np.random.SeedSequence(5).spawn(3)
    together = sampler.sample_many(mlps, 7000, seeds)
    for mlp, seed, found in zip(mlps, seeds, together, strict=True):
        alone = sampler(mlp, 7000, seed)
        np.testing.assert_allclose(found.means, alone.means, rtol=1e-5, atol=1e-6)
        assert found.avg_variance == pytest.approx(alone.avg_variance, rel=1e-5)


def test_bake(whest, tmp_path):
    ran = whest(
        "dataset", "bake", "--n-mlps", 3, "--n-samples", 2000, "--width", 5, "--depth", 2,
        "--output", tmp_path / "set", "--torch", "--device", "cpu", "--mlps-per-batch", 2,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    found = json.loads((tmp_path / "set" / "metadata.json").read_text(encoding="utf-8"))
    assert (found["backend"], found["device"]) == ("torch", "cpu")
    assert found["torch_version"] == torch.__version__
    assert (found["mlps_per_batch"], found["torch_compile"]) == (2, False)
    assert set(found["bake_config"]) == {
        "cudnn_deterministic",
        "cudnn_benchmark",
        "cublas_workspace_config",
        "torch_use_deterministic_algorithms",
    }
    assert "split public: 3 networks" in whest("dataset", "info", tmp_path / "set").out


def test_a_device_that_is_not_there():
    with pytest.raises(ValueError, match="cannot be used"):
        TorchSampler(device="cuda:9")
