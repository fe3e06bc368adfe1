"""A simulation: slicing, batches, presentations, interrupts, and wrong use."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.core.errors import DivergenceError, InputError
from neurosim.equations import NeuronModel
from neurosim.runlog import open_run
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from tests.neurosim.engines.driven_network import INPUTS, both_backends, network, relay, spikes_of


@both_backends
def test_any_slicing_of_a_run_gives_the_same_spikes(backend: str) -> None:
    whole = network().run(40.0, backend=backend)
    sliced = network().compile(backend=backend)
    for ms in (0.1, 9.9, 0.0, 25.3, 4.7):
        sliced.run(ms)
    assert sliced.time == whole.time == pytest.approx(40.0)
    assert len(whole.spikes("lif").times) > 100
    assert spikes_of(sliced) == spikes_of(whole)


def test_both_backends_have_the_same_spikes() -> None:
    found = [network().run(40.0, backend=name).spike_hash() for name in ("reference", "cpu")]
    assert found[0] == found[1]


def test_a_sample_does_not_depend_on_the_size_of_the_batch() -> None:
    wide, narrow = (network().run(20.0, backend="reference", batch=n) for n in (3, 2))
    single = network().run(20.0, backend="reference")
    assert wide.spike_hash(0) == narrow.spike_hash(0) == single.spike_hash()
    assert wide.spike_hash(1) == narrow.spike_hash(1) != single.spike_hash()


def test_the_spike_hash_is_that_of_the_sorted_rows_of_step_and_neuron() -> None:
    simulation = network().run(20.0, backend="reference")
    rows = []
    for offset, name in ((0, "in"), (INPUTS, "lif")):
        times, neurons, _ = simulation.spikes(name)
        rows += [(round(t / 0.1) - 1, offset + n) for t, n in zip(times.tolist(), neurons.tolist(), strict=True)]
    text = b"".join(step.to_bytes(8, "little") + neuron.to_bytes(8, "little") for step, neuron in sorted(rows))
    assert simulation.spike_hash() == hashlib.sha256(text).hexdigest()


@both_backends
def test_reset_begins_again(backend: str) -> None:
    simulation = network().compile(backend=backend)
    simulation.run(20.0)
    first = spikes_of(simulation)
    simulation.set("in", "rate", 0.0)
    simulation.run(5.3)
    simulation.reset()
    assert simulation.time == 0
    assert simulation.spikes("lif").times.size == 0
    simulation.run(20.0)
    assert spikes_of(simulation) == first


@both_backends
def test_after_reset_no_spike_is_under_way(tmp_path: Path, backend: str) -> None:
    simulation = network().compile(backend=backend)
    simulation.run(20.0)
    for under_way in (True, False):
        simulation.save(tmp_path / "state.h5")
        with h5py.File(tmp_path / "state.h5") as file:
            assert (file["populations/1/steps"].size > 0) is under_way
        simulation.reset()


REFUSED: tuple[tuple[Callable[[Simulation], Any], str], ...] = (
    (lambda sim: sim.run(0.25), "run.ms: expected a multiple of dt = 0.1 ms, got 0.25 ms"),
    (lambda sim: sim.run(-1.0), "run.ms: expected at least 0 ms, got -1 ms"),
    (lambda sim: sim.run(np.nan), "run.ms: expected a finite number, got nan"),
    (lambda sim: sim.get("lif", "u"), "lif.variable: expected one of i, v, got 'u'"),
    (lambda sim: sim.get("lfi", "v"), "population or projection: expected one of .*; did you mean 'lif'"),
    (lambda sim: sim.set("back", "pre", 1), "back.variable: expected one of delay, w, got 'pre'"),
    (lambda sim: sim.set("back", "w", np.ones(3)), r"back.w: expected numbers of shape \(100,\), got shape \(3,\)"),
    (lambda sim: sim.set("back", "w", np.nan), "back.w: expected finite numbers, got nan"),
    (lambda sim: sim.set("back", "w", 1e6), "back.w: expected weights up to .* got 1e"),
    (lambda sim: sim.set("back", "delay", 0.0), "back.delay: expected a delay from 0.1"),
    (lambda sim: sim.set("lif", "v", np.inf), "lif.v: expected finite numbers, got inf"),
    (lambda sim: sim.set("in", "rate", -1.0), "in.rate: expected rates >= 0 in Hz, got -1.0"),
    (lambda sim: sim.states("lif", "v"), "lif.record: expected one of spikes, got 'v'"),
    (lambda sim: sim.rates("lif"), "lif.record: expected one of spikes, got 'rate'"),
    (lambda sim: sim.present("lif", [[1.0]], 1.0), "present.population: expected a Poisson population, got 'lif'"),
    (lambda sim: sim.present("in", [1.0], 1.0), r"present.rates: expected an array of shape \(n_samples, 8\)"),
    (lambda sim: sim.present("in", -np.ones((1, 8)), 1.0), "present.rates: expected rates >= 0 in Hz, got -1.0"),
    (lambda sim: sim.present("in", np.ones((1, 8)), 0.0), "present.ms: expected at least 0.1 ms, got 0 ms"),
    (lambda sim: sim.present("in", np.ones((1, 8)), 1.0, labels=[1, 2]), "present.labels: expected 1 whole numbers"),
)


@pytest.mark.parametrize(("use", "message"), REFUSED)
def test_wrong_use_is_refused_in_one_line(use: Callable[[Simulation], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        use(network().compile(backend="reference"))
    assert "\n" not in str(caught.value)


def test_present_shows_each_sample_and_then_nothing() -> None:
    simulation = relay(batch=1)
    rates = 2000.0 * np.eye(4)[[2, 0, 3]]
    simulation.present("in", rates, ms=50.0, rest=10.0, labels=[7, 8, 9])
    times, neurons, _ = simulation.spikes("out")
    trials = simulation.trials()
    assert trials.sample_index.tolist() == [0, 1, 2]
    assert trials.label.tolist() == [7, 8, 9]
    np.testing.assert_allclose(trials.start, [0.0, 60.0, 120.0])
    np.testing.assert_allclose(trials.stop, [50.0, 110.0, 170.0])
    for start, stop, neuron in zip(trials.start, trials.stop, (2, 0, 3), strict=True):
        inside = (times > start + 0.15) & (times < stop + 0.15)  # one step of the source, one of delay
        assert inside.sum() > 50
        assert set(neurons[inside]) == {neuron}
        times, neurons = times[~inside], neurons[~inside]
    assert times.size == 0
    assert (simulation.get("in", "rate") == 50.0).all()


def test_a_batch_shows_its_samples_side_by_side() -> None:
    simulation = relay(batch=2)
    simulation.present("in", 2000.0 * np.eye(4)[[2, 0, 3]], ms=20.0)
    assert simulation.trials().sample_index.tolist() == [0, 1, 2, -1]
    times, neurons, samples = simulation.spikes("out")
    early = times < 20.15
    assert set(neurons[early & (samples == 0)]) == {2}
    assert set(neurons[early & (samples == 1)]) == {0}
    assert set(neurons[~early & (samples == 0)]) == {3}
    assert not (~early & (samples == 1)).any()
    assert simulation.time == pytest.approx(40.0)


def stop_at(ms: float) -> Callable[[float, float], None]:
    """Ctrl-C, once, after ``ms``."""

    def progress(done: float, total: float) -> None:
        if abs(done - ms) < 1e-6:
            signal.raise_signal(signal.SIGINT)

    return progress


def test_an_interrupt_leaves_a_whole_log_and_a_simulation_that_goes_on(tmp_path: Path) -> None:
    whole = network().run(300.0, backend="cpu")
    simulation = network().compile(backend="cpu", log=tmp_path / "run.h5")
    with pytest.raises(KeyboardInterrupt), simulation:
        simulation.run(300.0, stop_at(200.0))
    assert open_run(tmp_path / "run.h5").status == "interrupted"
    assert simulation.time == pytest.approx(200.0)
    early = whole.spikes("lif").times < 200.05
    assert open_run(tmp_path / "run.h5").spikes("lif").times.tolist() == whole.spikes("lif").times[early].tolist()
    kept = network().compile(backend="cpu")
    with pytest.raises(KeyboardInterrupt):
        kept.run(300.0, stop_at(100.0))
    kept.run(200.0)
    assert spikes_of(kept) == spikes_of(whole)


def test_progress_tells_the_time_done_and_to_do() -> None:
    told: list[tuple[float, float]] = []
    network().run(250.0, backend="cpu", progress=lambda done, total: told.append((round(done), round(total))))
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_what_was_recorded_is_forgotten_and_the_run_goes_on() -> None:
    whole, simulation = (network().compile(backend="reference") for _ in range(2))
    whole.run(30.0)
    simulation.run(10.0)
    simulation.forget()
    simulation.run(20.0)
    late = whole.spikes("lif").times > 10.05
    assert simulation.spikes("lif").times.tolist() == whole.spikes("lif").times[late].tolist()


def test_a_simulation_shows_where_it_is_in_one_line() -> None:
    simulation = network().run(1.5, backend="reference", batch=2)
    sizes = "{'in': 8, 'lif': 20}"
    expected = f"time=1.5, dt=0.1, batch=2, backend='reference', populations={sizes}, recorded=['in', 'lif']"
    assert repr(simulation) == f"Simulation({expected})"


def test_how_states_are_advanced_is_reported() -> None:
    assert network().compile(backend="reference").integrators == {"lif": {"v": "exact", "i": "exact"}}


EXPLODING = "dv/dt = v * v / (tau * v_0) : mV\ntau = 1.0 : ms\nv_0 = 1.0 : mV\non start: v = {}"


@both_backends
def test_a_state_that_becomes_infinite_is_named_and_the_log_says_failed(backend: str, tmp_path: Path) -> None:
    net = Network()
    net.population("calm", 3, NeuronModel(EXPLODING.format(0.0)))
    net.population("wild", 3, NeuronModel(EXPLODING.format("v_0"), integrator="euler", v_0=[1e9, 0.5, 1e9]))
    net.record("wild", "v", every=1.0)
    simulation = net.compile(dt=0.1, backend=backend, batch=2, log=tmp_path / "run.h5")
    simulation.set("wild", "v", [1.0, 0.5, 1.0])
    simulation.run(1.0)
    match = r"^wild.v: became (inf|nan) at neuron 1 of sample 0 between 1 and 21 ms"
    with pytest.raises(DivergenceError, match=match), simulation:
        simulation.run(20.0)
    run = open_run(tmp_path / "run.h5")
    assert run.status == "failed"
    assert len(run.states("wild", "v").values) == 21
