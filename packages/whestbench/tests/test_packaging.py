"""What travels, what never does, and archives that lie."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whestbench.limits import MAX_SUBMISSION_BYTES
from whestbench.packaging import (
    PackagingError,
    extract_archive,
    package_submission,
    select_files,
    unreachable_modules,
    verify_archive,
    version_notes,
)

ESTIMATOR = (
    "from whestbench import BaseEstimator\n"
    "class Mine(BaseEstimator):\n    def predict(self, mlp, budget): return 0\n"
)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "sub"
    root.mkdir()
    (root / "estimator.py").write_text(ESTIMATOR, encoding="utf-8")
    return root


def put(root, *names, text="x"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_folder_travels_but_for_what_never_does(folder):
    kept = ["estimator.py", "helper.py", "pack/__init__.py", "requirements.txt", "weights.npz"]
    put(folder, *[name for name in kept if name != "estimator.py"])
    put(
        folder,
        *(".git/config .hg/x .svn/x .venv/x venv/x env/x __pycache__/a.pyc a.pyc b.pyo "
          ".mypy_cache/x .pytest_cache/x .ruff_cache/x .ipynb_checkpoints/x .DS_Store a.tar.gz "
          "b.tgz c.zip pack/__pycache__/d.pyc manifest.json").split(),
    )  # fmt: skip
    put(folder, ".gitignore", text="*.log\n# comment\n\nnotes/\n")
    put(folder, ".whestignore", text="deep/*.txt\n")
    put(folder, "a.log", "pack/b.log", "notes/n.md", "pack/notes/m.md", "deep/c.txt")
    os.symlink(folder / "helper.py", folder / "link.py")
    selection = select_files(folder)
    assert list(selection.files) == sorted(kept)
    assert selection.links == ["link.py"]
    assert select_files(folder / "estimator.py").files == selection.files


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".ENV", ".env.local", "a.pem", "B.KEY", "x.p12", "x.pfx", "x.keystore", "x.jks",
        "id_rsa", "id_rsa.pub", "ID_ED25519", "id_dsa", "id_ecdsa.bak", ".netrc", ".pypirc",
        ".npmrc", ".aws/config", ".ssh/known", ".gnupg/x", "credentials", "Credentials.json",
        "deep/er/.env", "deep/secret.pem",
    ],
)  # fmt: skip
def test_secrets_never_travel_and_are_named(folder, name):
    put(folder, name)
    selection = select_files(folder)
    assert list(selection.files) == ["estimator.py"]
    assert len(selection.secrets) == 1
    assert name.startswith(selection.secrets[0].rstrip("/"))


def test_archive_and_manifest(folder, tmp_path):
    put(folder, "weights.bin", text="w" * 1000)
    path = package_submission(folder / "estimator.py", output=tmp_path / "a.tar.gz")
    manifest = verify_archive(path)
    assert manifest["entrypoint"] == {"module": "estimator", "class": "Mine"}
    assert (manifest["schema_version"], manifest["api_version"]) == ("1.0", "2.0")
    assert set(manifest) == set(
        "schema_version api_version entrypoint python files created_at_utc packager_version "
        "whestbench_version flopscope_version python_version numpy_version".split()
    )
    assert manifest["files"][1] == {
        "name": "weights.bin",
        "sha256": hashlib.sha256(b"w" * 1000).hexdigest(),
    }
    with tarfile.open(path) as tar:
        assert sorted(tar.getnames()) == ["estimator.py", "manifest.json", "weights.bin"]
    extract_archive(path, tmp_path / "out")
    assert (tmp_path / "out" / "estimator.py").read_text(encoding="utf-8") == ESTIMATOR
    with pytest.raises(PackagingError, match="not empty"):
        extract_archive(path, tmp_path / "out")


def test_one_file_alone(folder, tmp_path):
    put(folder, "other.py")
    path = package_submission(folder / "estimator.py", single_file=True, output=tmp_path / "a.tgz")
    assert [item["name"] for item in verify_archive(path)["files"]] == ["estimator.py"]
    renamed = folder / "mine.py"
    renamed.write_text(ESTIMATOR, encoding="utf-8")
    package_submission(renamed, single_file=True, output=tmp_path / "b.tgz")
    assert verify_archive(tmp_path / "b.tgz")["entrypoint"]["module"] == "estimator"
    with pytest.raises(PackagingError, match="--single-file"):
        select_files(renamed)


def test_caps(folder):
    put(folder, *(f"f{i}.txt" for i in range(49)))
    assert len(select_files(folder).files) == 50
    put(folder, "one_more.txt")
    with pytest.raises(PackagingError, match="51 files") as caught:
        select_files(folder)
    assert caught.value.code == "PACKAGING_TOO_LARGE"
    for path in folder.glob("*.txt"):
        path.unlink()
    for name, size in (("a.bin", MAX_SUBMISSION_BYTES), ("b.bin", 10), ("c.bin", 9), ("d.bin", 8)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    with pytest.raises(
        PackagingError, match=r"largest: a\.bin .* b\.bin|largest: a\.bin"
    ) as caught:
        select_files(folder)
    assert "d.bin" not in str(caught.value)


def test_what_cannot_be_packaged_leaves_nothing(folder, tmp_path):
    with pytest.raises(PackagingError, match="does not exist"):
        select_files(tmp_path / "no")
    with pytest.raises(PackagingError, match=r"holds no estimator\.py"):
        select_files(tmp_path)
    put(folder, ".whestignore", text="est*\n")
    with pytest.raises(PackagingError, match=r"hides estimator\.py"):
        select_files(folder)
    put(folder, ".whestignore", text="!keep\n")
    with pytest.raises(PackagingError, match="negation"):
        select_files(folder)
    (folder / ".whestignore").unlink()
    (folder / "estimator.py").write_text("import nothing_like_this\n", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(RuntimeError, match="nothing_like_this"):
        package_submission(folder, output=out / "a.tar.gz")
    assert list(out.iterdir()) == []


def test_modules_that_nothing_imports_are_told(folder):
    (folder / "estimator.py").write_text(
        "import a\nfrom pack.sub import thing\n" + ESTIMATOR, encoding="utf-8"
    )
    put(folder, "a.py", text="def f():\n    from b import g\n")
    put(folder, "b.py", "lonely.py", "pack/alone.py", text="")
    put(folder, "pack/__init__.py", text="from . import near\n")
    put(folder, "pack/near.py", "pack/sub.py", text="from .far import x\n")
    put(folder, "pack/far.py", text="")
    assert unreachable_modules(select_files(folder)) == ["lonely.py", "pack/alone.py"]


def test_versions_that_differ_are_told(folder):
    put(folder, "requirements.txt", text="numpy==0.1  # old\nno-such-thing>=1\npytest\n???\n-r x\n")
    notes = version_notes(folder)
    assert len(notes) == 3
    assert "numpy==0.1" in notes[0]
    assert "not installed" in notes[1]
    assert "not understood" in notes[2]


# --- archives that others made ------------------------------------------------------------------


def make(path, members, manifest=None):
    """An archive with the given members: (name, bytes) or a TarInfo."""
    files = {m[0]: m[1] for m in members if isinstance(m, tuple)}
    if manifest is None:
        manifest = {
            "schema_version": "1.0",
            "entrypoint": {"module": "estimator", "class": "Mine"},
            "files": [
                {"name": n, "sha256": hashlib.sha256(d).hexdigest()} for n, d in files.items()
            ],
        }
    with tarfile.open(path, "w:gz") as tar:
        for member in [*members, ("manifest.json", json.dumps(manifest).encode())]:
            if isinstance(member, tuple):
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
            else:
                tar.addfile(member)
    return path


GOOD = ("estimator.py", ESTIMATOR.encode())


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([GOOD, ("../out.py", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, ("/etc/x", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, ("a/../../x", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, ("a\\..\\x", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, ("C:x", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, ("./x", b"")], "ARCHIVE_UNSAFE_PATH"),
        ([GOOD, special("l", tarfile.SYMTYPE, "/etc/passwd")], "ARCHIVE_UNSAFE_MEMBER"),
        ([GOOD, special("l", tarfile.LNKTYPE, "estimator.py")], "ARCHIVE_UNSAFE_MEMBER"),
        ([GOOD, special("f", tarfile.FIFOTYPE)], "ARCHIVE_UNSAFE_MEMBER"),
        ([GOOD, special("d", tarfile.CHRTYPE)], "ARCHIVE_UNSAFE_MEMBER"),
        ([GOOD, special("d", tarfile.DIRTYPE)], "ARCHIVE_UNSAFE_MEMBER"),
        ([GOOD, GOOD], "ARCHIVE_DUPLICATE"),
        ([GOOD, ("a", b""), ("a/b", b"")], "ARCHIVE_DUPLICATE"),
        ([GOOD, ("a/b", b""), ("a", b"")], "ARCHIVE_DUPLICATE"),
        ([GOOD, *((f"f{i}", b"") for i in range(60))], "ARCHIVE_TOO_LARGE"),
        ([("other.py", b"")], "ARCHIVE_ENTRY_MISSING"),
    ],
)
def test_unsafe_archives(tmp_path, members, code):
    path = make(tmp_path / "a.tar.gz", members)
    with pytest.raises(PackagingError) as caught:
        extract_archive(path, tmp_path / "out")
    assert caught.value.code == code
    assert not (tmp_path / "out").exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema_version": "2.0"}, "ARCHIVE_MANIFEST"),
        ({"entrypoint": None}, "ARCHIVE_MANIFEST"),
        ({"entrypoint": {"module": "../x", "class": "A"}}, "ARCHIVE_MANIFEST"),
        ({"entrypoint": {"module": "estimator", "class": "A; import os"}}, "ARCHIVE_MANIFEST"),
        ({"files": []}, "ARCHIVE_FILES"),
        ({"files": [{"name": "estimator.py", "sha256": "0" * 64}]}, "ARCHIVE_DIGEST"),
        ({"files": [{"name": "estimator.py"}]}, "ARCHIVE_MANIFEST"),
        ({"files": "all"}, "ARCHIVE_MANIFEST"),
    ],
)
def test_manifests_that_lie(tmp_path, change, code):
    manifest = {
        "schema_version": "1.0",
        "entrypoint": {"module": "estimator", "class": "Mine"},
        "files": [{"name": GOOD[0], "sha256": hashlib.sha256(GOOD[1]).hexdigest()}],
        **change,
    }
    path = make(tmp_path / "a.tar.gz", [GOOD], manifest)
    with pytest.raises(PackagingError) as caught:
        verify_archive(path)
    assert caught.value.code == code


def test_bombs_are_not_unpacked(tmp_path):
    bomb = tmp_path / "bomb.tar.gz"
    header = tarfile.TarInfo("estimator.py")
    header.size = 2**34
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        for _ in range(80):
            file.write(bytes(2**20))
    assert bomb.stat().st_size < 2**20
    with pytest.raises(PackagingError) as caught:
        verify_archive(bomb)
    assert caught.value.code == "ARCHIVE_TOO_LARGE"
    # A header that claims a long name, of which there are 80 megabytes.
    info = tarfile.TarInfo("x")
    info.type = tarfile.GNUTYPE_LONGNAME
    info.size = 80 * 2**20
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        file.write(b"a" * info.size)
    with pytest.raises(PackagingError) as caught:
        verify_archive(bomb)
    assert caught.value.code == "ARCHIVE_TOO_LARGE"


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=60)
def test_any_bytes_give_a_typed_error(tmp_path_factory, data, cut):
    folder = tmp_path_factory.mktemp("bytes")
    good = make(folder / "good.tar.gz", [GOOD]).read_bytes()
    for content in (data, gzip.compress(data), good[: min(cut, len(good) - 20)]):
        path = folder / "a.tar.gz"
        path.write_bytes(content)
        with pytest.raises(PackagingError):
            verify_archive(path)


# --- commands -----------------------------------------------------------------------------------


def test_package_command(whest, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(folder, ".env", "helper.py")
    ran = whest("package", "--estimator", folder / "estimator.py", "--json")
    assert ran.status == 0
    path = ran.json["artifact_path"]
    assert path.startswith("submission-")
    assert path.endswith(".tar.gz")
    assert whest("validate-package", path).status == 0
    plain = whest(
        "package", "--estimator", folder, "--output", tmp_path / "b.tar.gz", "--approach", "x"
    )
    assert plain.status == 0
    assert "looks like a secret: .env" in plain.err
    assert "helper.py is not imported" in plain.err
    assert "--approach is ignored" in plain.err
    assert "the folder" in plain.err
    missing = whest("package", "--estimator", tmp_path / "no", "--json")
    assert (missing.status, missing.json["error"]["code"]) == (1, "PACKAGING_NOT_FOUND")
    bad = tmp_path / "bad.tar.gz"
    bad.write_text("no archive", encoding="utf-8")
    ran = whest("validate-package", bad, "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "ARCHIVE_DAMAGED")


def test_declining_writes_nothing(whest, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("whestbench.cli.package_options.confirmed", lambda *a, **k: False)
    ran = whest("package", "--estimator", folder, "--output", tmp_path / "x.tar.gz")
    assert ran.status == 0
    assert not (tmp_path / "x.tar.gz").exists()
