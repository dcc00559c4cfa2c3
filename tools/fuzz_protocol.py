"""Fuzz the decoder of a server and what it does with messages: every input must get a reply.

    python tools/fuzz_protocol.py --seconds 600

Starts from requests of every kind, mutates bytes, numbers and whole parts, and answers them as a
server's session does. Stops at the first input that raises anything, has a reply that cannot be
sent, takes longer than ten seconds or more than 2 GiB of memory, or after which the session no
longer answers; it is in ``build/fuzz-input.bin``, also when a compiled loop never comes back.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from flopscope.remote.control import Controller
from flopscope.remote.failures import error_reply
from flopscope.remote.limits import Limits
from flopscope.remote.operations import find_operation
from flopscope.remote.protocol import MalformedFrameError, pack, unpack
from flopscope.remote.session import Session
from flopscope.remote.surface import FUNCTIONS, METHODS
from flopscope.remote.token import ControlToken

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 10.0
_PEAK_KIB = 2 << 20
_LIMITS = Limits(array_bytes=1 << 20, array_count=500, session_bytes=1 << 26, clients=1)
_BYTES = (0, 1, 0x7F, 0x80, 0x90, 0xA0, 0xC0, 0xC1, 0xC4, 0xC6, 0xC7, 0xD6, 0xD9, 0xDB, 0xDC, 0xDD,
          0xDE, 0xDF, 0xE0, 0xFF)  # fmt: skip
_A = {"__handle__": "a1"}
_B = {"__handle__": "a2"}
_VALUES: list[Any] = [
    _A, _B, 0, 1, -1, 2.5, True, None, [2, 3], [[1.0, 2.0], [3.0, 4.0]], "float32", "C", [0, 1],
    {"__slice__": [0, 2, None]}, {"__tuple__": [0, 1]}, {"__complex__": [1.0, 2.0]},
    {"__scalar__": [1, "int8"]}, {"__data__": [b"\0" * 16, [2], "float64"]}, {"__gen__": "g3"},
    {"__rs__": "r4"}, {"__seq__": "q5"}, {"__ellipsis__": True}, {"__function__": "triu"},
    {"__symmetry_group__": {"axes": [0, 1], "generators": [[1, 0]]}}, "ij,jk->ik", b"bytes", 2**40,
    [1000, 1000], 1e300, -(2**62), "linear", [],
]  # fmt: skip
_KEYWORDS = ("axis", "dtype", "out", "where", "size", "keepdims", "n", "k", "bins", "shape")
_CONTROL = (
    "budget_status fetch fetch_slice free create_from_data __getitem__ astype budget_log sync "
    "batch symmetry make_block pipeline hello budget_summary einsum_cost ndarray.reshape"
).split()


def names() -> list[str]:
    """Operations of all kinds."""
    found = [name for group in FUNCTIONS.values() for name in group]
    found += [f"{owner}.{name}" for owner, methods in METHODS.items() for name in methods]
    return [*found, *_CONTROL * 8, "add.outer", "add.reduce", "random.SeedSequence"]


def request(rng: random.Random, ops: list[str]) -> Any:
    """A message that is right in form."""
    message: dict[str, Any] = {"op": rng.choice(ops)}
    message["args"] = [rng.choice(_VALUES) for _ in range(rng.randrange(4))]
    if rng.random() < 0.3:
        message["kwargs"] = {rng.choice(_KEYWORDS): rng.choice(_VALUES)}
    if rng.random() < 0.2:
        message["before"] = [
            [rng.choice(ops), [rng.choice(_VALUES)], None, rng.randrange(1, 10**6)]
            for _ in range(rng.randrange(3))
        ]
    if rng.random() < 0.1:
        message["free"] = [rng.choice(["a1", "c5", "g3", 7])]
    if rng.random() < 0.3:
        message["seq"] = rng.randrange(9)
    return message


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Up to six random edits."""
    made = bytearray(data)
    for _ in range(rng.randrange(7)):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(7):
            case 0 if made:
                made[at % len(made)] ^= 1 << rng.randrange(8)
            case 1:
                made[at : at + 1] = bytes([rng.choice(_BYTES)])
            case 2:
                made[at : at + 4] = struct.pack(">I", rng.choice((0, 1, 2**16, 2**31, 2**32 - 1)))
            case 3:
                del made[at : at + rng.randint(1, 20)]
            case 4:
                start = rng.randrange(len(other) + 1)
                made[at:at] = other[start : start + rng.randint(1, 60)]
            case 5:
                made[at:at] = bytes([rng.choice(_BYTES)]) * rng.randint(1, 200)
            case _:
                made[at : at + 4] = rng.randbytes(4)
    return bytes(made)


def fresh() -> Controller:
    """A session with a budget, two arrays and three generators."""
    controller = Controller(Session(_LIMITS), ControlToken())
    data = struct.pack("<6d", *range(6))
    for op, args, kwargs in (
        ("budget_open", [], {"flop_budget": 10**9}),
        ("create_from_data", [data, [2, 3], "float64"], {}),
        ("ones", [[3, 3]], {}),
        ("random.default_rng", [1], {}),
        ("random.RandomState", [1], {}),
        ("random.SeedSequence", [1], {}),
    ):
        reply = controller.answer({"op": op, "args": args, "kwargs": kwargs})
        assert reply["status"] == "ok", reply
    return controller


def answer(controller: Controller, frame: bytes) -> dict[str, Any]:
    """What a session does with a frame."""
    session = controller.session
    session.reviver.has_handles = False
    try:
        reply = controller.answer(unpack(frame, session.reviver))
    except (MalformedFrameError, KeyError) as error:
        reply = error_reply(error)
    pack(reply)
    return reply


def main() -> int:
    """Run for a while; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, chain=True)
    np.seterr(all="ignore")
    find_operation("ones")
    at_work = ROOT / "build" / "fuzz-input.bin"
    at_work.parent.mkdir(exist_ok=True)
    rng = random.Random(options.seed)
    ops = names()
    controller = fresh()
    runs = fine = 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        if runs % 200 == 0:
            controller.session.end()
            controller = fresh()
        frames = [msgpack.packb(request(rng, ops)) for _ in range(2)]
        frame = mutate(frames[0], frames[1], rng) if rng.random() < 0.6 else frames[0]
        runs += 1
        at_work.write_bytes(frame)
        began = time.monotonic()
        problem = ""
        signal.alarm(int(_SECONDS))  # compiled loops end it for good, with a traceback
        try:
            fine += answer(controller, frame)["status"] == "ok"
            status = controller.answer({"op": "sync"})["status"]
            status = status if status == "ok" else controller.answer({"op": "sync"})["status"]
            if status != "ok":
                problem = "the session does not answer any more"
        except BaseException:
            problem = traceback.format_exc()
        signal.alarm(0)
        if time.monotonic() - began > _SECONDS:
            problem = f"took {time.monotonic() - began:.1f} s"
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _PEAK_KIB:
            problem = "took more than 2 GiB of memory"
        if problem:
            print(f"after {runs:,} messages: {problem}\nthe input is in {at_work}")
            return 1
    print(f"clean: {runs:,} messages, {fine:,} of them carried out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
