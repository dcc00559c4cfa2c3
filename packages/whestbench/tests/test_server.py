"""The evaluator: answers, queue, grading, pages; alone and end to end on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient

from whestbench.packaging import package_submission
from whestbench.server.app import create_app
from whestbench.server.contest import contest_of
from whestbench.server.settings import ServerSettings
from whestbench.server.store import LostClaim, Store
from whestbench.submit import Client, Hosts
from whestbench.submit.hosts import DEFAULT_CHALLENGE as SLUG

from .evaluator import SPEC, auth, grader, send, serving, wait_for, whest


@pytest.fixture
def archive(write_estimator, tmp_path):
    path = write_estimator("return fnp.ones((mlp.depth, mlp.width)) * 0.5")
    return package_submission(path, single_file=True, output=tmp_path / "a.tar.gz")


def test_the_seven_answers(web, store, settings, archive):
    key = store.add_account("ada")
    who = web.get("/api/v1/api_user", headers=auth(key)).json()
    assert who == {"id": 1, "name": "ada"}
    assert web.get("/challenges/", params={"slug": SLUG}, headers=auth(key)).json()[0]["id"] == 1
    asked = web.get("/challenges/1/participant?participant_id=1", headers=auth(key))
    assert asked.json() == {"registered": True}
    created = send(web, key, archive, "first")
    assert created.status_code == 201
    number = created.json()["data"]["submission_id"]
    state = web.get(f"/api/v1/submissions/{number}", headers=auth(key)).json()
    assert (state["grading_status_cd"], state["score"]) == ("submitted", None)
    assert grader(settings, store).grade_one()
    state = web.get(f"/api/v1/submissions/{number}", headers=auth(key)).json()
    assert state["grading_status_cd"] == "graded"
    assert state["score"] > 0
    entries = store.entries(number)
    assert [entry["mlp_index"] for entry in entries] == [0, 1, 2, 3]
    mean = sum(entry["adjusted_final_layer_score"] for entry in entries) / 4
    assert state["score"] == pytest.approx(mean)
    assert state["score_secondary"] == pytest.approx(mean * 10)
    assert not grader(settings, store).grade_one()
    board = web.get("/leaderboard.json").json()["leaderboard"]
    assert [(row["rank"], row["name"], row["score"]) for row in board] == [
        (1, "ada", state["score"])
    ]


def test_keys_and_owners(web, store, archive):
    key, other = store.add_account("ada"), store.add_account("bob")
    for headers in ({}, auth("wrong"), {"Authorization": key}, {"Authorization": f"Bearer {key}"}):
        refused = web.get("/api/v1/api_user", headers=headers)
        assert refused.status_code == 401
        assert refused.json() == {"message": "this key is not known"}
    number = send(web, key, archive).json()["data"]["submission_id"]
    assert web.get(f"/api/v1/submissions/{number}", headers=auth(other)).status_code == 404
    with pytest.raises(ValueError, match="already"):
        store.add_account("ada")
    # Nothing in the database is a key.
    assert key not in str(store.account_of_key(key).key_sha256)


def test_uploads_are_held_to_the_form(web, store, settings, archive):
    key, other = store.add_account("ada"), store.add_account("bob")
    form = web.get("/api/v1/submissions", params={"challenge_id": SLUG}, headers=auth(key))
    fields = form.json()["data"]["fields"]

    def put(**changes):
        return web.post(
            "/uploads", data={**fields, **changes}, files={"file": ("a.tar.gz", b"x")}
        ).status_code

    assert put(token="other") == 403
    assert put(key="../../etc/passwd") == 403
    assert put(key="0" * 32 + "/x") == 403
    assert put() == 201
    create = {
        "challenge_id": SLUG,
        "submission_files": [{"submission_file_s3_key": fields["key"]}],
    }
    # What came is no archive; and it is nobody else's to submit.
    refused = web.post("/api/v1/submissions", headers=auth(key), json=create)
    assert refused.status_code == 422
    assert "ARCHIVE_DAMAGED" in refused.json()["message"]
    assert web.post("/api/v1/submissions", headers=auth(other), json=create).status_code == 404
    assert web.get("/api/v1/submissions?challenge_id=zz", headers=auth(key)).status_code == 404
    small = ServerSettings(
        data=settings.data, database=settings.database, spec=SPEC, max_upload_bytes=10
    )
    with TestClient(create_app(small, store)) as tight:
        data = tight.get("/api/v1/submissions", params={"challenge_id": SLUG}, headers=auth(key))
        put_big = tight.post(
            "/uploads", data=data.json()["data"]["fields"], files={"file": ("a", b"x" * 11)}
        )
        assert put_big.status_code == 413
    assert [path.suffix for path in settings.uploads.iterdir()] == [".gz"]


def test_one_upload_is_one_submission_and_days_have_a_limit(web, store, settings, archive):
    key = store.add_account("ada")
    place, token = store.new_upload(1)
    data = archive.read_bytes()
    (settings.uploads / f"{place}.tar.gz").write_bytes(data)
    store.uploaded(place, "a.tar.gz")
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: store.create_submission(1, place, "", 50), range(16)))
    assert len(set(numbers)) == 1
    other, _ = store.new_upload(1)
    with pytest.raises(ValueError, match="24 hours"):
        store.create_submission(1, other, "", 1)
    assert token
    assert key


@pytest.mark.parametrize(
    ("body", "rest", "status", "said"),
    [
        ("return 1 / 0", "", "graded", None),
        ("os._exit(1)", "", "graded", None),
        ("return fnp.zeros((2, 5))", "def setup(self, ctx): raise OSError('no file')", "failed",
         "SETUP_ERROR: OSError: no file"),
        ("return fnp.zeros((2, 5))", "def setup(self, ctx): os._exit(9)", "failed", "WORKER_EOF"),
    ],
)  # fmt: skip
def test_estimators_that_fail(
    write_estimator, tmp_path, web, store, settings, body, rest, status, said
):
    path = write_estimator(body, rest=rest)
    archive = package_submission(path, single_file=True, output=tmp_path / "b.tar.gz")
    key = store.add_account("ada")
    number = send(web, key, archive).json()["data"]["submission_id"]
    grader(settings, store).grade_one()
    state = web.get(f"/api/v1/submissions/{number}", headers=auth(key)).json()
    assert state["grading_status_cd"] == status
    assert (said or "") in (state["grading_message"] or "")
    page = web.get(f"/challenges/{SLUG}/submissions/{number}")
    assert page.status_code == 200
    if status == "graded":
        assert store.submission(number).results["n_failed_mlps"] == 4
        assert page.text.count('<td class="failed">') == 4


def test_workers_see_no_secrets_and_no_network(write_estimator, tmp_path, web, store, settings):
    path = write_estimator(
        "import socket, urllib.request\n"
        "assert 'AICROWD_API_KEY' not in os.environ and 'HF_TOKEN' not in os.environ\n"
        "assert os.path.samefile(os.getcwd(), os.path.dirname(os.path.abspath(__file__)))\n"
        "try:\n    socket.create_connection(('127.0.0.1', self.port), 1)\n"
        "except OSError:\n    return fnp.zeros((2, 5))\n"
        "raise RuntimeError('the network is there')",
        rest="port = 0",
    )
    with contextlib.closing(__import__("socket").create_server(("127.0.0.1", 0))) as listening:
        path.write_text(
            path.read_text(encoding="utf-8").replace(
                "port = 0", f"port = {listening.getsockname()[1]}"
            ),
            encoding="utf-8",
        )
        archive = package_submission(path, single_file=True, output=tmp_path / "b.tar.gz")
        key = store.add_account("ada")
        number = send(web, key, archive).json()["data"]["submission_id"]
        from whestbench.runner.isolation import Isolation

        if Isolation(no_network=True).missing():
            pytest.skip("this system gives no network namespaces")
        os.environ["HF_TOKEN"] = "secret"
        try:
            grader(settings, store).grade_one()
        finally:
            del os.environ["HF_TOKEN"]
    assert store.submission(number).results["failure_breakdown"]["error"] == 0


def test_pages_escape_what_participants_write(web, store, settings, archive):
    key = store.add_account("<script>alert(1)</script>")
    send(web, key, archive, "<img src=x onerror=alert(2)>")
    page = web.get("/").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page
    assert web.get("/challenges/other").status_code == 404
    assert web.get(f"/challenges/{SLUG}/submissions/99").status_code == 404


def test_a_lost_grader_loses_its_claim(store, settings, web, archive):
    key = store.add_account("ada")
    number = send(web, key, archive).json()["data"]["submission_id"]
    row, first = store.claim(0.0)
    assert row.id == number
    time.sleep(0.01)
    _, second = store.claim(30.0)
    assert store.claim(30.0) is None
    entry = {"mlp_index": 0, "x": 1}
    for act in (
        lambda: store.record(number, first, entry),
        lambda: store.finish(number, first, {}),
        lambda: store.extend(number, first, 1.0),
    ):
        with pytest.raises((LostClaim, KeyError)):
            act()
    store.record(number, second, entry)
    store.record(number, second, {"mlp_index": 0, "x": 2})
    assert store.entries(number) == [entry]


def test_three_lost_graders_are_enough(store, web, archive):
    key = store.add_account("ada")
    number = send(web, key, archive).json()["data"]["submission_id"]
    for _ in range(3):
        assert store.claim(-1.0) is not None
    assert store.claim(-1.0) is None
    found = store.submission(number)
    assert (found.status, found.attempts) == ("failed", 4)
    assert "3 graders were lost" in found.message


def test_claims_are_exclusive(store, web, archive):
    key = store.add_account("ada")
    for _ in range(5):
        send(web, key, archive)
    with ThreadPoolExecutor(8) as threads:
        claimed = [found for found in threads.map(lambda _: store.claim(60.0), range(16)) if found]
    assert sorted(row.id for row, _ in claimed) == [1, 2, 3, 4, 5]


def test_a_pool_shares_the_networks(store, settings, web, archive):
    key = store.add_account("ada")
    number = send(web, key, archive).json()["data"]["submission_id"]
    grader(replace(settings, pool=2), store).grade_one()
    assert [entry["mlp_index"] for entry in store.entries(number)] == [0, 1, 2, 3]
    assert store.submission(number).status == "graded"


def test_a_cluster_grades_and_survives_the_loss_of_a_worker(
    settings, store, web, write_estimator, tmp_path
):
    distributed = pytest.importorskip("distributed")
    import psutil

    log = tmp_path / "log"
    key = store.add_account("ada")
    archive = slow(write_estimator, tmp_path, log, 0.5)
    number = send(web, key, archive).json()["data"]["submission_id"]
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    )
    try:
        workers = [worker.process.pid for worker in cluster.workers.values()]
        on_cluster = grader(
            replace(settings, scheduler=cluster.scheduler_address, isolate_files=False), store
        )
        thread = threading.Thread(target=on_cluster.grade_one)
        thread.start()
        wait_for(lambda: len(store.entries(number)) >= 1)
        psutil.Process(workers[0]).kill()
        thread.join(timeout=90)
        on_cluster._pool.close()
    finally:
        cluster.close()
    assert store.submission(number).status == "graded"
    assert [entry["mlp_index"] for entry in store.entries(number)] == [0, 1, 2, 3]


def test_the_page_in_a_browser(tmp_path, write_estimator):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("there is no Chromium")
    data = tmp_path / "data"
    key = whest("serve", "--data", data, "--add-account", "ada").stdout.strip()
    path = write_estimator("return fnp.zeros((2, 5))")
    with serving(data) as (address, _):
        more = {"WHEST_SERVER": address, "AICROWD_API_KEY": key}
        sent = whest("submit", "--estimator", path, "--single-file", "--watch", "--json", **more)
        assert json.loads(sent.stdout)["status"] == "graded"
        picture = tmp_path / "page.png"
        for option in (f"--screenshot={picture}", "--dump-dom"):
            shown = subprocess.run(
                [browser, "--headless", "--no-sandbox", "--disable-gpu", option, address],
                capture_output=True,
                text=True,
                timeout=120,
                cwd=tmp_path,
            )
        rows = re.findall(r"<tr>.*?</tr>", shown.stdout, re.DOTALL)
        assert any("ada" in row and "graded" in row for row in rows)
        assert picture.read_bytes().startswith(b"\x89PNG")


# --- end to end ---------------------------------------------------------------------------------


def test_login_submit_watch(tmp_path, write_estimator):
    data = tmp_path / "data"
    key = whest("serve", "--data", data, "--add-account", "ada").stdout.strip()
    assert json.loads(whest("serve", "--data", data, "--add-account", "bob", "--json").stdout)["ok"]
    path = write_estimator("from helper import VALUE; return fnp.full((2, 5), VALUE)")
    (tmp_path / "helper.py").write_text("VALUE = 0.5\n", encoding="utf-8")
    with serving(data) as (address, _):
        refused = whest("login", "--api-key", "wrong", "--json", WHEST_SERVER=address)
        assert refused.returncode == 1
        assert json.loads(refused.stdout)["error"]["code"] == "API_UNAUTHORIZED"
        done = whest("login", "--api-key", key, "--json", WHEST_SERVER=address)
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout)["identity"]["name"] == "ada"
        (tmp_path / ".whestignore").write_text("data\n", encoding="utf-8")
        sent = whest(
            "submit", "--estimator", path, "--watch", "--json", "--description", "half",
            WHEST_SERVER=address,
        )  # fmt: skip
        assert sent.returncode == 0, sent.stdout + sent.stderr
        found = json.loads(sent.stdout)
        assert (found["status"], found["ok"]) == ("graded", True)
        assert found["score"] > 0
        page = httpx.get(found["tracking_url"]).text
        assert page.count('<td class="scored">') == 4
        assert "graded" in httpx.get(address).text
        # The hosts one by one, as for the public server.
        broken = write_estimator(rest="def setup(self, ctx): raise OSError('no weights')")
        failed = whest(
            "submit", "--estimator", broken, "--watch", "--yes",
            RAILS_HOST=address.removeprefix("http://"), AICROWD_API_ENDPOINT=address,
        )  # fmt: skip
        assert failed.returncode == 1
        assert "SETUP_ERROR: OSError: no weights" in failed.stderr


def slow(write_estimator, tmp_path, log, seconds):
    path = write_estimator(
        f"with open({str(log)!r}, 'a') as file: print(mlp.name, file=file)\n"
        f"time.sleep({seconds})\nreturn fnp.zeros((mlp.depth, mlp.width))"
    )
    return package_submission(path, single_file=True, output=tmp_path / "slow.tar.gz")


def test_a_killed_grader_loses_nothing(settings, store, web, write_estimator, tmp_path):
    log = tmp_path / "log"
    key = store.add_account("ada")
    archive = slow(write_estimator, tmp_path, log, 0.4)
    number = send(web, key, archive).json()["data"]["submission_id"]
    replace(settings, isolate_files=False).save()  # the estimator writes a log
    contest_of(settings)  # sampled once, for both graders
    command = [sys.executable, "-m", "whestbench.server.grader", str(settings.data)]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(store.entries(number)) >= 2)
    first.kill()
    first.wait()
    before = store.entries(number)
    assert store.submission(number).status == "initiated"
    assert len(before) < 4
    second = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: store.submission(number).status == "graded")
    finally:
        second.terminate()
        second.wait(timeout=20)
    entries = store.entries(number)
    assert [entry["mlp_index"] for entry in entries] == [0, 1, 2, 3]
    assert entries[: len(before)] == before  # times and all: these were not graded again
    row = store.submission(number)
    assert row.attempts == 2
    names = log.read_text(encoding="utf-8").split()
    assert len(set(names)) == 4
    # At most the network that was at work when the grader died was begun twice.
    assert len(names) <= 5
    assert row.score == pytest.approx(
        sum(entry["adjusted_final_layer_score"] for entry in entries) / 4
    )


def test_lost_graders_are_replaced(tmp_path, write_estimator):
    data = tmp_path / "data"
    key = whest("serve", "--data", data, "--add-account", "ada").stdout.strip()
    with serving(data, "--graders", "1") as (address, process):
        import psutil

        children = psutil.Process(process.pid).children()
        (grading,) = [c for c in children if "whestbench.server.grader" in c.cmdline()]
        grading.kill()
        done = whest(
            "submit", "--estimator", write_estimator("return fnp.zeros((2, 5))"), "--single-file",
            "--watch", "--json", WHEST_SERVER=address, AICROWD_API_KEY=key,
        )  # fmt: skip
        assert json.loads(done.stdout)["status"] == "graded", done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_grader_outlives_its_server(tmp_path, number):
    import psutil

    with serving(tmp_path / "data") as (_, process):
        wait_for(lambda: len(psutil.Process(process.pid).children()) == 1)
        (grading,) = psutil.Process(process.pid).children()
        time.sleep(1.0)  # it has its signal handlers
        process.send_signal(number)
        process.wait(timeout=30)
        wait_for(lambda: not grading.is_running() or grading.status() == "zombie", 20)


def test_fifty_at_once(tmp_path, archive):
    data = tmp_path / "data"
    key = whest("serve", "--data", data, "--add-account", "ada").stdout.strip()
    with serving(data, "--graders", "2", "--n-mlps", "1") as (address, _):
        hosts = Hosts(f"{address}/api/v1", address, address)

        def one(number):
            client = Client(hosts, key)
            try:
                return client.create(SLUG, client.upload(SLUG, archive), f"number {number}")
            finally:
                client.close()

        with ThreadPoolExecutor(50) as threads:
            numbers = list(threads.map(one, range(50)))
        assert len(set(numbers)) == 50
        # One more is one too many for a day.
        with pytest.raises(Exception, match="24 hours"):
            one(50)
        store = Store(f"sqlite:///{data / 'whest.sqlite3'}")
        try:
            wait_for(lambda: all(row.status == "graded" for row, _ in store.listing()), seconds=300)
            rows = store.listing()
            assert len(rows) == 50
            assert {row.attempts for row, _ in rows} == {1}
            assert len({row.score for row, _ in rows}) == 1
            assert all(len(store.entries(row.id)) == 1 for row, _ in rows)
        finally:
            store.close()
        board = httpx.get(f"{address}/leaderboard.json").json()["leaderboard"]
        assert [(row["name"], row["submissions"]) for row in board] == [("ada", 50)]
