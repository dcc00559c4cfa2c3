"""What an evaluator is told: its challenge, its limits, where its data lies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from whestbench.scoring.spec import ContestSpec
from whestbench.submit.hosts import DEFAULT_CHALLENGE

__all__ = ["ServerSettings"]

_FILE = "settings.json"


@dataclass(frozen=True)
class ServerSettings:
    """Settings of an evaluator; kept in its data folder, so that graders read the same.

    Attributes
    ----------
    data : pathlib.Path
        Folder of uploads, database and settings.
    database : str
        SQLAlchemy URL; a SQLite file in `data` by default.
    challenge : str
        Slug.
    title : str
        On the page.
    spec : ContestSpec
        What submissions are graded under; with a seed when the contest is live.
    dataset : str or None
        Folder of the dataset whose networks are used.
    split : str or None
    max_per_day : int
        Submissions of one account in 24 hours.
    max_upload_bytes : int
        Of one archive, compressed.
    max_threads : int or None
        Threads of a worker.
    pool : int
        Workers that share the networks of one submission.
    scheduler : str or None
        Address of a Dask scheduler; its workers grade instead of local ones.
    isolate_network : bool
        Give workers no network, where the system can.
    isolate_files : bool
        Let workers see nothing of the file system but Python and the submission, where the system
        can.
    worker_user : str or None
        Run workers as this user; needs root.
    lease_s : float
        A grader that gave no sign of life for so long has lost its submission.
    """

    data: Path
    database: str
    spec: ContestSpec
    challenge: str = DEFAULT_CHALLENGE
    title: str = "Estimators of random networks"
    dataset: str | None = None
    split: str | None = None
    max_per_day: int = 50
    max_upload_bytes: int = 60 * 2**20
    max_threads: int | None = None
    pool: int = 1
    scheduler: str | None = None
    isolate_network: bool = True
    isolate_files: bool = True
    worker_user: str | None = None
    lease_s: float = 30.0

    @property
    def uploads(self) -> Path:
        """Folder of the archives."""
        return self.data / "uploads"

    def save(self) -> None:
        """Write the settings into the data folder, which others may not look into."""
        self.uploads.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        found = {**asdict(self), "data": str(self.data)}
        path = self.data / _FILE
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)  # a database URL may hold a password

    @classmethod
    def load(cls, data: Path) -> ServerSettings:
        """Settings of a data folder.

        Raises
        ------
        ValueError
            When there are none.
        """
        path = data / _FILE
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}); start `whest serve` on this folder first"
            ) from error
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in found.items() if name in known}
        return cls(**{**kept, "data": data, "spec": ContestSpec(**found["spec"])})
