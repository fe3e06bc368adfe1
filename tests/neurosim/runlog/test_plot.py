"""Figures of a run, the same from a simulation and from its log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.runlog import open_run
from neurosim.runlog.layout import Layout
from neurosim.runlog.reader import Run
from neurosim.runlog.writer import RunLog
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import SpikeTimes
from tests.neurosim.engines.driven_network import relay

mpl.use("agg")

CELL = "dv/dt = -v / tau : mV\ni : pA, input\ntau = 5.0 : ms"
COUNTING = SynapticRule("n : 1\non pre: send w; w = w + step; n = n + 1\nstep = 1.0 : w", w_min=0.0, w_max=8.0)


@pytest.fixture(params=["memory", "log"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Simulation | Run:
    """Three spikes of a population of four; cells that decay from 1, 2, ... 24 mV; weights that grow by spikes."""
    net = Network()
    net.population("in", 4, SpikeTimes([1.0, 2.5, 2.5], [0, 3, 1]))
    net.population("cells", 12, NeuronModel(CELL))
    net.connect("in", "cells", AllToAll(), weight=2.0, delay=0.1, rule=COUNTING, copies="sample", name="p")
    net.record("in", "spikes")
    net.record("cells", "v", every=0.5)
    net.record("p", ["w", "n"], every=1.0, of=[12, 40])
    path = tmp_path / "run.h5" if request.param == "log" else None
    with net.compile(backend="reference", batch=2, log=path) as simulation:
        simulation.set("cells", "v", np.arange(1.0, 25.0).reshape(2, 12))
        simulation.run(5.0)
    return open_run(path) if path else simulation


@pytest.fixture
def axes() -> Any:
    """Axes that belong to no window."""
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_a_raster_has_a_mark_for_each_spike_of_the_sample(run: Simulation | Run) -> None:
    from matplotlib import pyplot

    axes = run.plot.raster("in", sample=1)
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1.0, 0.0], [2.5, 1.0], [2.5, 3.0]]
    assert axes.get_xlabel() == "time (ms)"
    pyplot.close(axes.figure)


def test_a_raster_is_drawn_into_the_axes_that_are_given(run: Simulation | Run, axes: Any) -> None:
    assert run.plot.raster("in", axes=axes) is axes
    assert len(axes.get_lines()) == 1


def test_a_raster_shows_all_trials_of_its_sample(tmp_path: Path, axes: Any) -> None:
    with relay(batch=2, log=tmp_path / "run.h5") as simulation:
        simulation.present("in", 2000.0 * np.eye(4)[[2, 0, 3]], ms=20.0)
    for found in (simulation, open_run(tmp_path / "run.h5")):
        assert set(found.plot.raster("out", sample=0, axes=axes).get_lines()[-1].get_ydata()) == {2, 3}
        assert set(found.plot.raster("out", sample=1, axes=axes).get_lines()[-1].get_ydata()) == {0}


def test_a_raster_of_a_log_without_a_batch_shows_a_trial(tmp_path: Path, axes: Any) -> None:
    with RunLog.create(tmp_path / "run.h5", Layout(spikes={"cells": 9})) as log:
        log.spikes("cells", [1.0, 2.0, 3.0], [4, 5, 6], [0, 2, 2])
    open_run(tmp_path / "run.h5").plot.raster("cells", sample=2, axes=axes)
    assert axes.get_lines()[0].get_xydata().tolist() == [[2.0, 5.0], [3.0, 6.0]]


def test_states_are_lines_over_time_of_the_neurons_asked_for(run: Simulation | Run, axes: Any) -> None:
    assert run.plot.states("cells", "v", neurons=[11, 2], sample=1, axes=axes) is axes
    times = 0.5 * np.arange(1, 11)
    for line, number in zip(axes.get_lines(), (11, 2), strict=True):
        np.testing.assert_allclose(line.get_xdata(), times)
        np.testing.assert_allclose(line.get_ydata(), (number + 13) * np.exp(-times / 5.0), rtol=1e-5)
        assert line.get_label() == f"cells {number}"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (ms)", "v of cells (mV)")


def test_of_many_neurons_the_first_ten_are_drawn_and_the_legend_says_so(run: Simulation | Run, axes: Any) -> None:
    run.plot.states("cells", "v", axes=axes)
    assert [line.get_label() for line in axes.get_lines()] == [f"cells {number}" for number in range(10)]
    assert axes.get_legend().get_title().get_text() == "10 of 12 recorded"


def test_variables_of_synapses_are_drawn_by_the_number_of_the_synapse(run: Simulation | Run, axes: Any) -> None:
    run.plot.states("p", "w", axes=axes)  # synapse 12 is the first of source 1, synapse 40 one of source 3
    for line, number in zip(axes.get_lines(), (12, 40), strict=True):
        assert line.get_label() == f"p {number}"
        assert line.get_ydata().tolist() == [2.0, 2.0, 3.0, 3.0, 3.0]
    assert axes.get_ylabel() == "w of p (pA)"
    run.plot.states("p", "n", neurons=40, axes=axes)
    assert axes.get_ylabel() == "n of p"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"variable": "u"}, r"expected one of .*, got '(cells\.)?u'"),
        ({"neurons": [3, 12]}, r"plot\.neurons: expected some of those recorded of 'cells' \(0, 1, .*\), got 12"),
        ({"sample": 2}, r"plot\.sample: expected a whole number in 0 \.\. 1, got 2"),
        ({"sample": -1}, r"plot\.sample: expected a whole number in 0 \.\. 1, got -1"),
    ],
)
def test_what_was_not_recorded_is_not_drawn(run: Simulation | Run, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run.plot.states(**{"population": "cells", "variable": "v", **given})
