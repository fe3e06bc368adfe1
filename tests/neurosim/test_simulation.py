"""A simulation: slicing, state files, variables, presentations, records and logs."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim import recording, spiking_log
from neurosim.connectivity import FixedInDegree, FixedProbability, FromArrays, OneToOne, Uniform
from neurosim.equations import NeuronModel
from neurosim.errors import InputError
from neurosim.network import Network
from neurosim.runlog import open_run
from neurosim.simulation import Simulation
from neurosim.sources import Poisson, SpikeTimes
from tests.toy_engine import LIF_TEXT

INPUTS, CELLS = 8, 20


def network() -> Network:
    """A recurrent network with delays of 0.1 to 3 ms, driven at random, about 50 spikes per 10 ms."""
    net = Network(seed=1)
    net.population("in", INPUTS, Poisson(200.0))
    net.population("lif", CELLS, NeuronModel(LIF_TEXT), initial={"v": Uniform(-60.0, -50.0)})
    net.connect("in", "lif", FixedProbability(0.5), weight=30.0, delay=0.1, name="forward")
    net.connect("lif", "lif", FixedInDegree(5), weight=8.0, delay=Uniform(0.1, 3.0), name="back")
    net.drive("lif", 1000.0, 20.0)
    net.record(["in", "lif"], "spikes")
    return net


def spikes_of(simulation: Simulation) -> list[Any]:
    """All recorded spikes as lists."""
    return [[column.tolist() for column in simulation.spikes(name)] for name in ("in", "lif")]


@pytest.fixture(params=["reference", "cpu"])
def backend(request: pytest.FixtureRequest) -> str:
    """Both backends."""
    return str(request.param)


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


def test_save_and_restore_equal_an_unbroken_run_on_either_backend(tmp_path: Path) -> None:
    whole = network().run(40.0, backend="reference").spikes("lif")
    for first, second in (("reference", "cpu"), ("cpu", "reference")):
        begun = network().compile(backend=first)
        begun.run(15.0)
        begun.save(tmp_path / "state.h5")
        resumed = network().compile(backend=second)
        resumed.run(3.0)  # forgotten by what follows
        resumed.restore(tmp_path / "state.h5")
        resumed.run(25.0)
        late = whole.times > 15.05
        found = resumed.spikes("lif")
        assert found.times.tolist() == whole.times[late].tolist()
        assert found.neurons.tolist() == whole.neurons[late].tolist()


def test_a_state_holds_the_weights_and_delays_that_were_set(tmp_path: Path, backend: str) -> None:
    changed = network().compile(backend=backend)
    weight, delay = changed.get("back", "w"), changed.get("back", "delay")
    changed.run(5.0)
    changed.set("back", "w", 2 * weight)
    changed.set("back", "delay", delay[::-1])
    changed.set("in", "rate", 300.0)
    changed.save(tmp_path / "state.h5")
    restored = network().compile(backend=backend)
    restored.restore(tmp_path / "state.h5")
    assert restored.get("back", "w").tolist() == (2 * weight).tolist()
    np.testing.assert_allclose(restored.get("back", "delay"), delay[::-1])
    assert (restored.get("in", "rate") == 300.0).all()
    for each in (changed, restored):
        each.run(20.0)
    late = changed.spikes("lif").times > 5.05
    assert restored.spikes("lif").times.tolist() == changed.spikes("lif").times[late].tolist()
    assert late.sum() > 50


def test_restoring_a_state_without_changes_undoes_those_made_since(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    simulation.save(tmp_path / "state.h5")
    before = simulation.get("back", "w")
    simulation.set("back", "w", 0.0)
    simulation.restore(tmp_path / "state.h5")
    assert simulation.get("back", "w").tolist() == before.tolist()


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    network().compile(backend="reference").save(tmp_path / "state.h5")
    other = network()
    other.drive("lif", 1.0, 1.0)
    for simulation in (
        other.compile(backend="reference"),
        network().compile(backend="reference", dt=0.05),
        network().compile(backend="reference", batch=2),
        network().compile(backend="reference", precision="float64"),
    ):
        with pytest.raises(InputError, match=r"restore\.path: expected a state of this network .* one of another"):
            simulation.restore(tmp_path / "state.h5")


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    (tmp_path / "text.h5").write_text("no HDF5")
    network().run(1.0, backend="reference", log=tmp_path / "log.h5")
    for name, message in (
        ("none.h5", "expected a file written by save, got none"),
        ("text.h5", "which is damaged"),
        ("log.h5", "expected a state of neurosim, version 1, got another"),
    ):
        with pytest.raises(InputError, match=f"restore.path: .*{message}"):
            simulation.restore(tmp_path / name)


def test_a_cut_state_file_is_refused(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    path = tmp_path / "state.h5"
    simulation.save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"restore.path: .* damaged"):
        simulation.restore(path)


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


def test_after_reset_no_spike_is_under_way(tmp_path: Path, backend: str) -> None:
    import h5py

    simulation = network().compile(backend=backend)
    simulation.run(20.0)
    for under_way in (True, False):
        simulation.save(tmp_path / "state.h5")
        with h5py.File(tmp_path / "state.h5") as file:
            assert (file["populations/1/steps"].size > 0) is under_way
        simulation.reset()


def test_set_and_get_speak_canonical_order(backend: str) -> None:
    net = Network()
    net.population("in", 3, SpikeTimes([0.1, 0.1, 0.1], [0, 1, 2]))
    net.population("out", 2, NeuronModel(LIF_TEXT))
    net.connect("in", "out", FromArrays([2, 0, 0, 1, 0], [0, 1, 0, 1, 1]), weight=1.0, delay=0.1, name="p")
    net.record("out", "i", every=0.2)
    simulation = net.compile(backend=backend, precision="float64")
    assert [simulation.get("p", name).tolist() for name in ("pre", "post", "ordinal")] == [
        [0, 0, 0, 1, 2],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 0, 0],
    ]
    weight = np.array([0.5, 0.25, 1.0, 0.125, 0.75])
    simulation.set("p", "w", weight)
    assert simulation.get("p", "w").tolist() == weight.tolist()
    simulation.run(0.2)
    assert simulation.states("out", "i").values[0, 0].tolist() == [0.5 + 0.75, 0.25 + 1.0 + 0.125]


def test_weights_and_delays_stay_with_their_synapses_in_any_order_of_setting(backend: str) -> None:
    net = Network()
    net.population("in", 2, SpikeTimes([0.1, 0.1], [0, 1]))
    net.population("out", 2, NeuronModel("i : pA, input"))  # what arrives in a step, gone in the next
    net.connect("in", "out", FromArrays([0, 0, 0, 1], [1, 1, 0, 1]), weight=[8.0, 1.0, 2.0, 4.0], delay=0.1, name="p")
    net.record("out", "i")
    simulation = net.compile(backend=backend)
    simulation.set("p", "delay", [0.2, 0.4, 0.1, 0.3])  # of (0, 0), twice (0, 1), and (1, 1)
    simulation.set("p", "w", [1.0, 2.0, 4.0, 0.5])
    simulation.set("p", "delay", [0.2, 0.4, 0.3, 0.1])
    assert simulation.get("p", "w").tolist() == [1.0, 2.0, 4.0, 0.5]
    np.testing.assert_allclose(simulation.get("p", "delay"), [0.2, 0.4, 0.3, 0.1])
    simulation.run(0.6)
    expected = [[0, 0], [0, 0.5], [1, 0], [0, 4], [0, 2], [0, 0]]
    assert simulation.states("out", "i").values[:, 0].tolist() == expected
    simulation.set("p", "w", [3.0, 5.0, 6.0, 7.0])
    simulation.reset()
    simulation.run(0.6)
    expected = [[0, 0], [0, 7], [3, 0], [0, 6], [0, 5], [0, 0]]
    assert simulation.states("out", "i").values[:, 0].tolist() == expected


def test_a_state_file_holds_only_what_was_set(tmp_path: Path) -> None:
    import h5py

    simulation = network().compile(backend="reference")
    found = []
    for variable, value in ((None, 0.0), ("w", 1.0), ("delay", 0.2)):
        if variable:
            simulation.set("back", variable, value)
        simulation.save(tmp_path / "state.h5")
        with h5py.File(tmp_path / "state.h5") as file:
            found.append({number: sorted(arrays) for number, arrays in file.get("projections", {}).items()})
    assert found == [{}, {"1": ["weight"]}, {"1": ["delay", "weight"]}]


def test_a_state_that_was_set_is_what_the_neuron_goes_on_from(backend: str) -> None:
    simulation = network().compile(backend=backend, batch=2, precision="float64")
    simulation.set("lif", "v", np.linspace(-60.0, -51.0, CELLS))
    found = simulation.get("lif", "v")
    assert found.shape == (2, CELLS)
    assert (found == np.linspace(-60.0, -51.0, CELLS)).all()
    simulation.set("lif", "v", -49.0)
    simulation.run(0.1)
    assert (simulation.get("lif", "v") == -58.0).all()


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


def relay(batch: int, log: Path | None = None) -> Simulation:
    """A Poisson population of which every spike is repeated by a neuron of its own in the next step."""
    net = Network(seed=2)
    net.population("in", 4, Poisson(50.0))
    net.population("out", 4, NeuronModel("i : 1, input\nspike when i > 0"))
    net.connect("in", "out", OneToOne(), delay=0.1)
    net.record("out", "spikes")
    return net.compile(backend="reference", batch=batch, log=log)


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


def recorded(log: Path | None, batch: int = 2) -> Simulation:
    """A run of 25 ms with every kind of record."""
    net = network()
    net.record("lif", "rate", every=2.0)
    net.record("lif", "v", every=0.5, neurons=[3, 1])
    net.record("lif", "i")
    return net.run(25.0, backend="reference", batch=batch, log=log)


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
        with pytest.raises(InputError, match="expected a simulation without a log"):
            wrong()


def test_how_states_are_advanced_is_reported() -> None:
    assert network().compile(backend="reference").integrators == {"lif": {"v": "exact", "i": "exact"}}
