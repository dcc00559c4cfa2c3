"""Files and modules of a client, on its own file system."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops

from .servers import Server


@pytest.mark.parametrize(
    "values",
    [np.arange(6.0).reshape(2, 3), np.array(3.5), np.zeros((0, 2), "int8"), np.array([True]),
     np.array([1 + 2j]), np.arange(3, dtype="uint16"), np.ones(2, "float16")],
    ids=str,
)  # fmt: skip
def test_numpys_files_are_read_and_written(client: Any, tmp_path: Path, values: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(100, quiet=True) as budget:
        np.save(tmp_path / "in.npy", values)
        x = np_.load(str(tmp_path / "in.npy"))
        assert (x.shape, x.dtype, x.tolist()) == (values.shape, str(values.dtype), values.tolist())
        np_.save(str(tmp_path / "out"), x)
        again = np.load(tmp_path / "out.npy")
        assert again.dtype == values.dtype
        assert np.array_equal(again, values)
        np_.savez_compressed(str(tmp_path / "two"), a=x, b=[1, 2], __meta__={"n": 3})
        both = np_.load(str(tmp_path / "two.npz"))
        assert (both["b"].tolist(), both["__meta__"]) == ([1, 2], {"n": 3})
        assert np.array_equal(np.load(tmp_path / "two.npz")["a"], values)
        assert budget.flops_used == 0


def _npy(**changes: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, changes.get("values", np.arange(4.0)))
    data = stream.getvalue()
    for old, new in changes.get("replace", ()):
        assert old in data
        data = data.replace(old, new)
    return data[: changes.get("length", len(data))]


_REFUSED = {
    "magic": (_npy(replace=[(b"NUMPY", b"NUMPX")]), "bad magic"),
    "truncated": (_npy(length=-1), "truncated"),
    "short header": (_npy(length=30), "truncated"),
    "version": (_npy(replace=[(b"NUMPY\x01", b"NUMPY\x03")]), "version"),
    "fortran": (_npy(values=np.asfortranarray(np.ones((2, 3)))), "Fortran"),
    "big-endian": (_npy(values=np.arange(3, dtype=">i4")), "big-endian"),
    "text": (_npy(values=np.array(["a"])), "numeric"),
    "shape": (_npy(replace=[(b"(4,)", b"(-4,)")]), "truncated|shape|header"),
    "empty": (b"", "bad magic"),
    "zip": (b"PK\x03\x04" + b"\0" * 40, "whole archive"),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_damaged_files_are_refused(client: Any, tmp_path: Path, name: str) -> None:
    data, pattern = _REFUSED[name]
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with client.BudgetContext(100, quiet=True), pytest.raises(ValueError, match=pattern):
        client.numpy.load(str(path))


def test_archives_have_a_limit(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\0" * (101 * 2**20))
    with client.BudgetContext(100, quiet=True):
        with pytest.raises(ValueError, match="more than"):
            client.numpy.load(str(path))
        with pytest.raises(TypeError, match="str"):
            client.numpy.load(path)
        with pytest.raises(ValueError, match="path out of the archive"):
            client.numpy.savez(str(path), **{"../a": [1.0]})


def test_modules_are_those_of_the_library(server: Server, tmp_path: Path) -> None:
    program = """
        import sys
        import flopscope as flops, flopscope.numpy as fnp

        class Linear(flops.Module):
            def __init__(self, width):
                self.width = width
                self.weight = fnp.ones((width, width + 1))
                self.parts = [fnp.zeros(2)]
            def config(self):
                return {"width": self.width}

        with flops.BudgetContext(10**6, quiet=True) as budget:
            model = Linear(3)
            model.weight = model.weight * 2.0
            model.save("model.npz")
            again = Linear.from_file("model.npz")
            assert again.weight.tolist() == model.weight.tolist()
            assert sorted(again.state_dict()) == ["parts.0", "weight"]
            try:
                again.load_state_dict({"weight": model.weight})
            except ValueError as error:
                assert "missing" in str(error)
            assert budget.flops_used == 12
        assert "numpy" not in sys.modules
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "FLOPSCOPE_SERVER_URL": server.url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(tmp_path / "model.npz")["weight"], np.full((3, 4), 2.0))


def test_the_library_of_the_process_is_as_before(client: Any) -> None:
    flops.remote.disconnect()
    with flops.BudgetContext(10, quiet=True):
        assert isinstance(flops.numpy.ones(3), flops.FlopscopeArray)
    assert flops.Module.__module__ == "flopscope.module"
