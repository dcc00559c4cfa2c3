"""Attacks on a server by a client that speaks the protocol, and does not keep to it.

Every test says what is tried and what must happen. Each ends with the server serving others.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq

from ...remote.servers import Server, eventually
from ...remote.wire import Wire, assert_refused, handle


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After an attack the server lives, holds no more memory than before, and serves others."""
    server: Server = request.getfixturevalue("server")
    before = server.rss()
    yield
    with server.wire() as wire:
        wire.open(100)
        assert wire.values(wire.ask("add", handle(wire.array(1.0, 2.0)), 1.0)["result"]["id"]) == (
            2.0,
            3.0,
        )
        assert wire.used() == 2
    assert eventually(lambda: server.rss() < before + 300 * 2**20)


def refused_and_free(wire: Wire, op: str, *args: Any, **fields: Any) -> dict[str, Any]:
    """Ask for what must be refused, and not billed."""
    before = wire.used()
    began = time.monotonic()
    reply = wire.ask(op, *args, **fields)
    assert reply["status"] == "error", reply
    assert wire.used() == before
    assert time.monotonic() - began < 10.0
    return reply


# ----------------------------------------------------------------------------- other sessions


def test_forged_handles(server: Server) -> None:
    """Handles of another session are guessed: they name nothing (refused)."""
    with server.wire() as victim, server.wire() as attacker:
        victim.open()
        attacker.open()
        secret = victim.array(41.0, 42.0)
        for name in [secret, *(f"{letter}{n}" for letter in "acgrq" for n in range(9))]:
            assert_refused(attacker.ask("fetch", name), "KeyError")
            assert_refused(attacker.ask("exp", handle(name)), "KeyError")
            assert_refused(attacker.ask("add", 1.0, 2.0, kwargs={"out": handle(name)}), "KeyError")
        assert victim.values(secret) == (41.0, 42.0)


def test_freeing_what_is_anothers(server: Server) -> None:
    """A client frees all handles it can think of: another's arrays stay (no effect)."""
    with server.wire() as victim, server.wire() as attacker:
        victim.open()
        attacker.open()
        kept = victim.array(1.0)
        assert attacker.ask("free", [f"a{n}" for n in range(1_000)])["status"] == "ok"
        assert victim.values(kept) == (1.0,)


def test_taking_the_identity_of_a_living_client(server: Server) -> None:
    """A second connection claims the first one's identity: it is not heard (refused)."""
    with Wire(server.url, zmq.REQ, b"victim") as victim:
        victim.open()
        kept = victim.array(7.0)
        with Wire(server.url, zmq.DEALER, b"victim") as attacker:
            attacker.socket.setsockopt(zmq.RCVTIMEO, 500)
            attacker.send("fetch", kept)
            with pytest.raises(zmq.Again):
                attacker.reply()
        assert victim.values(kept) == (7.0,)


def test_taking_the_identity_of_a_dead_client(server: Server) -> None:
    """An identity is used again after its owner hung up: the session is gone (refused)."""
    victim = Wire(server.url, zmq.REQ, b"mortal")
    victim.open()
    kept = victim.array(7.0)
    victim.close()
    with Wire(server.url, zmq.REQ, b"mortal") as attacker:
        assert_refused(attacker.ask("fetch", kept), "NoBudgetContextError")


def test_replaying_a_recorded_request(server: Server) -> None:
    """Frames of a session are sent over another connection: they belong to none (refused)."""
    with server.wire() as victim, server.wire() as attacker:
        secret = victim.open(100, secret=True)["result"]["session"]
        recorded = msgpack.packb({"op": "ones", "args": [[3]], "session": secret})
        assert victim.raw(recorded)["status"] == "ok"
        assert_refused(attacker.raw(recorded), "NoBudgetContextError")
        attacker.open()
        assert_refused(attacker.ask("fetch", "a1", session=secret), "KeyError")


def test_requests_without_the_secret_of_their_session(server: Server) -> None:
    """A session with a secret gets requests that lack it, or guess: not run (refused)."""
    with server.wire() as wire:
        secret = wire.open(100, secret=True)["result"]["session"]
        for guess in (None, b"", secret[:-1], secret + b"x", secret.hex(), 0, [secret], b"\0" * 16):
            reply = wire.ask("exp", 1.0, session=guess)
            assert_refused(reply, "UnauthorizedControlError")
        assert wire.ask("budget_status", session=secret)["result"]["flops_used"] == 0


