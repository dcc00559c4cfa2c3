"""Which contest a command line asks for: live networks, or those of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from whestbench.cli.output import Output
from whestbench.cli.scored import live_contest, seeded
from whestbench.report.progress import Progress
from whestbench.scoring import ContestData, ContestSpec

__all__ = ["ChosenContest", "choose_contest"]


@dataclass(frozen=True)
class ChosenContest:
    """A contest that is known but not drawn yet.

    Attributes
    ----------
    spec : ContestSpec
    seed : int
        Given to `setup`.
    seed_source : str
        ``"given"``, ``"drawn"`` or ``"default"``.
    contest : callable
        Given the progress display, returns what draws the contest.
    round_name : str or None
    dataset : dict or None
        ``path, sha256, seed, n_mlps`` of the dataset.
    """

    spec: ContestSpec
    seed: int
    seed_source: str
    contest: Callable[[Progress], Callable[[], ContestData]]
    round_name: str | None = None
    dataset: dict[str, Any] | None = None

    def config(self) -> dict[str, Any]:
        """The ``run_config`` of a report, without what concerns the estimator."""
        import flopscope
        from whestbench._version import __version__

        spec = self.spec
        config: dict[str, Any] = {
            "n_mlps": spec.n_mlps,
            "width": spec.width,
            "depth": spec.depth,
            "seed": self.seed,
            "seed_source": self.seed_source,
            "flop_budget": spec.flop_budget,
            "wall_time_limit_s": spec.wall_time_limit_s,
            "residual_wall_time_limit_s": spec.residual_wall_time_limit_s,
            "lambda_flops_per_second": spec.lambda_flops_per_second,
            "ground_truth_samples": spec.ground_truth_samples,
            "setup_timeout_s": spec.setup_timeout_s,
            "memory_limit_mb": spec.memory_limit_mb,
            "round": self.round_name,
            "flopscope_version": flopscope.__version__,
            "whestbench_version": __version__,
        }
        if self.dataset is not None:
            config["dataset"] = self.dataset
        return config


def choose_contest(output: Output, spec: ContestSpec, options: dict[str, Any]) -> ChosenContest:
    """The contest of the options; a dataset is opened here, before any work."""
    round_name = options.get("round_name")
    if options.get("dataset"):
        from whestbench.cli.dataset_contest import dataset_contest

        return dataset_contest(output, spec, options)
    for option in ("streaming", "revision", "split"):
        if options.get(option):
            from whestbench.cli.output import usage

            usage(f"--{option} needs --dataset")
    spec, source = seeded(spec)
    if source == "drawn" and not output.is_json:
        output.note(f"seed {spec.seed} (drawn; --seed {spec.seed} repeats this run)")
    cache = not options.get("no_cache")
    return ChosenContest(
        spec=spec,
        seed=spec.seed or 0,
        seed_source=source,
        contest=lambda progress: live_contest(spec, progress, cache=cache),
        round_name=round_name,
    )
