"""Figures of cells of spikes: what is drawn where."""

from __future__ import annotations

import numpy as np

from neurosim.report.spiking import COLUMNS, LEVELS, MAX_FIELDS, raster, receptive_fields


def test_each_pixel_lies_in_its_cell_s_image_in_the_depth_of_its_share() -> None:
    weights = np.zeros((6, COLUMNS + 1))
    weights[4, 0] = 0.5  # row 1, column 1 of an image of 2 x 3; the largest of cell 0
    weights[2, 0] = 0.25
    weights[5, COLUMNS] = 1e-3  # the largest of the first cell of the second line
    ax = receptive_fields(weights, (2, 3))
    shades = {
        (round(float(x)), round(float(y))): patch.get_alpha()
        for patch in ax.patches
        if patch.get_alpha() is not None
        for x, y in np.asarray(patch.get_path().vertices)[::5]
    }
    assert shades == {(1, 1): 1.0, (2, 0): 3 / LEVELS, (2, 3 + 1): 1.0}


def test_no_more_cells_are_drawn_than_fit() -> None:
    ax = receptive_fields(np.ones((4, 3 * MAX_FIELDS)), (2, 2))
    frames = [patch for patch in ax.patches if patch.get_alpha() is None]
    assert len(frames) == MAX_FIELDS


def test_samples_of_a_raster_are_parted() -> None:
    times, trials = np.array([5.0, 7.0, 205.0, 410.0]), np.array([0, 0, 1, 2])
    ax = raster(times, np.array([1, 2, 3, 4]), trials)
    spikes, *lines = ax.get_lines()
    assert np.asarray(spikes.get_xdata()).tolist() == times.tolist()
    assert [float(np.asarray(line.get_xdata())[0]) for line in lines] == [205.0, 410.0]
