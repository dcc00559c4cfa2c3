"""Requirement V4: the figures and what is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from flops_fit import Analysis, FitError, Law, Result, ScalingVisualizer, find_optimal


class Linear:
    def __init__(self, width: int) -> None:
        self.width = width

    def num_params(self) -> int:
        return 1000 * self.width


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    found = find_optimal(
        Linear,
        "width",
        compute_budgets=[1e17, 1e18, 1e19],
        mode="mock",
        mock_noise=0.005,
        output_dir=tmp_path_factory.mktemp("plots"),
        bootstrap=50,
        progress=False,
    )
    assert isinstance(found, Result)
    return found


def test_three_figures_and_their_files(result: Result) -> None:
    figures = result.plot()
    assert len(figures) == 3
    files = sorted(path.name for path in (result.output_dir / "plots").glob("*.png"))
    assert files == ["isoflop_curves.png", "loss_surface.png", "scaling_laws.png", "tokens_per_param.png"]
    for path in (result.output_dir / "plots").glob("*.png"):
        assert path.read_bytes()[:4] == b"\x89PNG"
        assert path.stat().st_size > 10_000
    panels = [ax for figure in figures for ax in figure.axes]
    assert len(panels) == 5
    assert all(ax.get_xscale() == ax.get_yscale() == "log" for ax in panels)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in panels)


def optima(ax: Axes) -> list[tuple[float, float]]:
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_gid() == "optimum"]


def test_one_optimum_is_marked_for_each_budget(result: Result) -> None:
    marked = optima(result.visualizer.plot_isoflop().axes[0])
    parabola = result.analysis.parabola
    assert parabola is not None
    assert marked == [(b.n_params, b.loss) for b in parabola.budgets]
    assert len(marked) == len(result.compute_budgets)


def test_flagged_budgets_have_no_mark_and_outliers_a_cross(tmp_path: Path) -> None:
    far = Law(1.8, 480, 2100, 0.35, 0.37)
    planned = {"mode": "mock", "output_dir": tmp_path, "bootstrap": 0, "progress": False, "mock_law": far}
    found = find_optimal(
        Linear, "width", compute_budgets=[1e17, 1e18, 1e19], tokens_per_param=2000.0, half_width=3.0, **planned
    )
    assert isinstance(found, Result)
    assert found.analysis.parabola is None  # all grids lie left of their optima
    assert optima(found.visualizer.plot_isoflop().axes[0]) == []
    assert len(found.plot()) == 3


def test_curves_laws_and_bands(result: Result) -> None:
    figure = result.visualizer.plot_scaling()
    fit = result.analysis.parametric
    assert fit is not None
    for ax, name in zip(figure.axes, ("n_params", "n_tokens", "loss"), strict=True):
        solid = next(line for line in ax.lines if line.get_label() == "surface (3)")
        best = fit.optimum(np.asarray(solid.get_xdata()))
        assert np.asarray(solid.get_ydata()) == pytest.approx(getattr(best, name))
        (band,) = ax.collections
        low, high = fit.optimum_intervals(float(solid.get_xdata()[0]))[name]
        edges = band.get_paths()[0].vertices[:, 1]
        assert edges.min() <= low < high <= edges.max()


def test_the_frontier_lies_on_the_surface(result: Result) -> None:
    ax = result.visualizer.plot_surface().axes[0]
    frontier = next(line for line in ax.lines if line.get_label() == "efficient frontier")
    n, d = frontier.get_data()
    assert 6 * np.asarray(n) * np.asarray(d) == pytest.approx(np.geomspace(5e16, 1e21, 60))


def test_nothing_to_draw(tmp_path: Path) -> None:
    empty = ScalingVisualizer(Analysis(refusals={"parametric": "no runs"}), [], tmp_path)
    with pytest.raises(FitError, match="no surface to draw: no runs"):
        empty.plot_surface()
    with pytest.raises(FitError, match="nothing to draw"):
        empty.plot_scaling()
