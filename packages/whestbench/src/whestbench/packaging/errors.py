"""Why a submission cannot be packaged or accepted."""

from __future__ import annotations

__all__ = ["PackagingError"]


class PackagingError(ValueError):
    """A submission that breaks a rule.

    Attributes
    ----------
    code : str
        ``PACKAGING_...`` while packaging, ``ARCHIVE_...`` while checking an archive.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
