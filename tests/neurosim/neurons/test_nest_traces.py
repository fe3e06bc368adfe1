"""Neurons under given spikes have the potential that NEST computes; runs/oracles/nest_traces.py made the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.connectivity import OneToOne
from neurosim.equations import NeuronModel
from neurosim.networks.izhikevich import TEXT
from neurosim.neurons import LIF, AdEx, LIFAlpha, LIFConductance, LIFDelta, LIFTwoCurrents
from neurosim.simulation.sources import SpikeTimes

STORED = Path(__file__).parents[2] / "reference" / "nest_traces.npz"
STOP = 120.0
# Rounding in float32, 4e-6 mV at -60 mV, adds up during tau_m / dt steps.
TOLERANCE = {"float64": 1e-9, "float32": 3e-5}  # of the range of the potential


def cases() -> dict[str, tuple[NeuronModel, tuple[str, str], dict[str, float]]]:
    """The neuron, its inputs for the excitatory and the inhibitory train, its start. RK4 where NEST's is adaptive."""
    cell = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "noise": 0.0}
    return {
        "exponential": (LIF(i_ext=340.0), ("i", "i"), {}),
        "alpha": (LIFAlpha(i_ext=340.0), ("i", "i"), {}),
        "two_currents": (LIFTwoCurrents(), ("i_e", "i_i"), {"v": -60.0}),
        "delta": (LIFDelta(i_ext=185.0), ("v", "v"), {}),
        "conductances": (LIFConductance(integrator="rk4"), ("g_e", "g_i"), {}),
        "adaptive_exponential": (AdEx(i_ext=256.0, integrator="rk4"), ("i", "i"), {}),
        "izhikevich": (NeuronModel(TEXT, name="Cell", integrator="euler", **cell), ("v", "v"), {}),
    }


@pytest.mark.parametrize("precision", list(TOLERANCE))
@pytest.mark.parametrize("name", list(cases()))
def test_the_potential_and_the_spikes_are_those_of_nest(name: str, precision: str) -> None:
    stored: dict[str, Any] = dict(np.load(STORED))
    model, inputs, start = cases()[name]
    net = ns.Network()
    neuron = net.population("neuron", 1, model, start)
    for train, to, weight in zip(("excitatory", "inhibitory"), inputs, stored[f"{name}/weights"], strict=True):
        times = stored[train]
        source = net.population(train, 1, SpikeTimes(times, np.zeros(len(times), int)))
        net.connect(source, neuron, OneToOne(), to=to, weight=abs(weight) if to == "g_i" else weight, delay=1.0)
    net.record(neuron, ["v", "spikes"])
    run = net.run(STOP, backend="reference", precision=precision)
    expected = stored[f"{name}/v"]
    assert np.abs(run.states(neuron, "v").values[:, 0, 0] - expected).max() < TOLERANCE[precision] * np.ptp(expected)
    assert run.spikes(neuron).times == pytest.approx(stored[f"{name}/spikes"])


def test_the_stored_neurons_fire() -> None:
    stored = dict(np.load(STORED))
    assert [name for name in cases() if not len(stored[f"{name}/spikes"])] == ["adaptive_exponential"]
