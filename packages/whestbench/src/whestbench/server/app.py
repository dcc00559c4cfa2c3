"""The HTTP answers that the client asks for, and the pages that people look at."""

# Annotations are evaluated: FastAPI reads them, and one of them is made in `create_app`.

import os
import re
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Header, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from whestbench._version import __version__
from whestbench.packaging import PackagingError, verify_archive
from whestbench.server.contest import spec_of
from whestbench.server.pages import leaderboard_page, submission_page
from whestbench.server.settings import ServerSettings
from whestbench.server.store import Store
from whestbench.server.tables import Account, SubmissionRow

__all__ = ["create_app"]

_CHALLENGE_ID = 1
_PIECE = 2**20


class SubmissionFile(BaseModel):
    """One file of a submission."""

    submission_file_s3_key: str


class SubmissionText(BaseModel):
    """What the participant says about it."""

    description: str = ""


class NewSubmission(BaseModel):
    """Body of the request that creates a submission."""

    challenge_id: str
    submission: SubmissionText = Field(default_factory=SubmissionText)
    submission_files: list[SubmissionFile]


def create_app(settings: ServerSettings, store: Store) -> FastAPI:
    """The application of an evaluator.

    Parameters
    ----------
    settings : ServerSettings
    store : Store

    Returns
    -------
    fastapi.FastAPI
    """
    app = FastAPI(title="whest serve", version=__version__, docs_url=None, redoc_url=None)
    settings.uploads.mkdir(parents=True, exist_ok=True)
    spec = spec_of(settings)

    def account(authorization: Annotated[str, Header()] = "") -> Account:
        kind, _, key = authorization.partition(" ")
        found = store.account_of_key(key.strip()) if kind == "Token" else None
        if found is None:
            raise HTTPException(401, "this key is not known")
        return found

    Known = Annotated[Account, Depends(account)]

    def right_challenge(slug: str) -> None:
        if slug not in (settings.challenge, str(_CHALLENGE_ID)):
            raise HTTPException(404, f"there is no challenge {slug!r}")

    @app.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": error.detail}, error.status_code, error.headers)

    @app.get("/healthz")
    def healthy() -> dict[str, Any]:
        return {"ok": True, "whestbench_version": __version__}

    @app.get("/api/v1/api_user")
    def api_user(who: Known) -> dict[str, Any]:
        return {"id": who.id, "name": who.name}

    @app.get("/challenges/")
    def challenges(_who: Known, slug: str = "") -> list[dict[str, Any]]:
        found = [{"id": _CHALLENGE_ID, "slug": settings.challenge, "title": settings.title}]
        return [entry for entry in found if slug in ("", entry["slug"])]

    @app.get("/challenges/{number}/participant")
    def participant(who: Known, number: int, participant_id: str = "") -> dict[str, Any]:
        right_challenge(str(number))
        # On a server of one's own every account takes part.
        return {"registered": participant_id == str(who.id)}

    @app.get("/api/v1/challenges/{slug}/eligibility")
    def eligibility(_who: Known, slug: str) -> dict[str, Any]:
        right_challenge(slug)
        return {
            "submissions_allowed": True,
            "denied_reason": None,
            "message": None,
            "rules_accepted": True,
            "participation_terms_accepted": True,
            "rules_url": None,
            "rounds": [],
        }

    @app.get("/api/v1/submissions")
    def upload_form(request: Request, who: Known, challenge_id: str) -> dict[str, Any]:
        right_challenge(challenge_id)
        key, token = store.new_upload(who.id)
        fields = {"key": f"{key}/${{filename}}", "token": token}
        return {"data": {"url": str(request.url_for("upload")), "fields": fields}}

    @app.post("/uploads", status_code=201)
    def upload(
        key: Annotated[str, Form()], token: Annotated[str, Form()], file: UploadFile
    ) -> dict[str, Any]:
        place = key.partition("/")[0]
        # The place becomes part of a path.
        if not re.fullmatch(r"[0-9a-f]{32}", place) or not store.upload_allowed(place, token):
            raise HTTPException(403, "this form was not given out")
        _keep(file, settings.uploads / f"{place}.tar.gz", settings.max_upload_bytes)
        store.uploaded(place, (file.filename or "archive")[:200])
        return {"ok": True}

    @app.post("/api/v1/submissions", status_code=201)
    async def create(who: Known, body: NewSubmission) -> dict[str, Any]:
        right_challenge(body.challenge_id)
        if len(body.submission_files) != 1:
            raise HTTPException(422, "a submission is one archive")
        place = body.submission_files[0].submission_file_s3_key.partition("/")[0]
        if store.upload_of(place, who.id) is None:
            raise HTTPException(404, "nothing was uploaded there")
        try:
            await run_in_threadpool(verify_archive, settings.uploads / f"{place}.tar.gz")
        except PackagingError as error:
            raise HTTPException(422, f"{error.code}: {error}") from error
        try:
            number = store.create_submission(
                who.id, place, body.submission.description, settings.max_per_day
            )
        except ValueError as error:
            raise HTTPException(403, str(error)) from error
        return {"data": {"submission_id": number}}

    @app.get("/api/v1/submissions/{number}")
    def state(who: Known, number: int) -> dict[str, Any]:
        row = store.submission(number)
        if row is None or row.account_id != who.id:
            raise HTTPException(404, f"you have no submission {number}")
        return _state(row)

    @app.get("/leaderboard.json")
    def leaderboard_json() -> dict[str, Any]:
        entries = [
            {
                "rank": entry["rank"],
                "name": entry["name"],
                "submissions": entry["count"],
                "submission_id": entry["submission"].id,
                "score": entry["submission"].score,
                "score_secondary": entry["submission"].score_secondary,
            }
            for entry in store.leaderboard()
        ]
        return {"challenge": settings.challenge, "leaderboard": entries}

    @app.get("/", response_class=HTMLResponse)
    @app.get("/challenges/{slug}", response_class=HTMLResponse)
    def home(slug: str = settings.challenge) -> str:
        right_challenge(slug)
        return leaderboard_page(settings, spec, store.leaderboard(), store.listing())

    @app.get("/challenges/{slug}/submissions/{number}", response_class=HTMLResponse)
    def one(slug: str, number: int) -> str:
        right_challenge(slug)
        row = store.submission(number)
        if row is None:
            raise HTTPException(404, f"there is no submission {number}")
        return submission_page(settings, spec, row, store.entries(number))

    return app


def _state(row: SubmissionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "grading_status_cd": row.status,
        "score": row.score,
        "score_secondary": row.score_secondary,
        "grading_message": row.message,
        "description": row.description,
        "created_at": row.created_at.isoformat(),
    }


def _keep(file: UploadFile, target: Path, limit: int) -> None:
    """Write an upload; it takes its name when all of it is there."""
    handle, scratch = tempfile.mkstemp(dir=target.parent, suffix=".part")
    size = 0
    try:
        with os.fdopen(handle, "wb") as out:
            while piece := file.file.read(_PIECE):
                size += len(piece)
                if size > limit:
                    raise HTTPException(413, f"an archive has at most {limit:,} bytes")
                out.write(piece)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
