"""Fuzz `flopscope.numpy.load`: only `WeightFileError` may come out of it.

    python tools/fuzz_load.py --seconds 600

Starts from the whole and the hostile files of the tests, mutates bytes, numbers and whole parts,
and keeps inputs that were refused at a place in the code not seen before as further seeds. Stops at
the first input that raises anything else, takes longer than five seconds or more than 1 GiB of
memory, and writes it to ``build/fuzz-failure.bin``.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import random
import resource
import struct
import sys
import time
import traceback
from pathlib import Path

import flopscope.numpy as fnp
from flopscope.errors import WeightFileError

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 5.0
_PEAK_KIB = 1 << 20
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_WORDS = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"\x93NUMPY", b"'<f8'", b"O",
          b"fortran_order", b"(9999999999,)", b"../", b"__symmetry__", b"__meta__")  # fmt: skip


def seeds() -> list[bytes]:
    """Files of the tests."""
    path = ROOT / "tests" / "files" / "hostile_archives.py"
    spec = importlib.util.spec_from_file_location("hostile_archives", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    files = [*module.WHOLE.values(), *(data for data, _ in module.HOSTILE.values())]
    return [data for data in files if len(data) < 200_000]


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to eight random edits."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(7):
            case 0 if made:
                made[at % len(made)] ^= 1 << rng.randrange(8)
            case 1:
                number = rng.choice(_NUMBERS)
                made[at : at + 4] = struct.pack("<I", number)
            case 2:
                made[at : at + 2] = struct.pack("<H", rng.choice(_NUMBERS) & 0xFFFF)
            case 3:
                del made[at : at + rng.randint(1, 64)]
            case 4:
                made[at:at] = rng.choice(_WORDS)
            case 5:
                start = rng.randrange(len(other) + 1)
                made[at:at] = other[start : start + rng.randint(1, 256)]
            case _:
                made[at : at + 8] = rng.randbytes(8)
    return bytes(made)


def main() -> int:
    """Run for a while; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    pool = seeds()
    seen: set[tuple[object, ...]] = set()
    runs = accepted = 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        data = mutate(rng.choice(pool), rng.choice(pool), rng)
        runs += 1
        begun = time.monotonic()
        problem = ""
        try:
            fnp.load(io.BytesIO(data))
            accepted += 1
        except WeightFileError as error:
            places = tuple(at.lineno for at in traceback.extract_tb(error.__traceback__))
            cause = type(error.__context__).__name__
            if (cause, *places) not in seen and len(data) < 100_000:
                seen.add((cause, *places))
                pool.append(data)
        except BaseException:
            problem = traceback.format_exc()
        if time.monotonic() - begun > _SECONDS:
            problem = f"took {time.monotonic() - begun:.1f} s"
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _PEAK_KIB:
            problem = "took more than 1 GiB of memory"
        if problem:
            failure = ROOT / "build" / "fuzz-failure.bin"
            failure.parent.mkdir(exist_ok=True)
            failure.write_bytes(data)
            print(f"{problem}\nthe input is in {failure}")
            return 1
    print(f"clean: {runs:,} files, {accepted:,} of them readable, refused at {len(seen)} places")
    return 0


if __name__ == "__main__":
    sys.exit(main())
