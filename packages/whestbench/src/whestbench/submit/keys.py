"""The API key: from the command line, the environment, or a file that only its owner reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError

__all__ = ["find_key", "key_file", "store_key"]

_NAME = "aicrowd_api_key"


def key_file() -> Path:
    """``aicrowd-cli/config.toml`` under the user's configuration folder."""
    folder = platformdirs.user_config_path("aicrowd-cli", appauthor=False, roaming=True)
    return folder / "config.toml"


def find_key(given: str | None = None) -> str | None:
    """The key given, else ``AICROWD_API_KEY``, else the stored one.

    Raises
    ------
    ValueError
        When the file cannot be read as TOML.
    """
    if given:
        return given.strip()
    environment = os.environ.get("AICROWD_API_KEY", "").strip()
    if environment:
        return environment
    stored = _read().get(_NAME)
    return str(stored).strip() or None if stored else None


def store_key(key: str) -> Path:
    """Store a key; other entries of the file are kept. Mode 0600 from the first byte on."""
    path = key_file()
    document = _read()
    document[_NAME] = key
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return path


def _read() -> tomlkit.TOMLDocument:
    path = key_file()
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no readable TOML ({error}); mend or remove it") from error
