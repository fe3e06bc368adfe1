"""The figures of a study. Each takes records and an axes (default: a new one), returns the axes, and shows nothing.

Every rule keeps its colour, marker and line style in all figures made from the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.report.records import Record
from neurosim.report.table import REFERENCE, amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, GRID, PAPER = "#1b1f24", "#5b636e", "#e1e4e8", "#fdfdfe"
SERIES = ("#0072b2", "#d55e00", "#009070", "#b0508f", "#a87800", "#3f8fc4", "#8a5a44")
"""Colours after Okabe & Ito (2008), "Color universal design", the light ones darkened for lines on white."""
MARKERS = "sD^vPXo"
DASHES = ("-", "--", "-.", (0, (1, 1.3)), (0, (5, 1, 1, 1, 1, 1)), (0, (7, 2)), (0, (3, 1)))
MAX_WRITTEN_CLASSES = 12  # above this the numbers of a confusion matrix do not fit into its squares


@dataclass(frozen=True)
class Style:
    """How a rule is drawn."""

    colour: str
    marker: str
    dash: Any


def styles(records: Sequence[Record]) -> dict[str, Style]:
    """The style of each rule by its label: ink for backprop, the others in the order of their first record."""
    found: dict[str, Style] = {}
    others = 0
    for rule in dict.fromkeys(record.rule for record in records):
        if rule == REFERENCE:
            found[rule] = Style(INK, "o", "-")
        else:
            kind, turn = others % len(SERIES), others // len(SERIES)
            found[rule] = Style(
                SERIES[kind], MARKERS[(kind + turn) % len(MARKERS)], DASHES[(kind + turn) % len(DASHES)]
            )
            others += 1
    return found


def columns(records: Sequence[Record], table: str) -> list[str]:
    """The columns (layers, synapse groups) of a table over all records, in the order of the first that has them."""
    return list(dict.fromkeys(name for record in records for name in record.columns(table)))


def accuracy(
    records: Sequence[Record], ax: Axes | None = None, column: str = "train_accuracy", legend: bool = True
) -> Axes:
    """Accuracy per epoch: ``column`` of the table epoch, mean and range over seeds."""
    ax = _curves(records, ax, "epoch", column, legend)
    ax.yaxis.set_major_formatter(_percent)
    ax.set(xlabel="epoch", ylabel=column.replace("train_", "training_").replace("_", " "))
    return ax


def alignment(records: Sequence[Record], group: str, ax: Axes | None = None, legend: bool = True) -> Axes:
    """The cosine between the rule's direction and the true gradient at the synapses ``group``, over epochs."""
    ax = _curves(records, ax, "alignment", group, legend)
    ax.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    low = ax.get_ylim()[0]
    ax.set(xlabel="epoch", ylabel=f"cosine to gradient, {_plain(group)}", ylim=(min(low, -0.05), 1.05))
    return ax


def activity(records: Sequence[Record], layer: str, ax: Axes | None = None, legend: bool = True) -> Axes:
    """The fraction of units of ``layer`` that are not at zero, over epochs."""
    ax = _curves(records, ax, "activity", layer, legend)
    ax.yaxis.set_major_formatter(_percent)
    ax.set(xlabel="epoch", ylabel=f"active units, {_plain(layer)}", ylim=(0.0, max(ax.get_ylim()[1], 0.05)))
    return ax


def tradeoff(records: Sequence[Record], ax: Axes | None = None, legend: bool = True) -> Axes:
    """Test accuracy against the operations of the whole training: small for a seed, large for a rule's mean.

    The line joins the rules that no other beats in both (the Pareto front of the means).
    """
    ax = axes_or_new(ax)
    means = []
    for rule, style in styles(records).items():
        found = [operations_and_accuracy(record) for record in records if record.rule == rule]
        points = np.array([place for place in found if place is not None])
        if not len(points):
            continue
        centre = np.exp(np.log(points[:, 0]).mean()), points[:, 1].mean()
        means.append(centre)
        look: dict[str, Any] = {"color": style.colour, "marker": style.marker, "linestyle": "none"}
        ax.plot(*points.T, **look, markersize=4, alpha=0.45, markeredgewidth=0, zorder=3)
        ax.plot(*centre, **look, markersize=8, label=_plain(rule), markeredgecolor=PAPER, zorder=4)
    front = pareto(means)
    ax.plot([x for x, _ in front], [y for _, y in front], color=MUTED, linewidth=0.9, linestyle=":", zorder=2)
    _count_axis(ax, [x for x, _ in means])
    ax.yaxis.set_major_formatter(_percent)
    ax.margins(y=0.12)
    ax.set(xlabel="operations in training (MAC + AC)", ylabel="test accuracy")
    return finish(ax, legend and bool(means))


def operations_and_accuracy(record: Record) -> tuple[float, float] | None:
    """Operations of the whole training and test accuracy; None if the run lacks one of them."""
    total, accuracy = (record.cell.get("synops_training") or {}).get("total"), record.cell.get("test_accuracy")
    if record.cell.get("status", "ok") != "ok" or not total or accuracy is None:
        return None
    return float(total), float(accuracy)


def confusions(records: Sequence[Record]) -> dict[tuple[str, str, str], npt.NDArray[np.int64]]:
    """The confusion matrix of each (rule, network, data), summed over the successful seeds."""
    found: dict[tuple[str, str, str], npt.NDArray[np.int64]] = {}
    for record in records:
        if record.confusion is not None and record.cell.get("status", "ok") == "ok":
            group = record.rule, str(record.cell["network"]), str(record.cell["data"])
            found[group] = found[group] + record.confusion if group in found else record.confusion
    return found


