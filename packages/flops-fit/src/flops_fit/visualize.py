"""Plots of a sweep: iso-FLOP curves, optima against compute, and the loss surface."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogFormatterSciNotation,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    ScalarFormatter,
)

from .analysis import APPROACHES, Analysis
from .errors import FitError
from .store import RunRecord

_LABELS = {"parametric": "surface (3)", "parabola": "parabolas (2)", "envelope": "envelope (1)"}
_STYLES = {"parametric": "-", "parabola": "--", "envelope": ":"}
_COLOURS = {"parametric": "#1f4e9c", "parabola": "#c1440e", "envelope": "#4a7c2a"}


class ScalingVisualizer:
    """Draws what an analysis found.

    Parameters
    ----------
    analysis : Analysis
        Fits.
    records : sequence of RunRecord
        The runs that were fitted; failed ones are not drawn.
    plot_dir : path
        Where `plot_all` saves its figures.
    """

    def __init__(self, analysis: Analysis, records: Sequence[RunRecord], plot_dir: str | os.PathLike[str]) -> None:
        self.analysis, self.records, self.plot_dir = analysis, list(records), Path(plot_dir)
        completed = [(i, r) for i, r in enumerate(self.records) if r.completed and r.loss is not None and r.loss > 0]
        self._index = np.array([i for i, _ in completed], dtype=int)
        self._n = np.array([r.experiment.num_params for _, r in completed], dtype=float)
        self._d = np.array([r.tokens for _, r in completed], dtype=float)
        self._loss = np.array([r.loss for _, r in completed], dtype=float)
        self._compute = np.array([r.experiment.compute_budget for _, r in completed], dtype=float)
        removed = {o.index for o in analysis.outliers if o.removed}
        self._out = np.array([i in removed for i in self._index], dtype=bool)

    def plot_all(self, show: bool = False) -> list[Figure]:
        """The three figures of `Result.plot`; they and the surface are saved as PNG."""
        figures = {
            "isoflop_curves": self.plot_isoflop(show=show),
            "scaling_laws": self.plot_scaling(show=show),
            "tokens_per_param": self.plot_ratio(show=show),
        }
        saved = dict(figures)
        if self.analysis.parametric is not None:
            saved["loss_surface"] = self.plot_surface(show=show)
        self.plot_dir.mkdir(parents=True, exist_ok=True)
        for name, figure in saved.items():
            figure.savefig(self.plot_dir / f"{name}.png", dpi=150)
        if show:
            from matplotlib import pyplot

            pyplot.show()
        return list(figures.values())

    def plot_isoflop(self, *, show: bool = False) -> Figure:
        """Loss against parameters: a curve for each budget, its vertex as a star, outliers as crosses."""
        figure, axes = _figure(show, 1, (7.5, 5.0))
        ax = axes[0]
        budgets = np.unique(self._compute)
        colour = _budget_colours(budgets)
        for compute in budgets:
            here = (self._compute == compute) & ~self._out
            ax.plot(self._n[here], self._loss[here], "o", ms=4, color=colour(compute), label=f"{compute:.1e}")
        if self._out.any():
            low, high = _reach(self._loss[~self._out])
            shown = np.clip(self._loss[self._out], low, high)
            ax.plot(self._n[self._out], shown, "x", ms=7, mew=1.6, color="0.35", label="left out")
        self._draw_parabolas(ax, colour)
        _log_axes(ax, "Parameters N", "Loss")
        if len(self._loss[~self._out]):
            ax.set_ylim(*_reach(self._loss[~self._out]))
        _plain_ticks(ax)
        ax.set_title("Iso-FLOP curves")
        ax.legend(title="FLOPs", fontsize=8, ncols=1, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return figure

    def plot_scaling(self, *, show: bool = False) -> Figure:
        """Optimal parameters, tokens and loss against compute, with bootstrap bands."""
        figure, axes = _figure(show, 3, (14.0, 4.4))
        c = self._compute_range()
        names = (("n_params", "Optimal parameters N*"), ("n_tokens", "Optimal tokens D*"), ("loss", "Loss L*"))
        for ax, (name, title) in zip(axes, names, strict=True):
            self._draw_vertices(ax, name)
            self._draw_laws(ax, c, lambda optimum, name=name: getattr(optimum, name))
            self._draw_band(ax, c, name)
            _log_axes(ax, "Compute C (FLOPs)", title)
        _plain_ticks(axes[2])
        axes[0].legend(fontsize=8)
        figure.suptitle(self._title())
        return figure

    def plot_ratio(self, *, show: bool = False) -> Figure:
        """Optimal tokens per parameter against compute."""
        figure, axes = _figure(show, 1, (7.5, 5.0))
        ax, c = axes[0], self._compute_range()
        self._draw_vertices(ax, "ratio")
        self._draw_laws(ax, c, lambda optimum: optimum.n_tokens / optimum.n_params)
        self._draw_band(ax, c, "ratio")
        ax.axhline(20, color="0.6", lw=1, ls=(0, (1, 3)), label="20 tokens per parameter")
        _log_axes(ax, "Compute C (FLOPs)", "Optimal tokens per parameter D*/N*")
        _plain_ticks(ax)
        ax.set_title("Data against model size")
        ax.legend(fontsize=8)
        return figure

    def plot_surface(self, *, show: bool = False) -> Figure:
        """Contours of the fitted loss over N and D, iso-FLOP lines, and the efficient frontier."""
        fit = self.analysis.parametric
        if fit is None:
            raise FitError(f"there is no surface to draw: {self.analysis.refusals.get('parametric', 'not fitted')}")
        figure, axes = _figure(show, 1, (7.5, 5.6))
        ax = axes[0]
        n = np.geomspace(self._n.min() / 2, self._n.max() * 2, 200)
        d = np.geomspace(self._d.min() / 2, self._d.max() * 2, 200)
        grid = fit.loss(n[:, None], d[None, :]).T
        levels = fit.E + np.geomspace(max(grid.min() - fit.E, 1e-3 * grid.min()), grid.max() - fit.E, 18)
        filled = ax.contourf(n, d, grid, levels=levels, cmap="viridis_r", norm=LogNorm())
        bar = figure.colorbar(filled, ax=ax, label="Loss")
        bar.ax.yaxis.set_major_formatter(ScalarFormatter())
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        bar.set_ticks([float(v) for v in levels[::3]], labels=[f"{v:.3g}" for v in levels[::3]])
        for compute in np.unique(self._compute):
            ax.plot(n, compute / (fit.flops_per_param_token * n), color="white", lw=0.8, alpha=0.7)
        inside = ~self._out
        ax.plot(self._n[inside], self._d[inside], "o", ms=4, mfc="none", mec="black", mew=0.8, label="runs")
        best = fit.optimum(self._compute_range())
        ax.plot(best.n_params, best.n_tokens, color="#c1440e", lw=2.2, label="efficient frontier")
        _log_axes(ax, "Parameters N", "Tokens D")
        ax.set_xlim(n[0], n[-1])
        ax.set_ylim(d[0], d[-1])
        ax.set_title("Loss surface; white lines have equal compute")
        ax.legend(fontsize=8, loc="upper left")
        return figure

    def _draw_parabolas(self, ax: Axes, colour: Any) -> None:
        parabola = self.analysis.parabola
        if parabola is None:
            return
        for budget in parabola.budgets:
            if budget.coefficients is None or not budget.indices:
                continue
            sizes = [self.records[i].experiment.num_params for i in budget.indices]
            t = np.linspace(np.log(min(sizes)), np.log(max(sizes)), 100)
            c0, c1, c2 = budget.coefficients
            y = c0 + c1 * (t - budget.centre) + c2 * (t - budget.centre) ** 2
            compute = self.records[budget.indices[0]].experiment.compute_budget
            ax.plot(np.exp(t), y, color=colour(compute), lw=1.2, ls="-" if budget.usable else ":")
            if budget.usable:
                ax.plot([budget.n_params], [budget.loss], "*", ms=13, mfc=colour(compute), mec="black", gid="optimum")

    def _draw_vertices(self, ax: Axes, name: str) -> None:
        used = [] if self.analysis.parabola is None else [b for b in self.analysis.parabola.budgets if b.usable]
        if used:
            y = [b.n_tokens / b.n_params if name == "ratio" else getattr(b, name) for b in used]
            ax.plot([b.compute for b in used], y, "*", ms=11, mfc="#f2b134", mec="black", zorder=5, label="vertices")

    def _draw_laws(self, ax: Axes, c: Any, value: Any) -> None:
        for name in APPROACHES:
            fit = getattr(self.analysis, name)
            if fit is not None:
                ax.plot(c, value(fit.optimum(c)), ls=_STYLES[name], color=_COLOURS[name], lw=1.6, label=_LABELS[name])

    def _draw_band(self, ax: Axes, c: Any, name: str) -> None:
        """The 95 % band of the surface's optimum."""
        fit = self.analysis.parametric
        if fit is None or fit.samples is None:
            return
        found = [fit.optimum_intervals(float(v)) for v in c]
        if name == "ratio":
            work = c / fit.flops_per_param_token
            low = [w / f["n_params"][1] ** 2 for w, f in zip(work, found, strict=True)]
            high = [w / f["n_params"][0] ** 2 for w, f in zip(work, found, strict=True)]
        else:
            low, high = [f[name][0] for f in found], [f[name][1] for f in found]
        ax.fill_between(c, low, high, color=_COLOURS["parametric"], alpha=0.18, lw=0, label="95 % of resamples")

    def _compute_range(self) -> Any:
        """The budgets of the sweep and a factor 100 beyond."""
        if not len(self._compute):
            raise FitError("no run completed: there is nothing to draw")
        return np.geomspace(self._compute.min() / 2, self._compute.max() * 100, 60)

    def _title(self) -> str:
        try:
            method = self.analysis.method
        except FitError:
            return "No approach fits these runs"
        best = self.analysis.best
        return f"N* ~ C^{best.n_exponent:.3f}, D* ~ C^{best.d_exponent:.3f} by {_LABELS[method]}"


