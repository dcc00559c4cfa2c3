"""Hugging Face hub traffic, through ``huggingface_hub``; imported at first use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from whestbench.dataset.schema import InvalidDatasetError, read_metadata

__all__ = [
    "fetch",
    "fetch_metadata",
    "is_hub_name",
    "missing_extra",
    "parse_hub_name",
    "publish_dataset",
    "unreachable",
]

_SCHEME = "hf://"
_REPO = re.compile(r"[\w.-]+/[\w.-]+")


def missing_extra(name: str) -> ImportError:
    """What is said when a package of the extra ``hub`` is not installed."""
    return ImportError(f"this needs {name}: pip install 'whestbench[hub]'")


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise missing_extra("huggingface_hub") from error
    return huggingface_hub


def is_hub_name(source: str | Path) -> bool:
    """Whether a source is on the hub: an ``hf://`` name, or ``owner/repo`` that is no path here."""
    text = str(source)
    if text.startswith(_SCHEME):
        return True
    if isinstance(source, Path) or text.startswith(("./", "../", "/", "~")):
        return False
    return bool(_REPO.fullmatch(text)) and not Path(text).exists()


def parse_hub_name(source: str, revision: str | None = None) -> tuple[str, str | None]:
    """Repository and revision of ``hf://owner/repo[@revision]`` or ``owner/repo``.

    Raises
    ------
    InvalidDatasetError
        For a name of another form, or two revisions that differ.
    """
    repo, _, pinned = source.removeprefix(_SCHEME).partition("@")
    if not _REPO.fullmatch(repo):
        raise InvalidDatasetError(f"{source!r} is not of the form hf://owner/repo[@revision]")
    if pinned and revision and pinned != revision:
        raise InvalidDatasetError(f"{source!r} names another revision than {revision!r}")
    return repo, revision or pinned or None


def fetch(
    source: str,
    *,
    revision: str | None = None,
    token: str | None = None,
    folder: Path | None = None,
    split: str | None = None,
) -> Path:
    """Download a dataset repository.

    Parameters
    ----------
    source : str
        Name of the repository.
    revision, token : str, optional
    folder : pathlib.Path, optional
        Where to put it; the hub's cache by default.
    split : str, optional
        Only this split's data.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InvalidDatasetError
        When it cannot be had, or is no dataset of ours.
    """
    hub = _hub()
    repo, revision = parse_hub_name(source, revision)
    data = f"data/{split}-*" if split else "data/*"
    prepared = f"prepared/{split}/*" if split else "prepared/*"
    try:
        found = hub.snapshot_download(
            repo_id=repo,
            repo_type="dataset",
            revision=revision,
            token=token,
            local_dir=str(folder) if folder is not None else None,
            allow_patterns=["metadata.json", "README.md", data, prepared],
        )
    except Exception as error:
        raise unreachable(repo, revision, error) from error
    read_metadata(Path(found))
    return Path(found)


def fetch_metadata(repo: str, revision: str | None, token: str | None) -> Any:
    """The ``metadata.json`` of a repository, unchecked."""
    hub = _hub()
    try:
        path = hub.hf_hub_download(
            repo, "metadata.json", repo_type="dataset", revision=revision, token=token
        )
    except Exception as error:
        raise unreachable(repo, revision, error) from error
    return json.loads(Path(path).read_text(encoding="utf-8"))


def unreachable(repo: str, revision: str | None, error: Exception) -> InvalidDatasetError:
    """What is said when a repository cannot be had."""
    at = f" at revision {revision}" if revision else ""
    first = (str(error).strip().splitlines() or [""])[0]
    return InvalidDatasetError(
        f"{repo}{at} could not be fetched from the hub ({type(error).__name__}: {first}); check "
        "the name, the revision and the token"
    )


def publish_dataset(
    folder: str | Path,
    *,
    repo_id: str,
    tag: str | None = None,
    token: str | None = None,
    private: bool = False,
    message: str | None = None,
) -> str:
    """Upload a dataset folder to the hub.

    Parameters
    ----------
    folder : path
        A complete dataset; a part is refused.
    repo_id : str
        ``owner/repo``; made when it is not there.
    tag : str, optional
        Given to the uploaded state.
    token : str, optional
    private : bool
        Of a new repository.
    message : str, optional
        Of the commit.

    Returns
    -------
    str
        Address of the commit.

    Raises
    ------
    InvalidDatasetError
        For a folder that is no complete dataset, before anything is sent.
    """
    from whestbench.dataset.local import LocalDataset

    folder = Path(folder)
    splits = read_metadata(folder).get("splits")
    for split in splits or [None]:
        LocalDataset(folder, split)
    hub = _hub()
    if not _REPO.fullmatch(repo_id):
        raise InvalidDatasetError(f"{repo_id!r} is not of the form owner/repo")
    api = hub.HfApi(token=token)
    api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
    commit = api.upload_folder(
        repo_id=repo_id,
        repo_type="dataset",
        folder_path=str(folder),
        commit_message=message or "Upload dataset",
    )
    if tag is not None:
        api.create_tag(repo_id, repo_type="dataset", tag=tag)
    return str(commit.commit_url)