def test_seeding_anothers_global_generator(server: Server) -> None:
    """A client seeds and drains the module-wide generator: others have their own (no effect)."""
    with server.wire() as victim, server.wire() as attacker:
        victim.open()
        attacker.open()
        victim.ask("random.seed", 5)
        attacker.ask("random.seed", 99)
        attacker.ask("random.rand", 1000)
        mine = victim.ask("random.rand")["result"]["value"]
        assert mine == pytest.approx(0.22199317108973948)


# --------------------------------------------------------------------------------- the budget


def test_guessing_the_control_token(make_server: Any) -> None:
    """Budgets are opened and closed with wrong tokens of every type (refused)."""
    reading, writing = os.pipe()
    guarded = make_server("--token-fd", str(writing), pass_fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        token = pipe.read().strip()
    guesses = [None, "", token[:-1], token + "0", token.upper() + "x", "0" * 64, 0, 1.5, True,
               [token], {"t": token}, b"\xff" * 64, "\u00e9" * 64]  # fmt: skip
    with guarded.wire() as wire:
        for guess in guesses:
            fields = {"flop_budget": 10, "control_token": guess}
            assert_refused(wire.ask("budget_open", **fields), "UnauthorizedControlError")
            reply = wire.ask("budget_open", kwargs=fields)
            assert_refused(reply, "UnauthorizedControlError")
        assert_refused(wire.ask("ones", [2]), "NoBudgetContextError")
        wire.open(10, control_token=token)
        for guess in guesses:
            reply = wire.ask("budget_close", control_token=guess)
            assert_refused(reply, "UnauthorizedControlError")
        assert wire.ask("exp", 0.0)["status"] == "error"  # 16 FLOPs: the budget still holds
        assert wire.used() == 0


@pytest.mark.parametrize(
    "fields",
    [{"cost_multiplier": 0}, {"weight": 0}, {"flop_cost": 0}, {"multiplier": -1}, {"free": []},
     {"budget": {"flops_used": 0}}, {"flops_used": 0}],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
def test_fields_that_would_lower_a_bill(wire: Wire, fields: dict[str, Any]) -> None:
    """A request names its own price: the field is ignored (billed in full)."""
    wire.open()
    x = wire.array(1.0, 2.0, 3.0)
    assert wire.ask("exp", handle(x), **fields)["status"] == "ok"
    assert wire.used() == 48


def test_keywords_that_would_lower_a_bill(wire: Wire) -> None:
    """The same as keywords of the operation (refused; billed as a failing call is in process)."""
    wire.open()
    x = wire.array(1.0, 2.0, 3.0)
    names = ("cost_multiplier", "_weight", "flop_cost", "__class__")
    for calls, name in enumerate(names, 1):
        assert_refused(wire.ask("exp", handle(x), kwargs={name: 0}), "TypeError")
        assert wire.used() == 48 * calls


def test_budgets_that_are_no_numbers_of_flops(wire: Wire) -> None:
    """Negative, zero, infinite, textual budgets (refused)."""
    for flop_budget in (-1, 0, -1e300, float("inf"), float("nan"), "1e9", None, [], {}, b"9"):
        reply = wire.ask("budget_open", kwargs={"flop_budget": flop_budget})
        assert_refused(reply, "ValueError", "TypeError")
    assert_refused(wire.ask("ones", [2]), "NoBudgetContextError")


def test_opening_a_second_budget_to_start_afresh(wire: Wire) -> None:
    """A budget is opened while one is spent: the first goes on (refused)."""
    wire.open(50)
    x = wire.array(1.0, 2.0, 3.0)
    wire.ask("exp", handle(x))
    assert_refused(wire.ask("budget_open", kwargs={"flop_budget": 10**9}), "RuntimeError")
    refused_and_free(wire, "exp", handle(x))
    assert wire.used() == 48


def test_lies_about_what_was_sent_ahead(wire: Wire) -> None:
    """A client claims fewer FLOPs or bytes for batched calls: the server's count holds (billed)."""
    wire.open(1_000)
    x = wire.array(1.0, 2.0, 3.0)
    for fields in ({"used": 0}, {"bytes": 0}, {"used": -5}, {"used": "none"}):
        before = wire.used()
        calls = [["exp", [handle(x)], None, 10 + before]]
        assert_refused(wire.ask("sync", before=calls, **fields), "FlopscopeServerError")
        assert wire.used() == before + 48


def test_batches_beyond_the_budget(wire: Wire) -> None:
    """Calls are sent ahead that cost more than is left: the first that does ends it (refused)."""
    wire.open(100)
    x = wire.array(1.0, 2.0, 3.0)
    calls = [["exp", [handle(x)], None, n] for n in range(1, 60)]
    assert_refused(wire.ask("sync", before=calls), "BudgetExhaustedError")
    assert wire.used() == 96
    assert_refused(wire.ask("fetch", "c3"), "KeyError")


# ------------------------------------------------------------------------------ giant results

_BOMBS: dict[str, tuple[Any, ...]] = {
    "zeros": ("zeros", [2**40]),
    "zeros-2d": ("zeros", [2**31, 2**31]),
    "full": ("full", [10**6, 10**6], 1.0),
    "empty": ("empty", [10**12]),
    "ones-negative": ("ones", [-5]),
    "ones-nested": ("ones", [[[3]]]),
    "eye": ("eye", 10**6),
    "identity": ("identity", 10**6),
    "tri": ("tri", 10**6),
    "full-of-no-bytes": ("full", 2**40, "x", []),
    "arange": ("arange", 10**12),
    "arange-step": ("arange", 0.0, 1.0, 1e-12),
    "linspace": ("linspace", 0.0, 1.0, 10**11),
    "logspace": ("logspace", 0.0, 1.0, 10**11),
    "indices": ("indices", [10**4, 10**4, 10**4]),
    "tril_indices": ("tril_indices", 10**6),
    "hanning": ("hanning", 10**11),
    "kaiser": ("kaiser", 10**11, 1.0),
    "outer": ("outer", "V", "V"),
    "outer-method": ("add.outer", "V", "V"),
    "kron": ("kron", "V", "V"),
    "add-broadcast": ("add", "C", "V"),
    "where-broadcast": ("where", "C", "C", "V"),
    "einsum": ("einsum", "i,j->ij", "V", "V"),
    "einsum-three": ("einsum", "i,j,k->ijk", "V", "V", "V"),
    "tensordot": ("tensordot", "V", "V", 0),
    "meshgrid": ("meshgrid", "V", "V"),
    "ix": ("take", "V", "I2"),
    "tile": ("tile", "V", 10**6),
    "repeat": ("repeat", "V", 10**6),
    "repeat-array": ("repeat", [1, 2], [10**11, 1]),
    "pad": ("pad", "V", 10**11),
    "broadcast_to": ("broadcast_to", "V", [10**6, 20_000]),
    "resize": ("resize", "V", [10**11]),
    "bincount": ("bincount", [10**11]),
    "bincount-minlength": ("bincount", [1], None, 10**11),
    "diag": ("diag", "V"),
    "diagflat": ("diagflat", "V"),
    "vander": ("vander", "V", 10**6),
    "cov": ("cov", "C"),
    "fft": ("fft.fft", "V", 10**11),
    "normal": ("random.normal", 0.0, 1.0, [10**6, 10**6]),
    "rand": ("random.rand", 10**6, 10**6),
    "bytes": ("random.bytes", 10**11),
    "histogram": ("histogram", "V", 10**11),
    "histogram2d": ("histogram2d", "V", "V", 10**6),
    "getitem": ("__getitem__", "V", "I2"),
    "unpackbits": ("zeros", [2**27], "complex128"),
    "matmul": ("matmul", "C", "R"),
    "shape-as-bytes": ("full", b"bytes", 1.0),
    "reps-as-bytes": ("tile", "V", b"bytes"),
    "shape-as-array": ("zeros", "S"),
    "shape-as-scalar": ("ones", {"__scalar__": [10**12, "int64"]}),
    "size-as-array": ("random.rand", {"__scalar__": [10**12, "int64"]}),
    "permutation": ("random.permutation", 10**12),
    "choice": ("random.choice", 10**12, 3, False),
    "bin-edges": ("histogram_bin_edges", "V", 10**11),
    "geomspace": ("geomspace", 1.0, 2.0, 10**11),
    "like": ("zeros_like", "V", None, "C", True, [10**6, 10**6]),
    "fftfreq": ("fft.fftfreq", 10**11),
    "diag_indices": ("diag_indices", 10**11),
    "gradient": ("cross", "C", "V"),
    "concatenate": ("concatenate", ["V"] * 20_000),
    "stack": ("stack", ["V"] * 20_000),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_results_larger_than_any_array_may_be(wire: Wire, server: Server, name: str) -> None:
    """Small requests for giant results (refused before anything is run, and not billed)."""
    wire.open(2**60)
    vector = handle(wire.ask("zeros", [20_000]))
    operands = {
        "V": vector,
        "C": handle(wire.ask("reshape", vector, [20_000, 1])),
        "R": handle(wire.ask("reshape", vector, [1, 20_000])),
        "S": {"__data__": [struct.pack("<2q", 10**6, 10**6), [2], "int64"]},
        "I2": handle(wire.ask("zeros", [5_000, 5_000], "int32")),
    }

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(item) for item in value]
        return operands.get(value, value) if isinstance(value, str) else value

    op, *args = _BOMBS[name]
    refused_and_free(wire, op, *map(filled, args))


# --------------------------------------------------------------------------------- confusions


@pytest.mark.parametrize(
    "dtype",
    ["O", "object", "S", "S1000000000", "U1000000000", "V1000000000", "a99", "M8[s]", "m8", "f8,f8",
     "(1000000000,)f8", "{'names': ['a']}", "float128x", "\0", "f" * 10_000, 7, [["a", "f8"]],
     {"__tuple__": ["f8", 10**9]}, [{"__tuple__": ["a", "V1000000000"]}]],
    ids=str,
)  # fmt: skip
def test_dtypes_that_are_no_numbers(wire: Wire, dtype: Any) -> None:
    """Objects, texts, records and sub-arrays are asked for by their dtype (refused)."""
    wire.open()
    refused_and_free(wire, "zeros", [3], dtype)
    refused_and_free(wire, "zeros", [3], kwargs={"dtype": dtype})
    refused_and_free(wire, "astype", handle(wire.array(1.0)), dtype)


@pytest.mark.parametrize(
    "args",
    [[b"", [1], "float64"], [b"x" * 9, [1], "float64"], [b"x" * 8, [-1], "float64"],
     [b"x" * 8, [1], "object"], [b"x" * 8, [1], ">f8"], [b"x" * 8, [1], None],
     [b"x" * 8, "1", "float64"], [b"x" * 8, [True], "float64"], [b"x" * 8, [1.0], "float64"],
     [b"x" * 8, [2**40, 0, 2**40], "float64"], ["text", [4], "int8"], [7, [1], "float64"],
     [b"x" * 8, [1] * 40, "float64"], [b"x" * 8, [2**63 - 1, 2**63 - 1], "float64"], [b"x" * 8],
     [], [b"x" * 8, [1], ["float64"]], [b"x" * 8, {"__tuple__": [2]}, "float64"]],
    ids=str,
)  # fmt: skip
def test_data_that_is_not_what_it_says(wire: Wire, args: list[Any]) -> None:
    """Bytes come with a shape or dtype that they do not have (refused)."""
    wire.open()
    refused_and_free(wire, "create_from_data", *args)


def test_truth_values_are_zero_or_one(wire: Wire) -> None:
    """Bytes other than 0 and 1 are sent as bool: they become true (no odd values get in)."""
    wire.open()
    made = wire.ask("create_from_data", bytes([0, 1, 2, 255]), [4], "bool")["result"]["id"]
    assert wire.ask("fetch", made)["data"] == b"\x00\x01\x01\x01"
    assert wire.ask("sum", handle(made))["result"]["value"] == 3


@pytest.mark.parametrize(
    "value",
    [{"__handle__": 5}, {"__handle__": ["a1"]}, {"__handle__": None}, {"__handle__": {"a": 1}},
     {"__gen__": "a1"}, {"__rs__": 1}, {"__slice__": [1]}, {"__slice__": ["a", "b", "c"]},
     {"__slice__": [2**62, None, 0.5]}, {"__complex__": ["1", 2]}, {"__scalar__": [1, "object"]},
     {"__scalar__": ["x", "int8"]}, {"__scalar__": [300, "int8"]},
     {"__data__": [b"12", [3], "int8"]},
     {"__tuple__": 5}, {"__symmetry_group__": 3}, {"__symmetry_group__": {"axes": 1}},
     {"__symmetry_group__": {"axes": [0, 1], "generators": [[5, 5]]}}, {"__function__": "load"},
     {"__function__": ["ones"]}, {"__function__": "eval"}],
    ids=str,
)  # fmt: skip
def test_arguments_of_wrong_forms(wire: Wire, value: Any) -> None:
    """Handles, slices, groups and functions that are none (refused)."""
    wire.open()
    wire.array(1.0)
    refused_and_free(wire, "exp", value)


@pytest.mark.parametrize(
    "message",
    [5, None, "text", [], [1, 2], {}, {"op": None}, {"op": 5}, {"op": ["ones"]}, {"op": {}},
     {"op": "ones", "args": 7}, {"op": "ones", "args": {"a": 1}}, {"op": "ones", "kwargs": [1]},
     {"op": "ones", "args": [[2]], "kwargs": {5: 6}}, {5: "op"}, {"op": "sync", "before": 7},
     {"op": "sync", "before": [7]}, {"op": "sync", "before": [["ones"]]},
     {"op": "sync", "free": "a1"},
     {"op": "sync", "before": [["ones", {}, None, 99]]}, {"op": "free", "args": 5},
     {"op": "free", "ids": 5}, {"op": "fetch"}, {"op": "fetch", "id": ["a1"]},
     {"op": "fetch_slice", "id": "a1", "slices": "all"}, {"op": "fetch_slice", "id": "a1"},
     {"op": "make_block"}, {"op": "__getitem__"}, {"op": "budget_log", "args": ["x"], "kwargs": 3},
     {"op": "symmetry"}, {"op": "astype"}],
    ids=str,
)  # fmt: skip
def test_messages_of_wrong_types(wire: Wire, message: Any) -> None:
    """Well-formed msgpack that is no request (refused)."""
    wire.open()
    wire.array(1.0)
    reply = wire.raw(msgpack.packb(message))
    assert reply["status"] == "error", reply


_HEADS = {
    "nothing": b"",
    "no msgpack": b"\xc1\xc1\xc1",
    "half a map": b"\x82\xa2op",
    "text of 4 GiB": b"\xdb\xff\xff\xff\xff",
    "bytes of 4 GiB": b"\xc6\xff\xff\xff\xff",
    "list of 4 billion": b"\xdd\xff\xff\xff\xff",
    "map of 4 billion": b"\xdf\xff\xff\xff\xff",
    "extension": b"\x81\xa2op\xc7\x04\x05abcd",
    "timestamp": b"\x81\xa2op\xd6\xff\0\0\0\0",
    "two messages": b"\x80\x80",
    "bad text": b"\x81\xa2op\xa2\xff\xfe",
    "a list as key": b"\x81\x91\x01\x02",
    "deep lists": b"\x91" * 200_000,
    "deep maps": b"\x81\xa1a" * 60_000,
    "long deep lists": b"\x91" * 2_000_000,
    "many maps": b"\xdd\x00\x98\x96\x80" + b"\x80" * 10_000_000,
    "many lists in lists": (b"\xdc\xff\xff" + b"\x90" * 65_535) * 100,
    "many texts": b"\xdd\x00\x1e\x84\x80" + b"\xa1x" * 2_000_000,
    "zeros": b"\0" * 1_000_000,
}


@pytest.mark.parametrize("name", _HEADS)
def test_frames_that_are_no_message(wire: Wire, name: str) -> None:
    """Garbage, lengths that are not there, nested and repeated bombs (refused)."""
    assert_refused(wire.raw(_HEADS[name]), "InvalidRequestError")
    wire.open()
    assert_refused(wire.raw(_HEADS[name]), "InvalidRequestError")
    assert wire.ask("ones", [2])["status"] == "ok"


def test_messages_of_several_frames(server: Server) -> None:
    """Messages of no frame, two and a hundred frames (refused)."""
    with Wire(server.url, zmq.DEALER) as wire:
        wire.open()
        good = msgpack.packb({"op": "ones", "args": [[2]]})
        for frames in ([good, good], [good] * 100, [b"", good, good], [b"", b"", good]):
            wire.socket.send_multipart(frames)
            assert_refused(wire.reply(), "InvalidRequestError")
        wire.socket.send_multipart([b""])
        assert_refused(wire.reply(), "InvalidRequestError")
        assert wire.used() == 0


def test_bytes_that_are_no_zeromq(server: Server) -> None:
    """Something else than ZeroMQ talks to the socket: it is cut off (no effect)."""
    for data in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        b"\0" * 5_000,
        b"\xff\0\0\0\0\0\0\0\x01\x7f",
    ):
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(server.url.removeprefix("ipc://"))
            plain.sendall(data)


# -------------------------------------------------------------------------- what may be called


@pytest.mark.parametrize(
    "op",
    ["eval", "exec", "__import__", "os.system", "open", "", "\0", "x" * 60_000, "ones.__call__",
     "ones.__globals__", "add.__class__", "ndarray.__class__", "ndarray.__reduce__",
     "ndarray.ctypes",
     "ndarray.tofile", "ndarray.dump", "ndarray.base", "ndarray.__setitem__", "ndarray.setflags",
     "ndarray.view", "ndarray.resize", "Generator.__reduce__", "Generator.bit_generator",
     "Generator.__init__", "RandomState.__setstate__", "random.Generator", "SeedSequence.spawn",
     "_core", "flopscope._core._charge", "numpy.ones", "np.ones", "fnp.ones", "session.close",
     "budget_reset", "configure", "namespace", "BudgetContext", "accounting.get_weight",
     "frompyfunc",
     "nditer", "errstate", "seterr", "set_printoptions", "memmap", "lib.stride_tricks.as_strided"],
)  # fmt: skip
def test_operations_that_the_table_does_not_have(wire: Wire, op: str) -> None:
    """Builtins, private attributes, memory and settings of the server are called (refused)."""
    wire.open()
    x = wire.array(1.0)
    reply = refused_and_free(wire, op, handle(x))
    assert_refused(reply, "InvalidRequestError")
    assert len(reply["message"]) < 300


@pytest.mark.parametrize("op", ["load", "save", "savez", "savez_compressed", "savetxt", "loadtxt",
                                "genfromtxt", "fromfile", "ndarray.tofile"])  # fmt: skip
def test_files_of_the_server(wire: Wire, tmp_path: Path, op: str) -> None:
    """Files are read and written by operations (refused, nothing is written)."""
    wire.open()
    target = str(tmp_path / "x")
    refused_and_free(wire, op, target, handle(wire.array(1.0)))
    refused_and_free(wire, op, "/etc/passwd")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "op", ["apply_along_axis", "apply_over_axes", "fromfunction", "fromiter", "piecewise"]
)
def test_callbacks(wire: Wire, op: str) -> None:
    """Operations that call code back, with a counted function as the code (refused)."""
    wire.open()
    reply = refused_and_free(wire, op, {"__function__": "exp"}, 0, handle(wire.array(1.0)))
    assert_refused(reply, "RemoteCallbackError")


