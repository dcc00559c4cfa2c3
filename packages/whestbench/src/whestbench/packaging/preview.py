"""What a participant sees before anything is packaged."""

from __future__ import annotations

import ast
import importlib.metadata
from pathlib import Path, PurePosixPath

from whestbench.packaging.selection import ENTRY_FILE, Selection

__all__ = ["preview_lines", "unreachable_modules", "version_notes"]


def preview_lines(selection: Selection) -> list[str]:
    """Files with sizes, what was dropped, and what looks wrong."""
    lines = [f"{name}  {selection.sizes[name]:,} bytes" for name in selection.files]
    lines.append(f"{len(selection.files)} files, {selection.total_bytes:,} bytes")
    lines += [f"left out, looks like a secret: {name}" for name in selection.secrets]
    lines += [f"left out, a symbolic link: {name}" for name in selection.links]
    lines += [
        f"note: {name} is not imported from {ENTRY_FILE}" for name in unreachable_modules(selection)
    ]
    lines += [f"note: {note}" for note in version_notes(selection.root)]
    return lines


def unreachable_modules(selection: Selection) -> list[str]:
    """Python files that no chain of import statements reaches from ``estimator.py``."""
    reached: set[str] = set()
    waiting = [ENTRY_FILE]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in selection.files:
            continue
        reached.add(name)
        waiting += _imported(name, selection)
    return [name for name in selection.files if name.endswith(".py") and name not in reached]


def _imported(name: str, selection: Selection) -> list[str]:
    try:
        source = selection.files[name].read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(source)))
    except (OSError, SyntaxError, ValueError):
        return []
    package = PurePosixPath(name).parent.parts
    found: list[tuple[str, ...]] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = base + tuple((node.module or "").split(".") if node.module else ())
            found.append(module)
            found += [(*module, alias.name) for alias in node.names]
    files = []
    for parts in found:
        for end in range(1, len(parts) + 1):  # importing a.b runs a/__init__.py too
            path = "/".join(parts[:end])
            files += [f"{path}.py", f"{path}/__init__.py"]
    return files


def version_notes(root: Path) -> list[str]:
    """Pins of ``requirements.txt`` that differ from what is installed."""
    path = root / "requirements.txt"
    if not path.is_file():
        return []
    from packaging.requirements import InvalidRequirement, Requirement

    notes = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.partition("#")[0].strip()
        if not text or text.startswith("-"):
            continue
        try:
            wanted = Requirement(text)
            installed = importlib.metadata.version(wanted.name)
        except InvalidRequirement:
            notes.append(f"requirements.txt: {text!r} is not understood")
            continue
        except importlib.metadata.PackageNotFoundError:
            notes.append(f"requirements.txt asks for {text}, which is not installed here")
            continue
        if not wanted.specifier.contains(installed, prereleases=True):
            notes.append(f"requirements.txt asks for {text}, installed is {installed}")
    return notes
