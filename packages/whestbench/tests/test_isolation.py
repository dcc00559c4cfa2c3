"""What a worker cannot reach when it grades somebody else's estimator."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from flopscope.remote.folders import socket_folder
from whestbench import SetupContext, sample_mlp
from whestbench.runner import EstimatorEntrypoint, ResourceLimits, RunnerError, SubprocessRunner
from whestbench.runner.isolation import Isolation

pytestmark = pytest.mark.skipif(
    bool(Isolation(no_network=True, no_files=True).missing()),
    reason="this system offers neither Landlock nor namespaces",
)

# Every attempt that succeeded, as text; `predict` fails with them.
ATTACKS = """
won = []
def attempt(name, act):
    try:
        act()
    except OSError:
        return
    won.append(name)
attempt("a secret beside", lambda: open(SECRET).read())
attempt("the truth's folder", lambda: os.listdir(os.path.dirname(SECRET)))
attempt("the root folder", lambda: os.listdir("/"))
attempt("shadow", lambda: open("/etc/shadow").read())
attempt("environment of others", lambda: open(f"/proc/{HARNESS}/environ", "rb").read())
attempt("signal", lambda: os.kill(HARNESS, 0))
attempt("own folder", lambda: open("left.txt", "w"))
attempt("own source", lambda: open(__file__, "a"))
attempt("temporary folder", lambda: open(f"{PLACE}/left", "w"))
attempt("network", lambda: socket.create_connection(("127.0.0.1", PORT), 2))
attempt("unix socket", lambda: socket.socket(socket.AF_UNIX).connect(UNIX))
if "AICROWD_API_KEY" in os.environ:
    won.append("a key")
if os.environ["HOME"] != os.environ["TMPDIR"] or not os.access(os.environ["HOME"], os.R_OK):
    won.append("home")
with tempfile.TemporaryFile() as file:
    file.write(b"scratch can be used")
assert np.linalg.inv(np.eye(200)).shape == (200, 200)
import decimal, sqlite3, scipy.linalg
assert open("/proc/self/statm").read() and os.path.exists("/proc/meminfo")
if won:
    raise RuntimeError("reached: " + ", ".join(won))
return fnp.zeros((mlp.depth, mlp.width))
"""


@contextlib.contextmanager
def running(path, **isolation):
    folder = Path(path).parent
    for parent in (folder, *folder.parents):  # another user may have to get here
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    scratch.chmod(0o777)
    isolation = {"no_network": True, "no_files": True, **isolation}
    runner = SubprocessRunner(
        echo=False,
        isolation=Isolation(folder=folder, scratch=scratch, clean_environment=True, **isolation),
    )
    context = SetupContext(4, 2, 10**9, submission_dir=folder)
    try:
        runner.start(EstimatorEntrypoint(path), context, ResourceLimits(wall_time_limit_s=30.0))
        yield runner
    finally:
        runner.close()


@pytest.fixture
def place(tmp_path):
    """Folders of the harness: what lies here belongs to others."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "truth.npy").write_text("secret", encoding="utf-8")
    return tmp_path


@pytest.fixture
def attack(write_estimator, place, monkeypatch):
    monkeypatch.setenv("AICROWD_API_KEY", "secret")
    beside = socket_folder()
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"{beside.name}/s")
    unix.listen()
    listening = socket.create_server(("127.0.0.1", 0))
    submission = place / "submission"
    submission.mkdir()
    values = {
        "SECRET": str(place / "harness" / "truth.npy"),
        "UNIX": f"{beside.name}/s",
        "PLACE": str(place),
        "HARNESS": os.getpid(),
        "PORT": listening.getsockname()[1],
    }
    top = "import socket, subprocess, tempfile\n"
    path = write_estimator(ATTACKS, top=top + "\n".join(f"{k} = {v!r}" for k, v in values.items()))
    moved = submission / "estimator.py"
    path.rename(moved)
    yield moved
    unix.close()
    beside.cleanup()
    listening.close()


def test_nothing_but_its_own_folder(attack):
    with running(attack) as runner:
        answer = runner.predict(sample_mlp(4, 2, 0), 10**9)
    assert answer.shape == (2, 4)
    assert sorted(path.name for path in attack.parent.iterdir()) == ["estimator.py", "scratch"]


