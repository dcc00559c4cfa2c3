"""Results of runs on disk: one file per run, named by its content, written in one step.

A run's file appears complete or not at all: it is written beside its place, flushed to the disk and
renamed. So a sweep that is killed at any moment keeps every finished run, and several processes
may write to one folder. `results.json` is made from these files, for reading.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .plan import Experiment, digest

COMPLETED, FAILED = "completed", "failed"


@dataclass(frozen=True)
class RunRecord:
    """What came of one run.

    Attributes
    ----------
    key : str
        Digest of the experiment, the seed and the settings: the name of the run's file.
    experiment : Experiment
        What was planned.
    seed : int
        Seed of initial weights and data order.
    status : {"completed", "failed"}
        Failed runs carry `error`.
    loss : float or None
        The quantity to fit: held-out loss when there is a validation set, else the final training loss.
    train_loss, val_loss : float or None
        Mean training loss of the last steps; loss on the validation set.
    tokens : int
        Tokens that were really trained on.
    flops : float
        k N tokens.
    epochs : float or None
        Passes over the dataset, if it has a length.
    seconds : float
        Wall time of the run.
    peak_memory : int
        Bytes: on the device for CUDA, else of the process.
    device : str
    error : str
        Type and message of what went wrong.
    curve : list of (tokens, loss)
        Training loss along the run, thinned.
    """

    key: str
    experiment: Experiment
    seed: int
    status: str
    loss: float | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    tokens: int = 0
    flops: float = 0.0
    epochs: float | None = None
    seconds: float = 0.0
    peak_memory: int = 0
    device: str = ""
    error: str = ""
    curve: list[tuple[int, float]] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        """Whether the run has a loss to fit."""
        return self.status == COMPLETED

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: the experiment's fields beside the run's own."""
        own = asdict(self)
        del own["experiment"]
        return {**self.experiment.to_dict(), **own}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunRecord:
        """The record that `to_dict` was called on."""
        names = Experiment.__dataclass_fields__
        experiment = Experiment(**{name: values[name] for name in names})
        own = {k: v for k, v in values.items() if k not in names and k != "tokens_per_param"}
        own["curve"] = [(int(t), float(v)) for t, v in own["curve"]]
        return cls(experiment=experiment, **own)


def run_key(experiment: Experiment, seed: int, settings: dict[str, Any]) -> str:
    """The name of a run's result: another plan, seed or setting gives another one."""
    return digest({"experiment": experiment.experiment_id, "seed": seed, "settings": settings})


class ResultStore:
    """The folder of a sweep."""

    def __init__(self, output_dir: str | os.PathLike[str]) -> None:
        self.output_dir = Path(output_dir)
        self.runs_dir = self.output_dir / "runs"

    @property
    def results_path(self) -> Path:
        """The file that lists all runs."""
        return self.output_dir / "results.json"

    def write(self, record: RunRecord) -> None:
        """Keep a record, replacing an earlier one of the same run."""
        write_json(self.runs_dir / f"{record.key}.json", record.to_dict())

    def read(self) -> dict[str, RunRecord]:
        """All records by key. A file that cannot be read is set aside with a warning, never deleted."""
        records = {}
        for path in sorted(self.runs_dir.glob("*.json")):
            try:
                record = RunRecord.from_dict(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError, KeyError) as error:
                aside = path.with_suffix(".unreadable")
                os.replace(path, aside)
                warnings.warn(
                    f"{path} is no record of a run ({type(error).__name__}: {error}); it was renamed to {aside.name} "
                    "and the run will be repeated",
                    UserWarning,
                    stacklevel=2,
                )
                continue
            records[record.key] = record
        return records

    def write_results(self, records: list[RunRecord]) -> None:
        """Rewrite `results.json`."""
        write_json(self.results_path, [record.to_dict() for record in records])


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file so that it is there complete or not at all, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=1, default=str)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
