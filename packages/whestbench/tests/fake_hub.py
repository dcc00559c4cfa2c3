"""A hub on loopback: just enough of its HTTP interface for uploads and downloads of datasets."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "a" * 40


class Hub:
    """Files by path, tags, and what was asked for."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.tags: list[str] = []
        self.private = None
        self.tokens: set[str | None] = set()


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body=b"", headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self):
        path, data = urlsplit(self.path).path, self.body()
        self.hub.tokens.add(self.headers.get("Authorization"))
        host = f"http://{self.headers['Host']}"
        if path == "/api/repos/create":
            asked = json.loads(data)  # older clients say `private`, newer ones `visibility`
            self.hub.private = asked.get("private") or asked.get("visibility") == "private"
            self.reply(200, {"url": f"{host}/datasets/me/set"})
        elif "/preupload/" in path:
            files = json.loads(data)["files"]
            modes = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            self.reply(200, {"files": modes})
        elif "/commit/" in path:
            for line in data.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    value = entry["value"]
                    self.hub.files[value["path"]] = base64.b64decode(value["content"])
            self.reply(
                200, {"commitOid": COMMIT, "commitUrl": f"{host}/datasets/me/set/commit/{COMMIT}"}
            )
        elif "/tag/" in path:
            self.hub.tags.append(json.loads(data)["tag"])
            self.reply(200, {})
        elif path == "/api/validate-yaml":
            self.reply(200, {"errors": [], "warnings": []})
        elif "/paths-info/" in path:
            asked = parse_qs(data.decode()).get("paths", [])
            found = [
                {
                    "type": "file",
                    "path": name,
                    "size": len(self.hub.files[name]),
                    "oid": hashlib.sha1(self.hub.files[name]).hexdigest(),
                }
                for name in asked
                if name in self.hub.files
            ]
            self.reply(200, found)
        else:
            self.reply(404, {"error": f"no {path}"})

    def entries(self, folder, *, flat):
        prefix = f"{folder}/" if folder else ""
        found = {}
        for name, data in self.hub.files.items():
            if name.startswith(prefix):
                head, _, rest = name[len(prefix) :].partition("/")
                if flat:
                    head, rest = name[len(prefix) :], ""
                oid = hashlib.sha1(data).hexdigest()
                file = {"type": "file", "path": prefix + head, "size": len(data), "oid": oid}
                inner = {"type": "directory", "path": prefix + head, "oid": oid, "size": 0}
                found[head] = inner if rest else file
        return list(found.values())

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if re.fullmatch(r"/api/datasets/me/set(/revision/(main|v1|a{40}))?", path):
            siblings = [{"rfilename": name} for name in self.hub.files]
            self.reply(
                200,
                {
                    "id": "me/set",
                    "sha": COMMIT,
                    "siblings": siblings,
                    "private": False,
                    "tags": [],
                    "downloads": 0,
                    "likes": 0,
                },
            )
        elif match := re.fullmatch(r"/api/datasets/me/set/tree/[^/]+(?:/(.*))?", path):
            flat = "recursive=true" in urlsplit(self.path).query.lower()
            self.reply(200, self.entries(match[1] or "", flat=flat))
        elif match := re.fullmatch(r"/datasets/me/set/resolve/[^/]+/(.+)", path):
            data = self.hub.files.get(match[1])
            if data is None:
                self.reply(404, {"error": "no entry"}, [("X-Error-Code", "EntryNotFound")])
            else:
                self.reply(
                    200,
                    data,
                    [("ETag", f'"{hashlib.sha1(data).hexdigest()}"'), ("X-Repo-Commit", COMMIT)],
                )
        else:
            self.reply(404, {"error": "no repository"}, [("X-Error-Code", "RepoNotFound")])

    do_HEAD = do_GET


@contextlib.contextmanager
def serving():
    """A running hub and its address."""
    hub = Hub()
    handler = type("Bound", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
