"""Damaged and hostile files: name -> (bytes, the member that is at fault).

None as the member means the file as a whole. Used by the tests and, as seeds, by
``tools/fuzz_load.py``.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

__all__ = ["BOMB", "HOSTILE", "WHOLE", "archive", "npy"]


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


def header(text: str, elements: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text.encode("latin1") + elements


def fields(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}\n"


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, data in members.items():
            made.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def _member(data: bytes) -> bytes:
    """An archive of a good array and a bad one."""
    return archive({"good.npy": npy(np.ones(2)), "bad.npy": data})


def _meta(data: bytes) -> bytes:
    return archive({"__meta__.npy": npy(np.frombuffer(data, np.uint8))})


def _symmetry(claim: Any, elements: Any) -> bytes:
    text = np.frombuffer(json.dumps(claim).encode(), np.uint8)
    return archive({"bad.npy": npy(elements), "__symmetry__.npy": npy(text)})


def _doubled() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("bad.npy", npy(np.ones(2)))
        info = zipfile.ZipInfo("bad.npy")
        made.NameToInfo.pop("bad.npy")  # or Python warns
        made.writestr(info, npy(np.zeros(2)))
    return stream.getvalue()


def _overlapping(count: int = 50) -> bytes:
    """Many entries of the list point at one local member: a small file, a large sum."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bad.npy", npy(np.zeros(100_000)))
        info = made.getinfo("bad.npy")
        for _ in range(count):
            made.filelist.append(info)
    return stream.getvalue()


def _patched(data: bytes, signature: bytes, offset: int, new: bytes) -> bytes:
    """Overwrite bytes at an offset from the last place of a signature."""
    at = data.rindex(signature) + offset
    return data[:at] + new + data[at + len(new) :]


_CENTRAL = b"PK\x01\x02"
_GOOD = archive({"bad.npy": npy(np.arange(6.0).reshape(2, 3))})
_DEFLATED = archive({"bad.npy": npy(np.arange(600.0))}, zipfile.ZIP_DEFLATED)
#: Small, and within the default limit.
BOMB = archive({"bad.npy": npy(np.zeros(1_000_000, np.uint8))}, zipfile.ZIP_DEFLATED)


def _lying_about_size() -> bytes:
    """A member that says it inflates to almost 4 GiB, and an array header to match."""
    size = 0xFFFFFFF0
    elements = size - len(header(fields("'|u1'", shape=f"({size},)")))
    data = header(fields("'|u1'", shape=f"({elements},)"), b"\0" * 64)
    made = archive({"bad.npy": data}, zipfile.ZIP_DEFLATED)
    return _patched(made, _CENTRAL, 24, struct.pack("<I", size))


def _inflating() -> bytes:
    """Two members that say they inflate to almost 4 GiB each."""
    made = archive({"a.npy": npy(np.zeros(9)), "b.npy": npy(np.ones(9))}, zipfile.ZIP_DEFLATED)
    first = made.index(_CENTRAL)
    made = made[: first + 24] + struct.pack("<I", 0xFFFFFFF0) + made[first + 28 :]
    return _patched(made, _CENTRAL, 24, struct.pack("<I", 0xFFFFFFF0))


def _shallow_flip(data: bytes) -> bytes:
    """Flip a bit of the elements, which only the checksum notices."""
    at = data.index(b"NUMPY") + 128
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


#: Files that are right, for fuzzing to start from.
WHOLE: dict[str, bytes] = {
    "array": npy(np.arange(6.0).reshape(2, 3)),
    "fortran": npy(np.asfortranarray(np.ones((2, 3), np.complex64))),
    "empty archive": archive({}),
    "stored": _GOOD,
    "deflated": _DEFLATED,
    "with meta": archive(
        {
            "__meta__.npy": npy(np.frombuffer(b'{"width": 2}', np.uint8)),
            "layers.0.weight.npy": npy(np.ones((2, 2), np.float32)),
            "empty.npy": npy(np.zeros((0, 3), np.int8)),
            "scalar.npy": npy(np.float64(2.0)),
        }
    ),
    "with symmetry": _symmetry(
        {"bad": {"axes": [0, 1], "generators": [[1, 0]], "inferred": False}}, np.eye(2)
    ),
}

