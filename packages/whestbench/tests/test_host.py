"""The host block, with and without psutil."""

from __future__ import annotations

import builtins

import pytest

from whestbench import hardware


def without_psutil(monkeypatch):
    real = builtins.__import__

    def importing(name, *args, **options):
        if name == "psutil":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", importing)


def test_values():
    host = hardware.host()
    assert host["cpu_count_logical"] >= 1
    assert 0 < host["ram_available_bytes"] <= host["ram_total_bytes"]
    assert host["flopscope_version"].startswith("0.8.0")


def test_fallback_probes_find_memory(monkeypatch):
    want = hardware.host()["ram_total_bytes"]
    without_psutil(monkeypatch)
    assert hardware.host()["ram_total_bytes"] == want
    assert hardware.host()["cpu_count_logical"] >= 1


@pytest.mark.parametrize(
    ("value", "skipped"),
    [("1", True), ("yes", True), ("x", True), ("", False), ("0", False), ("False", False),
     ("no", False)],
)  # fmt: skip
def test_switch_skips_only_the_fallbacks(monkeypatch, value, skipped):
    monkeypatch.setenv("WHEST_SKIP_HARDWARE_FALLBACK_PROBES", value)
    assert hardware.host()["ram_total_bytes"] is not None
    without_psutil(monkeypatch)
    assert (hardware.host()["ram_total_bytes"] is None) == skipped
