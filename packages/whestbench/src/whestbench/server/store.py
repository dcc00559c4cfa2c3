"""Everything the evaluator remembers, behind one class; SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import uuid
from typing import Any

from sqlalchemy import Engine, create_engine, event, func, make_url, or_, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from whestbench.server.tables import Account, Base, NetworkResult, SubmissionRow, Upload, now

__all__ = ["LostClaim", "Store"]

_MAX_ATTEMPTS = 3


class LostClaim(Exception):
    """Another grader has taken the submission over."""


def digest(text: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """Accounts, uploads, submissions and results.

    Parameters
    ----------
    url : str
        Of SQLAlchemy; ``postgresql://user:password@host/database`` is read with psycopg.

    Raises
    ------
    ValueError
        For a URL that says no database, or one that cannot be reached.
    ImportError
        When the database's driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _sqlite_settings)
        try:
            self._make_tables()
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            shown = self.engine.url.render_as_string(hide_password=True)
            raise ValueError(f"the database {shown} cannot be used: {reason}") from error
        self._session = sessionmaker(self.engine, expire_on_commit=False)

    def _make_tables(self) -> None:
        try:
            Base.metadata.create_all(self.engine)
        except DBAPIError:  # another process made one in between
            Base.metadata.create_all(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # --- accounts and uploads -------------------------------------------------------------------

    def add_account(self, name: str) -> str:
        """Make an account and return its key, which is shown this once.

        Raises
        ------
        ValueError
            For an empty name or one that is taken.
        """
        name = _storable(name).strip()
        if not name or len(name) > 80:
            raise ValueError("the name of an account has 1 to 80 characters")
        key = secrets.token_urlsafe(24)
        try:
            with self._session.begin() as session:
                session.add(Account(name=name, key_sha256=digest(key)))
        except IntegrityError as error:
            raise ValueError(f"there is an account {name!r} already") from error
        return key

    def account_of_key(self, key: str) -> Account | None:
        """The account of a key."""
        with self._session() as session:
            return session.scalar(select(Account).where(Account.key_sha256 == digest(key)))

    def new_upload(self, account_id: int) -> tuple[str, str]:
        """A place for a file, and the token that opens it."""
        key, token = uuid.uuid4().hex, secrets.token_urlsafe(24)
        with self._session.begin() as session:
            session.add(Upload(key=key, token_sha256=digest(token), account_id=account_id))
        return key, token

    def upload_allowed(self, key: str, token: str) -> bool:
        """Whether a token opens a place."""
        with self._session() as session:
            found = session.get(Upload, key)
            return found is not None and secrets.compare_digest(found.token_sha256, digest(token))

    def uploaded(self, key: str, file_name: str) -> None:
        """Note that the file is there."""
        with self._session.begin() as session:
            session.execute(
                update(Upload).where(Upload.key == key).values(file_name=_storable(file_name))
            )

    def upload_of(self, key: str, account_id: int) -> Upload | None:
        """An account's upload whose file has come."""
        with self._session() as session:
            found = session.get(Upload, key)
            mine = found is not None and found.account_id == account_id
            return found if mine and found is not None and found.file_name else None

    # --- submissions ----------------------------------------------------------------------------

    def create_submission(
        self, account_id: int, upload_key: str, description: str, max_per_day: int
    ) -> int:
        """Queue a submission; the same upload twice is one submission.

        Raises
        ------
        ValueError
            When the account has sent too many.
        """
        day = now() - datetime.timedelta(days=1)
        mine = select(func.count(SubmissionRow.id)).where(
            SubmissionRow.account_id == account_id, SubmissionRow.created_at > day
        )
        same = select(SubmissionRow.id).where(SubmissionRow.upload_key == upload_key)
        try:
            with self._session.begin() as session:
                known = session.scalar(same)
                if known is not None:
                    return known
                if (session.scalar(mine) or 0) >= max_per_day:
                    raise ValueError(f"{max_per_day} submissions in 24 hours is the limit")
                row = SubmissionRow(
                    account_id=account_id,
                    upload_key=upload_key,
                    description=_storable(description)[:2000],
                )
                session.add(row)
                session.flush()
                return row.id
        except IntegrityError:  # a retry of the same request came in between
            with self._session() as session:
                known = session.scalar(same)
            if known is None:
                raise
            return known

    def submission(self, number: int) -> SubmissionRow | None:
        """One submission."""
        with self._session() as session:
            return session.get(SubmissionRow, number)

    def entries(self, number: int) -> list[dict[str, Any]]:
        """Entries of the networks graded so far, in order."""
        with self._session() as session:
            rows = session.scalars(
                select(NetworkResult)
                .where(NetworkResult.submission_id == number)
                .order_by(NetworkResult.mlp_index)
            )
            return [dict(row.entry) for row in rows]

    def listing(self, limit: int = 200) -> list[tuple[SubmissionRow, str]]:
        """Newest submissions with the names of their accounts."""
        with self._session() as session:
            rows = session.execute(
                select(SubmissionRow, Account.name)
                .join(Account, Account.id == SubmissionRow.account_id)
                .order_by(SubmissionRow.id.desc())
                .limit(limit)
            )
            return [(row, name) for row, name in rows]

    def leaderboard(self) -> list[dict[str, Any]]:
        """The best graded submission of every account, best first; ties go to the earlier."""
        with self._session() as session:
            rows = session.execute(
                select(SubmissionRow, Account.name)
                .join(Account, Account.id == SubmissionRow.account_id)
                .where(SubmissionRow.status == "graded")
                .order_by(SubmissionRow.score, SubmissionRow.id)
            ).all()
        best: dict[str, dict[str, Any]] = {}
        for row, name in rows:
            entry = best.setdefault(name, {"name": name, "submission": row, "count": 0})
            entry["count"] += 1
        return [{"rank": rank, **entry} for rank, entry in enumerate(best.values(), 1)]

    # --- the queue ------------------------------------------------------------------------------

    def claim(self, lease_s: float) -> tuple[SubmissionRow, str] | None:
        """Take the oldest submission that nobody is grading; None when there is none.

        A submission whose grader gave no sign of life is taken again; one that cost three graders
        their lives has failed.
        """
        while True:
            with self._session() as session:
                row = session.scalar(
                    select(SubmissionRow)
                    .where(
                        or_(
                            SubmissionRow.status == "submitted",
                            (SubmissionRow.status == "initiated")
                            & (SubmissionRow.lease_until < now()),
                        )
                    )
                    .order_by(SubmissionRow.id)
                    .limit(1)
                )
            if row is None:
                return None
            mark = uuid.uuid4().hex
            taken = (
                update(SubmissionRow)
                .where(
                    SubmissionRow.id == row.id,
                    SubmissionRow.status == row.status,
                    SubmissionRow.claim.is_(None)
                    if row.claim is None
                    else SubmissionRow.claim == row.claim,
                )
                .values(
                    status="initiated",
                    claim=mark,
                    attempts=SubmissionRow.attempts + 1,
                    lease_until=now() + datetime.timedelta(seconds=lease_s),
                )
            )
            with self._session.begin() as session:
                won = _count(session.execute(taken)) == 1
            if not won:
                continue
            if row.attempts >= _MAX_ATTEMPTS:
                self.fail(row.id, mark, f"{_MAX_ATTEMPTS} graders were lost while grading this")
                continue
            return row, mark

    def extend(self, number: int, mark: str, lease_s: float) -> None:
        """Give a sign of life.

        Raises
        ------
        LostClaim
        """
        until = now() + datetime.timedelta(seconds=lease_s)
        with self._session.begin() as session:
            self._mine(session, number, mark, lease_until=until)

    def record(self, number: int, mark: str, entry: dict[str, Any]) -> None:
        """Keep the entry of a network; one that is there already stays.

        Raises
        ------
        LostClaim
        """
        try:
            with self._session.begin() as session:
                self._mine(session, number, mark, status="initiated")
                session.add(
                    NetworkResult(
                        submission_id=number, mlp_index=int(entry["mlp_index"]), entry=entry
                    )
                )
        except IntegrityError:
            return

    def finish(self, number: int, mark: str, results: dict[str, Any]) -> None:
        """Close a submission as graded.

        Raises
        ------
        LostClaim
        """
        with self._session.begin() as session:
            self._mine(
                session,
                number,
                mark,
                status="graded",
                score=results["adjusted_final_layer_score"],
                score_secondary=results["final_layer_mse"],
                results=results,
                finished_at=now(),
                message=None,
            )

    def fail(self, number: int, mark: str, message: str) -> None:
        """Close a submission as failed, with one line for its owner."""
        with self._session.begin() as session:
            text = _storable(message)
            self._mine(session, number, mark, status="failed", message=text, finished_at=now())

    def _mine(self, session: Session, number: int, mark: str, **values: Any) -> None:
        """Change a submission if this grader still owns it."""
        owned = (
            update(SubmissionRow)
            .where(
                SubmissionRow.id == number,
                SubmissionRow.claim == mark,
                SubmissionRow.status == "initiated",
            )
            .values(**values)
        )
        if _count(session.execute(owned)) != 1:
            raise LostClaim(f"submission {number} belongs to another grader")


def _engine(url: str) -> Engine:
    """The engine of a URL; psycopg where PostgreSQL is named without a driver."""
    try:
        made = make_url(url)
        if made.drivername in ("postgresql", "postgres"):
            made = made.set(drivername="postgresql+psycopg")
        # A database that was restarted has closed its connections: ask before one is used.
        return create_engine(made, pool_pre_ping=True)
    except ArgumentError as error:
        raise ValueError(
            f"{url!r} is no database URL; give one as in postgresql://user:password@host/database"
        ) from error


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _count(result: Any) -> int:
    return int(result.rowcount)


def _sqlite_settings(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Readers beside a writer, and patience instead of an error when two write at once.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
