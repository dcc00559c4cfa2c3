"""How far a worker is kept from the machine it runs on."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Isolation"]

_CONFINEMENT = Path(__file__).parent / "confinement"
# What a worker needs of the environment; keys, tokens and addresses are not among it.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
# What Python, BLAS and the C library look at, beside Python's own folders.
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/passwd",
    "/etc/group", "/etc/nsswitch.conf", "/etc/mime.types", "/etc/alternatives",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg",
    "/proc/sys/kernel", "/proc/sys/vm", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LARGEST_FILE = 2**30


@dataclass(frozen=True)
class Isolation:
    """What is taken from a worker beyond its limits.

    On Linux, as far as the kernel offers it and without need for root; elsewhere only the clean
    environment and the working folder. `reached` tells.

    Attributes
    ----------
    no_network : bool
        Run in an empty network namespace, and without the call that makes sockets.
    no_files : bool
        Nothing of the file system but Python, the system's libraries and `folder`, all of it for
        reading, and `scratch`. Signals and sockets of other processes are out of reach too.
    user : str or None
        Run as another user; needs root.
    folder : pathlib.Path or None
        Working folder.
    scratch : pathlib.Path or None
        Folder for temporary files, the only one that can be written.
    clean_environment : bool
        Pass on only what Python needs.
    """

    no_network: bool = False
    no_files: bool = False
    user: str | None = None
    folder: Path | None = None
    scratch: Path | None = None
    clean_environment: bool = False

    @property
    def _confines(self) -> bool:
        wanted = self.no_network or self.no_files or self.user is not None
        return wanted and sys.platform == "linux"

    def command(self) -> list[str]:
        """What is put before the command of the worker."""
        if not self._confines:
            return []
        return [sys.executable, "-I", "-S", str(_CONFINEMENT), json.dumps(self._plan())]

    def _plan(self) -> dict[str, Any]:
        user = None
        if self.user is not None:
            import pwd  # not on Windows

            found = pwd.getpwnam(self.user)
            user = [found.pw_uid, found.pw_gid]
        writable = [str(path) for path in (self.scratch,) if path is not None]
        return {
            "network": self.no_network,
            "files": self.no_files,
            "user": user,
            "readable": [*_readable(), *([str(self.folder)] if self.folder else [])],
            "writable": writable,
            "devices": _DEVICES,
            "largest_file": _LARGEST_FILE,
        }

    def reached(self) -> dict[str, Any]:
        """What this system gives of it, found out by a trial.

        Returns
        -------
        dict
            ``network``, ``files`` and ``processes``: whether the worker is kept from them; the
            last means that nothing it starts can outlive it.
        """
        if not self._confines:
            return {"network": False, "files": False, "processes": False}
        found = _trial(tuple(self.command()))
        return {name: bool(found.get(name)) for name in ("network", "files", "processes")}

    def missing(self) -> list[str]:
        """What was asked for and this system does not give."""
        found = self.reached()
        asked = {"network": self.no_network, "files": self.no_files}
        return [name for name, wanted in asked.items() if wanted and not found[name]]

    def environment(self) -> dict[str, str]:
        """Variables of the worker."""
        if not self.clean_environment:
            return dict(os.environ)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = str(self.scratch or self.folder or "/nonexistent")
        return {**kept, "HOME": home, "TMPDIR": home, "PYTHONDONTWRITEBYTECODE": "1"}

    def process_options(self) -> dict[str, Any]:
        """More options of `subprocess.Popen`."""
        return {} if self.folder is None else {"cwd": str(self.folder)}


def _readable() -> list[str]:
    """Folders of Python and of what is importable here."""
    import flopscope
    import whestbench

    packages = [str(Path(str(package.__file__)).parent) for package in (flopscope, whestbench)]
    prefixes = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    interpreter = os.path.dirname(os.path.realpath(sys.executable))
    # Never the working folder of the harness, which `python -m` puts into the path.
    importable = [path for path in sys.path if path and os.path.realpath(path) != os.getcwd()]
    return list(dict.fromkeys([*prefixes, interpreter, *importable, *packages, *_SYSTEM]))


@functools.lru_cache(maxsize=8)
def _trial(command: tuple[str, ...]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {}
    return found
