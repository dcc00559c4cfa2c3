"""Several clients at once, clients that die, servers that die, sessions that idle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pytest
import zmq

import flopscope as flops

from .servers import Server, eventually
from .wire import Wire, assert_refused, handle


def test_clients_have_sessions_of_their_own(server: Server) -> None:
    with server.wire() as first, server.wire() as second:
        first.open(100)
        second.open(2_000)
        a = first.array(1.0, 2.0)
        b = second.array(5.0, 6.0, 7.0)
        assert a == b  # names are the session's own
        first.ask("exp", handle(a))
        second.ask("add", handle(b), 1.0)
        assert (first.used(), second.used()) == (32, 3)
        assert first.values(a) == (1.0, 2.0)
        assert second.values(b) == (5.0, 6.0, 7.0)
        first.ask("random.seed", 3)
        second.ask("random.seed", 4)
        one = first.ask("random.rand")["result"]["value"]
        second.ask("random.rand")
        first.ask("random.seed", 3)
        assert first.ask("random.rand")["result"]["value"] == one
        first.ask("budget_close")
        assert second.ask("sum", handle(b))["result"]["value"] == 18.0


def test_concurrent_bills_are_exact(server: Server) -> None:
    found: dict[int, int] = {}

    def work(number: int) -> None:
        with Wire(server.url) as wire:
            wire.open()
            x = wire.array(*[1.0] * number)
            for _ in range(60):
                assert wire.ask("multiply", handle(x), 2.0)["status"] == "ok"
            found[number] = wire.used()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {n: 60 * n for n in range(1, 7)}


def test_a_long_operation_holds_nobody_up(server: Server) -> None:
    with server.wire() as busy, server.wire() as other:
        busy.open(10**15)
        other.open()
        big = handle(busy.ask("full", [700, 700], 0.5))
        busy.send("linalg.svd", big)
        began = time.monotonic()
        for _ in range(5):
            assert other.ask("ones", [2])["status"] == "ok"
        answered = time.monotonic() - began
        assert busy.reply()["status"] == "ok"
        assert answered < time.monotonic() - began


def test_a_client_that_dies_frees_its_arrays(make_server: Any) -> None:
    server = make_server(FLOPSCOPE_MAX_CLIENTS="1")
    program = """
        import os, signal
        import flopscope as flops, flopscope.numpy as fnp
        with flops.BudgetContext(10**9, quiet=True):
            kept = [fnp.ones(10_000_000) + 1.0 for _ in range(4)]
            float(kept[-1][0])
            os.kill(os.getpid(), signal.SIGKILL)
    """
    small = server.rss()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "FLOPSCOPE_SERVER_URL": server.url},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with server.wire() as wire:  # the only place is free again
        assert eventually(lambda: _opens(wire))
    assert eventually(lambda: server.rss() < small + 100e6)


def _opens(wire: Wire) -> bool:
    return wire.ask("budget_open", kwargs={"flop_budget": 10})["status"] == "ok"


def test_a_killed_server_is_noticed_at_once(make_server: Any) -> None:
    server = make_server()
    client: Any = flops.remote.connect(server.url)
    arrays = []

    def program() -> None:
        with client.BudgetContext(10**9, quiet=True):
            arrays.append(client.numpy.ones((300, 300)))
            server.process.kill()
            server.process.wait()
            float(client.numpy.sum(arrays[0]))

    try:
        began = time.monotonic()
        with pytest.raises(client.FlopscopeServerError, match="gone"):
            program()
        assert time.monotonic() - began < 5.0
        with pytest.raises(client.FlopscopeServerError, match="lost"):
            arrays[0].tolist()
    finally:
        flops.remote.disconnect()


def test_a_loss_that_was_caught_is_not_told_twice(make_server: Any) -> None:
    server = make_server()
    client: Any = flops.remote.connect(server.url)
    try:
        with client.BudgetContext(100, quiet=True) as budget:
            x = client.numpy.ones(3) + 1.0
            server.process.kill()
            server.process.wait()
            with pytest.raises(client.FlopscopeServerError, match="gone"):
                float(x[0])
        assert budget.flops_used == 3
    finally:
        flops.remote.disconnect()


def test_a_server_leaves_no_socket_behind(make_server: Any) -> None:
    server = make_server()
    with server.wire() as wire:
        wire.open()
        taken = subprocess.run(
            [sys.executable, "-m", "flopscope.remote.server", "--url", server.url],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "another server listens there" in taken.stderr
        assert wire.ask("ones", [2])["status"] == "ok"
    server.stop()
    assert not (server.errors.parent / "s").exists()


def test_a_server_that_dies_during_a_call(make_server: Any) -> None:
    server = make_server()
    client: Any = flops.remote.connect(server.url)
    killer = threading.Timer(0.5, server.process.kill)

    def program() -> None:
        with client.BudgetContext(10**15, quiet=True):
            x = client.numpy.full((3_000, 3_000), 0.5)
            killer.start()
            client.numpy.linalg.svd(x)

    try:
        began = time.monotonic()
        with pytest.raises(client.FlopscopeServerError, match="gone"):
            program()
        assert time.monotonic() - began < 10.0
    finally:
        killer.join()
        flops.remote.disconnect()


def test_a_restarted_server_serves_again(make_server: Any) -> None:
    server = make_server()
    client: Any = flops.remote.connect(server.url)

    def first_element(array: Any) -> float:
        with client.BudgetContext(100, quiet=True):
            client.numpy.zeros((2, 2))  # the new session has arrays of its own
            return float(array[0])

    try:
        with client.BudgetContext(100, quiet=True):
            x = client.numpy.linspace(5.0, 6.0, 3)
            assert float(x[0]) == 5.0
        server.process.kill()
        server.process.wait()
        again = Server(server.errors.parent)
        try:
            for _ in range(2):
                with pytest.raises((client.FlopscopeServerError, KeyError)):
                    first_element(x)
            with client.BudgetContext(100, quiet=True) as budget:
                assert float(client.numpy.sum(client.numpy.ones(3))) == 3.0
            assert budget.flops_used == 2
        finally:
            again.stop()
    finally:
        flops.remote.disconnect()


def test_idle_sessions_are_dropped(make_server: Any) -> None:
    server = make_server("--timeout", "0.6")
    with server.wire() as wire, server.wire() as lively:
        wire.open()
        lively.open()
        for _ in range(12):
            time.sleep(0.1)
            assert lively.ask("ones", [2])["status"] == "ok"
        assert_refused(wire.ask("ones", [2]), "NoBudgetContextError")
        wire.open()  # and it may come back
    client: Any = flops.remote.connect(server.url)

    def program() -> None:
        with client.BudgetContext(100, quiet=True):
            time.sleep(1.5)
            client.numpy.ones((3, 3))

    try:
        with pytest.raises(client.FlopscopeServerError, match="timeout"):
            program()
    finally:
        flops.remote.disconnect()


def test_too_many_clients_are_told(make_server: Any) -> None:
    server = make_server(FLOPSCOPE_MAX_CLIENTS="2")
    with server.wire() as one, server.wire() as two, server.wire() as three:
        one.open()
        two.open()
        reply = three.ask("budget_open", kwargs={"flop_budget": 5})
        assert_refused(reply, "FlopscopeServerError")
        assert "2 clients" in reply["message"]
        one.ask("budget_close")
        assert eventually(lambda: _opens(three))


def test_calls_sent_ahead_fail_at_the_next_answer(server: Server) -> None:
    with Wire(server.url, zmq.DEALER) as wire:
        wire.open(100, keep_arrays=True)
        wire.send("batch", before=[["ones", [[3]], None, 1], ["ones", [[-1]], None, 2]], seq=1)
        wire.send("batch", before=[["exp", [handle("c2")], None, 3]], seq=2)
        assert_refused(wire.reply(), "ValueError")
        assert_refused(wire.reply(), "ValueError")
        assert_refused(wire.ask("sync", seq=3), "ValueError")
        assert wire.ask("sync", seq=4)["status"] == "ok"
        assert wire.ask("sum", handle("c1"), seq=5)["result"]["value"] == 3.0
        reply = wire.ask("sum", handle("c1"), before=[["ones", [[2]], None, 4]], used=7, seq=6)
        assert_refused(reply, "FlopscopeServerError")
        assert "disagree" in reply["message"]


def test_the_server_says_what_is_wrong_with_its_command_line(short_path: Any) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "flopscope.remote.server", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stderr

    assert said("--timeout", "0")[0] == 2
    status, text = said("--url", "nonsense")
    assert status == 1
    assert "cannot serve at nonsense" in text
    file = short_path / "file"
    file.write_text("mine", encoding="utf-8")
    status, text = said("--url", f"ipc://{file}")
    assert status == 1
    assert "no socket" in text
    assert file.read_text(encoding="utf-8") == "mine"
