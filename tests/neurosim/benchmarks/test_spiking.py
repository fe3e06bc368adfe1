"""What is said of a timed network: its spikes, its events, its parts. No test looks at time."""

from __future__ import annotations

from typing import Any

import pytest

from neurosim import bench
from neurosim.benchmarks.spiking import WARM_UP, Timing, measure
from neurosim.networks.cuba import Cuba

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


def test_a_network_takes_its_options_and_its_drive() -> None:
    found = measure("microcircuit:scale=0.01", Timing(seconds=0.01), drive="dc")
    assert (found["bench"], found["scale"], found["drive"]) == ("microcircuit:scale=0.01", 0.01, "dc")
