"""PairSTDP has the numbers of its source, and is no rule of a study."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurosim.rules
from neurosim.connectivity import AllToAll
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import SpikeTimes
from neurosim.study.components import known


def test_the_defaults_are_those_of_song_miller_and_abbott() -> None:
    """A_plus = 0.005, A_minus / A_plus = 1.05, both time constants 20 ms, changes in units of the largest weight."""
    values = PairSTDP(w_max=0.015).values
    assert values["a_plus"] == pytest.approx(0.005 * 0.015)
    assert values["a_minus"] == pytest.approx(1.05 * 0.005 * 0.015)
    assert (values["tau_plus"], values["tau_minus"], values["w_min"]) == (20.0, 20.0, 0.0)
    assert PairSTDP(w_max=2.0, a_plus=0.5).values["a_minus"] == pytest.approx(0.525)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_regular_pairing_adds_up_to_a_geometric_series(precision: str) -> None:
    """Pairs every T ms with post after pre by s: each later pairing meets the sums of all earlier traces."""
    period, shift, count, tau = 25.0, 5.0, 30, 20.0
    onsets = 10.0 + period * np.arange(count)
    net = Network()
    net.population("pre", 1, SpikeTimes(onsets, [0] * count))
    net.population("kicks", 1, SpikeTimes(onsets + shift, [0] * count))
    net.population("post", 1, NeuronModel("kick : 1, input\ni : nS, input\nspike when kick > 0.5"))
    net.connect("kicks", "post", AllToAll(), to="kick", weight=1.0, delay=1.0)
    rule = PairSTDP(w_max=1.0, a_plus=0.002, a_minus=0.001)
    net.connect("pre", "post", AllToAll(), to="i", weight=0.5, delay=1.0, rule=rule, name="plastic")
    sim = net.compile(backend="reference", precision=precision)
    sim.run(10.0 + period * count)
    ratio = np.exp(-period / tau)
    before = (1 - ratio ** np.arange(count)) / (1 - ratio)  # traces that the k-th spike meets, of those before
    grown = 0.002 * np.exp(-shift / tau) * (before * ratio + 1)
    shrunk = 0.001 * np.exp(-(period - shift) / tau) * before
    expected = 0.5 + grown.sum() - shrunk.sum()
    assert sim.get("plastic", "w")[0] == pytest.approx(expected, rel=1e-5 if precision == "float32" else 1e-12)


def test_it_is_for_synapses_and_not_for_studies() -> None:
    assert "pair_stdp" not in known("rules")


def test_an_unusable_value_is_refused() -> None:
    with pytest.raises(InputError, match=r"PairSTDP\.w_max: expected finite w_min <= w_max, got w_min = 2, w_max = 1"):
        PairSTDP(w_max=1.0, w_min=2.0)


TIMES: dict[str, dict[str, Any]] = {
    "PairSTDP": {},
    "NearestPairSTDP": {},
    "WeightDependentSTDP": {"mu_plus": 0.5, "mu_minus": 0.5},
    "SymmetricSTDP": {"a_near": 1.0, "a_far": 1.0, "tau_near": 10.0, "tau_far": 20.0},
    "RewardSTDP": {},
    "ShortTermPlasticity": {"use": 0.5, "tau_rec": 100.0},
    "InhibitorySTDP": {"eta": 0.1},
    "TracedDerivativeSynapse": {},
}


@pytest.mark.parametrize("name", TIMES)
def test_a_time_constant_that_is_not_positive_is_refused_where_the_rule_is_made(name: str) -> None:
    make = getattr(neurosim.rules, name)
    taus = [key for key in make(w_max=1.0, **TIMES[name]).values if key.startswith("tau")]
    assert taus
    for key in taus:
        with pytest.raises(InputError, match=rf"^{name}\.{key}: expected a value > 0 in ms, got -5$"):
            make(w_max=1.0, **(TIMES[name] | {key: -5.0}))
