"""Requirements V2 (mock, resume), A5 and A9: sweeps on a synthetic surface, and their results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import flops_fit
from flops_fit import Analysis, FitError, Law, ParametricFit, ProgressEvent, Result, ScalingLawAnalyzer, find_optimal
from planted import GOLDEN

BUDGETS = [1e18, 1e17, 1e19]


class Transformer:
    def __init__(self, width: int, depth: int = 4) -> None:
        self.width, self.depth = width, depth

    def num_params(self) -> int:
        return 12 * self.depth * self.width**2 + 300 * self.width


def mock(path: Path, **options: Any) -> Result:
    given = {"compute_budgets": BUDGETS, "mode": "mock", "output_dir": path, "bootstrap": 0, "progress": False}
    result = find_optimal(Transformer, "width", **{**given, **options})
    assert isinstance(result, Result)
    return result


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return mock(tmp_path_factory.mktemp("noisy"), mock_noise=0.003, bootstrap=200)


def test_the_planted_surface_is_found(tmp_path: Path) -> None:
    law = Law(1.69, 406.4, 410.7, 0.34, 0.28)
    result = mock(tmp_path, mock_law=law)
    assert result.analysis.parametric is not None
    assert result.analysis.parametric.constants == pytest.approx(law.constants, rel=1e-5)
    assert result.compute_budgets == [1e17, 1e18, 1e19]
    assert result.outliers == ()
    assert (tmp_path / "results.json").is_file()
    assert (
        json.loads((tmp_path / "analysis" / "scaling_laws.json").read_text(encoding="utf-8"))["parametric"]["E"] > 1.6
    )


def test_nothing_is_trained_or_read(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    from toy import Exploding

    def explode(outputs: Any, targets: Any) -> Any:
        raise AssertionError("a loss was computed")

    result = mock(tmp_path, dataset=Exploding(), loss_fn=explode)
    assert all(r.completed and r.device == "mock" for r in result.records)


def test_a_second_call_runs_nothing(tmp_path: Path) -> None:
    def ran(**options: Any) -> int:
        events: list[ProgressEvent] = []
        mock(tmp_path, progress=events.append, **options)
        return sum(event.record is not None for event in events)

    total = ran()
    assert total == 21
    assert ran() == 0
    assert ran(compute_budgets=[1e17, 1e18]) == 0
    assert ran(compute_budgets=[*BUDGETS, 1e20]) == 7
    assert ran(mock_noise=0.01) == 21
    assert ran(seeds=(0, 1)) == 21
    assert ran(model_kwargs={"depth": 5}) == 21
    assert ran(resume=False) == 21


def test_predictions_and_the_table_agree(noisy: Result) -> None:
    table = noisy.chinchilla_table()
    lines = table.splitlines()
    assert lines[0] == "| Compute Budget | Optimal N | Optimal D | D/N Ratio | Predicted Loss |"
    assert set(lines[1]) <= set("| -")
    assert len(lines) == 11
    assert lines[2].startswith("| 1.00e+18 |")
    assert lines[-1].startswith("| 1.00e+22 |")
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert re.fullmatch(r"\d\.\d\de\+\d\d", cells[0])
        compute = {f"{c:.2e}": c for c in (10 ** (18 + i / 2) for i in range(9))}[cells[0]]
        p = noisy.predict(compute)
        assert cells[1:] == [
            f"{p['optimal_params']:,}",
            f"{p['optimal_tokens']:,}",
            f"{p['tokens_per_param']:.1f}",
            f"{p['expected_loss']:.4f}",
        ]
    assert len(noisy.chinchilla_table([1e20]).splitlines()) == 3


@pytest.mark.parametrize("compute", [1e15, 1e18, 5.76e23])
def test_a_prediction_spends_the_budget(noisy: Result, compute: float) -> None:
    p = noisy.predict(compute)
    assert list(p) == ["target_compute", "optimal_params", "optimal_tokens", "expected_loss", "tokens_per_param"]
    assert type(p["optimal_params"]) is type(p["optimal_tokens"]) is int
    assert 6 * p["optimal_params"] * p["optimal_tokens"] == pytest.approx(compute, rel=1e-6)
    assert p["tokens_per_param"] == p["optimal_tokens"] / p["optimal_params"]
    for name, (low, high) in noisy.intervals(compute).items():
        assert low <= p[name] <= high
    assert set(noisy.intervals(compute)) == {*list(p)[1:]}


@pytest.mark.parametrize("case", GOLDEN["optimum_cases"], ids=lambda c: c["name"])
def test_the_table_of_known_constants(noisy: Result, case: dict[str, Any]) -> None:
    fit = ParametricFit.from_constants(**case["params"], flops_per_param_token=case["flops_per_param_token"])
    known = Result(Analysis(fit, flops_per_param_token=fit.flops_per_param_token), noisy.plan, [])
    rows = known.chinchilla_table([o["compute"] for o in case["optima"]]).splitlines()[2:]
    for want, row in zip(case["optima"], rows, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert int(cells[1].replace(",", "")) == pytest.approx(want["n_params"], rel=1e-9, abs=0.51)
        assert cells[4] == f"{want['loss']:.4f}"
        p = known.predict(want["compute"])
        assert p["expected_loss"] == pytest.approx(want["loss"], rel=1e-9)
        assert p["optimal_params"] == pytest.approx(want["n_params"], rel=1e-9, abs=0.51)


def test_save_and_load_keep_every_bit(noisy: Result, tmp_path: Path) -> None:
    path = noisy.save(tmp_path / "deep" / "result.json")
    again = Result.load(path)
    for compute in (1e15, 3.3e18, 1e22):
        assert again.predict(compute) == noisy.predict(compute)
        assert again.intervals(compute, level=0.8) == noisy.intervals(compute, level=0.8)
    assert again.chinchilla_table() == noisy.chinchilla_table()
    assert again.plan == noisy.plan
    assert again.records == noisy.records
    assert again.to_dict() == noisy.to_dict()
    assert again.analysis.comparison() == noisy.analysis.comparison()
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(ValueError, match="holds no saved result"):
        Result.load(path)
    path.write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(ValueError, match="format 99"):
        Result.load(path)


def test_three_approaches_side_by_side(noisy: Result) -> None:
    truth = 0.3658 / (0.3478 + 0.3658)
    analysis = noisy.analysis
    for fit in (analysis.parametric, analysis.parabola, analysis.envelope):
        assert fit is not None
        assert fit.n_exponent == pytest.approx(truth, abs=0.05)
    assert analysis.method == "parametric"
    assert analysis.comparison().count("\n") == 4


def test_the_analyzer_reads_results(noisy: Result) -> None:
    analyzer = ScalingLawAnalyzer(bootstrap=0).load_results(noisy.output_dir / "results.json")
    analysis = analyzer.analyze()
    assert analysis.parametric is not None
    assert noisy.analysis.parametric is not None
    assert analysis.parametric.constants == noisy.analysis.parametric.constants
    assert analyzer.predict(1e20) == noisy.analysis.optimum(1e20)
    optima = analyzer.find_optimal_per_budget()
    assert [o["compute_budget"] for o in optima] == [1e17, 1e18, 1e19]
    law = analyzer.fit_power_law([o["compute_budget"] for o in optima], [o["optimal_params"] for o in optima])
    assert law.exponent_a == pytest.approx(analysis.parabola.n_exponent if analysis.parabola else None, rel=1e-6)


def test_files_that_hold_no_results(tmp_path: Path) -> None:
    for text, message in (("{}", "no list of runs"), ('[{"a": 1}]', "no list of runs")):
        (tmp_path / "r.json").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            ScalingLawAnalyzer().load_results(tmp_path / "r.json")


def test_one_budget_still_has_a_result(tmp_path: Path) -> None:
    result = mock(tmp_path, compute_budgets=[1e18], granularity=1)
    assert "1 distinct compute budget" in result.analysis.refusals["parabola"]
    assert result.analysis.method == "parametric"


def test_without_any_fit_predictions_are_refused(noisy: Result) -> None:
    result = Result(ScalingLawAnalyzer(noisy.records[:3], bootstrap=0).analyze(), noisy.plan, noisy.records[:3])
    with pytest.raises(FitError, match=r"none of the approaches.*parametric: .*at least 5 runs"):
        result.predict(1e20)


def test_everything_public_exists() -> None:
    try:
        import torch  # noqa: F401
    except ImportError:
        pytest.skip("torch is installed with WITH_TORCH=1")
    assert all(hasattr(flops_fit, name) for name in flops_fit.__all__)
    assert dir(flops_fit) == sorted(flops_fit.__all__)
