"""Text of arrays, as NumPy prints them, made from nested lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopscope.remote.client.array import RemoteArray

__all__ = ["array_text"]

_WIDTH = 75
_THRESHOLD = 1_000
_EDGE = 3


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value and not 1e-4 <= abs(value) < 1e16:
        return f"{value:.8g}"
    text = f"{value:.8f}".rstrip("0")
    return text


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, complex):
        sign = "-" if value.imag < 0 else "+"
        return f"{_float(value.real)}{sign}{_float(abs(value.imag))}j"
    return _float(value) if isinstance(value, float) else str(value)


def _texts(cells: Any, shorten: bool) -> Any:
    if not isinstance(cells, list):
        return _cell(cells)
    if shorten and len(cells) > 2 * _EDGE:
        start, end = cells[:_EDGE], cells[-_EDGE:]
        return [*(_texts(c, shorten) for c in start), "...", *(_texts(c, shorten) for c in end)]
    return [_texts(c, shorten) for c in cells]


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
    depth, probe = 0, texts
    while isinstance(probe, list) and probe:
        depth += 1
        probe = next((t for t in probe if isinstance(t, list)), None)
    between = separator.rstrip() + "\n" * max(1, depth - 1) + " " * (indent + 1)
    return "[" + between.join(_format(t, width, indent + 1, separator) for t in texts) + "]"


def array_text(array: RemoteArray, prefix: str, end: str) -> str:
    """Return the text of an array; long ones are shown by their edges.

    Parameters
    ----------
    array : RemoteArray
    prefix, end : str
        What stands before and after the brackets.
    """
    texts = _texts(array.tolist(), array.size > _THRESHOLD)
    separator = ", " if prefix else " "
    body = _format(texts, _widest(texts) if array.ndim else 0, len(prefix), separator)
    usual = array.dtype in ("float64", "int64", "bool", "complex128") and array.size
    about = "" if usual or not prefix else f", dtype={array.dtype}"
    return f"{prefix}{body}{about}{end}"
