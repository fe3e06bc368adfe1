"""The convolutional network: its plan, what it refuses, and that it learns what needs a convolution."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.learning.optimisers import OptimiserState, by_name, step
from neurosim.networks.cnn import Cnn
from neurosim.rules.backprop import Backprop


def test_the_plan_for_grey_images() -> None:
    stack = Cnn(channels=(4, 6), kernel=3, hidden=(10,)).build((8, 12), 5)
    assert [(node.name, shape) for node, shape in stack.shapes()] == [
        ("conv1", (1, 8, 12)), ("conv1_relu", (4, 8, 12)), ("pool1", (4, 8, 12)),
        ("conv2", (4, 4, 6)), ("conv2_relu", (6, 4, 6)), ("pool2", (6, 4, 6)),
        ("flatten", (6, 2, 3)), ("hidden1", (36,)), ("relu1", (10,)), ("output", (10,)),
    ]  # fmt: skip
    assert stack.output_shape == (5,)


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_colour_images_go_in_with_their_channels(pooling: str) -> None:
    stack = Cnn(channels=(4,), kernel=3, hidden=(), pooling=pooling).build((3, 6, 6), 2)  # type: ignore[arg-type]
    params = stack.init(Stream(0, "init"))
    assert params["conv1.w"].shape == (3, 4, 3, 3)
    assert stack.fprop(params, np.zeros((5, 3, 6, 6), np.float32))[0].shape == (5, 2)


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ((64,), r"expected images \(height, width\).*got samples of shape \(64,\); use the network mlp"),
        ((2, 1, 8, 8), "expected images"),
        ((3, 8), "expected images of at least 4 x 4 for 2 poolings, got 3 x 8"),
    ],
)
def test_what_is_no_image_or_too_small_is_refused(shape: tuple[int, ...], named: str) -> None:
    with pytest.raises(InputError, match=rf"cnn\.build: {named}"):
        Cnn().build(shape, 10)


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(InputError, match=r"cnn\.kernel: expected an odd number >= 1, got 4"):
        Cnn(kernel=4)


def test_the_direction_of_a_stripe_is_learned_wherever_it_lies() -> None:
    """Rows against columns, trained on some places and tested on others."""
    x = np.zeros((16, 8, 8), np.float32)
    for place in range(8):
        x[place, place, :] = 1.0
        x[8 + place, :, place] = 1.0
    labels = np.repeat([0, 1], 8)
    held_out = np.isin(np.arange(16) % 8, [2, 5])
    targets = np.eye(2, dtype=np.float32)[labels]
    spec = Cnn(channels=(4,), kernel=3, pool=8, hidden=()).build((8, 8), 2)
    rule, optimiser = Backprop(), by_name("sgd")
    network = RateNetwork(spec, spec.init(Stream(0, "init")))
    state, optimiser_state = rule.init(spec, Stream(0, "rule")), OptimiserState()
    for _ in range(100):
        updates, state, _ = rule.direction(network, state, Batch(x[~held_out], targets[~held_out]))
        step(network.params, updates, optimiser_state, rate=0.1, optimiser=optimiser)
    answers = rule.predict(network, state, x[held_out]).argmax(axis=1)
    assert answers.tolist() == labels[held_out].tolist()
