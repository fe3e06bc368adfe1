"""STDP network: its rule is the pair rule, and its rate that of a neuron with a constant current."""

from __future__ import annotations

import math

import pytest

from neurosim.core.errors import InputError
from neurosim.networks import Stdp
from neurosim.networks.stdp import W_MAX
from neurosim.rules import PairSTDP

SIZE = 20


def test_its_synapses_do_what_pair_stdp_does() -> None:
    projection = Stdp(scale=0.001).build(0).projections[0]
    pair = PairSTDP(w_max=W_MAX)
    assert projection.rule is not None
    assert projection.rule.equations.events == pair.equations.events
    assert projection.rule.equations.variables == pair.equations.variables
    assert projection.rule.values == pytest.approx(pair.values)


def test_the_mean_input_sets_the_rate() -> None:
    net = Stdp(scale=SIZE / 1000).build(3)
    net.record("neurons", "spikes")
    found = net.run(600.0).spikes("neurons").times
    drive = 15.0 * 10.0 * W_MAX / 2 * 5.0 * 0.04  # mV above rest: spikes per ms, mean weight, tau_s, r_m
    interval = 2.0 + 20.0 * math.log(drive / (drive - 15.0))  # refractory, then from reset to threshold
    assert (found > 100.0).sum() / SIZE / 500.0 == pytest.approx(1 / interval, rel=0.1)


def test_every_neuron_has_every_input() -> None:
    net = Stdp(scale=0.001).build(0)
    sim = net.compile(0.1, backend="reference")
    assert len(sim.get("synapses", "w")) == 10_000
    assert {population.name: population.size for population in net.populations} == {"inputs": 10_000, "neurons": 1}


def test_no_neurons_are_refused() -> None:
    with pytest.raises(InputError, match=r"stdp.scale: expected a number >= 0.001, got 0.0"):
        Stdp(scale=0.0)