def test_texts_that_are_evaluated(wire: Wire) -> None:
    """`bmat` reads variables of the caller by name, `fromstring` parses (refused)."""
    wire.open()
    for text in ("self", "a, b; c, d", "os", "token"):
        reply = refused_and_free(wire, "bmat", text)
        assert_refused(reply, "TypeError")


def test_errors_tell_nothing_of_the_server(wire: Wire) -> None:
    """Errors are provoked everywhere: type and message come back, no path and no traceback."""
    wire.open()
    x = handle(wire.array(1.0, 2.0))
    requests: list[tuple[Any, ...]] = [
        ("linalg.inv", x), ("reshape", x, [3]), ("__getitem__", x, 9), ("einsum", "ij", x),
        ("random.set_state", "bad"), ("take", x, [99]), ("linalg.cholesky", [[-1.0]]),
        ("concatenate", 5), ("stack", []), ("frombuffer", b"abc"), ("einsum", "\0" * 500, x),
        ("sum", x, "axis"), ("random.choice", x, 5, False, x), ("einsum", "a" * 5_000, x),
    ]  # fmt: skip
    home = str(Path(__file__).parents[3])
    for op, *args in requests:
        reply = wire.ask(op, *args)
        assert reply["status"] == "error", (op, reply)
        for told in (home, "site-packages", "Traceback", ".py", "0x7f"):
            assert told not in reply["message"], reply


