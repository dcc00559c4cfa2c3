"""Datasets: what is written, read back, sliced, joined and refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

import whestbench
from whestbench import MLP, SCHEMA_VERSION, InvalidDatasetError
from whestbench.dataset import (
    CorruptDatasetError,
    IncompatibleDatasetError,
    IncompleteDatasetError,
    OverlappingDatasetError,
    combine_split_datasets,
    create_dataset,
    iter_mlps,
    load_dataset,
    merge_datasets,
    metadata,
    mlp_at,
)
from whestbench.dataset.local import LocalDataset
from whestbench.naming import unique_names
from whestbench.scoring import ContestSpec, evaluate_estimator, make_contest_from_dataset
from whestbench.truth import layer_statistics

from .rounding import sampling_tolerances

SEEDS = [2**62 + 5, 17, 3, 3000000000, 12345]
SHAPE = {"n_mlps": 5, "n_samples": 1500, "width": 6, "depth": 2}


@pytest.fixture(scope="module")
def baked(tmp_path_factory):
    """A set of five networks; tests copy it before they damage it."""
    folder = tmp_path_factory.mktemp("sets") / "full"
    return create_dataset(output_path=folder, mlp_seeds=SEEDS, **SHAPE)


def rows(folder, split=None, **options):
    return list(LocalDataset(folder, split, **options).file.rows())


def same(a, b):
    for left, right in zip(a, b, strict=True):
        assert left["mlp_id"] == right["mlp_id"]
        assert left["mlp_name"] == right["mlp_name"]
        assert left["avg_variance"] == right["avg_variance"]
        for key in ("weights", "all_layer_means", "final_means"):
            assert left[key].tobytes() == right[key].tobytes()


def test_rows_follow_protocol_3(baked):
    estimator_seeds = []
    for index, row in enumerate(rows(baked)):
        weights, samples, estimator = np.random.SeedSequence(SEEDS[index]).spawn(3)
        rng = np.random.default_rng(weights)
        drawn = [
            (rng.standard_normal((6, 6)) * np.sqrt(2 / 6)).astype(np.float32) for _ in range(2)
        ]
        assert row["weights"].tobytes() == np.stack(drawn).tobytes()
        assert (row["mlp_id"], row["mlp_seed"]) == (index, SEEDS[index])
        truth = layer_statistics(MLP(6, 2, drawn), 1500, samples)
        assert row["all_layer_means"].tobytes() == truth.means.tobytes()
        assert row["final_means"].tobytes() == truth.final.tobytes()
        assert row["avg_variance"] == truth.avg_variance
        assert json.loads(row["sampling_budget_breakdown"])["flops_used"] > 0
        estimator_seeds.append(int(estimator.generate_state(1)[0]))
    assert [row["mlp_name"] for row in rows(baked)] == unique_names(estimator_seeds)


def defined_row(seed, width, depth, n):
    """A row as the protocol defines it: weights, means, variance, the estimator's seed."""
    weights, samples, estimator = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.default_rng(weights)
    drawn = [
        (rng.standard_normal((width, width)) * np.sqrt(2 / width)).astype(np.float32)
        for _ in range(depth)
    ]
    rng = np.random.default_rng(samples)
    size = max(1024, min(16384, 2**20 // width))
    sums, squares = np.zeros((depth, width)), np.zeros(width)
    for start in range(0, n, size):
        h = rng.standard_normal((min(size, n - start), width), dtype=np.float32)
        for layer, matrix in enumerate(drawn):
            h = np.maximum(h @ matrix, np.float32(0))
            wide = h.astype(np.float64)
            sums[layer] += wide.sum(axis=0)
        squares += (wide * wide).sum(axis=0)
    means = (sums / n).astype(np.float32)
    variance = np.mean(squares / n - means[-1].astype(np.float64) ** 2)
    return np.stack(drawn), means, variance, int(estimator.generate_state(1)[0])


@pytest.mark.parametrize(("width", "depth", "n"), [(8, 3, 500), (16, 4, 3000), (64, 5, 40_000)])
def test_baked_rows_are_those_of_the_definition(width, depth, n, tmp_path):
    seeds = [0, 1, 2**63 - 1, 987654321]
    folder = create_dataset(
        n_mlps=4, n_samples=n, width=width, depth=depth, mlp_seeds=seeds, output_path=tmp_path / "s"
    )
    estimator_seeds = []
    for seed, row in zip(seeds, rows(folder), strict=True):
        weights, means, variance, estimator = defined_row(seed, width, depth, n)
        estimator_seeds.append(estimator)
        assert row["mlp_seed"] == seed
        assert row["weights"].tobytes() == weights.tobytes()
        # The sums are the same float64; the order of additions within a product is up to BLAS.
        of_means, of_variance = sampling_tolerances(means, variance, n)
        assert (np.abs(row["all_layer_means"].astype(np.float64) - means) <= of_means).all()
        assert row["final_means"].tobytes() == row["all_layer_means"][-1].tobytes()
        assert abs(row["avg_variance"] - variance) <= of_variance
    assert [mlp.seed for mlp in iter_mlps(load_dataset(folder))] == estimator_seeds
    assert [row["mlp_name"] for row in rows(folder)] == unique_names(estimator_seeds)


def test_metadata(baked):
    found = json.loads((baked / "metadata.json").read_text(encoding="utf-8"))
    assert set(found) == set(
        "schema_version format backend seed_protocol created_at_utc split config n_mlps n_samples "
        "width depth hardware whestbench_version flopscope_version".split()
    )
    assert found["schema_version"] == SCHEMA_VERSION == "3.0"
    assert found["format"] == "hf-datasets-parquet"
    assert found["seed_protocol"] == {"name": "whestbench_explicit_per_mlp_seeds", "version": "3.0"}
    assert (found["backend"], found["split"], found["config"]) == ("flopscope", "public", "default")
    assert sorted(path.name for path in baked.iterdir()) == ["README.md", "data", "metadata.json"]
    assert (baked / "data" / "public-00000-of-00001.parquet").is_file()
    assert "data/public-*.parquet" in (baked / "README.md").read_text(encoding="utf-8")


def test_column_types(baked):
    schema = pq.read_schema(baked / "data" / "public-00000-of-00001.parquet")
    types = {field.name: str(field.type) for field in schema}
    assert types["mlp_id"] == "int32"
    assert types["mlp_seed"] == "int64"
    assert types["avg_variance"] == "double"
    assert "fixed_size_list" in types["final_means"]


def test_hugging_face_types(baked):
    import datasets

    loaded = load_dataset(baked)
    assert isinstance(loaded, datasets.Dataset)
    assert loaded.features["weights"] == datasets.Array3D((2, 6, 6), "float32")
    assert loaded.features["all_layer_means"] == datasets.Array2D((2, 6), "float32")
    assert metadata(loaded)["n_mlps"] == 5
    assert metadata(loaded.select([1, 2]), "public")["n_samples"] == 1500
    networks = list(iter_mlps(loaded))
    for mlp, row in zip(networks, rows(baked), strict=True):
        assert mlp.seed == whestbench.MLP.from_row(row, "3.0").seed != row["mlp_seed"]
        assert np.stack([np.asarray(w) for w in mlp.weights]).tobytes() == row["weights"].tobytes()
    assert mlp_at(loaded, 3).name == networks[3].name
    assert mlp_at(loaded, -1).name == networks[4].name
    with pytest.raises(InvalidDatasetError, match="carries no whestbench metadata"):
        metadata(datasets.Dataset.from_dict({"a": [1]}))


def test_slices_are_those_of_the_whole_and_merge_to_it(baked, tmp_path):
    parts = []
    for k in range(3):
        part = (k * 5 // 3, (k + 1) * 5 // 3)
        folder = create_dataset(
            output_path=tmp_path / f"p{k}", mlp_seeds=SEEDS, mlp_range=part, **SHAPE
        )
        parts.append(folder)
        same(rows(folder, allow_partial=True), rows(baked)[slice(*part)])
        found = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
        assert (found["is_partial"], found["mlp_range"]) == (True, list(part))
        assert (found["total_n_mlps"], found["n_mlps"]) == (5, part[1] - part[0])
    with pytest.raises(InvalidDatasetError, match=r"is a part.*whest dataset merge"):
        load_dataset(parts[0])
    merged = merge_datasets([parts[2], parts[0], parts[1]], output_dir=tmp_path / "merged")
    same(rows(merged), rows(baked))
    found = json.loads((merged / "metadata.json").read_text(encoding="utf-8"))
    assert found["partials_count"] == 3
    assert len(found["hardware_fingerprints"]) == 1
    assert "merged_at_utc" in found
    assert "is_partial" not in found
    with pytest.raises(IncompleteDatasetError, match="networks 1 to 2 are missing"):
        merge_datasets([parts[0], parts[2]], output_dir=tmp_path / "x")
    with pytest.raises(IncompleteDatasetError, match="networks 3 to 4 are missing"):
        merge_datasets(parts[:2], output_dir=tmp_path / "x")
    with pytest.raises(OverlappingDatasetError):
        merge_datasets([*parts, parts[1]], output_dir=tmp_path / "x")
    with pytest.raises(IncompatibleDatasetError, match="whole set"):
        merge_datasets([baked], output_dir=tmp_path / "x")
    with pytest.raises(FileExistsError):
        merge_datasets(parts, output_dir=merged)
    other = create_dataset(
        output_path=tmp_path / "o", mlp_seeds=[9, 8, 7, 6, 5], mlp_range=(3, 5), **SHAPE
    )
    with pytest.raises(IncompatibleDatasetError, match="mlp_seeds_sha256"):
        merge_datasets([*parts[:2], other], output_dir=tmp_path / "x")
    longer = create_dataset(
        output_path=tmp_path / "l",
        mlp_seeds=SEEDS,
        mlp_range=(3, 5),
        **{**SHAPE, "n_samples": 1501},
    )
    with pytest.raises(IncompatibleDatasetError, match="n_samples 1501"):
        merge_datasets([*parts[:2], longer], output_dir=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_splits(baked, tmp_path):
    holdout = create_dataset(
        output_path=tmp_path / "h", mlp_seeds=[4, 5], split="hold-out", **{**SHAPE, "n_mlps": 2}
    )
    both = combine_split_datasets(
        [baked, holdout], output_dir=tmp_path / "both", default_split="hold-out"
    )
    found = json.loads((both / "metadata.json").read_text(encoding="utf-8"))
    assert {name: entry["n_mlps"] for name, entry in found["splits"].items()} == {
        "public": 5,
        "hold-out": 2,
    }
    assert "n_mlps" not in found
    assert found["prepared_splits"]["public"] == {
        "path": "prepared/public",
        "format": "save_to_disk",
    }
    same(rows(both, "public"), rows(baked))
    same(rows(both), rows(holdout))  # the default split
    loaded = load_dataset(both)
    assert set(loaded) == {"public", "hold-out"}
    assert metadata(loaded, "hold-out")["n_mlps"] == 2
    assert load_dataset(both, split="public").num_rows == 5
    assert mlp_at(loaded["hold-out"], 0).width == 6
    with pytest.raises(InvalidDatasetError, match="pick one"):
        list(iter_mlps(loaded))
    with pytest.raises(InvalidDatasetError, match="no split 'nope'"):
        load_dataset(both, split="nope")
    bare = combine_split_datasets(
        [baked, holdout], output_dir=tmp_path / "bare", write_prepared_arrow=False
    )
    assert not (bare / "prepared").exists()
    with pytest.raises(InvalidDatasetError, match="no default"):
        LocalDataset(bare)
    with pytest.raises(OverlappingDatasetError):
        combine_split_datasets([baked, baked], output_dir=tmp_path / "x")
    with pytest.raises(IncompatibleDatasetError, match="several splits"):
        combine_split_datasets([both], output_dir=tmp_path / "x")
    with pytest.raises(InvalidDatasetError, match="default split 'z'"):
        combine_split_datasets([baked], output_dir=tmp_path / "x", default_split="z")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"seed": 1}, TypeError, "no seed="),
        ({"colour": 1}, TypeError, "colour"),
        ({"mlp_seeds": [1, 1, 2, 3, 4]}, ValueError, "repeats"),
        ({"mlp_seeds": [True, 1, 2, 3, 4]}, TypeError, "integers"),
        ({"mlp_range": (0, 2)}, ValueError, "needs mlp_seeds"),
        ({"mlp_range": (3, 3), "mlp_seeds": SEEDS}, ValueError, "no part of 0 to 5"),
        ({"split": "Public"}, ValueError, "split 'Public'"),
        ({"config": "a--b"}, ValueError, "config 'a--b'"),
        ({"n_samples": 0}, ValueError, "n_samples"),
        ({"width": 2.5}, ValueError, "width"),
    ],
)
def test_create_refuses_before_any_work(tmp_path, change, error, message):
    with pytest.raises(error, match=message):
        create_dataset(output_path=tmp_path / "x", **{**SHAPE, **change})
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_and_an_interruption_leave_no_trace(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError):
        create_dataset(output_path=tmp_path / "there", **SHAPE)

    def interrupt(event):
        if event["mlp_index"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_dataset(output_path=tmp_path / "new", progress=interrupt, **SHAPE)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def edit(folder, **changes):
    path = folder / "metadata.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        if value is None:
            found.pop(key)
        else:
            found[key] = value
    path.write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": "2.0"}, "schema version '2.0'"),
        ({"format": "npz"}, "format 'npz'"),
        ({"seed_protocol": {"name": "x", "version": "9"}}, "unknown seed protocol"),
        ({"seed": 4}, "tells a seed"),
        ({"hardware": {"deep": [{"seed": 4}]}}, "tells a seed"),
        ({"n_mlps": 4}, "holds 5 networks"),
        ({"width": 7}, "holds 72 numbers"),
        ({"n_samples": None}, "n_samples"),
        ({"split": "../../etc"}, "not a name"),
        ({"split": "other"}, "is missing"),
        ({"splits": {}}, "lists no splits"),
        ({"splits": {"public": {"n_mlps": 5}}, "default_split": "q"}, "default split 'q'"),
        (
            {"seed_protocol": {"name": "whestbench_seedsequence_hierarchy", "version": "2.0"}},
            "tells no seed",
        ),
    ],
)
def test_wrong_metadata_is_told(baked, tmp_path, changes, message):
    folder = tmp_path / "set"
    shutil.copytree(baked, folder)
    edit(folder, **changes)
    with pytest.raises(InvalidDatasetError, match=message):
        rows(folder)


