"""The wire protocol, spoken by a plain REQ socket."""

from __future__ import annotations

import os
import struct
from typing import Any

import numpy as np
import pytest

from flopscope._release import RELEASE
from flopscope.errors import UnauthorizedControlError
from flopscope.remote import sizes
from flopscope.remote.control_client import ControlClient

from .wire import Wire, assert_refused, handle


def test_handshake(wire: Wire) -> None:
    reply = wire.ask("hello", client_version=RELEASE)
    assert (reply["status"], reply["server_version"]) == ("ok", RELEASE)
    assert wire.ask("hello", kwargs={"client_version": RELEASE})["status"] == "ok"
    assert_refused(wire.ask("hello", client_version="0.0.1"), "VersionMismatch")
    assert_refused(wire.ask("hello"), "VersionMismatch")


def test_a_session(wire: Wire) -> None:
    assert_refused(wire.ask("ones", [3]), "NoBudgetContextError")
    assert_refused(wire.ask("budget_status"), "NoBudgetContextError")
    wire.open(1_000)
    assert_refused(wire.ask("budget_open", kwargs={"flop_budget": 5}), "RuntimeError")
    a = wire.array(1.0, 2.0, 4.0)
    reply = wire.ask("add", handle(a), 1.0)
    assert reply["result"]["shape"] == [3]
    assert reply["result"]["dtype"] == "float64"
    assert reply["comms_overhead_ns"] > 0
    assert wire.values(reply["result"]["id"]) == (2.0, 3.0, 5.0)
    total = wire.ask("sum", handle(a))["result"]
    assert (total["value"], total["dtype"]) == (7.0, "float64")
    assert wire.ask("__getitem__", handle(a), 1)["result"]["value"] == 2.0
    key = {"__slice__": [0, 2, None]}
    assert wire.ask("__getitem__", handle(a), key)["result"]["shape"] == [2]
    data = wire.ask("fetch_slice", a, slices=[[1, 3]])
    assert (data["data"], data["shape"]) == (struct.pack("<2d", 2.0, 4.0), [2])
    assert wire.ask("astype", handle(a), "int32")["result"]["dtype"] == "int32"
    parts = wire.ask("linalg.svd", handle(wire.ask("ones", [2, 3])))["result"]["multi"]
    assert [part["shape"] for part in parts] == [[2, 2], [2], [3, 3]]
    status = wire.ask("budget_status")["result"]
    assert status["flop_budget"] == 1_000
    assert status["flops_used"] + status["flops_remaining"] == 1_000
    closed = wire.ask("budget_close")["result"]
    assert closed["budget_breakdown"]["flops_used"] == status["flops_used"]
    assert "budget_summary" in closed
    comms = closed["comms_summary"]
    assert comms["fetch_count"] == 2
    assert comms["request_count"] > 10
    assert comms["total_compute_time_ns"] > 0
    assert_refused(wire.ask("fetch", a), "NoBudgetContextError")


def test_handles_count_up_and_are_never_reused(wire: Wire) -> None:
    wire.open()
    handles = []
    for _ in range(5):
        handles.append(wire.array(1.0))
        wire.ask("free", [handles[-1], "a999", "nonsense"])
        assert_refused(wire.ask("fetch", handles[-1]), "KeyError")
    numbers = [int(name.removeprefix("a")) for name in handles]
    assert numbers == sorted(set(numbers))


def test_random_objects(wire: Wire) -> None:
    wire.open()
    generator = {"__gen__": wire.ask("random.default_rng", 3)["result"]["gen_id"]}
    assert wire.ask("Generator.normal", generator, kwargs={"size": 2})["result"]["shape"] == [2]
    state = {"__rs__": wire.ask("random.RandomState", 3)["result"]["rs_id"]}
    assert wire.ask("RandomState.rand", state, 2)["result"]["shape"] == [2]
    sequence = {"__seq__": wire.ask("random.SeedSequence", 3)["result"]["seq_id"]}
    assert wire.ask("SeedSequence.generate_state", sequence, 2)["result"]["dtype"] == "uint32"
    assert_refused(wire.ask("RandomState.shuffle", state, [1, 2]), "UnsupportedFunctionError")


def test_symmetric_results(wire: Wire) -> None:
    wire.open()
    made = wire.ask("ones", [3, 3])["result"]
    assert made["symmetry"]["axes"] == [0, 1]
    group = {"__symmetry_group__": made["symmetry"]}
    kwargs = {"symmetry": group}
    assert wire.ask("is_symmetric", handle(made["id"]), kwargs=kwargs)["result"]["value"] is True


