from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import Array, Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import Linear, Node, RateNetwork, Stack, tanh
from neurosim.layers.layer import Batch
from neurosim.layers.losses import softmax
from neurosim.layers.meter import Meter, Purpose
from neurosim.rules import Backprop, TemporalDerivative

SETTLED: Any = {"steps": 80, "dt": 0.2}  # 16 time constants: a remainder of 1e-7


def gradient(network: RateNetwork, batch: Batch) -> Params:
    rule = Backprop()
    return rule.direction(network, rule.init(network.spec, Stream(0, "rule")), batch)[0]


def errors(rule: TemporalDerivative, network: RateNetwork, batch: Batch) -> np.ndarray:
    """The relative error of the rule's direction per weight array."""
    state = rule.init(network.spec, Stream(0, "rule"), "float64")
    updates, _, _ = rule.direction(network, state, batch)
    return np.array(
        [np.linalg.norm(updates[name] - g) / np.linalg.norm(g) for name, g in gradient(network, batch).items()]
    )


def test_centred_with_a_weak_drive_is_backprop_to_2e_5(network: RateNetwork, batch: Batch) -> None:
    assert errors(TemporalDerivative(centred=True, beta=0.01, **SETTLED), network, batch).max() < 2e-5


@pytest.mark.parametrize(("centred", "order"), [(False, 1), (True, 2)])
def test_the_error_vanishes_with_the_drive_in_the_stated_order(
    network: RateNetwork, batch: Batch, centred: bool, order: int
) -> None:
    betas = np.array([0.02, 0.04, 0.08])
    made = np.array(
        [errors(TemporalDerivative(centred=centred, beta=b, steps=120, dt=0.2), network, batch) for b in betas]
    )
    for column in made.T:
        assert np.polyfit(np.log(betas), np.log(column), 1)[0] == pytest.approx(order, abs=0.1)


def test_weak_feedback_is_backprop_in_first_order_of_its_loop_gain(network: RateNetwork, batch: Batch) -> None:
    gains = np.array([0.001, 0.002, 0.004])
    rules = [
        TemporalDerivative(form="weak", centred=True, beta=0.01, loop_gain=gain, settle=400, **SETTLED)
        for gain in gains
    ]
    made = np.array([errors(rule, network, batch) for rule in rules])
    assert made[0].max() < 2e-3
    for column in made.T:
        assert np.polyfit(np.log(gains), np.log(column), 1)[0] == pytest.approx(1, abs=0.1)


def test_a_gate_that_never_closes_learns_nothing_over_a_closed_cycle(network: RateNetwork, batch: Batch) -> None:
    rule = TemporalDerivative(gate="always", steps=40)
    updates, _, _ = rule.direction(network, rule.init(network.spec, Stream(0, "rule")), batch)
    for name, g in gradient(network, batch).items():
        assert np.linalg.norm(updates[name]) < 1e-6 * np.linalg.norm(g), name


def test_one_output_layer_relaxes_to_the_fixed_point_of_the_drive() -> None:
    spec = Stack((3,), (Node("output", Linear(2)),))
    network = RateNetwork(spec, spec.init(Stream(5, "init"), "float64"))
    x, targets = np.array([[1.0, -2.0, 0.5]]), np.array([[1.0, 0.0]])
    rule = TemporalDerivative(beta=0.7, steps=400, dt=0.2)
    updates, _, _ = rule.direction(network, rule.init(spec, Stream(0, "rule")), Batch(x, targets))
    u0 = x @ network.params["output.w"]
    change = np.zeros_like(u0)
    for _ in range(500):  # fixed point of change = beta (t - softmax(u0 + change)), a contraction for beta < 2
        change = 0.7 * (targets - softmax(u0 + change))
    np.testing.assert_allclose(updates["output.w"], x.T @ change / 0.7, rtol=1e-12)
    np.testing.assert_allclose(updates["output.b"], change[0] / 0.7, rtol=1e-12)


@pytest.mark.parametrize("feedback", ["random", "kolen_pollack"])
def test_separate_feedback_equal_to_the_transpose_is_symmetric_feedback(
    network: RateNetwork, batch: Batch, feedback: str
) -> None:
    symmetric = TemporalDerivative()
    separate = TemporalDerivative(feedback=feedback)  # type: ignore[arg-type]
    state = separate.init(network.spec, Stream(0, "rule"), "float64")
    for name in state.params:
        state.params[name] = network.params[name.removeprefix("feedback.") + ".w"].T.copy()
    expected, _, _ = symmetric.direction(network, symmetric.init(network.spec, Stream(0, "rule")), batch)
    updates, _, _ = separate.direction(network, state, batch)
    for name, value in expected.items():
        np.testing.assert_allclose(updates[name], value, rtol=1e-12, atol=1e-15)


class Purposes(Meter):
    """Notes what each product was for."""

    def __init__(self) -> None:
        self.seen: list[Purpose] = []

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        self.seen.append(purpose)
        return super().matmul(purpose, a, b)


def test_products_are_charged_to_their_purpose(network: RateNetwork, batch: Batch) -> None:
    layers = len(network.spec.groups)
    for rule, expected in [
        (TemporalDerivative(steps=7), {"forward": layers, "feedback": 7 * (layers - 1), "plasticity": layers}),
        (
            TemporalDerivative(form="weak", steps=7, settle=5),
            {
                "forward": layers + 7 * (layers - 1),
                "settling": 5 * 2 * (layers - 1),
                "feedback": 7 * (layers - 1),
                "plasticity": layers,
            },
        ),
    ]:
        meter = Purposes()
        rule.direction(network, rule.init(network.spec, Stream(0, "rule")), Batch(batch.x, batch.targets, None, meter))
        assert {name: meter.seen.count(name) for name in meter.seen} == expected


def test_a_network_with_other_nodes_is_refused_in_one_line() -> None:
    from neurosim.layers import Flatten

    spec = Stack(
        (2, 2), (Node("flat", Flatten()), Node("h", Linear(3)), Node("tanh", tanh()), Node("output", Linear(2)))
    )
    with pytest.raises(InputError, match=r"^temporal_derivative.network: expected linear .* got flat"):
        TemporalDerivative().init(spec, Stream(0, "rule"))
