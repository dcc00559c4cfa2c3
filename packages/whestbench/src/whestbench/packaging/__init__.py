"""Submissions: which files travel, the archive, and the check that a server makes of it."""

from __future__ import annotations

from whestbench.packaging.archive import build_archive, default_archive_name, package_submission
from whestbench.packaging.errors import PackagingError
from whestbench.packaging.preview import preview_lines, unreachable_modules, version_notes
from whestbench.packaging.selection import Selection, select_files
from whestbench.packaging.verify import extract_archive, verify_archive

__all__ = [
    "PackagingError",
    "Selection",
    "build_archive",
    "default_archive_name",
    "extract_archive",
    "package_submission",
    "preview_lines",
    "select_files",
    "unreachable_modules",
    "verify_archive",
    "version_notes",
]