# ---------------------------------------------------------------------------- chosen handles


@pytest.mark.parametrize("chosen", [5, 4, 0, -1, "6", 6.0, True, None, [6], "a1", 2**63])
def test_handles_that_a_client_chooses(wire: Wire, chosen: Any) -> None:
    """A chosen handle is used twice, counts down, or is no number (refused, nothing replaced)."""
    wire.open()
    assert wire.ask("sync", before=[["full", [[2], 7.0], None, 5]])["status"] == "ok"
    reply = wire.ask("sync", before=[["ones", [[2]], None, chosen]])
    if chosen == 2**63:  # large, and larger than the one before
        assert reply["status"] == "ok"
    else:
        assert_refused(reply, "InvalidRequestError")
    assert wire.values("c5") == (7.0, 7.0)


def test_calls_ahead_of_control_requests(wire: Wire) -> None:
    """Budgets are opened, closed and fetched from inside a batch (refused)."""
    wire.open(100)
    for n, op in enumerate(("budget_open", "budget_close", "fetch", "batch", "sync", "free"), 1):
        assert_refused(wire.ask("sync", before=[[op, [], None, n]]), "InvalidRequestError")
    assert wire.ask("budget_status")["result"]["flop_budget"] == 100


# ------------------------------------------------------------------------------ shared memory


