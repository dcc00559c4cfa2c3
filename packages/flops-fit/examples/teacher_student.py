"""A real sweep in a minute or two on a CPU: students of growing width learn from a teacher network.

    python teacher_student.py [--output-dir teacher_student]

Plans, says what it costs, trains, fits, prints exponents with their intervals, and checks the prediction by one
run at a budget four times beyond the largest of the sweep. Needs torch.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import TensorDataset

import flops_fit
from flops_fit.train import train

INPUTS, OUTPUTS = 16, 8
BUDGETS = [1e8, 2e8, 4e8, 8e8]
FARTHER = 4 * BUDGETS[-1]


class Student(nn.Module):
    """A perceptron with one hidden layer; the rate of the hidden-to-output matrix falls with the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.up, self.down = nn.Linear(INPUTS, width), nn.Linear(width, OUTPUTS)
        nn.init.zeros_(self.down.weight)

    def num_params(self) -> int:
        return sum(p.numel() for p in self.parameters())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(torch.relu(self.up(x)))

    def optimizer_groups(self, lr: float) -> list[dict]:
        first = [*self.up.parameters(), self.down.bias]
        return [{"params": first, "lr": lr}, {"params": [self.down.weight], "lr": lr * 32 / self.width}]


def teacher_data(count: int, seed: int) -> TensorDataset:
    """Inputs, and what a wide network with a slowly decaying spectrum makes of them."""
    fixed = torch.Generator().manual_seed(0)
    decay = torch.arange(1, 513) ** -0.6
    first = torch.randn(INPUTS, 512, generator=fixed) / INPUTS**0.5
    second = torch.randn(512, OUTPUTS, generator=fixed) * decay[:, None]
    x = torch.randn(count, INPUTS, generator=torch.Generator().manual_seed(seed))
    y = torch.relu(x @ first + 0.5) @ second
    return TensorDataset(x, y - y.mean(0))


def main() -> None:
    parser = argparse.ArgumentParser(description="A scaling sweep of teacher and student on a CPU.")
    parser.add_argument("--output-dir", type=Path, default=Path("teacher_student"))
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()

    data, held_out = teacher_data(400_000, seed=1), teacher_data(4_000, seed=2)
    loss_fn = nn.MSELoss()
    settings = {"lr": 1e-2, "batch_size": 64}
    result = flops_fit.find_optimal(
        Student,
        "width",
        dataset=data,
        loss_fn=loss_fn,
        compute_budgets=BUDGETS,
        validation=held_out,
        validation_batches=64,
        half_width=5.0,
        output_dir=arguments.output_dir,
        workers=arguments.workers,
        progress=True,
        **settings,
    )
    print()
    print(result.analysis.comparison())
    fit = result.analysis.parametric
    if fit is None:
        raise SystemExit(f"no surface fits: {result.analysis.refusals['parametric']}")
    print()
    for name, (low, high) in fit.intervals.items():
        print(f"{name:<12}{getattr(fit, name):>9.4f}   95 % {low:.4f} to {high:.4f}")
    print()
    print(result.chinchilla_table([*BUDGETS, FARTHER]))
    result.plot()
    result.save(arguments.output_dir / "result.json")

    # One run outside of what was fitted, as the sweep would advise it.
    advised = result.predict(FARTHER)
    width = round((advised["optimal_params"] - OUTPUTS) / (INPUTS + 1 + OUTPUTS))
    n = Student(width).num_params()
    tokens = round(FARTHER / (6 * n))
    outcome = train(
        partial(Student, width),
        data,
        loss_fn,
        tokens,
        flops_fit.TrainSettings(validation_batches=64, **settings),
        validation=held_out,
    )
    predicted = fit.loss(n, tokens)
    low, high = result.intervals(FARTHER)["expected_loss"]
    print()
    print(
        f"Check at {FARTHER:.1e} FLOPs: N {n:,}, D {tokens:,}: predicted {predicted:.4f} "
        f"(95 % {low:.4f} to {high:.4f}), "
        f"measured {outcome.loss:.4f}, off by {100 * (outcome.loss / predicted - 1):+.1f} %"
    )


if __name__ == "__main__":
    main()
