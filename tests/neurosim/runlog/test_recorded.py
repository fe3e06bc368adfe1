"""What is recorded comes back in the same form from a simulation and from its log."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neurosim.runlog import recorded
from neurosim.runlog.reader import open_run
from tests.neurosim.engines import driven_network


def test_spikes_of_a_simulation_and_of_its_log_have_the_types_that_are_documented(tmp_path: Path) -> None:
    sim = driven_network.recorded(None)
    spikes = sim.spikes("lif")
    assert isinstance(spikes, recorded.Spikes)
    assert [column.dtype for column in spikes] == [np.float64, np.int32, np.int32]
    assert (np.diff(spikes.times) >= 0).all()
    assert len(spikes.times) == len(spikes.neurons) == len(spikes.samples) > 0
    driven_network.recorded(tmp_path / "run.h5").close()
    logged = open_run(tmp_path / "run.h5").spikes("lif")
    assert isinstance(logged, recorded.LoggedSpikes)
    assert [column.dtype for column in logged] == [np.float64, np.int64, np.int64]
    assert np.array_equal(np.stack(spikes), np.stack(logged))


def test_states_and_rates_are_times_with_a_row_each_in_a_simulation_and_in_its_log(tmp_path: Path) -> None:
    sim = driven_network.recorded(None)
    driven_network.recorded(tmp_path / "run.h5").close()
    run = open_run(tmp_path / "run.h5")
    for mine, logged in (
        (sim.states("lif", "v"), run.states("lif", "v")),
        (sim.rates("lif"), run.rates("lif")),
    ):
        assert isinstance(mine, recorded.TimeSeries)
        assert isinstance(logged, recorded.TimeSeries)
        assert mine.times.shape == mine.values.shape[:1]
        np.testing.assert_allclose(logged.times, mine.times)
        np.testing.assert_allclose(logged.values, mine.values, rtol=1e-6)