def test_blocks_that_are_not_the_sessions(server: Server) -> None:
    """Numbers of blocks are guessed, sizes are wrong (refused)."""
    with server.wire() as victim, server.wire() as attacker:
        victim.open()
        attacker.open()
        number = victim.ask("make_block", 4_096)["result"][0]
        for guess in (number, 0, -1, 99, "1", None, 1.0, True):
            reply = attacker.ask("create_from_data", b"", [512], "float64", kwargs={"block": guess})
            assert_refused(reply, "InvalidRequestError")
        for size in (0, -1, 2**60, "big", 1.5, None, True):
            assert_refused(attacker.ask("make_block", size), "InvalidRequestError")


def test_writing_to_a_block_that_was_handed_over(wire: Wire) -> None:
    """A client goes on writing, and cuts the file: the array has its own copy (no effect)."""
    wire.open()
    number, pid, fd, *_ = wire.ask("make_block", 4_096)["result"]
    mine = os.open(f"/proc/{pid}/fd/{fd}", os.O_RDWR)
    try:
        os.pwrite(mine, struct.pack("<512d", *[1.0] * 512), 0)
        with pytest.raises(PermissionError):
            os.ftruncate(mine, 0)  # would end a reader by SIGBUS
        with pytest.raises(PermissionError):
            os.ftruncate(mine, 2**40)
        made = wire.ask("create_from_data", b"", [512], "float64", kwargs={"block": number})
        os.pwrite(mine, struct.pack("<512d", *[9.0] * 512), 0)
        assert wire.values(made["result"]["id"]) == (1.0,) * 512
    finally:
        os.close(mine)


