"""Tables of the evaluator's database."""

from __future__ import annotations

import datetime
import json
from typing import Any

from sqlalchemy import (
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = ["Account", "Base", "NetworkResult", "SubmissionRow", "Upload", "now"]


def now() -> datetime.datetime:
    """The time, UTC, without a zone: SQLite stores none."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


class JsonText(TypeDecorator[Any]):
    """JSON in a text column: scores may be infinite, and JSON columns of PostgreSQL refuse that."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Text of a value."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Value of a text."""
        return None if value is None else json.loads(value)


class Base(DeclarativeBase):
    """Base of the tables."""


class Account(Base):
    """Who may submit. Of the key only a digest is kept."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime, default=now)


class Upload(Base):
    """A form that was given out, and the file that came."""

    __tablename__ = "uploads"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    file_name: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime, default=now)


class SubmissionRow(Base):
    """A submission and how far it is.

    `status` is ``submitted``, ``initiated``, ``graded`` or ``failed``. A grader owns it while
    `claim` holds its mark and `lease_until` lies ahead.
    """

    __tablename__ = "submissions"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    upload_key: Mapped[str] = mapped_column(ForeignKey("uploads.key"), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(12), default="submitted", index=True)
    message: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float | None] = mapped_column(Float)
    score_secondary: Mapped[float | None] = mapped_column(Float)
    results: Mapped[dict[str, object] | None] = mapped_column(JsonText)
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime.datetime | None] = mapped_column(DateTime)
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime, default=now)
    finished_at: Mapped[datetime.datetime | None] = mapped_column(DateTime)


class NetworkResult(Base):
    """The entry of one network of one submission: there is never a second one."""

    __tablename__ = "network_results"
    __table_args__ = (UniqueConstraint("submission_id", "mlp_index"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    mlp_index: Mapped[int] = mapped_column()
    entry: Mapped[dict[str, object]] = mapped_column(JsonText)
