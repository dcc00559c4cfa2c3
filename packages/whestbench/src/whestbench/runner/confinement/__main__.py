"""Confine this process, then become the command: ``python -I -S FOLDER PLAN COMMAND...``.

`PLAN` is JSON, written by `whestbench.runner.isolation`. Only the standard library is used, so
that the process has a single thread when it gives things up: BLAS would start more on import.
Without a command, what was reached is printed as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

# Run as a folder: its files are imported by their plain names.
from landlock import restrict
from namespaces import drop_capabilities, leave, run_below_first
from sockets import refuse_sockets


def main() -> None:
    """Carry the plan out."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    command = sys.argv[2:]
    reached: dict[str, Any] = leave(network=plan["network"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, plan["largest_file"])
    if os.geteuid() == 0:
        drop_capabilities()
    if plan["user"] is not None:
        uid, gid = plan["user"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if not command:
        print(json.dumps({**reached, **_confine(plan, reached)}))
    elif reached["processes"]:
        run_below_first(command, lambda: _confine(plan, reached))
    else:
        _confine(plan, reached)
        os.execv(command[0], command)


def _confine(plan: dict[str, Any], reached: dict[str, Any]) -> dict[str, Any]:
    """Give up files and sockets: in the process that becomes the command, for ``/proc/self``."""
    network, files = reached["network"], 0
    if plan["files"]:
        files = restrict(plan["readable"], plan["writable"], plan["devices"], tcp=plan["network"])
    if plan["network"]:
        network = refuse_sockets() or network
    return {"network": network, "files": files}


def _lower(limit: int, wanted: int) -> None:
    _, hard = resource.getrlimit(limit)
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()
