"""Figures of a run."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from neurosim.network import Network
from neurosim.simulation import Simulation
from neurosim.sources import SpikeTimes

mpl.use("agg")


@pytest.fixture
def simulation() -> Simulation:
    """Three spikes of a population of four."""
    net = Network()
    net.population("in", 4, SpikeTimes([1.0, 2.5, 2.5], [0, 3, 1]))
    net.record("in", "spikes")
    return net.run(5.0, backend="reference", batch=2)


def test_a_raster_has_a_mark_for_each_spike_of_the_sample(simulation: Simulation) -> None:
    from matplotlib import pyplot

    axes = simulation.plot.raster("in", sample=1)
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1.0, 0.0], [2.5, 1.0], [2.5, 3.0]]
    assert axes.get_xlabel() == "time (ms)"
    pyplot.close(axes.figure)


def test_a_raster_is_drawn_into_the_axes_that_are_given(simulation: Simulation) -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert simulation.plot.raster("in", axes=axes) is axes
    assert len(axes.get_lines()) == 1
