"""Past runs on this machine: a line of JSON each, in the user's own data folder.

``WHEST_HISTORY`` names another file; ``off`` keeps nothing. Nothing is ever sent.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["History", "changes", "contest_key", "record_of"]

_VERSION = 1
# Runs that agree in these were scored on the same networks under the same rules.
_CONTEST = (
    "n_mlps", "width", "depth", "seed", "flop_budget", "lambda_flops_per_second",
    "ground_truth_samples", "wall_time_limit_s", "residual_wall_time_limit_s", "dataset",
)  # fmt: skip
_FIGURES = (
    "adjusted_final_layer_score", "final_layer_mse", "all_layers_mse", "mean_score_multiplier",
    "mean_effective_compute", "n_failed_mlps",
)  # fmt: skip


def record_of(report: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a report.

    Parameters
    ----------
    report : dict
        Of `whestbench.report.build_report`.

    Returns
    -------
    dict
        Time, estimator with a digest of its file, contest, and the suite's figures.
    """
    config, results = report["run_config"], report["results"]
    path = Path(str(config["estimator_path"])).expanduser().absolute()
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        digest = None
    entries = results["per_mlp"]
    return {
        "version": _VERSION,
        "at_utc": report["run_meta"]["run_finished_at_utc"],
        "estimator": str(path),
        "class": config.get("estimator_class"),
        "sha256": digest,
        "runner": config.get("runner"),
        "contest": {name: config.get(name) for name in _CONTEST},
        **{name: results[name] for name in _FIGURES},
        "mean_flops_used": sum(entry["flops_used"] for entry in entries) / len(entries),
        "mean_residual_s": sum(e["residual_wall_time_s"] for e in entries) / len(entries),
        "flopscope_version": config.get("flopscope_version"),
        "whestbench_version": report["whestbench_version"],
    }


def contest_key(record: dict[str, Any]) -> str:
    """Short name of a contest: scores of runs with the same one can be compared."""
    text = json.dumps(record["contest"], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def changes(records: Iterable[dict[str, Any]]) -> list[float | None]:
    """By how much the score changed since the last run of that estimator file in that contest.

    Returns
    -------
    list of float or None
        Relative: -0.1 for a score that is a tenth lower. None for the first run, and after a
        score of zero.
    """
    last: dict[tuple[str, str], float] = {}
    found: list[float | None] = []
    for record in records:
        key = (record["estimator"], contest_key(record))
        score = record["adjusted_final_layer_score"]
        before = last.get(key)
        comparable = before and score is not None
        found.append((score - before) / before if comparable and before else None)
        if score is not None:
            last[key] = score
    return found


class History:
    """The file of past runs.

    Parameters
    ----------
    path : pathlib.Path, optional
        By default that of ``WHEST_HISTORY``, or ``history.jsonl`` in the user's data folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        named = os.environ.get("WHEST_HISTORY", "")
        self.is_off = path is None and named.lower() in ("off", "0", "no", "false")
        self._path = path or (Path(named).expanduser() if named else None)

    @property
    def path(self) -> Path:
        """Where the runs are kept."""
        if self._path is None:
            import platformdirs

            self._path = platformdirs.user_data_path("whestbench") / "history.jsonl"
        return self._path

    def add(self, record: dict[str, Any]) -> None:
        """Keep a run.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        if self.is_off:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(record) + "\n"
        # One write at the end of the file: runs that end at once do not mix their lines.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def records(self, estimator: Path | None = None) -> list[dict[str, Any]]:
        """Past runs, oldest first; lines that are damaged or of another version are left out.

        Parameters
        ----------
        estimator : pathlib.Path, optional
            Only runs of this file.
        """
        if self.is_off:
            return []
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        wanted = None if estimator is None else str(estimator.expanduser().absolute())
        found = [record for record in map(_parsed, lines) if record is not None]
        return [r for r in found if wanted is None or r["estimator"] == wanted]

    def last_of(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """The last run of the same file in the same contest."""
        key = contest_key(record)
        same = [r for r in self.records(Path(record["estimator"])) if contest_key(r) == key]
        return same[-1] if same else None


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
        datetime.datetime.fromisoformat(record["at_utc"])
        whole = record["version"] == _VERSION and {"estimator", "contest", *_FIGURES} <= set(record)
    except (ValueError, KeyError, TypeError):
        return None
    return record if whole else None
