"""Requirements A1 and A3, and section 4: what real runs consume, record and survive."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset, TensorDataset  # noqa: E402

from flops_fit import (  # noqa: E402
    DatasetTooSmallWarning,
    PlanError,
    PlanOptions,
    ProgressEvent,
    Result,
    RunRecord,
    SweepPlanner,
    TrainingRunner,
    TrainSettings,
    check_model,
    find_optimal,
    measure_speed,
)
from flops_fit.batches import EmptyDatasetError  # noqa: E402
from flops_fit.train import DivergedError, pick_device, train  # noqa: E402
from toy import INPUTS, MLP, OUTPUTS, Counting, CountingStream, Poisoned, teacher_data  # noqa: E402

BUDGETS = [2e7, 4e7, 8e7]
pytestmark = pytest.mark.filterwarnings("ignore::flops_fit.DatasetTooSmallWarning")


def teacher(count: int = 100_000, seed: int = 0) -> TensorDataset:
    return TensorDataset(*teacher_data(count, seed))


def sweep(path: Path, **options: Any) -> Result:
    given = {
        "model_cls": MLP,
        "model_size_param": "width",
        "dataset": teacher(),
        "loss_fn": nn.MSELoss(),
        "compute_budgets": [4e6, 8e6],
        "runs_per_budget": 3,
        "half_width": 3.0,
        "output_dir": path,
        "bootstrap": 0,
        "progress": False,
    }
    result = find_optimal(**{**given, **options})
    assert isinstance(result, Result)
    return result


def test_teacher_and_student_end_to_end(tmp_path: Path) -> None:
    result = sweep(
        tmp_path,
        compute_budgets=BUDGETS,
        runs_per_budget=7,
        half_width=8.0,
        validation=teacher(2000, seed=1),
        bootstrap=200,
        lr=1e-2,
    )
    assert len(result.records) == 21
    assert all(r.completed and r.val_loss == r.loss and r.device.startswith(("cpu", "cuda")) for r in result.records)
    # Equal compute for all models of a budget: the largest does not simply win.
    for compute in result.compute_budgets:
        grid = [r for r in result.records if r.experiment.compute_budget == compute]
        assert min(grid, key=lambda r: r.loss or 9) is not grid[-1]
    best = [min(r.loss or 9 for r in result.records if r.experiment.compute_budget == c) for c in sorted(BUDGETS)]
    assert best[0] > best[-1] > 0.09  # falls, towards the noise of the targets
    assert result.analysis.method == "parametric"
    p = result.predict(1e9)
    assert 0.05 < p["expected_loss"] < best[0]
    assert len(result.plot()) == 3


def expected_draws(record: RunRecord, batch: int) -> int:
    return math.ceil(record.experiment.num_tokens / batch) * batch


@pytest.mark.parametrize("batch", [32, 7])
def test_a_map_dataset_gives_exactly_what_was_planned(tmp_path: Path, batch: int) -> None:
    data = Counting(500)
    result = sweep(tmp_path, dataset=data, batch_size=batch)
    assert len(data.drawn) == sum(expected_draws(r, batch) for r in result.records)
    for record in result.records:
        assert record.tokens == expected_draws(record, batch)
        assert record.flops == 6 * record.experiment.num_params * record.tokens
        assert record.epochs == record.tokens / 500
    # Shuffled passes: nothing twice before everything once.
    assert sorted(data.drawn[:500]) == list(range(500))
    assert data.drawn[:500] != list(range(500))
    assert data.drawn[500:1000] != data.drawn[:500]


def test_a_stream_gives_exactly_what_was_planned(tmp_path: Path) -> None:
    data = CountingStream(500)
    result = sweep(tmp_path, dataset=data)
    assert data.drawn == sum(expected_draws(r, 32) for r in result.records)
    assert all(r.epochs is None for r in result.records)


def test_a_loader_is_used_as_it_is(tmp_path: Path) -> None:
    data = Counting(480)
    result = sweep(tmp_path, dataset=DataLoader(data, batch_size=16, shuffle=False), batch_size=999)
    assert len(data.drawn) == sum(expected_draws(r, 16) for r in result.records)
    assert data.drawn[:480] == list(range(480))


def test_a_dataset_smaller_than_a_batch(tmp_path: Path) -> None:
    data = Counting(10)
    result = sweep(tmp_path, dataset=data)
    assert len(data.drawn) == sum(expected_draws(r, 32) for r in result.records)


def test_tokens_of_sequences(tmp_path: Path) -> None:
    class Bag(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.embed, self.out = nn.Embedding(10, width), nn.Linear(width, 10)

        def num_params(self) -> int:
            return sum(p.numel() for p in self.parameters())

        def forward(self, x: Any) -> Any:
            return self.out(self.embed(x)).transpose(1, 2)

    text = TensorDataset(torch.randint(0, 10, (300, 12)), torch.randint(0, 10, (300, 12)))
    loss = nn.CrossEntropyLoss()
    for given, per_sample in ((None, 12), (4, 4)):
        options = {"tokens_per_sample": given} if given else {}
        result = sweep(tmp_path / str(given), model_cls=Bag, dataset=text, loss_fn=loss, **options)
        for r in result.records:
            assert r.tokens == math.ceil(r.experiment.num_tokens / (32 * per_sample)) * 32 * per_sample


def test_any_other_batch_is_input_and_target() -> None:
    class Auto(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            return self.net(x)

    class Plain(Dataset):
        def __len__(self) -> int:
            return 64

        def __getitem__(self, index: int) -> Any:
            return torch.ones(4) * index

    for data in (Plain(), TensorDataset(torch.ones(64, 4)), DataLoader(Plain(), batch_size=32)):
        outcome = train(Auto, data, nn.MSELoss(), 128, TrainSettings())
        assert outcome.samples == 128


def test_seeds_decide_everything(tmp_path: Path) -> None:
    first = sweep(tmp_path / "a", seeds=(0, 1))
    second = sweep(tmp_path / "b", seeds=(0, 1))
    losses = [r.loss for r in first.records]
    assert losses == [r.loss for r in second.records]
    assert len(set(losses)) == len(losses) == 12
    assert [r.seed for r in first.records[:2]] == [0, 1]
    state = torch.random.get_rng_state()
    sweep(tmp_path / "c")
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_schedule_rises_and_falls() -> None:
    settings = TrainSettings(warmup=0.1, final_lr=0.05)
    rates = [settings.rate(step, 100) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0.05 < rates[-1] < 0.052
    assert settings.rate(0, 1) == 1.0


def test_a_models_own_groups_are_used() -> None:
    seen: list[float] = []

    class Own(MLP):
        def optimizer_groups(self, lr: float) -> list[dict[str, Any]]:
            seen.append(lr)
            first, *rest = self.parameters()
            return [{"params": [first], "lr": 0.0}, {"params": rest, "lr": lr}]

    kept: list[Own] = []

    def build() -> Own:
        kept.append(Own(32))
        kept.append(kept[-1])
        return kept[-1]

    torch.manual_seed(3)
    start = Own(32).net[0].weight.detach().clone()
    train(build, teacher(500), nn.MSELoss(), 640, TrainSettings(lr=0.01), seed=3)
    assert seen == [0.01]
    assert torch.equal(kept[0].net[0].weight, start)  # rate zero
    assert kept[0].net[2].weight.abs().sum() > 0

    class Forgetful(Own):
        def optimizer_groups(self, lr: float) -> list[dict[str, Any]]:
            return [{"params": list(self.parameters())[:1], "lr": lr}]

    with pytest.raises(ValueError, match="gave 1 parameters, the model trains 4"):
        train(lambda: Forgetful(8), teacher(64), nn.MSELoss(), 64, TrainSettings())


def test_records_tell_what_happened(tmp_path: Path) -> None:
    result = sweep(tmp_path)
    listed = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [RunRecord.from_dict(values) for values in listed] == result.records
    for r in result.records:
        assert r.seconds > 0
        assert r.peak_memory > 1e7
        assert r.curve[-1][0] == r.tokens
        assert len(r.curve) <= 100
        assert r.val_loss is None
        assert r.loss == r.train_loss
        assert r.curve[-1][1] == pytest.approx(r.loss, rel=0.5)


def test_failures_are_recorded_and_the_sweep_goes_on(tmp_path: Path) -> None:
    good = sweep(tmp_path / "good", model_cls=Poisoned)
    widths = [r.experiment.size_param_value for r in good.records]
    events: list[ProgressEvent] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = sweep(
            tmp_path / "bad",
            model_cls=Poisoned,
            model_kwargs={"nan_at": widths[1], "die_at": widths[5]},
            progress=events.append,
        )
    by_width = {r.experiment.size_param_value: r for r in result.records}
    assert by_width[widths[1]].status == "failed"
    assert "DivergedError: the training loss is nan after 32 tokens" in by_width[widths[1]].error
    assert by_width[widths[5]].error == "RuntimeError: out of luck"
    assert len(events) == 1 + len(widths)
    assert {o.index for o in result.outliers} == {i for i, w in enumerate(widths) if w in (widths[1], widths[5])}
    assert any("out of luck" in o.reason for o in result.outliers)
    assert sum(r.completed for r in result.records) == sum(w not in (widths[1], widths[5]) for w in widths)


def test_failed_runs_are_tried_again(tmp_path: Path) -> None:
    widths = [r.experiment.size_param_value for r in sweep(tmp_path / "x").records]
    luck = {"bad": True}

    class Moody(MLP):
        def forward(self, x: Any) -> Any:
            if luck["bad"] and self.net[0].out_features == widths[0]:
                raise RuntimeError("not today")
            return super().forward(x)

    assert sum(not r.completed for r in sweep(tmp_path / "y", model_cls=Moody).records) >= 1
    luck["bad"] = False
    events: list[ProgressEvent] = []
    result = sweep(tmp_path / "y", model_cls=Moody, progress=events.append)
    assert all(r.completed for r in result.records)
    assert 1 <= sum(e.record is not None for e in events) < len(result.records)


def test_resume_looks_at_plan_seed_and_settings(tmp_path: Path) -> None:
    def ran(**options: Any) -> int:
        events: list[ProgressEvent] = []
        sweep(tmp_path, progress=events.append, **options)
        return sum(event.record is not None for event in events)

    assert ran() == 6
    assert ran() == 0
    assert ran(lr=1e-2) == 6
    assert ran(seeds=(5,)) == 6
    assert ran(dataset=teacher(50_000)) == 6
    assert ran(loss_fn=nn.L1Loss()) == 6
    assert ran(compute_budgets=[4e6, 8e6, 9e6]) == 3
    assert ran(device="cpu", curve_points=50) == 0


def test_small_datasets_are_warned_of_and_refused(tmp_path: Path) -> None:
    with pytest.warns(DatasetTooSmallWarning, match="runs need more than the 500 tokens"):
        sweep(tmp_path / "known", dataset=TensorDataset(*teacher_data(500)))
    with pytest.warns(DatasetTooSmallWarning, match=r"read its dataset [\d.]+ times"):
        sweep(tmp_path / "unknown", dataset=Counting(500))
    with pytest.raises(PlanError, match="max_epochs allows 2"):
        sweep(tmp_path / "refused", dataset=TensorDataset(*teacher_data(500)), max_epochs=2)
    assert not (tmp_path / "refused").exists()
    with pytest.warns(DatasetTooSmallWarning, match="runs need more than the 500 tokens"):
        find_optimal(MLP, "width", dataset=TensorDataset(*teacher_data(500)), compute_budgets=[4e6], train=False)


def test_data_without_samples() -> None:
    empty = TensorDataset(torch.zeros(0, INPUTS), torch.zeros(0, OUTPUTS))
    for data in (empty, DataLoader(TensorDataset(*teacher_data(8)), batch_size=16, drop_last=True)):
        with pytest.raises(EmptyDatasetError):
            train(MLP, data, nn.MSELoss(), 100, TrainSettings())
    with pytest.raises(EmptyDatasetError):
        train(MLP, CountingStream(0), nn.MSELoss(), 100, TrainSettings())


def test_a_loss_that_is_no_scalar() -> None:
    with pytest.raises(TypeError, match="must return a scalar tensor"):
        train(MLP, teacher(64), nn.MSELoss(reduction="none"), 64, TrainSettings())


def test_a_model_of_another_size_than_planned(tmp_path: Path) -> None:
    family = check_model(MLP, "width")
    plan = SweepPlanner(MLP, "width", options=PlanOptions(runs_per_budget=3)).plan([4e6])

    class Grown(MLP):
        def num_params(self) -> int:
            return super().num_params() + 1

    other = type(family)(Grown, "width", {}, family.probe_size, True)
    records = TrainingRunner(other, teacher(), nn.MSELoss(), output_dir=tmp_path, progress=False).run(plan)
    assert all("were planned" in r.error for r in records)


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_half_precision(precision: str) -> None:
    full = train(MLP, teacher(3000), nn.MSELoss(), 9600, TrainSettings(lr=1e-2))
    half = train(MLP, teacher(3000), nn.MSELoss(), 9600, TrainSettings(lr=1e-2, precision=precision))
    assert half.loss != full.loss
    assert half.loss == pytest.approx(full.loss, rel=0.1)


def test_diverged_runs_raise() -> None:
    with pytest.raises(DivergedError, match="nan after 32 tokens"):
        train(lambda: Poisoned(8, nan_at=8), teacher(64), nn.MSELoss(), 640, TrainSettings())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0}, "lr must be positive"),
        ({"warmup": 1.5}, "warmup is a share"),
        ({"precision": "int8"}, "precision must be"),
        ({"tokens_per_sample": 0}, "tokens_per_sample"),
        ({"batch_size": 10, "processes": 3}, "does not divide among 3"),
    ],
)
def test_settings_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainSettings(**options)


def test_workers_and_seeds_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workers"):
        sweep(tmp_path, workers=0)
    with pytest.raises(ValueError, match="seeds must be distinct"):
        sweep(tmp_path, seeds=(1, 1))


def test_the_speed_of_a_sweep_is_measured() -> None:
    family = check_model(MLP, "width")
    plan = SweepPlanner(MLP, "width", options=PlanOptions(runs_per_budget=4)).plan([1e8])
    data = Counting(1000)
    per_token = measure_speed(plan, family, data, nn.MSELoss())
    assert len(data.drawn) == 3 * 6 * 32
    assert 1e-7 < per_token(5000) < 0.1
    assert plan.estimate_seconds(per_token) == pytest.approx(
        sum(e.num_tokens * per_token(e.num_params) for e in plan.experiments)
    )


def test_processes_of_a_node_take_its_gpus_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("cpu", 3) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [pick_device(None, slot).index for slot in range(4)] == [0, 1, 0, 1]
    assert pick_device("cuda:1", 0).index == 1
    assert pick_device("cuda", 1).index == 1