def test_hoarding_blocks(wire: Wire) -> None:
    """Blocks are made and never used: the oldest go (memory stays bounded)."""
    wire.open()
    for _ in range(200):
        assert wire.ask("make_block", 50 * 2**20)["status"] == "ok"


# ------------------------------------------------------------------------- floods and silence


def test_oversize_frames(make_server: Any) -> None:
    """A frame is larger than the largest array: the connection is cut (the server goes on)."""
    small = make_server(FLOPSCOPE_MAX_ARRAY_BYTES="1000000")
    with Wire(small.url, zmq.DEALER) as attacker, small.wire() as other:
        other.open()
        attacker.socket.setsockopt(zmq.RCVTIMEO, 1_000)
        attacker.socket.send(b"\xc6\x01\x00\x00\x00" + b"x" * 2**24)
        with pytest.raises(zmq.Again):
            attacker.reply()
        assert other.ask("ones", [2])["status"] == "ok"


def test_a_client_that_never_reads(server: Server) -> None:
    """Answers are asked for and never taken: the session is dropped (memory stays bounded)."""
    with Wire(server.url, zmq.DEALER) as attacker, server.wire() as other:
        attacker.socket.setsockopt(zmq.RCVHWM, 1)
        attacker.socket.setsockopt(zmq.SNDTIMEO, 50)
        other.open()
        attacker.open()
        attacker.send("ones", [1_000_000])
        handle_ = attacker.reply()["result"]["id"]
        with contextlib.suppress(zmq.Again):
            for _ in range(3_000):
                attacker.send("fetch", handle_)
        assert other.ask("ones", [2])["status"] == "ok"
        assert eventually(lambda: server.rss() < 1.5 * 2**30)


