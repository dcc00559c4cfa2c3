"""Saving is whole or not at all, and what comes back is what went in."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import WeightFileError

_DTYPES = (
    "bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "complex64 complex128"
).split()
_arrays = st.sampled_from(_DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)


@given(_arrays, st.sampled_from("CF"), st.booleans())
@settings(deadline=None)
def test_round_trip(array: Any, order: str, compressed: bool) -> None:
    given_array = fnp.array(np.asarray(array, order=order))
    stream = io.BytesIO()
    (fnp.savez_compressed if compressed else fnp.savez)(stream, a=given_array)
    back = fnp.load(io.BytesIO(stream.getvalue()))["a"]
    assert back.dtype == given_array.dtype
    assert back.shape == given_array.shape
    assert back.flags.f_contiguous == given_array.flags.f_contiguous
    assert back.flags.writeable
    assert np.asarray(back).tobytes() == np.asarray(given_array).tobytes()
    single = io.BytesIO()
    fnp.save(single, given_array)
    assert single.getvalue() == _numpys(given_array)


def _numpys(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=False)
    return stream.getvalue()


def test_files_cost_nothing(tmp_path: Path) -> None:
    with flops.BudgetContext(flop_budget=1, quiet=True) as budget:
        fnp.savez(tmp_path / "a", w=fnp.ones(1000), __meta__={"k": [1, None]})
        loaded = fnp.load(tmp_path / "a.npz")
    assert loaded["__meta__"] == {"k": [1, None]}
    assert budget.flops_used == 0
    assert [record.op_name for record in budget.op_log] == ["ones"]
    assert budget.flopscope_backend_time_s > 0.0


def test_symmetry_is_kept_and_bills_as_before(tmp_path: Path) -> None:
    group = flops.SymmetryGroup.cyclic(axes=(0, 1, 2))
    tagged = flops.symmetrize(np.arange(27.0).reshape(3, 3, 3), symmetry=group)
    fnp.savez(tmp_path / "s.npz", tagged=tagged, ones=fnp.ones((2, 2)), plain=[1.0])
    loaded = fnp.load(tmp_path / "s.npz")
    assert set(loaded) == {"tagged", "ones", "plain"}
    assert loaded["tagged"].symmetry == group
    assert loaded["plain"].symmetry is None
    with flops.BudgetContext(flop_budget=100, quiet=True) as budget:
        loaded["tagged"] + 1.0
    assert budget.flops_used == 11
    # Inferred tags are inferred again: they vanish silently.
    fnp.savez(tmp_path / "again.npz", **loaded)
    again = fnp.load(tmp_path / "again.npz")["ones"]
    again[0, 1] = 5.0
    assert again.symmetry is None


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    fnp.savez(tmp_path / "a.npz", w=fnp.eye(3), b=fnp.zeros(2, dtype="int8"))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as plain:
        np.testing.assert_array_equal(plain["w"], np.eye(3))
        assert plain["b"].dtype == np.int8
    np.savez(tmp_path / "b.npz", w=np.eye(2))
    assert fnp.load(tmp_path / "b.npz")["w"].shape == (2, 2)


def test_equal_arrays_make_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        fnp.savez_compressed(tmp_path / name, w=fnp.ones(5), __meta__={"a": 1})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("value", [np.array([{}], object), np.array(["a"]), [[1], [1, 2]]])
def test_other_dtypes_are_refused_before_anything_is_written(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    fnp.savez(path, w=1.0)
    before = path.read_bytes()
    with pytest.raises(WeightFileError) as caught:
        fnp.savez(path, good=1.0, bad=value)
    assert caught.value.member == "bad"
    with pytest.raises(WeightFileError):
        fnp.save(tmp_path / "b.npy", value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "", "C:a", "a\\b", "a\0b", "__symmetry__"])
def test_names_that_are_paths_are_refused(name: str) -> None:
    with pytest.raises(WeightFileError):
        fnp.savez(io.BytesIO(), **{name: 1.0})


def test_names_of_groups_are_kept() -> None:
    stream = io.BytesIO()
    fnp.savez(stream, **{"encoder/w": 1.0, "é.0": 2.0})
    assert set(fnp.load(io.BytesIO(stream.getvalue()))) == {"encoder/w", "é.0"}


@pytest.mark.parametrize(
    ("meta", "error", "match"),
    [
        ([1], ValueError, "must be a JSON-serializable dict"),
        ({"a": {1, 2}}, TypeError, "not JSON serializable"),
        ({"a": np.float32(1)}, TypeError, "not JSON serializable"),
    ],
)
def test_meta_is_a_dict_of_json(meta: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        fnp.savez(io.BytesIO(), __meta__=meta)


# ---------------------------------------------------------------------------------- atomic files


def test_suffixes_are_numpys(tmp_path: Path) -> None:
    fnp.save(str(tmp_path / "a"), 1.0)
    fnp.save(tmp_path / "b.npy", 1.0)
    fnp.savez(os.fsencode(tmp_path / "c.x"), w=1.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npy", "b.npy", "c.x.npz"]


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.npz"
    link = tmp_path / "link.npz"
    fnp.savez(real, w=1.0)
    real.chmod(0o640)
    link.symlink_to(real)
    fnp.savez(link, w=2.0)
    assert link.is_symlink()
    assert float(fnp.load(real)["w"]) == 2.0
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_an_error_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    fnp.savez(path, w=1.0)
    calls = []
    write_array = np.lib.format.write_array

    def failing(*args: Any, **kwargs: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write_array(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", failing)
    with pytest.raises(OSError, match="No space"):
        fnp.savez(path, w=2.0, v=3.0)
    assert len(calls) == 2
    assert float(fnp.load(path)["w"]) == 1.0
    assert list(tmp_path.iterdir()) == [path]


def test_being_killed_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    fnp.savez(path, w=1.0)
    program = f"""
        import os
        import numpy as np
        import flopscope.numpy as fnp
        write_array = np.lib.format.write_array
        def dying(stream, array, **kwargs):
            write_array(stream, array, **kwargs)
            if array.size > 1:
                os._exit(9)
        np.lib.format.write_array = dying
        fnp.savez({str(path)!r}, w=2.0, v=[3.0, 4.0], u=5.0)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == 9
    assert float(fnp.load(path)["w"]) == 1.0
    assert len(list(tmp_path.iterdir())) == 2  # the half-written file lies beside it
    fnp.savez(path, w=3.0)
    assert float(fnp.load(path)["w"]) == 3.0
