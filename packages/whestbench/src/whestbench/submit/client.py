"""The calls of a submission, in order: who am I, which challenge, upload, create, ask."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from whestbench._version import __version__
from whestbench.submit.hosts import Hosts
from whestbench.submit.retry import POLL, REQUEST, Policy, send

__all__ = ["FINAL_STATUSES", "ApiError", "Client", "Submission"]

FINAL_STATUSES = ("graded", "failed")
_POLL_EVERY_S = 5.0


class ApiError(RuntimeError):
    """A server refused, or could not be reached; one line says what and why.

    Attributes
    ----------
    code : str
        ``NETWORK_ERROR``, ``API_UNAUTHORIZED``, ``API_ERROR``, ``NOT_FOUND`` or
        ``NOT_REGISTERED``.
    status : int or None
        HTTP status.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Submission:
    """State of a submission on the server."""

    id: str
    status: str
    score: float | None = None
    score_secondary: float | None = None
    message: str | None = None


class Client:
    """Speaks for the owner of a key.

    Parameters
    ----------
    hosts : Hosts
    key : str
    sleep : callable
        Waits between attempts and polls.
    transport : httpx.BaseTransport, optional
        Replaces the network.
    """

    def __init__(
        self,
        hosts: Hosts,
        key: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.hosts = hosts
        self._sleep = sleep
        agent = {"User-Agent": f"whestbench/{__version__}"}
        self._http = httpx.Client(
            headers={**agent, "Authorization": f"Token {key}", "Accept": "application/json"},
            timeout=30.0,
            transport=transport,
        )
        # The upload host is another party: it never sees the key.
        self._upload_http = httpx.Client(headers=agent, timeout=300.0, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._upload_http.close()

    def identity(self) -> dict[str, Any]:
        """The account of the key."""
        found = self._json("GET", f"{self.hosts.rails}/api_user", what="the account")
        if not isinstance(found, dict) or "id" not in found:
            raise ApiError("API_ERROR", "the server tells no account for this key")
        return found

    def challenge_id(self, slug: str) -> Any:
        """Number of a challenge."""
        found = self._json(
            "GET", f"{self.hosts.api}/challenges/", what="the challenge", params={"slug": slug}
        )
        entries = found.get("data") if isinstance(found, dict) else found
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and entry.get("slug") == slug:
                return entry["id"]
        raise ApiError("NOT_FOUND", f"there is no challenge {slug!r}")

    def check_registered(self, challenge: Any, participant: Any) -> None:
        """Raise unless the account takes part in the challenge."""
        found = self._json(
            "GET",
            f"{self.hosts.api}/challenges/{challenge}/participant",
            what="the registration",
            params={"participant_id": participant},
        )
        if not (isinstance(found, dict) and found.get("registered")):
            raise ApiError(
                "NOT_REGISTERED",
                f"you do not take part in this challenge yet; register at {self.hosts.site}",
            )

    def upload(self, slug: str, archive: Path) -> str:
        """Upload an archive; returns the name it is stored under."""
        form = self._json(
            "GET",
            f"{self.hosts.rails}/submissions",
            what="the upload form",
            params={"challenge_id": slug},
        )
        data = form.get("data") if isinstance(form, dict) else None
        if not (isinstance(data, dict) and isinstance(data.get("fields"), dict)):
            raise ApiError("API_ERROR", "the server gave no form for the upload")
        fields = {str(name): str(value) for name, value in data["fields"].items()}

        def request() -> httpx.Response:
            with archive.open("rb") as file:
                return self._upload_http.post(
                    str(data.get("url")), data=fields, files={"file": (archive.name, file)}
                )

        response = self._send(request, REQUEST, "the upload")
        if not response.is_success:
            raise _refused(response, "the upload")
        return fields.get("key", "").replace("${filename}", archive.name)

    def create(self, slug: str, key: str, description: str = "") -> str:
        """Create a submission from an uploaded archive; returns its number."""
        found = self._json(
            "POST",
            f"{self.hosts.rails}/submissions",
            what="the submission",
            json={
                "challenge_id": slug,
                "submission": {"description": description},
                "submission_files": [{"submission_file_s3_key": key}],
            },
        )
        data = found.get("data", found) if isinstance(found, dict) else {}
        number = data.get("submission_id", data.get("id")) if isinstance(data, dict) else None
        if number is None:
            raise ApiError("API_ERROR", "the server tells no number of the submission")
        return str(number)

    def submission(self, number: str) -> Submission:
        """State of a submission."""
        found = self._json(
            "GET",
            f"{self.hosts.rails}/submissions/{number}",
            what="the submission",
            policy=POLL,
        )
        data = found.get("data", found) if isinstance(found, dict) else {}
        return Submission(
            id=number,
            status=str(data.get("grading_status_cd")),
            score=_number(data.get("score")),
            score_secondary=_number(data.get("score_secondary")),
            message=data.get("grading_message"),
        )

    def watch(
        self, number: str, timeout_s: float, on_change: Callable[[Submission], None] | None = None
    ) -> Submission:
        """Ask every five seconds until a submission is graded or failed, or time is up."""
        end = time.monotonic() + timeout_s
        last: Submission | None = None
        while True:
            found = self.submission(number)
            if on_change is not None and (last is None or found.status != last.status):
                on_change(found)
            last = found
            left = end - time.monotonic()
            if found.status in FINAL_STATUSES or left <= 0:
                return found
            self._sleep(min(_POLL_EVERY_S, left))

    def tracking_link(self, slug: str, number: str) -> str:
        """Where people look at a submission."""
        return f"{self.hosts.site}/challenges/{slug}/submissions/{number}"

    def _send(
        self, request: Callable[[], httpx.Response], policy: Policy, what: str
    ) -> httpx.Response:
        try:
            return send(request, policy, self._sleep)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise ApiError(
                "NETWORK_ERROR", f"the server could not be asked for {what}: {reason}"
            ) from error

    def _json(
        self, method: str, url: str, *, what: str, policy: Policy = REQUEST, **options: Any
    ) -> Any:
        response = self._send(lambda: self._http.request(method, url, **options), policy, what)
        if not response.is_success:
            raise _refused(response, what)
        try:
            return response.json()
        except ValueError as error:
            raise ApiError(
                "API_ERROR", f"the server's answer about {what} is no JSON", response.status_code
            ) from error


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _refused(response: httpx.Response, what: str) -> ApiError:
    status = response.status_code
    code = "API_UNAUTHORIZED" if status in (401, 403) else "API_ERROR"
    return ApiError(code, f"{what} was refused with status {status}: {_said(response)}", status)


def _said(response: httpx.Response) -> str:
    """What an error answer says, in one line; pages of HTML are reduced to their title."""
    try:
        found = response.json()
    except ValueError:
        title = re.search(r"<title>(.*?)</title>", response.text, re.IGNORECASE | re.DOTALL)
        text = title[1] if title else re.sub(r"<[^>]*>", " ", response.text)
    else:
        if isinstance(found, dict):
            found = next(
                (found[k] for k in ("message", "error", "detail", "errors") if found.get(k)), found
            )
        text = str(found)
    text = " ".join(text.split())
    return text[:200] or response.reason_phrase
