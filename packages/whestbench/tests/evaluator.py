"""An evaluator for tests: in this process, or `whest serve` on loopback."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

from whestbench.scoring import ContestSpec
from whestbench.server.contest import contest_of
from whestbench.server.grader import Grader
from whestbench.server.pools import make_pool
from whestbench.submit.hosts import DEFAULT_CHALLENGE as SLUG

SPEC = ContestSpec(5, 2, 4, 10**9, 500, seed=2, lambda_flops_per_second=0.0)


def grader(settings, store):
    return Grader(settings, store, contest_of(settings), make_pool(settings))


def auth(key):
    return {"Authorization": f"Token {key}"}


def send(web, key, archive, description=""):
    form = web.get("/api/v1/submissions", params={"challenge_id": SLUG}, headers=auth(key))
    data = form.json()["data"]
    with archive.open("rb") as file:
        put = web.post(data["url"], data=data["fields"], files={"file": ("a.tar.gz", file)})
    assert put.status_code == 201
    name = data["fields"]["key"].replace("${filename}", "a.tar.gz")
    return web.post(
        "/api/v1/submissions",
        headers=auth(key),
        json={
            "challenge_id": SLUG,
            "submission": {"description": description},
            "submission_files": [{"submission_file_s3_key": name}],
        },
    )


def environment(**more):
    return {**os.environ, **more}


@contextlib.contextmanager
def serving(data, *arguments):
    """`whest serve` on a free port; gives its address and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "whestbench", "serve", "--data", str(data), "--port", "0",
         "--width", "5", "--depth", "2", "--n-mlps", "4", "--n-samples", "500",
         "--lambda-flops-per-second", "0", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    lines = []
    address = None
    for line in process.stderr:
        lines.append(line)
        if match := re.search(r"listening on (\S+)", line):
            address = match[1]
            break
    assert address, "".join(lines)
    drain = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
    drain.start()
    try:
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        drain.join(timeout=5)
        process.stderr.close()


def whest(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "whestbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(**more),
    )


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
