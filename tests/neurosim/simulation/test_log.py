"""Records in a log: the same as in memory, readable meanwhile, with a status that tells how the run ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.connectivity import FromArrays
from neurosim.core.errors import InputError
from neurosim.equations import SynapticRule
from neurosim.neurons import LIF
from neurosim.runlog import open_run
from neurosim.simulation import log as spiking_log
from neurosim.simulation.network import Network
from tests.neurosim.engines.driven_network import network, recorded, relay, spikes_of


def test_what_a_run_has_recorded_is_in_the_file_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spiking_log, "FLUSH_SECONDS", 0.0)
    with network().compile(backend="cpu", log=tmp_path / "run.h5") as simulation:
        simulation.run(100.0)
        assert len(open_run(tmp_path / "run.h5").spikes("lif").times) > 100


def test_a_log_gives_back_what_memory_does(tmp_path: Path) -> None:
    logged, kept = recorded(tmp_path / "run.h5"), recorded(None)
    assert spikes_of(logged) == spikes_of(kept)
    assert logged.spike_hash(1) == kept.spike_hash(1)
    for pair in (
        (logged.rates("lif"), kept.rates("lif")),
        (logged.states("lif", "v"), kept.states("lif", "v")),
        (logged.states("lif", "i"), kept.states("lif", "i")),
    ):
        for found, expected in zip(*pair, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_log_is_a_run_log_that_explains_itself(tmp_path: Path) -> None:
    simulation = recorded(tmp_path / "run.h5")
    run = open_run(tmp_path / "run.h5")
    assert run.status == "finished"
    assert run.attributes["seed"] == 1
    assert run.config["run"]["dt"] == 0.1
    assert run.config["projection"]["back"]["builder"].startswith("FixedInDegree(k=5")
    assert run.config["population"]["lif"]["model"].startswith("neuron(tau_m=20.0")
    assert "dv/dt = (v_rest - v + r_m * i) / tau_m" in run.equations
    assert run.populations() == ["in", "lif"]
    times, neurons, samples = simulation.spikes("lif")
    spikes = run.spikes("lif")
    assert spikes.times.tolist() == times.tolist()
    assert spikes.neurons.tolist() == neurons.tolist()
    assert spikes.trials.tolist() == samples.tolist()
    report = run.report("lif.v")
    np.testing.assert_allclose(report.times, 0.5 * np.arange(1, 51))
    assert report.neurons.tolist() == [3, 1, 3, 1]
    assert run.table("metrics/rate/lif")["step"].tolist() == list(range(20, 241, 20))


@pytest.mark.parametrize("copies", ["sample", "shared"])
def test_a_log_says_which_neurons_a_recorded_synapse_joins(tmp_path: Path, copies: str) -> None:
    net = network()
    rule = SynapticRule("dx/dt = -x / tau : 1, pre\non pre: send w; x = x + 1\ntau = 5.0 : ms", w_min=0.0, w_max=60.0)
    listed = FromArrays([2, 0, 0], [1, 2, 0])  # canonical: 0 -> 0, 0 -> 2, 2 -> 1
    net.connect("in", "lif", listed, weight=30.0, delay=0.1, rule=rule, copies=copies, name="plastic")
    net.record("plastic", "w", every=1.0, of=[2, 1])
    net.record("plastic", "x", every=1.0, of=[2, 1])
    net.record("lif", "v", every=1.0)
    net.run(2.0, backend="reference", batch=2, log=tmp_path / "run.h5")
    run = open_run(tmp_path / "run.h5")
    report = run.report("plastic.w")
    assert report.pre is not None
    assert report.post is not None
    assert [report.neurons.tolist(), report.pre.tolist(), report.post.tolist()] == [
        [2, 1, 2, 1],
        [2, 0, 2, 0],
        [1, 2, 1, 2],
    ]
    for of_neurons in ("plastic.x", "lif.v"):
        assert run.report(of_neurons)[-2:] == (None, None)


def test_trials_of_a_log_count_as_its_rows(tmp_path: Path) -> None:
    with relay(batch=2, log=tmp_path / "run.h5") as simulation:
        simulation.present("in", 2000.0 * np.eye(4)[[2, 0, 3]], ms=20.0, rest=5.0, labels=[5, 6, 7])
        during = simulation.spikes("out")
    run = open_run(tmp_path / "run.h5")
    table, spikes = run.trials(), run.spikes("out")
    assert table["label"].tolist() == [5, 6, 7, -1]
    assert (spikes.neurons == np.array([2, 0, 3, 0])[spikes.trials]).all()
    assert (spikes.trials % 2).tolist() == during.samples.tolist()
    assert simulation.trials().label.tolist() == [5, 6, 7, -1]


def test_a_log_that_begins_later_has_the_times_of_its_records(tmp_path: Path) -> None:
    net = network()
    net.record("lif", "v", every=2.0)
    net.record("lif", "rate", every=2.0)
    begun = net.compile(backend="reference")
    begun.run(5.0)
    begun.save(tmp_path / "state.h5")
    with net.compile(backend="reference", log=tmp_path / "run.h5") as late:
        late.restore(tmp_path / "state.h5")
        late.run(5.0)
    begun.run(5.0)
    np.testing.assert_allclose(late.states("lif", "v").times, [6.0, 8.0, 10.0])
    np.testing.assert_allclose(open_run(tmp_path / "run.h5").report("lif.v").times, [6.0, 8.0, 10.0])
    np.testing.assert_allclose(late.rates("lif").times, [8.0, 10.0])
    assert late.states("lif", "v").values.tolist() == begun.states("lif", "v").values[2:].tolist()
    assert late.rates("lif").values.tolist() == begun.rates("lif").values[3:].tolist()


def test_an_error_leaves_a_log_that_says_failed(tmp_path: Path) -> None:
    def fail(done: float, total: float) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        network().run(20.0, backend="reference", log=tmp_path / "run.h5", progress=fail)
    assert open_run(tmp_path / "run.h5").status == "failed"


def test_a_log_that_cannot_be_written_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "taken.h5").write_text("mine")
    (tmp_path / "file").write_text("")
    for path, message in ((tmp_path / "taken.h5", "got existing"), (tmp_path / "file" / "run.h5", "can be written")):
        with pytest.raises(InputError, match=f"log: expected .*{message}"):
            network().run(1.0, backend="reference", log=path)
    assert (tmp_path / "taken.h5").read_text() == "mine"


def test_a_closed_log_takes_no_further_run(tmp_path: Path) -> None:
    simulation = network().run(1.0, backend="reference", log=tmp_path / "run.h5")
    with pytest.raises(InputError, match="run: expected a simulation whose log is open"):
        simulation.run(1.0)
    for wrong in (simulation.reset, lambda: simulation.restore(tmp_path / "state.h5")):
        with pytest.raises(InputError, match="not possible after records went to a log"):
            wrong()


def test_a_log_tells_states_and_rates_as_the_run_does(tmp_path: Path) -> None:
    net = Network(seed=2)
    net.population("lif", 5, LIF(i_ext=600.0))
    net.record("lif", "spikes")
    net.record("lif", "v", every=0.5)
    net.record("lif", "rate", every=2.0)
    run = net.run(10.0, batch=2, log=tmp_path / "run.h5")
    log = open_run(tmp_path / "run.h5")
    for told, kept in ((log.states("lif", "v"), run.states("lif", "v")), (log.rates("lif"), run.rates("lif"))):
        np.testing.assert_allclose(told.times, kept.times, rtol=0, atol=1e-9)
        assert np.array_equal(told.values, kept.values)
    assert log.states("lif", "v").values.shape == (20, 2, 5)
    assert log.rates("lif").values.shape == (5, 2)
    with pytest.raises(InputError, match=r"^log\.table: expected one of metrics/rate/lif, got 'metrics/rate/in'"):
        log.rates("in")