def test_protocol_2_is_read(baked, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(baked, folder)
    protocol = {"name": "whestbench_seedsequence_hierarchy", "version": "2.0"}
    edit(folder, seed_protocol=protocol, seed=77)
    assert [mlp.seed for mlp in iter_mlps(LocalDataset(folder))] == SEEDS
    assert mlp_at(load_dataset(folder), 1).seed == SEEDS[1]


@pytest.mark.parametrize("damage", ["cut", "text", "gone", "nan"])
def test_damaged_data_is_told(baked, tmp_path, damage):
    folder = tmp_path / "set"
    shutil.copytree(baked, folder)
    path = folder / "data" / "public-00000-of-00001.parquet"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-50])
    elif damage == "text":
        path.write_text("no parquet", encoding="utf-8")
    elif damage == "gone":
        path.unlink()
    else:
        data = path.read_bytes()
        first = rows(baked)[0]["weights"].tobytes()
        broken = np.full(72, np.nan, np.float32).tobytes()
        assert first in data
        path.write_bytes(data.replace(first, broken))
    with pytest.raises(CorruptDatasetError):
        rows(folder)


def test_other_things_than_datasets(tmp_path):
    old = tmp_path / "old.npz"
    old.write_bytes(b"")
    with pytest.raises(InvalidDatasetError, match=r"before version 3\.0"):
        LocalDataset(old)
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(InvalidDatasetError, match="is a file"):
        LocalDataset(file)
    with pytest.raises(InvalidDatasetError, match="does not exist"):
        LocalDataset(tmp_path / "no")
    with pytest.raises(InvalidDatasetError, match=r"no metadata\.json"):
        LocalDataset(tmp_path)
    with pytest.raises(InvalidDatasetError, match="local folder"):
        load_dataset(tmp_path, streaming=True)