def _count_axis(ax: Axes, counts: Sequence[float]) -> None:
    """A logarithmic x axis for ``counts``, at least a factor of 4 wide, with ticks such as 20 M."""
    from matplotlib.ticker import LogLocator, NullLocator

    ax.set_autoscalex_on(False)  # of a single point it makes an axis without width, and a warning
    ax.set_xscale("log")
    low, high = (min(counts), max(counts)) if counts else (1.0, 10.0)
    low, high = low / (high / low) ** 0.12, high * (high / low) ** 0.12
    centre, width = (low * high) ** 0.5, max((high / low) ** 0.5, 2.0)
    ax.set_xlim(centre / width, centre * width)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if width < 5 else (1,)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, position: amount(value, short=True))


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points (cost, value) that no other one beats: cheaper at the same value or better at the same cost.

    >>> pareto([(1.0, 0.5), (3.0, 0.9), (2.0, 0.4), (4.0, 0.9)])
    [(1.0, 0.5), (3.0, 0.9)]
    """
    front: list[tuple[float, float]] = []
    for cost, value in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or value > front[-1][1]:
            front.append((cost, value))
    return front


def confusion(matrix: npt.NDArray[np.int64], ax: Axes | None = None, colour: str = SERIES[0]) -> Axes:
    """A confusion matrix (true class, answer): counts, on squares whose shade is the root of the row's fraction."""
    from matplotlib.patches import Rectangle

    ax = axes_or_new(ax)
    n = len(matrix)
    totals = np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    depth = np.sqrt(matrix / totals)
    for i, j in zip(*np.nonzero(matrix), strict=True):
        square = Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, alpha=round(float(depth[i, j]), 2), linewidth=0)
        ax.add_patch(square).set_clip_path(None)
        if n <= MAX_WRITTEN_CLASSES:
            written = PAPER if depth[i, j] > 0.6 else INK
            ax.text(j, i, str(matrix[i, j]), ha="center", va="center", color=written, fontsize=7)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal", xlabel="answer", ylabel="true class")
    ticks = range(0, n, max(1, n // MAX_WRITTEN_CLASSES))
    ax.set(xticks=ticks, yticks=ticks)
    return finish(ax, legend=False, grid=False)


def _curves(records: Sequence[Record], ax: Axes | None, table: str, column: str, legend: bool) -> Axes:
    """One line per rule: the mean over seeds, and a band from the lowest seed to the highest."""
    from matplotlib.ticker import MaxNLocator

    ax = axes_or_new(ax)
    for rule, style in styles(records).items():
        found = [record.tables.get(table, {}) for record in records if record.rule == rule]
        steps, mean, low, high = over_seeds([(t["step"], t[column]) for t in found if column in t])
        if len(steps):
            width = 2.8 if rule == REFERENCE else 1.6  # seen below a rule that does the same
            ax.plot(
                steps, mean, color=style.colour, linestyle=style.dash, linewidth=width, label=_plain(rule), zorder=3
            )
            if len(steps) == 1:
                ax.plot(steps, mean, color=style.colour, marker=style.marker, zorder=3)
            if (high > low).any():
                ax.fill_between(steps, low, high, color=style.colour, alpha=0.16, linewidth=0, zorder=2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    return finish(ax, legend and bool(ax.get_lines()))


def over_seeds(
    curves: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Steps, mean, lowest and highest over curves (steps, values), where at least half of the curves have a value.

    >>> curves = [(np.array([1, 2]), np.array([1.0, 2.0])), (np.array([1]), np.array([3.0]))]
    >>> [part.tolist() for part in over_seeds(curves)]
    [[1, 2], [2.0, 2.0], [1.0, 2.0], [3.0, 2.0]]
    """
    by_step: dict[int, list[float]] = {}
    for steps, values in curves:
        for step, value in zip(steps.tolist(), values.tolist(), strict=True):
            if np.isfinite(value):
                by_step.setdefault(int(step), []).append(value)
    kept = sorted(step for step, values in by_step.items() if 2 * len(values) >= len(curves))
    parts: tuple[Callable[[list[float]], float], ...] = (lambda v: sum(v) / len(v), min, max)
    mean, low, high = (np.array([part(by_step[step]) for step in kept], np.float64) for part in parts)
    return np.array(kept, np.int64), mean, low, high


def axes_or_new(ax: Axes | None) -> Axes:
    """``ax``, or the axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(5.2, 3.6), layout="constrained")[1]


def finish(ax: Axes, legend: bool, grid: bool = True) -> Axes:
    """Plain axes: no frame on top and right, light grid lines."""
    for side, spine in ax.spines.items():
        spine.set_visible(grid and side in ("left", "bottom"))
        spine.set_color(MUTED)
    ax.tick_params(colors=MUTED, length=3 if grid else 0, labelsize=8)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(color=INK, fontsize=8.5)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(color=GRID, linewidth=0.7)
    if legend:
        ax.legend(frameon=False, fontsize=8)
    return ax


def _percent(value: float, position: float) -> str:
    return f"{100 * value:.4g} %"


def _plain(text: str) -> str:
    """``text`` without the sign that matplotlib would read as mathematics."""
    return text.replace("$", r"\$")
