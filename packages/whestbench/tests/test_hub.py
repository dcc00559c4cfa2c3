"""Upload and download through `huggingface_hub`, against a hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from whestbench.dataset import InvalidDatasetError, create_dataset
from whestbench.dataset.hub import is_hub_name, parse_hub_name

from .fake_hub import serving


@pytest.mark.parametrize(
    ("source", "revision", "expected"),
    [
        ("hf://me/set", None, ("me/set", None)),
        ("hf://me/set@v1", None, ("me/set", "v1")),
        ("hf://me/set@v1", "v1", ("me/set", "v1")),
        ("me/set", "v2", ("me/set", "v2")),
    ],
)
def test_names(source, revision, expected):
    assert parse_hub_name(source, revision) == expected


@pytest.mark.parametrize("source", ["hf://me", "hf://a/b/c", "hf:///x", "hf://me/set@v1"])
def test_bad_names(source):
    with pytest.raises(InvalidDatasetError):
        parse_hub_name(source, "v2")


def test_paths_come_before_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_hub_name("me/set")
    (tmp_path / "me" / "set").mkdir(parents=True)
    assert not is_hub_name("me/set")
    assert not is_hub_name("./me/other")
    assert is_hub_name("hf://me/set")


def whest(tmp_path, endpoint, *arguments):
    # The address of the hub is read when its library is imported, so in a process of its own.
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "whestbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
    )


def test_up_and_down(tmp_path, write_estimator):
    made = create_dataset(
        output_path=tmp_path / "set", n_mlps=2, n_samples=100, width=4, depth=2, mlp_seeds=[1, 2]
    )
    with serving() as (hub, endpoint):
        up = whest(
            tmp_path, endpoint, "dataset", "upload", made, "--repo", "me/set", "--tag", "v1",
            "--token", "hf_x", "--private",
        )  # fmt: skip
        assert up.returncode == 0, up.stderr
        assert "/commit/" in up.stdout
        assert hub.tags == ["v1"]
        assert hub.private is True
        assert "Bearer hf_x" in hub.tokens
        assert hub.files["metadata.json"] == (made / "metadata.json").read_bytes()
        target = tmp_path / "down"
        down = whest(
            tmp_path, endpoint, "dataset", "download", "me/set", "--output", target,
            "--revision", "v1",
        )  # fmt: skip
        assert down.returncode == 0, down.stderr
        for name in ("metadata.json", "data/public-00000-of-00001.parquet"):
            assert (target / name).read_bytes() == (made / name).read_bytes()
        info = whest(tmp_path, endpoint, "dataset", "info", "hf://me/set@v1")
        assert "split public: 2 networks" in info.stdout, info.stderr
        ran = whest(
            tmp_path, endpoint, "run", "--estimator", write_estimator(), "--dataset",
            "hf://me/set@v1", "--json",
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        streamed = whest(
            tmp_path, endpoint, "run", "--estimator", write_estimator(), "--dataset",
            "hf://me/set@v1", "--json", "--streaming", "--n-mlps", 1,
        )  # fmt: skip
        assert streamed.returncode == 0, streamed.stdout + streamed.stderr
        first = json.loads(ran.stdout)["results"]["per_mlp"][:1]
        again = json.loads(streamed.stdout)["results"]["per_mlp"]
        assert [r["final_layer_mse"] for r in first] == [r["final_layer_mse"] for r in again]
        missing = whest(
            tmp_path, endpoint, "dataset", "download", "me/none", "--output", tmp_path / "n"
        )
        assert missing.returncode == 1
        assert missing.stderr.count("\n") <= 2
        assert "could not be fetched" in missing.stderr


def test_a_part_is_not_uploaded(whest, tmp_path):
    part = create_dataset(
        output_path=tmp_path / "part", n_mlps=2, n_samples=10, width=4, depth=2,
        mlp_seeds=[1, 2], mlp_range=(0, 1),
    )  # fmt: skip
    ran = whest("dataset", "upload", part, "--repo", "me/set")
    assert ran.status == 1
    assert "is a part" in ran.err
