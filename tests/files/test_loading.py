"""Files that are damaged or hostile are refused by an error that names the member."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import WeightFileError

from .hostile_archives import BOMB, HOSTILE, WHOLE

FUZZ = Path(__file__).parents[2] / "tools" / "fuzz_load.py"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    data, member = HOSTILE[name]
    path = tmp_path / "weights.npz"
    path.write_bytes(data)
    with pytest.raises(WeightFileError) as caught:
        fnp.load(path)
    assert caught.value.member == member
    assert caught.value.file == path
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(WeightFileError):
        fnp.load(io.BytesIO(data))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files_are_read_as_numpy_reads_them(name: str) -> None:
    ours = fnp.load(io.BytesIO(WHOLE[name]))
    plain = np.load(io.BytesIO(WHOLE[name]))
    if isinstance(plain, np.ndarray):
        ours, plain = {"array": ours}, {"array": plain}
    for key, array in plain.items():
        if key == "__meta__":
            assert ours[key] == {"width": 2}
        elif key != "__symmetry__":
            assert isinstance(ours[key], flops.FlopscopeArray)
            assert ours[key].dtype == array.dtype
            assert ours[key].flags.f_contiguous == array.flags.f_contiguous
            np.testing.assert_array_equal(np.asarray(ours[key]), array)


def test_pickles_are_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> Any:
            return (open, (str(marker), "w"))

    path = tmp_path / "trap.npz"
    np.savez(path, allow_pickle=True, w=np.array([Trap()], object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        fnp.load(path)
    assert not marker.exists()


def test_the_limit_of_inflation_can_be_set() -> None:
    assert fnp.load(io.BytesIO(BOMB))["bad"].shape == (1_000_000,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", flops.errors.ConfigureNoOpWarning)
        flops.configure(archive_size_limit=100_000)
        try:
            with pytest.raises(WeightFileError, match=r"inflate to 1,000,128 bytes.*100,000"):
                fnp.load(io.BytesIO(BOMB))
        finally:
            flops.configure(archive_size_limit=4 * 2**30)


def test_a_missing_file_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fnp.load(tmp_path / "none.npz")
    with pytest.raises(IsADirectoryError):
        fnp.load(tmp_path)


@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0.2, 1.0),
)
@settings(max_examples=300, deadline=None)
def test_damage_never_raises_anything_else(
    name: str, edits: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(WHOLE[name])
    for where, value in edits:
        data[int(where * len(data))] = value
    with contextlib.suppress(WeightFileError):
        fnp.load(io.BytesIO(bytes(data[: int(kept * len(data))])))


def test_the_fuzz_target_runs() -> None:
    done = subprocess.run(
        [sys.executable, FUZZ, "--seconds", "2", "--seed", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "clean" in done.stdout
