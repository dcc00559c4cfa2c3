"""FLOPs per parameter and token, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flops_fit import Result, count_forward_k, count_training_k, estimate_model_flops, find_optimal


def test_six_flops_by_default() -> None:
    assert estimate_model_flops(1e9, 2e10) == 1.2e20
    assert estimate_model_flops(1e9, 2e10, 2.0) == 4e19


def test_a_torch_model_is_counted() -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    from toy import INPUTS, MLP, OUTPUTS, teacher_data

    nn = torch.nn
    data = torch.utils.data.TensorDataset(*teacher_data(100))
    model = MLP(128)
    weights = (INPUTS + OUTPUTS) * 128
    # Forward 2 per weight, backward 4, but no gradient of the inputs; biases have no products.
    counted = 6 * weights - 2 * INPUTS * 128
    for batch in (data, torch.utils.data.DataLoader(data, batch_size=10), data[:5]):
        k = count_training_k(model, batch, nn.MSELoss())
        assert k == pytest.approx(counted / model.num_params(), rel=1e-9)
    assert all(p.grad is None for p in model.parameters())


def test_a_model_without_products() -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")

    class Empty(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(1))

        def num_params(self) -> int:
            return 1

        def forward(self, x: Any) -> Any:
            return x * self.w

    with pytest.raises(ValueError, match="no FLOPs were counted in Empty"):
        count_training_k(Empty(), torch.ones(3, 4), torch.nn.MSELoss())


def test_attention_costs_more_than_six() -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    from flops_fit import GPT, next_token_loss

    def k(seq_len: int) -> float:
        model = GPT(d_model=64, n_layers=2, n_heads=4, seq_len=seq_len, vocab_size=64, count_embeddings=False)
        tokens = torch.zeros(2, seq_len, dtype=torch.long)
        return count_training_k(model, (tokens, tokens), next_token_loss)

    assert 5.5 < k(8) < 6.5
    assert k(512) > k(8) + 3


def test_a_sweep_with_a_counted_k(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    from toy import MLP, teacher_data

    result = find_optimal(
        MLP,
        "width",
        dataset=torch.utils.data.TensorDataset(*teacher_data(20_000)),
        loss_fn=torch.nn.MSELoss(),
        compute_budgets=[2e6, 4e6],
        flops_per_param_token="count",
        runs_per_budget=3,
        half_width=2.0,
        output_dir=tmp_path,
        bootstrap=0,
        progress=False,
    )
    assert isinstance(result, Result)
    k = result.plan.flops_per_param_token
    assert 3.5 < k < 5
    for r in result.records:
        assert abs(k * r.experiment.num_params * r.experiment.num_tokens - r.experiment.compute_budget) <= 6 * 10_000
        assert r.flops == pytest.approx(k * r.experiment.num_params * r.tokens)
    assert result.analysis.flops_per_param_token == k
    with pytest.raises(ValueError, match="needs a dataset and a loss_fn"):
        find_optimal(MLP, "width", compute_budgets=[1e6], flops_per_param_token="count")


def test_a_flopscope_model_is_counted() -> None:
    pytest.importorskip("flopscope", reason="flopscope is not installed beside")
    import flopscope.numpy as fnp

    class Model:
        def __init__(self, width: int) -> None:
            self.w = fnp.ones((width, width))

        def num_params(self) -> int:
            return int(self.w.size)

        def __call__(self, x: Any) -> Any:
            return x @ self.w

    model, x = Model(32), fnp.ones((100, 32))
    # A product of (m, k) and (k, n) costs 2 m k n - m n.
    forward = (2 * 100 * 32 * 32 - 100 * 32) / (32 * 32 * 100)
    assert count_forward_k(model, x, tokens=100) == pytest.approx(3 * forward)
    assert count_forward_k(model, x, tokens=100, backward=0) == pytest.approx(forward)
    with pytest.raises(ValueError, match="tokens must be positive"):
        count_forward_k(model, x, tokens=0)
    with pytest.raises(ValueError, match="no FLOPs were counted"):
        count_forward_k(type("Lazy", (Model,), {"__call__": lambda self, x: x})(4), x, tokens=10)
