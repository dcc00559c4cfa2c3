"""Reports of a run: JSON for programs, plain and coloured text for people."""

from __future__ import annotations

from whestbench.report.build import REPORT_SCHEMA_VERSION, build_report, error_object

__all__ = ["REPORT_SCHEMA_VERSION", "build_report", "error_object"]
