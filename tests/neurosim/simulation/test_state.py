"""State files: a restored run goes on like one that was never stopped; what is no state of the network is refused."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedProbability
from neurosim.core.errors import InputError
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP, RewardSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from neurosim.simulation.state import State, read_state
from tests.neurosim.engines.driven_network import both_backends, network


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


@both_backends
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


@both_backends
def test_a_snapshot_is_come_back_to_as_often_as_one_likes(backend: str) -> None:
    """Of a network that learns, in the middle of a reward: each run from there is the unbroken one."""
    net = Network(seed=3)
    pre, post = net.population("pre", 30, Poisson(100.0)), net.population("post", 3, LIF())
    net.signal("reward")
    learned = net.connect(
        pre, post, AllToAll(), weight=800.0, delay=0.3, copies="sample", rule=RewardSTDP(w_max=1600.0)
    )
    net.record(post, "spikes")
    simulation = net.compile(dt=0.1, backend=backend, batch=2)
    simulation.run(30.0)
    simulation.set("reward", "value", [0.5, -0.5])
    start = simulation.snapshot()
    found = []
    for attempt in range(3):
        if attempt:
            simulation.restore(start)
        simulation.run(40.0)
        late = simulation.spikes(post).times > 30.05
        found.append((simulation.spikes(post).times[late].tolist(), simulation.get(learned, "w").tolist()))
    assert len(found[0][0]) > 20
    assert np.ptp(found[0][1]) > 1.0
    assert found[1] == found[0]
    assert found[2] == found[0]


@pytest.mark.parametrize("first", ["reference", "cpu"])
@pytest.mark.parametrize("second", ["reference", "cpu"])
def test_a_learning_network_goes_on_on_any_backend_whatever_the_delays_of_others(first: str, second: str) -> None:
    """Saved twice, also after a reset: by definition the unbroken run of the reference."""

    def net() -> Network:
        net = Network(seed=1)
        net.population("p", 20, Poisson(200.0))
        net.population("c", 10, LIF())
        net.connect("p", "c", AllToAll(), weight=150.0, delay=0.1, rule=PairSTDP(w_max=400.0, a_plus=8.0), name="w")
        net.connect("p", "c", AllToAll(), weight=60.0, delay=1.3, dendritic_delay=2.1, rule=PairSTDP(w_max=400.0))
        net.connect("p", "c", FixedProbability(0.2), weight=1.0, delay=30.0)
        net.record("c", "spikes")
        return net

    def equal(one: State, other: State) -> None:
        for number in (0, 1):
            assert one.projections[number].keys() == other.projections[number].keys()
            for name, values in one.projections[number].items():
                np.testing.assert_array_equal(values, other.projections[number][name])

    alone, passed = net().compile(backend="reference"), [net().compile(backend=first)]
    for attempt in range(2):
        for simulation in (alone, passed[-1]):
            if attempt:
                simulation.reset()
            simulation.run(60.0)
        alone_before = len(alone.spikes("c").times)
        passed = passed[-1:]
        for steps in (4.0, 40.0):
            passed.append(net().compile(backend=second))
            passed[-1].restore(passed[-2].snapshot())
            equal(passed[-1].snapshot(), passed[-2].snapshot())
            passed[-1].run(steps)
            alone.run(steps)
            equal(passed[-1].snapshot(), alone.snapshot())
        found = [t for each in passed[1:] for t in each.spikes("c").times.tolist()]
        assert found == alone.spikes("c").times.tolist()[alone_before:]
        assert len(found) >= 20


def test_a_state_file_holds_only_what_was_set(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    found = []
    for variable, value in ((None, 0.0), ("w", 1.0), ("delay", 0.2)):
        if variable:
            simulation.set("back", variable, value)
        simulation.save(tmp_path / "state.h5")
        with h5py.File(tmp_path / "state.h5") as file:
            found.append({number: sorted(arrays) for number, arrays in file.get("projections", {}).items()})
    assert found == [{}, {"1": ["weight"]}, {"1": ["delay", "weight"]}]


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
        with pytest.raises(InputError, match=r"restore\.state: expected a state of this network .* one of another"):
            simulation.restore(tmp_path / "state.h5")
        with pytest.raises(InputError, match=r"restore\.state: expected a state of this network .* one of another"):
            simulation.restore(network().compile(backend="reference").snapshot())


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    (tmp_path / "text.h5").write_text("no HDF5")
    network().run(1.0, backend="reference", log=tmp_path / "log.h5")
    for name, message in (
        ("none.h5", "expected a file written by save, got none"),
        ("text.h5", "which is damaged"),
        ("log.h5", "expected a state of neurosim, version 1, got another"),
    ):
        with pytest.raises(InputError, match=f"restore.state: .*{message}"):
            simulation.restore(tmp_path / name)


def test_a_cut_state_file_is_refused(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    path = tmp_path / "state.h5"
    simulation.save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"restore.state: .* damaged"):
        simulation.restore(path)


def test_a_state_replaces_a_state_and_no_other_file(tmp_path: Path) -> None:
    simulation = network().compile(backend="reference")
    simulation.save(tmp_path / "state.h5")
    simulation.run(1.0)
    simulation.save(tmp_path / "state.h5")
    assert read_state(tmp_path / "state.h5").step == 10
    (tmp_path / "notes.txt").write_text("the only copy")
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.attrs["format"] = "another"
    for name in ("notes.txt", "run.h5"):
        with pytest.raises(InputError, match=rf"^save.path: expected a new file or a state of neurosim .*{name}"):
            simulation.save(tmp_path / name)
    assert (tmp_path / "notes.txt").read_text() == "the only copy"
