"""How far a worker is kept from the machine it runs on."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Isolation"]

# What a worker needs of the environment; keys, tokens and addresses are not among it.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")


@functools.lru_cache(maxsize=1)
def _unshare() -> tuple[str, ...]:
    """The command that takes the network away, or nothing where the system has none."""
    tool = shutil.which("unshare")
    for command in ((tool, "-n"), (tool, "-rn")):
        if tool is None:
            break
        done = subprocess.run([*map(str, command), "true"], capture_output=True, check=False)
        if done.returncode == 0:
            return tuple(map(str, command))
    return ()


@dataclass(frozen=True)
class Isolation:
    """What is taken from a worker beyond its limits.

    Attributes
    ----------
    no_network : bool
        Run in an empty network namespace, where the system offers that.
    user : str or None
        Run as another user; needs root.
    folder : pathlib.Path or None
        Working folder.
    clean_environment : bool
        Pass on only what Python needs.
    """

    no_network: bool = False
    user: str | None = None
    folder: Path | None = None
    clean_environment: bool = False

    def command(self) -> list[str]:
        """What is put before the command of the worker."""
        return list(_unshare()) if self.no_network else []

    def environment(self) -> dict[str, str]:
        """Variables of the worker."""
        if not self.clean_environment:
            return dict(os.environ)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, "HOME": str(self.folder or "/nonexistent")}

    def process_options(self) -> dict[str, Any]:
        """More options of `subprocess.Popen`."""
        options: dict[str, Any] = {}
        if self.folder is not None:
            options["cwd"] = str(self.folder)
        if self.user is not None:
            options |= {"user": self.user, "extra_groups": []}
        return options
