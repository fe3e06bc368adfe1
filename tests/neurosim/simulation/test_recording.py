"""Records: states and rates at their times, whatever the slicing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.simulation import recording
from tests.neurosim.engines.driven_network import CELLS, network, recorded


def test_states_are_those_at_the_end_of_every_so_many_steps() -> None:
    simulation, stepped = recorded(None), network().compile(backend="reference", batch=2)
    v, i = simulation.states("lif", "v"), simulation.states("lif", "i")
    assert v.values.shape == (50, 2, 2)
    assert i.values.shape == (250, 2, CELLS)
    np.testing.assert_allclose(v.times, 0.5 * np.arange(1, 51))
    for k in range(250):
        stepped.run(0.1)
        assert (i.values[k] == stepped.get("lif", "i")).all()
        if k % 5 == 4:
            assert (v.values[k // 5] == stepped.get("lif", "v")[:, [3, 1]]).all()


def test_rates_are_spikes_per_neuron_and_second_in_whole_bins() -> None:
    simulation = recorded(None)
    times, _, samples = simulation.spikes("lif")
    found = simulation.rates("lif")
    np.testing.assert_allclose(found.times, 2.0 * np.arange(1, 13))  # the last, begun at 24 ms, is not over
    for sample in range(2):
        count = np.histogram(times[samples == sample] - 0.05, 2.0 * np.arange(13))[0]
        np.testing.assert_allclose(found.values[:, sample], count / CELLS / 0.002)


def test_rates_do_not_depend_on_the_slicing() -> None:
    net = network()
    net.record("lif", "rate", every=1.7)
    sliced = net.compile(backend="reference")
    for ms in (0.3, 1.4, 3.0, 0.2, 5.4):
        sliced.run(ms)
    whole = net.run(10.3, backend="reference")
    assert sliced.rates("lif").values.tolist() == whole.rates("lif").values.tolist()


def test_a_run_is_not_stopped_for_states_unless_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(values: int) -> list[float]:
        monkeypatch.setattr(recording, "SLICE_VALUES", values)
        net, told = network(), []
        net.record("lif", "v")
        net.run(20.0, backend="cpu", progress=lambda done, total: told.append(round(done, 6)))
        return told

    assert stops(1 << 23) == [20.0]
    assert stops(50 * CELLS) == [5.0, 10.0, 15.0, 20.0]


def test_records_can_be_read_before_anything_was_recorded(tmp_path: Path) -> None:
    net = network()
    net.record("lif", "rate", every=2.0)
    net.record("lif", "v", every=2.0)
    for log in (None, tmp_path / "run.h5"):
        simulation = net.compile(backend="reference", log=log)
        assert simulation.spikes("lif").times.shape == (0,)
        assert simulation.rates("lif").values.shape == (0, 1)
        assert simulation.states("lif", "v").values.shape == (0, 1, CELLS)
        assert simulation.trials().start.shape == (0,)
    assert not (tmp_path / "run.h5").exists()


def test_an_engine_stops_where_synapses_are_sampled_and_at_the_end_of_a_slice() -> None:
    sampled = recording.Sampled("w", 0, 300, np.arange(2), "1")
    synaptic = recording.Recording(0, "p", 2, False, 0, (sampled,), synaptic=True)
    stops, step, found = recording.Stops([synaptic], 0.1, 1), 0, []
    while step < 2500:  # slices of 100 ms are 1000 steps
        step = stops.after(step, 2500)
        found.append(step)
    assert found == sorted({*range(300, 2500, 300), 1000, 2000, 2500})
