"""Fit the 240 real runs behind approach 3 of Hoffmann et al. (2022), print the table, draw the plots.

    python chinchilla.py [--data runs.csv] [--output-dir chinchilla]

The file has the columns n_params, train_flop, loss; the five highest losses are left out, as usual.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import flops_fit

DATA = Path(__file__).parents[1] / "tests" / "data" / "chinchilla_extracted_points.csv"
BUDGETS = np.array([6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21])
PUBLISHED = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the real runs of Hoffmann et al. 2022.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output-dir", type=Path, default=Path("chinchilla"))
    parser.add_argument("--bootstrap", type=int, default=1000)
    arguments = parser.parse_args()

    n, flop, loss = np.loadtxt(arguments.data, delimiter=",", skiprows=1).T
    keep = np.sort(np.argsort(loss)[:-5])
    n, flop, loss = n[keep], flop[keep], loss[keep]
    fit = flops_fit.fit_parametric(n, flop / (6 * n), loss, outliers="keep", bootstrap=arguments.bootstrap)

    print(f"{len(n)} runs, objective {fit.objective:.9f}")
    for name, published in PUBLISHED.items():
        low, high = fit.intervals[name]
        print(
            f"  {name:<6}{getattr(fit, name):>10.4f}  +- {fit.standard_errors[name]:<9.4g}"
            f" 95 % {low:.4g} to {high:.4g}; published {published}"
        )
    # The paper's budgets; what was read from its figure scatters around them.
    budgets = BUDGETS[np.abs(np.log(flop)[:, None] - np.log(BUDGETS)).argmin(axis=1)]
    parabola = flops_fit.fit_parabola(
        n, flop / (6 * n), loss, compute=budgets, outliers="keep", bootstrap=arguments.bootstrap
    )
    records = as_records(n, flop, loss, budgets)
    plan = flops_fit.SweepPlan(tuple(r.experiment for r in records), "Chinchilla", "n_params", BUDGETS.tolist())
    analysis = flops_fit.Analysis(fit, parabola, refusals={"envelope": "there are no training curves"})
    result = flops_fit.Result(analysis, plan, records, arguments.output_dir)
    print()
    print(analysis.comparison())
    print()
    print(result.chinchilla_table([1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 5.76e23, 1e25]))
    best = result.intervals(5.76e23)
    print()
    print(
        "At 5.76e+23 FLOPs, 95 %: N* "
        f"{best['optimal_params'][0]:.3g} to {best['optimal_params'][1]:.3g}, "
        f"loss {best['expected_loss'][0]:.4f} to {best['expected_loss'][1]:.4f}"
    )
    (proposal,) = flops_fit.propose_runs(fit, 5.76e23, max_flops=1e22)
    print(
        f"The next run worth most per FLOP: N {proposal.n_params:.3g}, D {proposal.n_tokens:.3g}, "
        f"{proposal.flops:.2g} FLOPs; sd of ln N* {proposal.sd_before:.4f} -> {proposal.sd_after:.4f}"
    )
    result.plot()
    result.save(arguments.output_dir / "result.json")
    print(f"Plots in {result.output_dir / 'plots'}")


def as_records(n: np.ndarray, flop: np.ndarray, loss: np.ndarray, budgets: np.ndarray) -> list[flops_fit.RunRecord]:
    """The runs as records of a sweep."""
    records = []
    for i, (size, work, value, budget) in enumerate(zip(n, flop, loss, budgets, strict=True)):
        tokens = round(work / (6 * size))
        experiment = flops_fit.Experiment(f"chinchilla_{i:03d}", float(budget), round(size), round(size), tokens)
        records.append(
            flops_fit.RunRecord(
                f"chinchilla_{i:03d}", experiment, 0, "completed", loss=float(value), tokens=tokens, flops=float(work)
            )
        )
    return records


if __name__ == "__main__":
    main()
