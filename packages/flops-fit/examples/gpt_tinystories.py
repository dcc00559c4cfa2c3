"""Scaling laws of a small GPT on stories: how wide, how long?

    python gpt_tinystories.py                        # generated stories, no network: a few minutes on a CPU
    python gpt_tinystories.py --source tinystories   # the real set, with the library `datasets`
    python gpt_tinystories.py --quick                # one model only, under a minute

Needs torch. Rates transfer over width (u-muP), so one rate serves the whole sweep.
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path

import flops_fit
from flops_fit.train import train


def main() -> None:
    parser = argparse.ArgumentParser(description="Scaling laws of a small GPT on TinyStories.")
    parser.add_argument("--source", default="generated", help="'generated', 'tinystories' or a text file")
    parser.add_argument("--stories", type=int, default=20_000)
    parser.add_argument("--seq-len", type=int, default=64)
    parser.add_argument("--budgets", type=float, nargs="+", default=[1e10, 3e10, 1e11])
    parser.add_argument("--quick", action="store_true", help="train one model and stop")
    parser.add_argument("--output-dir", type=Path, default=Path("gpt_tinystories"))
    arguments = parser.parse_args()

    data = flops_fit.TinyStoriesDataset(arguments.source, seq_len=arguments.seq_len, count=arguments.stories)
    held_out = flops_fit.TinyStoriesDataset(
        arguments.source,
        seq_len=arguments.seq_len,
        count=max(200, arguments.stories // 50),
        split="validation",
        tokenizer=data.tokenizer,
    )
    print(f"{len(data):,} samples of {arguments.seq_len} tokens, {data.vocab_size} words")
    shape = {"vocab_size": data.vocab_size, "n_layers": 2, "n_heads": 2, "seq_len": arguments.seq_len}
    uniform = math.log(data.vocab_size)
    settings = {"lr": 1e-2, "batch_size": 16, "validation_batches": 20}
    if arguments.quick:
        build = partial(flops_fit.create_model_for_scaling, 32, **shape)
        options = flops_fit.TrainSettings(**settings)
        outcome = train(build, data, flops_fit.next_token_loss, 100_000, options, validation=held_out)
        print(f"held-out loss {outcome.loss:.3f} nats; {uniform:.3f} before training, which knows nothing")
        return
    result = flops_fit.find_optimal(
        flops_fit.create_model_for_scaling,
        "d_model",
        # Embeddings have no products; without them C = 6 N D is nearer to what the model computes.
        {**shape, "count_embeddings": False},
        data,
        flops_fit.next_token_loss,
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
    print(f"\nHeld-out losses in nats; {uniform:.3f} knows nothing. Plots in {result.output_dir / 'plots'}")


if __name__ == "__main__":
    main()
