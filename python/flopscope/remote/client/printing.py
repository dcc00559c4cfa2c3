"""Text of arrays, as NumPy prints them, made from nested lists."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopscope.remote.client.array import RemoteArray

__all__ = ["array_text"]

_WIDTH = 75
_THRESHOLD = 1_000
_EDGE = 3


def _numbers(elements: Any, part: str) -> Any:
    """Real or imaginary part of every element of nested lists."""
    if isinstance(elements, list):
        for element in elements:
            yield from _numbers(element, part)
    elif isinstance(elements, (float, complex)):
        yield getattr(elements, part)


def _formatter(elements: Any, part: str) -> Callable[[float], str]:
    """How all numbers of an array are written: with as many digits, and exponents, as one needs."""
    finite = [abs(x) for x in _numbers(elements, part) if math.isfinite(x)]
    some = [x for x in finite if x]
    large, small = max(some, default=1.0), min(some, default=1.0)
    kind = "e" if large >= 1e8 or small < 1e-4 or large / small > 1e3 else "f"
    digits = 0
    for x in finite:
        mantissa = f"{x:.8{kind}}".partition("e")[0]
        digits = max(digits, len(mantissa.rstrip("0").partition(".")[2]))

    def write(x: float) -> str:
        if not math.isfinite(x):
            return str(x)
        if kind == "e":
            return f"{x:#.{digits}e}"
        text = f"{x:#.{digits}f}"
        return text.rstrip("0").ljust(len(text)) if digits else text

    return write


def _writer(elements: Any) -> Callable[[Any], str]:
    real, imaginary = _formatter(elements, "real"), _formatter(elements, "imag")

    def write(value: Any) -> str:
        if isinstance(value, complex):
            text = imaginary(abs(value.imag))
            sign = "-" if math.copysign(1.0, value.imag) < 0 else "+"
            return f"{real(value.real)}{sign}{(text.rstrip() + 'j').ljust(len(text) + 1)}"
        return real(value) if isinstance(value, float) else str(value)

    return write


def _shortened(elements: Any) -> Any:
    """Nested lists with only their edges; None stands for what is left out."""
    if not isinstance(elements, list):
        return elements
    if len(elements) > 2 * _EDGE:
        return [*map(_shortened, elements[:_EDGE]), None, *map(_shortened, elements[-_EDGE:])]
    return list(map(_shortened, elements))


def _texts(elements: Any, write: Callable[[Any], str]) -> Any:
    if elements is None:
        return "..."
    if not isinstance(elements, list):
        return write(elements)
    return [_texts(c, write) for c in elements]


def _widest(texts: Any) -> int:
    if isinstance(texts, list):
        return max(map(_widest, texts), default=0)
    return 0 if texts == "..." else len(texts)


def _format(texts: Any, width: int, indent: int, separator: str) -> str:
    if not isinstance(texts, list):
        return str(texts) if texts == "..." else texts.rjust(width)
    if not texts or not any(isinstance(t, list) for t in texts):
        lines, line = [], ""
        for at, text in enumerate(texts):
            piece = _format(text, width, 0, separator)
            piece += separator if at < len(texts) - 1 else ""
            if line and indent + 1 + len(line) + len(piece) > _WIDTH:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line)
        return "[" + ("\n" + " " * (indent + 1)).join(lines) + "]"
    depth = 0
    probe: Any = texts
    while isinstance(probe, list) and probe:
        depth += 1
        probe = next((t for t in probe if isinstance(t, list)), None)
    between = separator.rstrip() + "\n" * max(1, depth - 1) + " " * (indent + 1)
    return "[" + between.join(_format(t, width, indent + 1, separator) for t in texts) + "]"


def _number_text(value: Any, dtype: str) -> str:
    """Text of a 0-d array: the shortest that reads back as the number."""
    letter = {"float16": "e", "float32": "f"}.get(dtype)
    if letter is None or not math.isfinite(value):
        return str(value)
    texts = (f"{value:.{digits}g}" for digits in range(1, 18))
    same = struct.pack(letter, value)
    return str(float(next(text for text in texts if struct.pack(letter, float(text)) == same)))


def array_text(array: RemoteArray, prefix: str, end: str) -> str:
    """Return the text of an array; long ones are shown by their edges.

    Parameters
    ----------
    array : RemoteArray
    prefix, end : str
        What stands before and after the brackets.
    """
    elements = array.tolist()
    if not array.ndim and not prefix:
        return _number_text(elements, array.dtype)
    if array.size > _THRESHOLD:
        elements = _shortened(elements)
    texts = _texts(elements, _writer(elements))
    separator = ", " if prefix else " "
    body = _format(texts, _widest(texts) if array.ndim else 0, len(prefix), separator)
    usual = array.dtype in ("float64", "int64", "bool", "complex128") and array.size
    about = "" if usual or not prefix else f", dtype={array.dtype}"
    return f"{prefix}{body}{about}{end}"
