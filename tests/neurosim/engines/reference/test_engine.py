"""The reference against an engine written a second time by hand, and against what can be counted on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import FromArrays, OneToOne
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson, SpikeTimes
from tests.toy_engine import LIF_TEXT, ToyLIF, ToyNetwork, ToyPopulation

DT = 0.1
PATHS = (  # pre, post, synapses, weights in pA as multiples of a quarter, which any grid here holds exactly
    ("a", "a", 240, (5.0, 40.0)),
    ("a", "b", 120, (5.0, 40.0)),
    ("b", "a", 120, (-80.0, -5.0)),
    ("in", "a", 60, (20.0, 60.0)),
)
SIZES = {"a": 30, "b": 20, "in": 10}
TAU_B, T_REF_B = 10.0, 0.7
RATE, DRIVE_RATE, DRIVE_WEIGHT = 150.0, 900.0, 12.5


def random_synapses(pre: str, post: str, count: int, weights: tuple[float, float], random: Any) -> dict[str, Any]:
    """``count`` synapses between random neurons, multapses and autapses included, with delays of 1 to 40 steps."""
    low, high = weights
    return {
        "pre": random.integers(0, SIZES[pre], count),
        "post": random.integers(0, SIZES[post], count),
        "weight": random.integers(int(low * 4), int(high * 4), count) / 4.0,
        "delay": random.integers(1, 41, count),
    }


def both(seed: int) -> tuple[Network, ToyNetwork]:
    """The same random network of 50 neurons in both engines."""
    random = np.random.default_rng(seed)
    net = Network(seed=seed)
    net.population("a", SIZES["a"], NeuronModel(LIF_TEXT))
    net.population("b", SIZES["b"], NeuronModel(LIF_TEXT, tau_m=TAU_B, t_ref=T_REF_B))
    net.population("in", SIZES["in"], Poisson(RATE))
    net.drive("a", DRIVE_RATE, DRIVE_WEIGHT, name="background")
    net.record(["a", "b", "in"], "spikes")
    synapses = []
    for pre, post, count, weights in PATHS:
        table = random_synapses(pre, post, count, weights, random)
        net.connect(pre, post, FromArrays(**table | {"delay": table["delay"] * DT}))
        rows = zip(*(table[name].tolist() for name in ("pre", "post", "weight", "delay")), strict=True)
        synapses += [(pre, i, post, j, weight, delay) for i, j, weight, delay in rows]
    populations = [
        ToyPopulation("a", [ToyLIF() for _ in range(SIZES["a"])], drive=("background", DRIVE_RATE, DRIVE_WEIGHT)),
        ToyPopulation("b", [ToyLIF(tau_m=TAU_B, t_ref=T_REF_B) for _ in range(SIZES["b"])]),
        ToyPopulation("in", poisson=(SIZES["in"], RATE)),
    ]
    return net, ToyNetwork(populations, synapses)


def pairs(simulation: Simulation, population: str, sample: int = 0) -> list[tuple[int, int]]:
    """The spikes of one sample as (step, neuron)."""
    times, neurons, samples = simulation.spikes(population)
    steps = np.rint(times / simulation.dt).astype(int) - 1
    return list(zip(steps[samples == sample].tolist(), neurons[samples == sample].tolist(), strict=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_network_has_the_spikes_of_the_toy_engine(seed: int) -> None:
    net, toy = both(seed)
    expected = toy.run(1500, DT, seed)
    assert min(len(spikes) for spikes in expected.values()) > 50
    simulation = net.run(150.0, DT, backend="reference", precision="float64")
    assert {name: pairs(simulation, name) for name in SIZES} == expected


def test_each_sample_of_a_batch_has_the_spikes_of_the_toy_engine_with_its_number() -> None:
    simulation = both(3)[0].run(60.0, DT, backend="reference", precision="float64", batch=3)
    for sample in range(3):
        expected = both(3)[1].run(600, DT, 3, sample)
        assert {name: pairs(simulation, name, sample) for name in SIZES} == expected


@pytest.mark.parametrize("delay", [1, 2, 17])
def test_a_spike_of_step_n_is_in_the_current_after_step_n_plus_delay(delay: int) -> None:
    net = Network()
    net.population("in", 1, SpikeTimes([0.6], [0]))  # step 5
    net.population("out", 1, NeuronModel(LIF_TEXT))
    net.connect("in", "out", OneToOne(), weight=8.0, delay=delay * DT)
    net.record("out", ["v", "i"])
    simulation = net.run(4.0, DT, backend="reference", precision="float64")
    current, potential = (simulation.states("out", name).values[:, 0, 0] for name in ("i", "v"))
    arrival = 5 + delay
    assert np.flatnonzero(current)[0] == arrival
    assert current[arrival] == 8.0
    assert np.flatnonzero(potential > -60.0)[0] == arrival + 1


def test_a_strong_input_makes_a_spike_one_step_after_it_arrives_and_then_silence_for_the_refractory_time() -> None:
    net = Network()
    net.population("in", 1, SpikeTimes([1.0], [0]))  # step 9, arrives in step 10
    net.population("out", 1, NeuronModel(LIF_TEXT, tau_s=1e6, t_ref=1.5))
    net.connect("in", "out", OneToOne(), weight=1e5, delay=DT)
    net.record("out", "spikes")
    simulation = net.run(6.0, DT, backend="reference")
    assert [step for step, _ in pairs(simulation, "out")] == [11, 27, 43, 59]  # 15 steps held, the 16th spikes
    assert simulation.spikes("out").times.tolist() == [12 * DT, 28 * DT, 44 * DT, 60 * DT]


def test_during_the_refractory_time_the_potential_is_held_and_the_current_runs_on() -> None:
    net = Network()
    net.population("in", 1, SpikeTimes([0.1], [0]))
    net.population("out", 1, NeuronModel(LIF_TEXT, t_ref=1.0))
    net.connect("in", "out", OneToOne(), weight=1e4, delay=DT)
    net.record("out", ["v", "i"])
    simulation = net.run(2.0, DT, backend="reference", precision="float64")
    potential, current = (simulation.states("out", name).values[:, 0, 0] for name in ("v", "i"))
    assert (potential[2:13] == -58.0).all()  # spike in step 2, held in steps 3 to 12
    np.testing.assert_allclose(current[1:15], 1e4 * np.exp(-DT / 5.0 * np.arange(14)), rtol=1e-12)


def test_a_timed_source_spikes_when_told_in_every_sample() -> None:
    net = Network()
    net.population("in", 3, SpikeTimes([0.5, 0.1, 0.5, 2.0], [2, 0, 1, 2]))
    net.record("in", "spikes")
    simulation = net.run(2.0, DT, backend="reference", batch=2)
    assert pairs(simulation, "in", 0) == pairs(simulation, "in", 1) == [(0, 0), (4, 1), (4, 2), (19, 2)]


def test_a_drive_has_the_mean_and_variance_of_its_poisson_process() -> None:
    net = Network(seed=4)
    text = "i : pA, input"  # what arrives in a step, gone in the next
    net.population("out", 2000, NeuronModel(text))
    net.drive("out", rate=23000.0, weight=0.5)
    net.record("out", "i")
    counts = net.run(5.0, DT, backend="reference").states("out", "i").values / 0.5
    mean, n = 2.3, 50 * 2000
    assert abs(counts.mean() - mean) < 4 * (mean / n) ** 0.5
    assert (
        abs(counts.var() - mean) < 4 * (mean * (1 + 2 * mean) / n) ** 0.5
    )  # the variance of a Poisson sample variance


def test_a_poisson_source_has_its_rates_and_independent_neurons() -> None:
    rates = np.repeat([0.0, 20.0, 500.0], 500)
    net = Network(seed=5)
    net.population("in", 1500, Poisson(rates))
    net.record("in", "spikes")
    times, neurons, _ = net.run(200.0, DT, backend="reference").spikes("in")
    count = np.bincount(neurons, minlength=1500).reshape(3, 500)
    p = 1 - np.exp(-np.array([0.0, 20.0, 500.0]) * DT / 1000)
    n = 2000
    assert count[0].sum() == 0
    for k in (1, 2):
        variance = n * p[k] * (1 - p[k])
        assert abs(count[k].mean() - n * p[k]) < 4 * (variance / 500) ** 0.5
        assert abs(count[k].var() / variance - 1) < 4 * (2 / 500) ** 0.5
    assert len(np.unique(np.rint(times / DT))) > 1900


def test_noise_has_the_stationary_deviation_of_the_equation() -> None:
    net = Network(seed=6)
    net.population(
        "out", 4000, NeuronModel("dv/dt = -v / tau_m + sigma * xi : mV\ntau_m = 2.0 : ms\nsigma = 3.0 : mV/sqrt(ms)")
    )
    net.record("out", "v", every=20.0)
    values = net.run(20.0, DT, backend="reference").states("out", "v").values[-1, 0]
    expected = 3.0 * (2.0 / 2) ** 0.5  # of an Ornstein-Uhlenbeck process: sigma sqrt(tau / 2)
    assert abs(values.mean()) < 4 * expected / 4000**0.5
    assert abs(values.std() / expected - 1) < 4 * (0.5 / 4000) ** 0.5


def test_two_noise_terms_are_independent() -> None:
    net = Network(seed=7)
    lines = [f"d{name}/dt = -{name} / tau + sigma * xi : mV" for name in "ab"]
    net.population("out", 4000, NeuronModel("\n".join([*lines, "tau = 2.0 : ms", "sigma = 1.0 : mV/sqrt(ms)"])))
    simulation = net.compile(backend="reference")
    simulation.run(20.0)
    correlation = np.corrcoef(simulation.get("out", "a")[0], simulation.get("out", "b")[0])[0, 1]
    assert abs(correlation) < 4 / 4000**0.5
