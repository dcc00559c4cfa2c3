"""`find_optimal` for GPTs from the command line: a thin wrapper.

python sweep_cli.py --mock --budgets 1e17 1e18 1e19
python sweep_cli.py --real --layers 2 --heads 2 --seq-len 64 --budgets 3e10 1e11 3e11
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description="A scaling sweep of GPTs.")
    parser.add_argument("--layers", type=int, default=4, help="transformer blocks (default %(default)s)")
    parser.add_argument("--heads", type=int, default=4, help="attention heads (default %(default)s)")
    parser.add_argument("--seq-len", type=int, default=128, help="tokens of a sample (default %(default)s)")
    parser.add_argument(
        "--budgets", type=float, nargs="+", default=[1e17, 1e18, 1e19], help="FLOPs (default 1e17 1e18 1e19)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--mock", action="store_true", help="losses from a synthetic surface (the default)")
    how.add_argument("--real", action="store_true", help="train on stories")
    parser.add_argument("--source", default="generated", help="'generated', 'tinystories' or a text file")
    parser.add_argument("--output-dir", type=Path, default=Path("outputs"))
    arguments = parser.parse_args()

    import flops_fit  # after the arguments, so that --help is quick

    shape = {"n_layers": arguments.layers, "n_heads": arguments.heads, "seq_len": arguments.seq_len}
    data = held_out = None
    if arguments.real:
        data = flops_fit.TinyStoriesDataset(arguments.source, seq_len=arguments.seq_len)
        held_out = flops_fit.TinyStoriesDataset(
            arguments.source, seq_len=arguments.seq_len, split="validation", count=400, tokenizer=data.tokenizer
        )
        shape["vocab_size"] = data.vocab_size
    result = flops_fit.find_optimal(
        flops_fit.create_model_for_scaling,
        "d_model",
        shape,
        data,
        flops_fit.next_token_loss,
        arguments.budgets,
        mode="local" if arguments.real else "mock",
        validation=held_out,
        output_dir=arguments.output_dir,
        progress=True,
    )
    print(result.analysis.comparison())
    print()
    print(result.chinchilla_table(arguments.budgets))
    result.plot()
    result.save(arguments.output_dir / "result.json")


if __name__ == "__main__":
    main()