def test_many_idle_connections(server: Server) -> None:
    """Hundreds of connections greet and stay: they hold nothing (others are served)."""
    crowd = [server.wire() for _ in range(150)]
    try:
        for wire in crowd:
            wire.send("hello", client_version="x")
        with server.wire() as other:
            other.open()
            assert other.ask("ones", [2])["status"] == "ok"
    finally:
        for wire in crowd:
            wire.close()


def test_opening_and_leaving_again_and_again(server: Server) -> None:
    """Sessions are opened with arrays and left without a word (all of it is freed)."""
    before = server.rss()
    for _ in range(60):
        with server.wire() as wire:
            wire.open()
            wire.ask("ones", [1_000_000])
            wire.ask("exp", handle("a1"))
    assert eventually(lambda: server.rss() < before + 150 * 2**20)


def test_a_flood_of_warnings(wire: Wire) -> None:
    """Calls that warn are batched by the hundred: a few warnings come back (bounded)."""
    wire.open()
    zero = handle(wire.ask("zeros", [2]))
    calls = [["divide", [1.0, zero], None, n] for n in range(1, 500)]
    reply = wire.ask("sync", before=calls)
    assert 0 < len(reply["warnings"]) <= 20


def test_draws_that_never_end(server: Server) -> None:
    """Samplers are given parameters with which NumPy's loops do not end (refused, quick)."""
    with server.wire() as wire:
        wire.open()
        state = {"__rs__": wire.ask("random.RandomState", 1)["result"]["rs_id"]}
        huge = handle(wire.array(1e300))
        for value in (1e300, 2**40, huge):
            for op, *args in (
                ("random.zipf", value),
                ("random.vonmises", value, value),
                ("RandomState.zipf", state, value),
                ("RandomState.vonmises", state, value, value),
                ("random.symmetric", [2], [0], "zipf"),
            ):
                fields = {"kwargs": {"a": value}} if op == "random.symmetric" else {}
                refused_and_free(wire, op, *args, **fields)


