"""Figures of spiking networks: receptive fields, and responses to samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.report.figures import GRID, INK, MUTED, SERIES, axes_or_new, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 6  # shades of a weight
COLUMNS = 8
MAX_FIELDS = 40


def receptive_fields(
    weights: npt.NDArray[Any], shape: tuple[int, int], ax: Axes | None = None, colour: str = SERIES[0]
) -> Axes:
    """The weights (pixels, neurons) into each of the first 40 neurons as an image of ``shape``.

    The shade of a pixel is its fraction of the neuron's largest weight. Pixels of one shade are one path, which keeps
    the drawing small.
    """
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    ax = axes_or_new(ax)
    rows, columns = shape
    shown = weights[:, :MAX_FIELDS].T.reshape(-1, rows, columns)
    largest = np.maximum(shown.max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    shade = np.rint(LEVELS * shown / largest).astype(int)
    left = (columns + 1) * (np.arange(len(shown)) % COLUMNS)
    top = (rows + 1) * (np.arange(len(shown)) // COLUMNS)
    for x, y in zip(left.tolist(), top.tolist(), strict=True):
        ax.add_patch(Rectangle((x, y), columns, rows, fill=False, edgecolor=GRID, linewidth=0.7))
    for level in range(1, LEVELS + 1):
        neuron, row, column = np.nonzero(shade == level)
        if len(neuron):
            corner = np.stack((left[neuron] + column, top[neuron] + row), axis=1)
            square = corner[:, None] + np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
            codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(neuron))
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
    """Spikes at ``times`` (ms) of ``neurons``; ``trials`` (n_spikes,) are drawn in sequence, separated by lines."""
    ax = axes_or_new(ax)
    ax.plot(times, neurons, linestyle="none", marker="|", markersize=4, color=colour, zorder=3)
    for trial in np.unique(trials)[1:]:
        ax.axvline(times[trials == trial].min(), color=MUTED, linewidth=0.5, zorder=1)
    ax.set(xlabel="time (ms), samples in sequence", ylabel="neuron")
    ax.yaxis.label.set_color(INK)
    return finish(ax, legend=False)
