"""The client: calls, retries, errors, keys; against a scripted transport."""

from __future__ import annotations

import json
import re
import stat

import httpx
import pytest

from whestbench.submit import ApiError, Client, Hosts, find_key, key_file, store_key
from whestbench.submit.hosts import hosts_from_environment
from whestbench.submit.retry import POLL, REQUEST, send

HOSTS = Hosts("https://rails.test/api/v1", "https://api.test", "https://rails.test")


class Server:
    """Answers by path; a list of answers is used up one by one."""

    def __init__(self, **answers):
        self.requests = []
        self.slept = []
        self.answers = {
            "/api/v1/api_user": {"id": 7, "name": "ada"},
            "/challenges/": [{"id": 3, "slug": "c"}],
            "/challenges/3/participant": {"registered": True},
            "GET /api/v1/submissions": {
                "data": {
                    "url": "https://store.test/up",
                    "fields": {"key": "k/${filename}", "policy": "p"},
                }
            },
            "/up": httpx.Response(204),
            "POST /api/v1/submissions": {"data": {"submission_id": 11}},
            "/api/v1/submissions/11": [
                {"grading_status_cd": "submitted"},
                {"grading_status_cd": "graded", "score": "0.25", "score_secondary": 1.5},
            ],
            **answers,
        }

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        path = request.url.path
        key = f"{request.method} {path}" if f"{request.method} {path}" in self.answers else path
        answer = self.answers[key]
        if isinstance(answer, list) and path != "/challenges/":
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(
                answer.status_code, content=answer.content, headers=answer.headers
            )
        return httpx.Response(200, json=answer)

    def client(self):
        return Client(HOSTS, "sekret", sleep=self.slept.append, transport=httpx.MockTransport(self))


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(b"data")
    return path


def test_the_calls_in_order(archive):
    server = Server()
    client = server.client()
    assert client.identity()["id"] == 7
    client.check_registered(client.challenge_id("c"), 7)
    key = client.upload("c", archive)
    assert key == "k/a.tar.gz"
    assert client.create("c", key, "words") == "11"
    states = []
    final = client.watch("11", 60, states.append)
    assert [state.status for state in states] == ["submitted", "graded"]
    assert (final.score, final.score_secondary) == (0.25, 1.5)
    assert server.slept == [5.0]
    urls = [f"{r.method} {r.url}" for r in server.requests]
    assert urls == [
        "GET https://rails.test/api/v1/api_user",
        "GET https://api.test/challenges/?slug=c",
        "GET https://api.test/challenges/3/participant?participant_id=7",
        "GET https://rails.test/api/v1/submissions?challenge_id=c",
        "POST https://store.test/up",
        "POST https://rails.test/api/v1/submissions",
        "GET https://rails.test/api/v1/submissions/11",
        "GET https://rails.test/api/v1/submissions/11",
    ]
    for request in server.requests:
        sent = request.headers.get("Authorization")
        assert sent == (None if request.url.host == "store.test" else "Token sekret")
    upload = server.requests[4].content
    fields = re.findall(rb'name="(\w+)"', upload)
    assert fields == [b"key", b"policy", b"file"]
    assert b"data" in upload
    assert json.loads(server.requests[5].content) == {
        "challenge_id": "c",
        "submission": {"description": "words"},
        "submission_files": [{"submission_file_s3_key": "k/a.tar.gz"}],
    }


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_troubles_are_tried_again(archive, status):
    server = Server(**{"/up": [httpx.Response(status), httpx.Response(201)]})
    assert server.client().upload("c", archive) == "k/a.tar.gz"
    assert sum(request.url.path == "/up" for request in server.requests) == 2
    assert b"data" in server.requests[-1].content  # the file is sent again, whole


def test_five_attempts_and_one_line():
    server = Server(**{"/api/v1/api_user": httpx.Response(503, text="<html><title>Sorry</title>")})
    with pytest.raises(ApiError, match="status 503: Sorry") as caught:
        server.client().identity()
    assert len(server.requests) == 5
    assert len(server.slept) == 4
    for pause, longest in zip(server.slept, (0.5, 1, 2, 4), strict=True):
        assert 0 <= pause <= longest
    assert caught.value.status == 503


def test_what_will_not_change_is_not_tried_again():
    server = Server(**{"/api/v1/api_user": httpx.Response(401, json={"message": "bad key"})})
    with pytest.raises(ApiError, match="bad key") as caught:
        server.client().identity()
    assert caught.value.code == "API_UNAUTHORIZED"
    assert len(server.requests) == 1


def test_transport_errors():
    error = httpx.ConnectError("refused")
    server = Server(**{"/api/v1/api_user": [error, {"id": 1}]})
    assert server.client().identity() == {"id": 1}
    server = Server(**{"/api/v1/api_user": [error]})
    with pytest.raises(ApiError, match="could not be asked for the account: refused") as caught:
        server.client().identity()
    assert caught.value.code == "NETWORK_ERROR"


