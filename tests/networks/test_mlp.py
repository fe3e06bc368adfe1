"""The perceptron: its plan, its options, and the founding test of hidden layers."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.learning.optimisers import OptimiserState, by_name, step
from neurosim.networks.mlp import Mlp
from neurosim.rules.backprop import Backprop


def names(network: Mlp) -> list[str]:
    """The nodes of the network for 4 inputs and 3 classes."""
    return [node.name for node in network.build((2, 2), 3).nodes]


def test_the_plan_of_a_plain_perceptron() -> None:
    stack = Mlp(hidden=(6, 5), activation="relu").build((2, 2), 3)
    assert [node.name for node in stack.nodes] == ["hidden1", "relu1", "hidden2", "relu2", "output"]
    shapes = {name: value.shape for name, value in stack.init(Stream(0, "init")).items()}
    assert shapes == {
        "hidden1.w": (4, 6), "hidden1.b": (6,), "hidden2.w": (6, 5), "hidden2.b": (5,), "output.w": (5, 3),
        "output.b": (3,),
    }  # fmt: skip


def test_options_add_their_nodes() -> None:
    assert names(Mlp(hidden=(6,), dropout=0.5)) == ["hidden1", "tanh1", "dropout1", "output"]
    assert names(Mlp(hidden=(6,), input_dropout=0.2)) == ["input_dropout", "hidden1", "tanh1", "output"]
    assert names(Mlp(hidden=(6,), batch_norm=True)) == ["hidden1", "norm1", "tanh1", "output"]


def test_batch_norm_replaces_the_biases_of_hidden_layers() -> None:
    params = Mlp(hidden=(6,), batch_norm=True).build((4,), 3).init(Stream(0, "init"))
    assert set(params) == {
        "hidden1.w", "norm1.gamma", "norm1.beta", "norm1.mean", "norm1.var", "output.w", "output.b",
    }  # fmt: skip


def test_input_dropout_drops_inputs_in_training_alone() -> None:
    stack = Mlp(hidden=(), input_dropout=0.5).build((40,), 3)
    params, x = stack.init(Stream(0, "init"), "float64"), np.ones((2, 40))
    in_training = stack.fprop(params, x, Draw(Stream(1, "draw"), 0))[0]
    np.testing.assert_allclose(stack.fprop(params, x)[0], x @ params["output.w"], rtol=1e-12)
    assert not np.allclose(in_training, x @ params["output.w"])


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "hard_sigmoid", "clipped"])
def test_relu_layers_alone_have_the_gain_of_he(activation: str) -> None:
    network = Mlp(hidden=(400,), activation=activation)  # type: ignore[arg-type]
    w = network.build((200,), 3).init(Stream(0, "init"), "float64")["hidden1.w"]
    assert w.std() * np.sqrt(200) == pytest.approx(np.sqrt(2) if activation == "relu" else 1.0, rel=0.02)


def test_an_unknown_activation_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="expected one of clipped, hard_sigmoid, relu, sigmoid, tanh, got 'rellu'"):
        Mlp(activation="rellu").build((4,), 3)  # type: ignore[arg-type]


def learns_xor(seed: int) -> bool:
    """Whether 4 hidden tanh units answer all four cases correctly within 300 steps of full-batch descent."""
    x, targets = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.eye(2)[[0, 1, 1, 0]]
    spec, rule, optimiser = Mlp(hidden=(4,)).build((2,), 2), Backprop(), by_name("sgd")
    network = RateNetwork(spec, spec.init(Stream(seed, "init"), "float64"))
    state, optimiser_state = rule.init(spec, Stream(seed, "rule")), OptimiserState()
    for _ in range(300):
        updates, state, _ = rule.direction(network, state, Batch(x, targets))
        step(network.params, updates, optimiser_state, rate=1.0, optimiser=optimiser)
        if (rule.predict(network, state, x).argmax(axis=1) == [0, 1, 1, 0]).all():
            return True
    return False


def test_xor_is_learned_from_at_least_95_of_100_seeds() -> None:
    assert sum(learns_xor(seed) for seed in range(100)) >= 95


def test_without_hidden_units_xor_is_not_learned() -> None:
    """The oracle of the oracle: a linear network cannot (Minsky & Papert 1969)."""
    x, targets = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.eye(2)[[0, 1, 1, 0]]
    spec, rule, optimiser = Mlp(hidden=()).build((2,), 2), Backprop(), by_name("sgd")
    network = RateNetwork(spec, spec.init(Stream(0, "init"), "float64"))
    optimiser_state: OptimiserState = {}
    for _ in range(300):
        updates, state, _ = rule.direction(network, rule.init(spec, Stream(0, "rule")), Batch(x, targets))
        step(network.params, updates, optimiser_state, rate=0.1, optimiser=optimiser)
    scores = rule.predict(network, state, x)
    assert (scores.argmax(axis=1) == [0, 1, 1, 0]).sum() < 4
