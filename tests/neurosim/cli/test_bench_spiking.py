"""What is said of a timed network: its spikes, its events, its parts. No test looks at time."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from neurosim.cli import bench
from neurosim.cli.bench_spiking import WARM_UP, Timing, measure
from neurosim.connectivity import FixedProbability
from neurosim.networks.cuba import Cuba
from neurosim.neurons import LIF
from neurosim.rules.pair_stdp import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson

SMALL = 0.1


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """CUBA with 400 neurons, 200 ms after the warm-up."""
    return bench.run("cuba", scale=SMALL, seconds=0.2, seed=3)


def test_spikes_and_events_are_those_of_the_same_network_run_by_hand(measured: dict[str, Any]) -> None:
    net = Cuba(scale=SMALL).build(3)
    net.record(net.populations, "spikes")
    sim = net.run(WARM_UP + 200.0)
    spikes = events = 0
    for population in net.populations:
        found = sim.spikes(population)
        late = found.neurons[found.times >= WARM_UP + 0.1]
        spikes += len(late)
        for projection in net.projections:
            if projection.pre is population:
                events += sum(int((sim.get(projection, "pre") == neuron).sum()) for neuron in late)
    assert spikes > 100
    assert (measured["spikes"], measured["syn_events"]) == (spikes, events)
    assert measured["spike_hash"] == sim.spike_hash()
    assert measured["rate_hz"] == pytest.approx(spikes / 400 / 0.2, abs=1e-4)


def test_the_contract_names_every_key(measured: dict[str, Any]) -> None:
    keys = """bench backend threads drive scale seed build_s compile_s sim_s bio_s rtf spikes rate_hz spike_hash
        syn_events ns_per_event ns_per_neuron_step plastic_updates_per_s bytes_per_synapse peak_rss_mb commit"""
    assert set(keys.split()) <= set(measured)
    assert measured["rtf"] == pytest.approx(measured["sim_s"] / measured["bio_s"], rel=1e-2)
    assert min(measured[key] for key in ("build_s", "compile_s", "sim_s", "ns_per_event", "ns_per_neuron_step")) > 0
    assert 4 <= measured["bytes_per_synapse"] < 8  # 4 bytes each, and the index of the rows


def test_the_reference_finds_the_same_spikes_and_tells_no_costs(measured: dict[str, Any]) -> None:
    found = bench.run("cuba", scale=SMALL, seconds=0.2, seed=3, backend="reference")
    same = ("spikes", "spike_hash", "syn_events", "rate_hz", "neurons", "synapses")
    assert {key: found[key] for key in same} == {key: measured[key] for key in same}
    assert (found["backend"], found["ns_per_event"], found["bytes_per_synapse"]) == ("reference", None, None)


def test_without_a_record_the_engine_counts_the_same_spikes(measured: dict[str, Any]) -> None:
    found = bench.run("cuba", scale=SMALL, seconds=0.2, seed=3, record=False, threads=2)
    assert (found["spikes"], found["spike_hash"], found["threads"]) == (measured["spikes"], None, 2)
    assert found["syn_events"] == pytest.approx(measured["syn_events"], rel=0.05)  # delivered one step later


def test_each_repeat_is_the_same_run(measured: dict[str, Any]) -> None:
    found = bench.run("cuba", scale=SMALL, seconds=0.2, seed=3, repeat=3)
    assert (found["spike_hash"], found["repeat"]) == (measured["spike_hash"], 3)


class Plastic:
    """20 sources and 10 neurons, half of all pairs joined by synapses with a rule."""

    def build(self, seed: int = 0) -> Network:
        """A network that a user wrote."""
        net = Network(seed)
        source, target = net.population("source", 20, Poisson(50.0)), net.population("target", 10, LIF())
        net.connect(source, target, FixedProbability(0.5), weight=4000.0, rule=PairSTDP(w_max=5000.0))
        net.connect(source, target, FixedProbability(0.5), weight=4000.0)
        return net


def test_a_plastic_update_is_one_event_at_one_synapse(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("mylab")
    module.Plastic = Plastic
    monkeypatch.setitem(sys.modules, "mylab", module)
    found = measure("mylab:Plastic", Timing(seconds=0.3, seed=1, backend="reference"))
    net = Plastic().build(1)
    net.record(net.populations, "spikes")
    sim, plastic = net.run(WARM_UP + 300.0, backend="reference"), net.projections[0]
    before, after = (
        [n for t, n in zip(s.times, s.neurons, strict=True) if t > WARM_UP + 0.05]
        for s in map(sim.spikes, net.populations)
    )
    updates = sum(
        before.count(pre) + after.count(post)
        for pre, post in zip(sim.get(plastic, "pre"), sim.get(plastic, "post"), strict=True)
    )
    assert len(after) > 20
    assert found["plastic_updates_per_s"] * found["sim_s"] == pytest.approx(updates, rel=1e-3)
    assert found["rates_hz"] == pytest.approx(
        {"source": len(before) / 20 / 0.3, "target": len(after) / 10 / 0.3}, abs=1e-4
    )


def test_synapses_that_learn_count_in_the_memory() -> None:
    found = bench.run("stdp", scale=0.01, seconds=0.01)
    assert found["synapses"] == 100_000
    assert 4 <= found["bytes_per_synapse"] < 16  # a weight of 4 bytes; here few synapses share the traces of an input


def test_a_network_takes_its_options_and_its_drive() -> None:
    found = measure("microcircuit:scale=0.01", Timing(seconds=0.01), drive="dc")
    assert (found["bench"], found["scale"], found["drive"]) == ("microcircuit:scale=0.01", 0.01, "dc")