HOSTILE: dict[str, tuple[bytes, str | None]] = {
    # pickles
    "pickle": (pickle.dumps({"a": 1}), None),
    "object array": (npy(np.array([{}, 1], object)), "array"),
    "pickled member": (_member(npy(np.array([print], object))), "bad"),
    "bare pickle as member": (_member(pickle.dumps([1])), "bad"),
    # other contents
    "nothing": (b"", None),
    "text": (b"weights", None),
    "member without .npy": (archive({"readme.txt": b"hello"}), "readme.txt"),
    "text as member": (_member(b"hello"), "bad"),
    "strings": (_member(npy(np.array(["a", "b"]))), "bad"),
    "dates": (_member(npy(np.array(["2020-01-01"], "M8[D]"))), "bad"),
    "records": (_member(npy(np.zeros(2, [("a", "f8"), ("b", "i4")]))), "bad"),
    "long double": (_member(npy(np.ones(2, np.longdouble))), "bad"),
    # names
    "parent folder": (archive({"../bad.npy": npy(1.0)}), "../bad.npy"),
    "nested parent": (archive({"a/../../bad.npy": npy(1.0)}), "a/../../bad.npy"),
    "absolute": (archive({"/etc/bad.npy": npy(1.0)}), "/etc/bad.npy"),
    "drive": (archive({"C:bad.npy": npy(1.0)}), "C:bad.npy"),
    "backslash": (archive({"..\\bad.npy": npy(1.0)}), "..\\bad.npy"),
    "control character": (archive({"b\nad.npy": npy(1.0)}), "b\nad.npy"),
    "doubled": (_doubled(), "bad.npy"),
    # archives
    "truncated": (_GOOD[: len(_GOOD) // 2], None),
    "without its end": (_GOOD[:-10], None),
    "only the magic": (b"PK\x03\x04", None),
    "flipped bit": (_shallow_flip(_GOOD), "bad"),
    "flipped deflate": (_DEFLATED[:60] + b"\xff\xff\xff" + _DEFLATED[63:], "bad"),
    "encrypted": (_patched(_GOOD, _CENTRAL, 8, b"\x01\x00"), "bad.npy"),
    "unknown method": (_patched(_GOOD, _CENTRAL, 10, b"\x63\x00"), "bad.npy"),
    "bzip2": (archive({"bad.npy": npy(np.ones(3))}, zipfile.ZIP_BZIP2), "bad.npy"),
    "offset outside": (_patched(_GOOD, _CENTRAL, 42, struct.pack("<I", 10**6)), "bad.npy"),
    "two sizes": (_patched(_GOOD, _CENTRAL, 24, struct.pack("<I", 10**6)), "bad.npy"),
    "wrong checksum": (_patched(_GOOD, _CENTRAL, 16, b"\0\0\0\0"), "bad"),
    "overlapping": (_overlapping(), "bad.npy"),
    "lying about its size": (_lying_about_size(), "bad"),
    "inflating beyond the limit": (_inflating(), None),
    # headers
    "truncated header": (_member(b"\x93NUMPY\x01\x00\xff\x00{'descr'"), "bad"),
    "huge header": (_member(header("{" + " " * 20_000 + "}", version=(2, 0))), "bad"),
    "header of 4 GiB": (_member(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"), "bad"),
    "unknown version": (_member(header(fields(), bytes(16), version=(9, 9))), "bad"),
    "code in the header": (_member(header("__import__('os').getcwd()")), "bad"),
    "nested header": (_member(header("(" * 9_000)), "bad"),
    "no dict": (_member(header("[1, 2]")), "bad"),
    "another key": (_member(header(fields()[:-2] + ", 'x': 1}", bytes(16))), "bad"),
    "negative length": (_member(header(fields(shape="(-2,)"), bytes(16))), "bad"),
    "length of true": (_member(header(fields(shape="(True,)"), bytes(8))), "bad"),
    "list as shape": (_member(header(fields(shape="[2]"), bytes(16))), "bad"),
    "shape beyond the elements": (_member(header(fields(shape="(2000,)"), bytes(16))), "bad"),
    "shape of 2**80": (_member(header(fields(shape="(2**80,)"), bytes(16))), "bad"),
    "huge empty shape": (_member(header(fields(shape=f"(0, {2**62}, {2**62})"))), "bad"),
    "too many axes": (_member(header(fields(shape=f"({'1,' * 100})"), bytes(8))), "bad"),
    "elements beyond the shape": (_member(header(fields(shape="(1,)"), bytes(16))), "bad"),
    "order of 2": (_member(header(fields(order="2"), bytes(16))), "bad"),
    "unknown dtype": (_member(header(fields("'zz'"), bytes(16))), "bad"),
    "number as dtype": (_member(header(fields("3"), bytes(16))), "bad"),
    "truncated array": (npy(np.ones(100))[:-8], "array"),
    # texts
    "meta is a number": (_meta(b"3"), "__meta__"),
    "meta is no text": (_meta(b"\xff\xfe{}"), "__meta__"),
    "meta is cut off": (_meta(b'{"a": '), "__meta__"),
    "meta is nested": (_meta(b"[" * 100_000), "__meta__"),
    "meta is a matrix": (archive({"__meta__.npy": npy(np.ones((2, 2)))}), "__meta__"),
    "meta is huge": (
        archive({"__meta__.npy": npy(np.full(17 * 2**20, 32, np.uint8))}, zipfile.ZIP_DEFLATED),
        "__meta__",
    ),
    "symmetry that is not there": (
        _symmetry({"bad": {"axes": [0, 1], "generators": [[1, 0]]}}, [[1.0, 2.0], [3.0, 4.0]]),
        "bad",
    ),
    "symmetry of unequal lengths": (
        _symmetry({"bad": {"axes": [0, 1], "generators": [[1, 0]]}}, np.ones((2, 3))),
        "bad",
    ),
    "symmetry of other axes": (
        _symmetry({"bad": {"axes": [0, 5], "generators": [[1, 0]]}}, np.ones((2, 2))),
        "bad",
    ),
    "symmetry of nothing": (_symmetry({"other": {}}, np.ones(2)), "other"),
    "symmetry without a group": (_symmetry({"bad": 3}, np.ones((2, 2))), "bad"),
    "symmetry of no permutation": (
        _symmetry({"bad": {"axes": [0, 1], "generators": [[1, 1]]}}, np.ones((2, 2))),
        "bad",
    ),
}
