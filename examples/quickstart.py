"""Flopscope in thirty lines: a budget, a namespace, an exhausted budget, a summary."""

from __future__ import annotations

import flopscope as flops
import flopscope.numpy as fnp


def main() -> None:
    # Counted code runs inside a budget. `quiet` leaves out the banner on standard error.
    with flops.BudgetContext(flop_budget=1_000_000, quiet=True) as budget:
        rng = fnp.random.default_rng(0)
        weights = rng.standard_normal((64, 64))  # 16 FLOPs per normal draw
        x = fnp.linspace(-1.0, 1.0, 64)  # 2 FLOPs per element

        with flops.namespace("layer"):
            hidden = fnp.maximum(weights @ x, 0.0)  # matrix times vector, 64 comparisons
        mean = hidden.mean()  # methods and operators are billed like functions

        print(f"mean activation  {float(mean):.3f}")
        print(f"FLOPs used       {budget.flops_used:,} of {budget.flop_budget:,}")
        for record in budget.op_log:
            print(f"  {record.op_name:<34}{record.flop_cost:>7,}  {record.namespace or '-'}")

        # A call that does not fit is refused before it runs: nothing is computed, nothing billed.
        try:
            fnp.exp(fnp.zeros((1000, 100)))
        except flops.BudgetExhaustedError as error:
            print(f"refused          {error.op_name}: {error.flop_cost:,} FLOPs")

    print()
    print(budget.summary(by_namespace=True))


if __name__ == "__main__":
    main()