@pytest.mark.parametrize("as_hf", [False, True])
def test_contest_of_a_dataset(baked, as_hf):
    dataset = load_dataset(baked) if as_hf else LocalDataset(baked)
    spec = ContestSpec(1, 1, 1, 10**9, 1)
    data = make_contest_from_dataset(spec, dataset, n_mlps=3)
    assert (data.spec.width, data.spec.n_mlps, data.spec.ground_truth_samples) == (6, 3, 1500)

    class Truth:
        answers = iter(data.all_layer_targets)

        def predict(self, mlp, budget):
            return next(self.answers)

    results = evaluate_estimator(Truth(), data)
    assert results["all_layers_mse"] == 0
    assert (
        results["breakdowns"]["sampling"]["flops_used"]
        == 3 * json.loads(rows(baked)[0]["sampling_budget_breakdown"])["flops_used"]
    )


# --- commands -----------------------------------------------------------------------------------


def test_bake_commands(whest, baked, tmp_path):
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(map(str, SEEDS)), encoding="utf-8")
    common = ["--n-mlps", 5, "--n-samples", 1500, "--width", 6, "--depth", 2]
    full = tmp_path / "full"
    ran = whest("dataset", "bake", *common, "--output", full, "--mlp-seeds", seeds)
    assert ran.status == 0
    assert "5 networks" in ran.out
    assert "[bake] sampling_ground_truth" in ran.err
    same(rows(full), rows(baked))
    seeds.write_text(json.dumps(SEEDS), encoding="utf-8")
    for name, option in (("a", ["--slice", "0/2"]), ("b", ["--mlp-range", "2-4"])):
        arguments = ["--output", tmp_path / name, "--mlp-seeds", seeds, *option]
        assert whest("dataset", "bake", *common, *arguments).status == 0
    ran = whest("dataset", "info", tmp_path / "a")
    assert "networks 0 to 1 of 5" in ran.out
    ran = whest("dataset", "merge", tmp_path / "b", tmp_path / "a", "--output", tmp_path / "m")
    assert ran.status == 0
    same(rows(tmp_path / "m"), rows(baked))
    ran = whest(
        "dataset", "combine-splits", tmp_path / "m", "--output", tmp_path / "c",
        "--skip-prepared-arrow",
    )  # fmt: skip
    assert ran.status == 0
    assert whest("dataset", "prepare-arrow", tmp_path / "c").status == 0
    assert (tmp_path / "c" / "prepared" / "public").is_dir()
    info = whest("dataset", "info", tmp_path / "c").out
    assert "whestbench_explicit_per_mlp_seeds 3.0" in info
    assert "split public: 5 networks" in info
    again = whest("dataset", "bake", *common, "--output", full)
    assert again.status == 1
    assert again.err.startswith("Error: ")
    assert "exists" in again.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--slice", "2/2"],
        ["--slice", "x"],
        ["--mlp-range", "3-2"],
        ["--mlp-range", "0-5"],
        ["--slice", "0/2", "--mlp-range", "0-1"],
        ["--slice", "0/2"],
        ["--device", "cpu"],
        ["--n-mlps", "0"],
    ],
)
def test_bake_usage(whest, tmp_path, arguments):
    common = ["--n-mlps", 5, "--n-samples", 10, "--width", 2, "--depth", 1]
    ran = whest("dataset", "bake", *common, "--output", tmp_path / "x", *arguments)
    assert ran.status == 2
    assert not (tmp_path / "x").exists()