def test_repetitions_without_end(wire: Wire) -> None:
    """Operations that loop as often as a number says are given 2**40 (refused, quick)."""
    wire.open()
    for op in ("diff", "polyder", "polyint"):
        refused_and_free(wire, op, handle(wire.array(1.0, 2.0)), 2**40)


def test_methods_without_their_object(wire: Wire) -> None:
    """Methods of generators and arrays are called on something else (refused, no crash)."""
    wire.open()
    for op in ("Generator.integers", "Generator.normal", "RandomState.rand", "ndarray.sum",
               "SeedSequence.generate_state", "random.Generator.random"):  # fmt: skip
        for args in ([], [None], [5], [[[1.0, 2.0]], None, "float32"], [{"__gen__": "a1"}]):
            reply = refused_and_free(wire, op, *args)
            assert_refused(reply, "TypeError", "KeyError")


def test_groups_that_take_long_to_list(wire: Wire) -> None:
    """A group of 20! elements is given by odd generators: counted or refused (quick)."""
    wire.open(2**60)
    n = 20
    rotation = [*range(1, n), 0]
    swap = [1, 0, *range(2, n)]
    group = {"__symmetry_group__": {"axes": list(range(n)), "generators": [rotation, swap]}}
    x = handle(wire.ask("zeros", [1] * n))
    began = time.monotonic()
    wire.ask("as_symmetric", x, kwargs={"symmetry": group})
    wire.ask("is_symmetric", x, kwargs={"symmetry": group})
    assert time.monotonic() - began < 15.0
