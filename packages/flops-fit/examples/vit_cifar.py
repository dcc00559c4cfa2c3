"""Scaling laws of a small vision transformer.

    python vit_cifar.py                          # generated images, no network: a few minutes on a CPU
    python vit_cifar.py --folder cifar-10-batches-bin   # the binary version of CIFAR-10
    python vit_cifar.py --quick                  # one model: above 60 % accuracy in less than a minute

Needs torch. A token is a patch of 8 x 8 pixels, so an image counts for 16.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

import flops_fit
from flops_fit.train import train


def main() -> None:
    parser = argparse.ArgumentParser(description="Scaling laws of a small vision transformer.")
    parser.add_argument("--folder", type=Path, help="binary CIFAR-10; generated images without it")
    parser.add_argument("--images", type=int, default=20_000, help="how many images to generate")
    parser.add_argument("--budgets", type=float, nargs="+", default=[3e9, 1e10, 3e10])
    parser.add_argument("--quick", action="store_true", help="train one model and tell its accuracy")
    parser.add_argument("--output-dir", type=Path, default=Path("vit_cifar"))
    arguments = parser.parse_args()

    data = flops_fit.CifarDataset(arguments.folder, count=arguments.images)
    held_out = flops_fit.CifarDataset(arguments.folder, count=1000, train=False)
    loss_fn = nn.CrossEntropyLoss()
    settings = {"lr": 3e-3, "tokens_per_sample": 16}
    if arguments.quick:
        kept = []

        def build() -> flops_fit.ViT:
            kept.append(flops_fit.ViT(d_model=64, n_layers=2))
            return kept[-1]

        train(build, data, loss_fn, 16 * 40_000, flops_fit.TrainSettings(**settings))
        with torch.no_grad():
            right = (kept[0].eval()(held_out.images).argmax(dim=1) == held_out.labels).float().mean()
        print(f"accuracy {100 * right:.1f} % of {len(held_out)} images that were not trained on")
        return
    result = flops_fit.find_optimal(
        flops_fit.ViT,
        "d_model",
        {"n_layers": 2, "n_heads": 2},
        data,
        loss_fn,
        arguments.budgets,
        validation=held_out,
        runs_per_budget=6,
        half_width=5.0,
        granularity=4,
        output_dir=arguments.output_dir,
        progress=True,
        **settings,
    )
    print()
    print(result.analysis.comparison())
    print()
    print(result.chinchilla_table([*arguments.budgets, 10 * max(arguments.budgets)]))
    result.plot()
    print(f"\nPlots in {result.output_dir / 'plots'}")


if __name__ == "__main__":
    main()