def test_old_command_points_to_the_new_one(whest):
    ran = whest("create-dataset", "--n-mlps", "5", "--seed", "1")
    assert ran.status == 2
    assert "whest dataset bake" in ran.err


def test_run_with_a_dataset(whest, write_estimator, baked):
    path = write_estimator("return fnp.zeros((mlp.depth, mlp.width))")
    ran = whest("run", "--estimator", path, "--dataset", baked, "--n-mlps", 9, "--json")
    assert ran.status == 0
    assert "has 5 networks, fewer than 9" in ran.err
    config = ran.json["run_config"]
    assert (config["n_mlps"], config["width"], config["depth"]) == (5, 6, 2)
    assert config["dataset"]["path"] == str(baked)
    assert len(config["dataset"]["sha256"]) == 64
    assert config["ground_truth_samples"] == 1500
    names = [row["mlp_name"] for row in ran.json["results"]["per_mlp"]]
    assert names == [row["mlp_name"] for row in rows(baked)]
    worker = whest(
        "run", "--estimator", path, "--dataset", baked, "--json", "--runner", "subprocess"
    ).json
    assert worker["results"]["final_layer_mse"] == ran.json["results"]["final_layer_mse"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "owner/repo"], "--revision"),
        (["--dataset", "./nothing"], "does not exist"),
        (["--dataset", "SET", "--streaming"], "local path"),
        (["--dataset", "SET", "--revision", "v1"], "local path"),
        (["--dataset", "SET", "--split", "zz"], "no split 'zz'"),
        (["--dataset", "SET", "--width", "9"], "width 6, not 9"),
    ],
)
def test_run_with_a_bad_dataset(whest, write_estimator, baked, arguments, said):
    arguments = [baked if argument == "SET" else argument for argument in arguments]
    ran = whest("run", "--estimator", write_estimator(), *arguments, "--json")
    assert ran.status == 1
    assert ran.json["error"]["stage"] == "dataset"
    assert said in ran.json["error"]["message"]
