"""The spiking rule against the gradient of the rate network of the same units, and against its own spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.datasets import load, one_hot
from neurosim.layers.layer import Batch
from neurosim.layers.losses import softmax_cross_entropy
from neurosim.layers.meter import CountingMeter
from neurosim.learning.rule import RuleState
from neurosim.networks import Mlp, SpikingMlp
from neurosim.networks.spiking_mlp import SpikingNetwork
from neurosim.rules import TemporalDerivativeSpiking

DIGITS = load("digits")
X = DIGITS.x_train[:48].reshape(48, 64)
BATCH = Batch(X, one_hot(DIGITS.y_train[:48], 10))


def made(
    hidden: tuple[int, ...] = (40,), **options: Any
) -> tuple[TemporalDerivativeSpiking, SpikingNetwork, RuleState]:
    spec = SpikingMlp(hidden=hidden).build((64,), 10)
    rule = TemporalDerivativeSpiking(**options)
    return rule, spec.network(spec.init(Stream(1, "init"))), rule.init(spec, Stream(1, "rule"))


def cosines(hidden: tuple[int, ...], **options: Any) -> dict[str, float]:
    rule, network, state = made(hidden, **options)
    updates, _, _ = rule.direction(network, state, BATCH)
    gradient = network.spec.gradient(network.params, BATCH, softmax_cross_entropy())
    return {
        name: float((updates[name] * exact).sum() / np.linalg.norm(updates[name]) / np.linalg.norm(exact))
        for name, exact in gradient.items()
    }


@pytest.mark.parametrize("hidden", [(40,), (40, 30)])
def test_it_points_along_the_gradient_through_one_hidden_layer_or_two(hidden: tuple[int, ...]) -> None:
    found = cosines(hidden)
    assert min(found.values()) > (0.95 if len(hidden) == 1 else 0.8), found


def test_one_sided_it_points_along_the_gradient_too() -> None:
    found = cosines((40,), centred=False)
    assert found["output.w"] > 0.9
    assert found["hidden1.w"] > 0.9


def test_one_sided_what_has_not_settled_is_learned_and_after_longer_it_is_not() -> None:
    """What the readout learns without a drive, over what it learns with one."""
    ratios = []
    for settle in (60.0, 300.0):
        norms = []
        for beta in (1e-6, 0.5):
            spec = SpikingMlp(hidden=(40,), settle=settle).build((64,), 10)
            rule, network = (
                TemporalDerivativeSpiking(centred=False, beta=beta),
                spec.network(spec.init(Stream(1, "init"))),
            )
            network.params["output.w"] *= 5.0
            updates, _, _ = rule.direction(network, rule.init(spec, Stream(1, "rule")), BATCH)
            norms.append(beta * np.linalg.norm(updates["output.w"]))
        ratios.append(norms[0] / norms[1])
    assert ratios[1] < 0.1 < ratios[0], ratios


def test_where_rates_stay_the_same_q_is_zero_in_the_mean() -> None:
    """At any rate, once the slow trace of 100 ms has forgotten where it began."""
    rule, network, _ = made()
    network.params["hidden1.w"][:] = 0.0
    network.params["hidden1.b"][:] = np.linspace(0.1, 0.9, 40)
    sim = network.compile(1, rule.synapses, "sample")
    long = TemporalDerivativeSpiking(beta=1e-30, tau_s=100.0, drive=1000.0)
    network.settle(sim, {"output": np.zeros((40, 10))}, X[:1], long)
    network.drive(sim, 1.0, long)
    before = sim.get("hidden1", "z")
    sim.run(1000.0)
    assert np.abs(sim.get("hidden1", "z") - before).max() / 1000.0 < 2e-3


def test_random_feedback_aligns_the_readout_alone() -> None:
    found = cosines((40,), feedback="random")
    assert found["output.w"] > 0.95
    assert abs(found["hidden1.w"]) < 0.8


def test_nothing_moves_without_a_drive_and_nothing_below_without_feedback() -> None:
    rule, network, state = made(feedback="random")
    weak = TemporalDerivativeSpiking(feedback="random", beta=1e-6)
    strong, _, _ = rule.direction(network, state, BATCH)
    none, _, _ = weak.direction(network, state, BATCH)
    for name, change in none.items():  # divided by beta: what is left is the noise of spikes, times 1e6
        assert np.abs(change * 1e-6).max() < 0.02 * np.abs(strong[name]).max(), name
    for name in state.params:
        state.params[name][:] = 0.0
    cut, _, _ = rule.direction(network, state, BATCH)
    assert np.abs(cut["hidden1.w"]).max() < 0.02 * np.abs(strong["hidden1.w"]).max()
    assert cut["output.w"].tobytes() != none["output.w"].tobytes()


def test_it_answers_alike_twice_and_changes_nothing() -> None:
    rule, network, state = made()
    before = {name: value.tobytes() for name, value in network.params.items()}
    first, _, stats = rule.direction(network, state, BATCH)
    second, _, again = rule.direction(network, state, BATCH)
    assert {name: value.tobytes() for name, value in network.params.items()} == before
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert stats.loss == again.loss
    assert set(first) == set(network.params)
    assert all(first[name].shape == value.shape for name, value in network.params.items())


def test_each_spike_of_the_drive_is_an_operation_up_and_one_of_plasticity() -> None:
    rule, network, state = made()
    meter = CountingMeter()
    rule.direction(network, state, Batch(X, BATCH.targets, None, meter))
    settle, drive, base = round(network.spec.options.settle), round(rule.drive), round(rule.base)
    counts = meter.counts
    spikes = counts["plasticity"].acs  # of both drives: 40 per spike of an input, 10 per spike of a hidden unit
    assert counts["feedback"].macs == (base + 2 * drive) * 48 * 40 * 10
    assert counts["plasticity"].macs == 0
    rates = 0.5 * X.sum() * 40 * 2
    assert drive * rates < spikes < drive * (rates + 0.5 * 40 * 10 * 96)
    assert counts["settling"].acs == pytest.approx(spikes * (1 + (settle + base) / (2 * drive)), rel=0.1)


def test_both_drives_begin_where_the_samples_have_settled() -> None:
    """Driven by next to nothing, up and down are the same run: what one adds the other takes away, to the last bit."""
    rule, network, state = made(beta=1e-30)
    updates, _, _ = rule.direction(network, state, BATCH)
    assert not any(value.any() for value in updates.values())
    alone = TemporalDerivativeSpiking(beta=1e-30, centred=False)
    assert alone.direction(network, state, BATCH)[0]["hidden1.w"].any()


def test_where_no_input_spikes_nothing_about_the_input_is_learned() -> None:
    rule, network, state = made()
    updates, _, _ = rule.direction(network, state, Batch(np.zeros_like(X), BATCH.targets))
    assert not updates["hidden1.w"].any()
    assert updates["output.w"].any()


def test_symmetric_feedback_alone_carries_weights_down() -> None:
    carries = {kind: TemporalDerivativeSpiking(feedback=kind).transports_weights for kind in ("symmetric", "random")}
    assert carries == {"symmetric": True, "random": False}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"temporal_derivative_spiking\.beta: expected a number > 0, got 0\.0"):
        TemporalDerivativeSpiking(beta=0.0)
    with pytest.raises(InputError, match="expected a spiking network, got Stack; use spiking_mlp"):
        TemporalDerivativeSpiking().init(Mlp().build((64,), 10), Stream(0, "rule"))