def test_without_isolation_the_attacks_succeed(attack):
    """The test above would notice."""
    with (
        running(attack, no_network=False, no_files=False) as runner,
        pytest.raises(RunnerError, match=r"a secret beside, .*own source.*network, unix socket"),
    ):
        runner.predict(sample_mlp(4, 2, 0), 10**9)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_another_user(place):
    user = pwd.getpwnam("nobody")
    secret = place / "harness" / "truth.npy"
    secret.chmod(0o600)
    for isolation in ({"no_network": True, "no_files": True}, {"no_network": True}, {}):
        command = Isolation(user="nobody", **isolation).command()
        script = (
            "id -u; id -g; id -G; while read line; do case $line in "
            f"CapPrm*|CapEff*|CapBnd*) echo $line;; esac; done < /proc/self/status; cat '{secret}'"
        )
        done = subprocess.run([*command, "/bin/sh", "-c", script], capture_output=True, text=True)
        assert done.stdout.splitlines() == [
            *(str(user.pw_uid), str(user.pw_gid), str(user.pw_gid)),
            *(f"Cap{name}: 0000000000000000" for name in ("Prm", "Eff", "Bnd")),
        ]
        assert "Permission denied" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_an_estimator_as_another_user(attack, write_estimator):
    options = {"user": "nobody", "cwd": "/", "env": {"PATH": os.environ["PATH"]}}
    try:
        subprocess.run(
            [sys.executable, "-c", "import whestbench, flopscope"], check=True, **options
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"nobody cannot run {sys.executable}")
    user = pwd.getpwnam("nobody")
    with running(attack, user="nobody") as runner:
        runner.predict(sample_mlp(4, 2, 0), 10**9)
    who = write_estimator(
        "raise RuntimeError(f'{os.getresuid()} {os.getresgid()} {os.getgroups()}')"
    ).rename(attack)
    for isolation in ({}, {"no_files": False}, {"no_files": False, "no_network": False}):
        with running(who, user="nobody", **isolation) as runner:
            with pytest.raises(RunnerError) as error:
                runner.predict(sample_mlp(4, 2, 0), 10**9)
            uid, gid = user.pw_uid, user.pw_gid
            assert str(error.value).endswith(f"{(uid,) * 3} {(gid,) * 3} []")


@pytest.mark.skipif(os.geteuid() != 0, reason="as who runs the tests, the others show it")
def test_without_root(tmp_path):
    """The same, by namespaces of users: what an unprivileged server can do."""
    program = """
        import json
        from whestbench.runner.isolation import Isolation
        print(json.dumps(Isolation(no_network=True, no_files=True).reached()))
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            capture_output=True, text=True, user="nobody", cwd="/",
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
    except PermissionError:
        pytest.skip(f"nobody cannot run {sys.executable}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == '{"network": true, "files": true, "processes": true}\n'


def test_nothing_outlives_the_worker(write_estimator):
    path = write_estimator(
        "import subprocess\n"
        "subprocess.Popen(['sleep', '300.125'], start_new_session=True)\n"
        "return fnp.zeros((2, 4))"
    )

    def sleeping():
        return [
            p for p in psutil.process_iter(["cmdline"]) if "300.125" in (p.info["cmdline"] or [])
        ]

    if shutil.which("sleep") is None or not Isolation(no_network=True).reached()["processes"]:
        pytest.skip("there are no namespaces of processes")
    with running(path) as runner:
        runner.predict(sample_mlp(4, 2, 0), 10**9)
        assert len(sleeping()) == 1
    end = time.monotonic() + 10
    while sleeping() and time.monotonic() < end:
        time.sleep(0.05)
    assert sleeping() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(7)", "exited with status 7"),
        ("os.kill(os.getpid(), 15)", "was killed by SIGTERM"),
        ("os.abort()", "was killed by SIGABRT"),
        ("open(os.environ['TMPDIR'] + '/big', 'wb').truncate(2 << 30)", "File too large"),
    ],
)
def test_how_it_ended_is_told(write_estimator, body, said):
    path = write_estimator(f"{body}\nreturn fnp.zeros((2, 4))")
    with running(path) as runner:
        with pytest.raises(RunnerError, match=said):
            runner.predict(sample_mlp(4, 2, 0), 10**9)
        path.write_text(path.read_text(encoding="utf-8").replace(body, "pass"), encoding="utf-8")
        if "exited" in said:  # the next network finds a new worker
            assert runner.predict(sample_mlp(4, 2, 1), 10**9).shape == (2, 4)
