"""Soak a server: clients come, work, and are killed; bills stay exact, memory stays flat.

    python tools/soak_remote.py --seconds 600

Eight clients at a time run random programs whose bills are known, and check them. Every second or
so one is killed without warning and another takes its place. At the end the server must still
serve, and hold no more memory than after its first tenth. Exit status 0 says so.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from flopscope.remote.folders import socket_folder

_CLIENT = """
import random, sys, time
import flopscope as flops, flopscope.numpy as fnp

rng = random.Random(int(sys.argv[1]))
end = time.monotonic() + float(sys.argv[2])
rounds = 0
while time.monotonic() < end:
    elements, length = rng.choice((1, 10, 1_000, 200_000)), rng.randrange(1, 200)
    if elements > 1_000:
        length = min(length, 20)
    expected = 0
    with flops.BudgetContext(10**12, quiet=True) as budget:
        x = fnp.full((elements,), 0.0)
        for step in range(length):
            match rng.randrange(5):
                case 0 | 1:
                    x = x + 1.0
                    expected += elements
                case 2:
                    x = fnp.maximum(x, x - 1.0)
                    expected += 2 * elements
                case 3:
                    float(fnp.max(x))
                    expected += max(1, elements - 1)
                case 4:
                    try:
                        x + fnp.ones(elements + 7)
                    except ValueError:
                        pass
                    else:
                        expected += elements + 7
        if elements <= 1_000:
            x = fnp.array(x.tolist())
        assert budget.flops_used == expected, (budget.flops_used, expected)
    assert budget.flops_used == expected, (budget.flops_used, expected)
    rounds += 1
print(rounds)
"""


def _rss(process: subprocess.Popen[bytes]) -> float:
    pages = Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Clients:
    """A number of clients at work; the dead are replaced."""

    def __init__(self, url: str, count: int, seconds: float, rng: random.Random) -> None:
        self._environment = {**os.environ, "FLOPSCOPE_SERVER_URL": url}
        self._rng = rng
        self._end = time.monotonic() + seconds
        self._running: list[subprocess.Popen[bytes]] = []
        self.killed = self.rounds = 0
        self.wrong: list[str] = []
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        left = max(1.0, self._end - time.monotonic())
        seed = str(self._rng.randrange(2**30))
        self._running.append(
            subprocess.Popen(
                [sys.executable, "-c", _CLIENT, seed, str(left)],
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )

    def kill_one(self) -> None:
        """End one without warning, and start another."""
        victim = self._running.pop(self._rng.randrange(len(self._running)))
        if victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            self.killed += 1
        else:
            self._finish(victim)
        self._start()

    def _finish(self, client: subprocess.Popen[bytes]) -> None:
        out, errors = client.communicate(timeout=120)
        if client.returncode == 0:
            self.rounds += int(out)
        else:
            self.wrong.append(errors.decode("utf-8", "replace")[-2_000:])

    def finish(self) -> None:
        """Wait for all of them."""
        for client in self._running:
            self._finish(client)


def soak(seconds: float, clients: int, seed: int = 0) -> int:
    """Run; returns the exit status."""
    rng = random.Random(seed)
    with socket_folder() as folder:
        url = f"ipc://{folder}/s"
        command = [sys.executable, "-m", "flopscope.remote.server", "--url", url]
        server = subprocess.Popen(command, stderr=subprocess.PIPE)
        crowd = Clients(url, clients, seconds, rng)
        memory: list[float] = []
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(min(rng.uniform(0.5, 1.5), seconds / 5))
            memory.append(_rss(server))
            crowd.kill_one()
        crowd.finish()
        time.sleep(1.0)
        left = _rss(server)
        server.terminate()
        _, said = server.communicate(timeout=30)
    early = statistics.median(memory[: max(3, len(memory) // 10)])
    late = statistics.median(memory[-max(3, len(memory) // 10) :])
    print(
        f"{crowd.rounds:,} budgets with exact bills, {crowd.killed} clients killed; memory of the "
        f"server {early:.0f} MiB early, {late:.0f} MiB late, {left:.0f} MiB when all had gone"
    )
    for problem in (*crowd.wrong, *([said.decode()] if b"Traceback" in said else [])):
        print(problem, file=sys.stderr)
    grown = late > 1.25 * early + 100
    if grown:
        print("the server's memory grew", file=sys.stderr)
    return int(bool(crowd.wrong) or grown or server.returncode != 0 or b"Traceback" in said)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return soak(options.seconds, options.clients, options.seed)


if __name__ == "__main__":
    sys.exit(main())
