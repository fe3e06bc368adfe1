"""Figures of networks of spikes: what cells have learned to see, and how they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.report.figures import GRID, INK, MUTED, SERIES, axes_or_new, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 6  # shades of a weight
COLUMNS = 8
MOST_FIELDS = 40


def receptive_fields(
    weights: npt.NDArray[Any], shape: tuple[int, int], ax: Axes | None = None, colour: str = SERIES[0]
) -> Axes:
    """The weights (pixels, cells) into each of the first 40 cells as an image of ``shape``.

    The depth of a pixel is its share of the cell's largest weight. Pixels of one shade are one path, so that the
    drawing stays small.
    """
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    ax = axes_or_new(ax)
    rows, columns = shape
    shown = weights[:, :MOST_FIELDS].T.reshape(-1, rows, columns)
    largest = np.maximum(shown.max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    shade = np.rint(LEVELS * shown / largest).astype(int)
    left = (columns + 1) * (np.arange(len(shown)) % COLUMNS)
    top = (rows + 1) * (np.arange(len(shown)) // COLUMNS)
    for x, y in zip(left.tolist(), top.tolist(), strict=True):
        ax.add_patch(Rectangle((x, y), columns, rows, fill=False, edgecolor=GRID, linewidth=0.7))
    for level in range(1, LEVELS + 1):
        cell, row, column = np.nonzero(shade == level)
        if len(cell):
            corner = np.stack((left[cell] + column, top[cell] + row), axis=1)
            square = corner[:, None] + np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
            codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(cell))
            patch = PathPatch(Path(square.reshape(-1, 2), codes), facecolor=colour, alpha=level / LEVELS, linewidth=0)
            ax.add_patch(patch).set_clip_path(None)
    lines = -(-len(shown) // COLUMNS)
    ax.set(xlim=(-1, (columns + 1) * COLUMNS), ylim=((rows + 1) * lines, -1), aspect="equal", xticks=[], yticks=[])
    return finish(ax, legend=False, grid=False)


def raster(
    times: npt.NDArray[Any],
    neurons: npt.NDArray[Any],
    trials: npt.NDArray[Any],
    ax: Axes | None = None,
    colour: str = SERIES[0],
) -> Axes:
    """Spikes at ``times`` (ms) of ``neurons``; ``trials`` (n_spikes,) follow one another, with a line between."""
    ax = axes_or_new(ax)
    ax.plot(times, neurons, linestyle="none", marker="|", markersize=4, color=colour, zorder=3)
    for trial in np.unique(trials)[1:]:
        ax.axvline(times[trials == trial].min(), color=MUTED, linewidth=0.5, zorder=1)
    ax.set(xlabel="time (ms), sample after sample", ylabel="cell")
    ax.yaxis.label.set_color(INK)
    return finish(ax, legend=False)