def _figure(show: bool, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """A figure without global state, unless it is to be shown in a window."""
    if show:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=size, layout="constrained")
    else:
        figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)
    return figure, list(axes[0])


def _log_axes(ax: Axes, x: str, y: str) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(True, which="major", lw=0.5, alpha=0.4)
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        if limits[1] / limits[0] < 200:  # one power of ten or two are too few to read values from
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(9, 9)))
        axis.set_minor_formatter(NullFormatter())


def _plain_ticks(ax: Axes) -> None:
    """Numbers instead of powers of ten, for losses and ratios."""
    low, high = ax.get_ylim()
    if high / low < 8:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _reach(loss: Any) -> tuple[float, float]:
    """Limits of a loss axis: the runs that were fitted and a margin."""
    low, high = float(loss.min()), float(loss.max())
    margin = max((high / low) ** 0.06, 1.002)
    return low / margin, high * margin


def _budget_colours(budgets: Any) -> Any:
    """A colour for each budget, dark for small ones."""
    shades = colormaps["viridis"](np.linspace(0.0, 0.9, max(1, len(budgets))))
    table = {float(c): tuple(shade) for c, shade in zip(budgets, shades, strict=False)}
    return lambda compute: table.get(float(compute), (0.3, 0.3, 0.3, 1.0))