def test_the_wires_forms(wire: Wire) -> None:
    wire.open()
    assert (
        wire.ask("sum", {"__data__": [struct.pack("<2i", 1, 2), [2], "int32"]})["result"]["value"]
        == 3
    )
    raw = b"\x82\xc4\x02op\xa4ones\xa4args\x91\x92\x02\x03"  # a key as bytes
    assert wire.raw(raw)["result"]["shape"] == [2, 3]
    assert (
        wire.ask("sum", handle(wire.ask("ones", [2, 3])), kwargs={"axis": [0, 1]})["result"][
            "value"
        ]
        == 6.0
    )
    assert wire.ask("einsum_path", "ij,jk", [[1.0]], [[1.0]])["result"]["path"]


def test_the_control_token(make_server: Any) -> None:
    reading, writing = os.pipe()
    server = make_server("--token-fd", str(writing), pass_fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()  # the server closes its end
    token = text.strip()
    assert len(token) == 64
    assert text.endswith("\n")
    int(token, 16)
    with server.wire() as wire:
        assert_refused(
            wire.ask("budget_open", kwargs={"flop_budget": 5}), "UnauthorizedControlError"
        )
        assert wire.ask("budget_open", flop_budget=50, control_token=token)["status"] == "ok"
        assert wire.ask("ones", [3])["status"] == "ok"
        assert_refused(wire.ask("budget_close"), "UnauthorizedControlError")
        assert wire.ask("budget_close", kwargs={"control_token": token})["status"] == "ok"


@pytest.mark.parametrize("name", ["triu_indices", "tril_indices"])
def test_triangles_are_sized_without_being_made(make_server: Any, name: str) -> None:
    server = make_server(FLOPSCOPE_MAX_ARRAY_BYTES="8000")
    for rows in range(7):
        for columns in (None, *range(8)):
            for k in range(-9, 10):
                made = getattr(np, name)(rows, k, columns)[0].size
                mask = rows * (rows if columns is None else columns)
                assert sizes._triangle(name, (rows, k, columns), {}) == max(made, mask // 8)
    with server.wire() as wire:
        wire.open()
        reply = wire.ask(name, 30)
        assert reply["status"] == "ok", reply
        reply = wire.ask(name, 10**9)
        assert_refused(reply, "ValueError")
        assert "too large" in reply["message"]


def test_limits_of_the_environment(make_server: Any) -> None:
    server = make_server(FLOPSCOPE_MAX_ARRAY_BYTES="8000", FLOPSCOPE_MAX_ARRAY_COUNT="3")
    with server.wire() as wire:
        wire.open()
        reply = wire.ask("zeros", [1001])
        assert_refused(reply, "ValueError")
        assert "too large" in reply["message"]
        for _ in range(3):
            assert wire.ask("zeros", [1000])["status"] == "ok"
        reply = wire.ask("zeros", [2])
        assert_refused(reply, "FlopscopeServerError")
        assert "MemoryError" in reply["message"]


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_wrong_limit_is_said_at_once(value: str, tmp_path: Any) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "flopscope.remote.server", "--url", f"ipc://{tmp_path}/s"],
        env={**os.environ, "FLOPSCOPE_MAX_ARRAY_BYTES": value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "FLOPSCOPE_MAX_ARRAY_BYTES must be a positive number" in done.stderr


def test_tickets(make_server: Any) -> None:
    reading, writing = os.pipe()
    server = make_server("--token-fd", str(writing), pass_fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        token = pipe.read().strip()
    with server.wire() as stranger, ControlClient(server.url, token) as control:
        assert_refused(
            stranger.ask("ticket", kwargs={"flop_budget": 9}), "UnauthorizedControlError"
        )
        ticket = control.ticket(100)
        assert control.report(ticket)["is_used"] is False
        opened = stranger.ask("budget_open", kwargs={"ticket": ticket, "flop_budget": 10**9})
        assert opened["result"]["flop_budget"] == 100
        stranger.ask("exp", [1.0, 2.0])
        figures = control.report(ticket)
        assert (figures["is_open"], figures["flops_used"]) == (True, 32)
        assert_refused(stranger.ask("budget_open", kwargs={"ticket": ticket}), "RuntimeError")
        assert stranger.ask("budget_close")["status"] == "ok"
        assert_refused(
            stranger.ask("budget_open", kwargs={"ticket": ticket}), "UnauthorizedControlError"
        )
        figures = control.report(ticket)
        assert (figures["is_open"], figures["flops_used"]) == (False, 32)
        assert figures["breakdown"]["operations"]["exp"]["flop_cost"] == 32
        assert figures["wall_s"] > 0.0
        with pytest.raises(KeyError, match="no such ticket"):
            control.report(ticket)
        for wrong in (0, -1, "x", None):
            with pytest.raises((ValueError, TypeError)):
                control.ticket(wrong)  # type: ignore[arg-type]
    with (
        ControlClient(server.url, "0" * 64) as guess,
        pytest.raises(UnauthorizedControlError),
    ):
        guess.ticket(5)
