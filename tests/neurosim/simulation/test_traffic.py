"""How sparse spikes are and how many synapses they reach: counted by hand, on every engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.networks import Cuba
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP
from neurosim.simulation.traffic import Traffic


def network() -> ns.Network:
    """Three sources that are told their spikes; 0 has two synapses, 1 one, 2 none, and all two that learn."""
    net = ns.Network(1)
    told = net.population("told", 3, ns.SpikeTimes([1.0, 2.0, 2.0, 5.0, 7.0], [0, 0, 2, 1, 0]))
    cells = net.population("cells", 2, LIF())
    net.connect(told, cells, ns.FromArrays([0, 0, 1], [0, 1, 1]), weight=1.0)
    net.connect(told, cells, ns.AllToAll(), weight=1.0, rule=PairSTDP(w_max=2.0), copies="shared")
    net.record(told, "spikes")
    return net


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_spikes_and_events_are_those_counted_by_hand(backend: str) -> None:
    run = network().run(10.0, dt=0.5, backend=backend)
    found = run.traffic("told")
    fan_out = (4, 3, 2)
    assert found == Traffic(5, 3 * 20, 3 * fan_out[0] + fan_out[1] + fan_out[2], 20 * sum(fan_out))
    assert found.sparsity == 1 - 5 / 60


def test_samples_add_up_and_a_reset_begins_anew() -> None:
    simulation = network().compile(dt=0.5, backend="reference", batch=4)
    assert math.isnan(simulation.traffic("told").sparsity)
    simulation.run(3.0)
    assert simulation.traffic("told")[:2] == (4 * 3, 4 * 3 * 6)
    simulation.forget()
    simulation.run(3.0)
    assert simulation.traffic("told")[:2] == (4 * 1, 4 * 3 * 6)


def test_it_agrees_with_what_the_engine_walked() -> None:
    """All that was sent has arrived a step later, but for the spikes of the last step."""
    net = Cuba(scale=0.1).build(3)
    net.record(net.populations, "spikes")
    run = net.run(200.0, backend="cpu")
    engine: Any = run.engine
    sent, late = 0, 0
    for name in ("exc", "inh"):
        sent += run.traffic(name).events
        times, neurons, _ = run.spikes(name)
        joined = np.concatenate([run.get(f"{name}_to_{post}", "pre") for post in ("exc", "inh")])
        late += int(np.bincount(joined, minlength=400)[neurons[np.rint(times / run.dt) == engine.step]].sum())
    assert sent > 1e4
    assert engine.events == sent - late


def test_a_population_that_was_not_recorded_is_refused() -> None:
    run = network().run(1.0, backend="reference")
    with pytest.raises(ns.InputError, match="cells: expected a recorded population"):
        run.traffic("cells")
    assert np.isfinite(run.traffic("told").sparsity)
