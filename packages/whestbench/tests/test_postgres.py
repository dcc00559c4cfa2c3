"""The evaluator on PostgreSQL: the same promises as on SQLite."""

from __future__ import annotations

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from whestbench.packaging import package_submission
from whestbench.server.store import LostClaim, Store

from . import postgres
from .evaluator import auth, grader, send, serving, wait_for, whest

pytestmark = pytest.mark.skipif(
    postgres.program("initdb") is None or postgres.program("postgres") is None,
    reason="there is no PostgreSQL",
)


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("psycopg")
    with postgres.serving() as url:
        yield url


@pytest.fixture
def database(server, request):
    """A database of the test's own."""
    import psycopg

    name = f"t{abs(hash(request.node.name)):x}"
    with psycopg.connect(server("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server(name)


@pytest.fixture
def archive(write_estimator, tmp_path):
    # Its errors are infinite: such a score must be kept too.
    path = write_estimator("return fnp.full((mlp.depth, mlp.width), 1e30 if mlp.name else 0.5)")
    return package_submission(path, single_file=True, output=tmp_path / "a.tar.gz")


def test_graded_with_infinite_scores(web, store, settings, archive):
    key = store.add_account("ada \0 lovelace")
    number = send(web, key, archive, "nul \0").json()["data"]["submission_id"]
    assert store.submission(number).description == "nul \ufffd"
    assert grader(settings, store).grade_one()
    row = store.submission(number)
    assert (row.status, row.score, row.attempts) == ("graded", math.inf, 1)
    assert [entry["mlp_index"] for entry in store.entries(number)] == [0, 1, 2, 3]
    assert {entry["final_layer_mse"] for entry in store.entries(number)} == {math.inf}
    assert web.get("/").status_code == 200
    state = web.get(f"/api/v1/submissions/{number}", headers=auth(key))
    assert state.json()["grading_status_cd"] == "graded"
    assert web.get("/leaderboard.json").status_code == 200
    ((board, name),) = store.listing()
    assert (board.id, name) == (number, "ada \ufffd lovelace")


def test_failures_with_any_text(web, store, settings, write_estimator, tmp_path):
    path = write_estimator(rest="def setup(self, ctx): raise OSError('a' + chr(0) + chr(0xd800))")
    archive = package_submission(path, single_file=True, output=tmp_path / "b.tar.gz")
    number = send(web, store.add_account("ada"), archive).json()["data"]["submission_id"]
    assert grader(settings, store).grade_one()
    row = store.submission(number)
    assert (row.status, row.message) == ("failed", "SETUP_ERROR: OSError: a\ufffd?")


def test_one_upload_is_one_submission(store):
    store.add_account("ada")
    place, _ = store.new_upload(1)
    store.uploaded(place, "a.tar.gz")
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: store.create_submission(1, place, "", 50), range(16)))
    assert len(set(numbers)) == 1
    with pytest.raises(ValueError, match="already"):
        store.add_account("ada")


def test_claims_are_exclusive_and_can_be_lost(store):
    store.add_account("ada")
    for _ in range(5):
        place, _ = store.new_upload(1)
        store.create_submission(1, place, "", 50)
    stores = [Store(store.engine.url.render_as_string(hide_password=False)) for _ in range(4)]
    try:
        with ThreadPoolExecutor(8) as threads:
            claimed = list(threads.map(lambda i: stores[i % 4].claim(0.5), range(16)))
        taken = [found for found in claimed if found]
        assert sorted(row.id for row, _ in taken) == [1, 2, 3, 4, 5]
        time.sleep(0.6)
        row, second = store.claim(60.0)
        (first,) = [mark for other, mark in taken if other.id == row.id]
        entry = {"mlp_index": 0, "x": math.nan}
        with pytest.raises(LostClaim):
            store.record(row.id, first, entry)
        store.record(row.id, second, entry)
        store.record(row.id, second, {"mlp_index": 0, "x": 2})  # there is never a second one
        (kept,) = store.entries(row.id)
        assert math.isnan(kept["x"])
    finally:
        for opened in stores:
            opened.close()


def test_stores_that_open_at_once_make_the_tables_once(database):
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(Store(database))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    for store in opened:
        store.close()


def test_end_to_end(database, tmp_path, write_estimator):
    data = tmp_path / "data"
    made = whest("serve", "--data", data, "--database", database, "--add-account", "ada", "--json")
    key = json.loads(made.stdout)["api_key"]
    path = write_estimator("return fnp.full((2, 5), 0.5)")
    with serving(data, "--database", database, "--graders", "2") as (address, _):
        more = {"WHEST_SERVER": address, "AICROWD_API_KEY": key}
        sent = whest("submit", "--estimator", path, "--single-file", "--watch", "--json", **more)
        assert json.loads(sent.stdout)["status"] == "graded", sent.stdout + sent.stderr
    assert not list(data.glob("*.sqlite3"))


def test_a_restarted_database(store, settings, web, archive):
    """Connections that were cut are made anew."""
    import psycopg
    from sqlalchemy import text

    key = store.add_account("ada")
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert store.account_of_key(key).name == "ada"
    with store.engine.connect() as connection:
        assert "PostgreSQL" in connection.scalar(text("SELECT version()"))


def test_graders_share_the_queue(settings, store, web, write_estimator, tmp_path):
    path = write_estimator("return fnp.zeros((mlp.depth, mlp.width))")
    archive = package_submission(path, single_file=True, output=tmp_path / "c.tar.gz")
    key = store.add_account("ada")
    for _ in range(4):
        send(web, key, archive)
    stores = [Store(settings.database) for _ in range(2)]
    graders = [grader(replace(settings, lease_s=30.0), opened) for opened in stores]
    threads = [threading.Thread(target=one.run) for one in graders]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: all(row.status == "graded" for row, _ in store.listing()))
    finally:
        for one in graders:
            one.stopping.set()
        for thread in threads:
            thread.join()
        for opened in stores:
            opened.close()
    assert {row.attempts for row, _ in store.listing()} == {1}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("no-url", "is no database URL"),
        ("postgresql://whest@127.0.0.1:1/none", "cannot be used"),
        ("nosql://x/y", "is no database URL"),
    ],
)
def test_wrong_urls(address, said, tmp_path):
    done = whest("serve", "--data", tmp_path / "d", "--database", address, "--json")
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "DATABASE_ERROR"
    assert said in error["message"]