def test_retry_after_is_honoured_within_the_total():
    slept = []
    answers = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200)]
    assert send(lambda: answers.pop(0), REQUEST, slept.append).status_code == 200
    assert slept == [7.0]
    late = httpx.Response(429, headers={"Retry-After": "21"})
    slept.clear()
    assert send(lambda: late, POLL, slept.append).status_code == 429
    assert slept == []  # would pass the twenty seconds of a poll


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"/challenges/": []}, "NOT_FOUND"),
        ({"/challenges/": {"data": [{"id": 1, "slug": "other"}]}}, "NOT_FOUND"),
        ({"/challenges/3/participant": {"registered": False}}, "NOT_REGISTERED"),
        ({"GET /api/v1/submissions": {"data": None}}, "API_ERROR"),
        ({"POST /api/v1/submissions": {}}, "API_ERROR"),
        ({"/up": httpx.Response(403, text="denied")}, "API_UNAUTHORIZED"),
        ({"/api/v1/api_user": httpx.Response(200, text="<html>")}, "API_ERROR"),
    ],
)
def test_odd_answers_are_typed_errors(archive, answers, code):
    client = Server(**answers).client()

    def everything():
        client.identity()
        client.check_registered(client.challenge_id("c"), 7)
        client.create("c", client.upload("c", archive))

    with pytest.raises(ApiError) as caught:
        everything()
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_watching_ends_when_time_is_up():
    server = Server(**{"/api/v1/submissions/11": {"grading_status_cd": "initiated"}})
    assert server.client().watch("11", 0.0).status == "initiated"


@pytest.mark.parametrize(
    ("environment", "hosts"),
    [
        ({}, ("https://www.aicrowd.com/api/v1", "https://api.aicrowd.com")),
        ({"RAILS_HOST": "r.test"}, ("https://r.test/api/v1", "https://api.aicrowd.com")),
        ({"RAILS_HOST": "localhost:8000", "AICROWD_API_ENDPOINT": "http://127.0.0.1:8000"},
         ("http://localhost:8000/api/v1", "http://127.0.0.1:8000")),
        ({"WHEST_SERVER": "http://localhost:9/"}, ("http://localhost:9/api/v1",
                                                   "http://localhost:9")),
        ({"WHEST_SERVER": "grader.test"}, ("https://grader.test/api/v1", "https://grader.test")),
    ],
)  # fmt: skip
def test_hosts(monkeypatch, environment, hosts):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = hosts_from_environment()
    assert (found.rails, found.api) == hosts


@pytest.mark.parametrize("address", ["http://grader.test", "ftp://x", "https://"])
def test_keys_travel_over_tls_only(monkeypatch, address):
    monkeypatch.setenv("WHEST_SERVER", address)
    with pytest.raises(ValueError, match="WHEST_SERVER"):
        hosts_from_environment()


def test_the_key_is_found_in_order_and_kept_private(monkeypatch):
    assert find_key() is None
    path = key_file()
    assert path.parts[-2:] == ("aicrowd-cli", "config.toml")
    path.parent.mkdir(parents=True)
    path.write_text("# mine\nother = 1\n[table]\nx = 'y'\n", encoding="utf-8")
    path.chmod(0o644)
    assert store_key("stored") == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "other = 1" in text
    assert "x = 'y'" in text
    assert find_key() == "stored"
    monkeypatch.setenv("AICROWD_API_KEY", "environment")
    assert find_key() == "environment"
    assert find_key(" given ") == "given"
    path.write_text("not [ toml", encoding="utf-8")
    monkeypatch.delenv("AICROWD_API_KEY")
    with pytest.raises(ValueError, match=r"config\.toml"):
        find_key()


# --- commands, as far as they go without a server -----------------------------------------------


def test_login_and_submit_without_a_key(whest, write_estimator, tmp_path):
    ran = whest("login", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (2, "NO_API_KEY")
    path = write_estimator()
    ran = whest("submit", "--estimator", path, "--json")
    assert (ran.status, ran.json["error"]["code"]) == (2, "NOT_LOGGED_IN")
    ran = whest("submit", tmp_path / "no.tar.gz", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (2, "ARTIFACT_MISSING")
    assert whest("submit", "--dry-run").status == 2
    assert whest("submit").status == 2
    assert whest("submit", path, "--estimator", path).status == 2


def test_dry_run_sends_nothing(whest, write_estimator, tmp_path, monkeypatch):
    monkeypatch.setattr("httpx.Client", None)
    path = write_estimator()
    ran = whest("submit", "--estimator", path, "--dry-run")
    assert ran.status == 0
    assert "nothing was sent" in ran.out
    assert "estimator.py" in ran.err
    found = whest("submit", "--estimator", path, "--dry-run", "--json").json
    assert found["manifest"]["entrypoint"]["class"] == "Estimator"
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".gz"] == []


def test_an_unreachable_server_is_one_line(whest, monkeypatch):
    monkeypatch.setenv("WHEST_SERVER", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    ran = whest("login", "--api-key", "k", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "NETWORK_ERROR")
    assert not key_file().exists()
