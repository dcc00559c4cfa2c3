"""What a file may hold: names, dtypes, and the two members that are text."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopscope import _core
from flopscope._files.names import META, SYMMETRY, check_name, refuse
from flopscope._symmetric import check_lengths, check_symmetric
from flopscope.errors import SymmetryError
from flopscope.symmetry import SymmetryGroup

__all__ = [
    "META",
    "SYMMETRY",
    "check_dtype",
    "check_name",
    "decode_json",
    "encode_json",
    "refuse",
    "symmetry_payload",
    "tag",
]

_DTYPES = frozenset(
    np.dtype(name)
    for name in (
        "bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "complex64 complex128"
    ).split()
)
_MOST_TEXT = 16 * 2**20


def check_dtype(file: object, member: str, dtype: np.dtype[Any]) -> None:
    """Refuse anything but the numeric dtypes, in either byte order."""
    if dtype.newbyteorder("=") in _DTYPES:
        return
    reason = f"dtype {dtype} is not supported. Only numeric arrays can be stored"
    if dtype.hasobject:
        reason += "; objects would be pickled, and files are read with allow_pickle=False"
    refuse(file, member, reason)


def encode_json(name: str, value: Any) -> np.ndarray[Any, Any]:
    """Return a dict as the array of its JSON text in UTF-8."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON-serializable dict, got {type(value).__name__}")
    try:
        import json  # by the first file with a dict

        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name} must be a JSON-serializable dict: {error}") from None
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def decode_json(file: object, name: str, array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the dict that `encode_json` was given."""
    if array.dtype != np.uint8 or array.ndim != 1:
        refuse(file, name, f"must be a vector of bytes, found {array.dtype}{list(array.shape)}")
    if array.size > _MOST_TEXT:
        refuse(file, name, f"holds {array.size:,} bytes of text; at most {_MOST_TEXT:,} are read")
    try:
        import json

        value = json.loads(array.tobytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        refuse(file, name, f"is no JSON text: {error}")
    if not isinstance(value, dict):
        refuse(file, name, f"must be a JSON object, found {type(value).__name__}")
    return value


def symmetry_payload(array: Any) -> dict[str, Any] | None:
    """Return what is stored of an array's symmetry: None for arrays without."""
    group = getattr(array, "symmetry", None)
    if group is None:
        return None
    return {**group.to_payload(), "inferred": _core._is_inferred(array)}


def tag(file: object, member: str, array: Any, payload: Any) -> Any:
    """Return an array with the symmetry that a file claims, after checking the claim.

    A tag lowers bills, so it is believed only when the elements agree.
    """
    try:
        if not isinstance(payload, dict):
            raise TypeError("not an object")
        group = SymmetryGroup.from_payload(
            {"axes": payload["axes"], "generators": payload["generators"]}
        )
        axes = group.axes or ()
        if any(not 0 <= axis < array.ndim for axis in axes):
            raise ValueError(f"axes {axes} of an array with {array.ndim}")
        plain = np.asarray(array)
        check_lengths(group, plain.shape, 0.0, 0.0)
        check_symmetric(plain, group)
        return _core._tag(array, group, payload.get("inferred") is True)
    except SymmetryError as error:
        refuse(file, member, f"does not have the symmetry that {SYMMETRY} claims: {error}")
    except Exception as error:
        refuse(file, member, f"{SYMMETRY} claims a symmetry that cannot be read: {error}")
