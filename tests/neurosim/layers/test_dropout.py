"""Dropout: the mask's rate and scale, and that it is addressed rather than drawn."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from neurosim.core.arrays import to_host
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.layers import Dropout, Linear, Node, Stack

N = 40_000


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_values_vanish_at_the_rate_p_and_the_others_grow_so_that_the_mean_stays(xp: ModuleType, p: float) -> None:
    y = to_host(Dropout(p).fprop({}, xp.ones((200, N // 200)), Draw(Stream(0, "test"), 0))[0])
    assert set(np.unique(y)) == {0.0, 1 / (1 - p)}
    standard_error = np.sqrt(p / (1 - p) / N)  # of the mean of Bernoulli(1 - p) / (1 - p)
    assert abs(y.mean() - 1) < 5 * standard_error


def test_the_mask_is_the_draws() -> None:
    x = np.ones((20, 50))
    stream = Stream(0, "test")
    first, again, other = (Dropout(0.5).fprop({}, x, Draw(stream, index))[0] for index in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert 0.4 < (first == other).mean() < 0.6


def test_two_layers_of_one_step_drop_independently() -> None:
    x = np.ones((20, 50))
    nodes = (Node("a", Dropout(0.5)), Node("b", Dropout(0.5)))
    _, (first, second) = Stack((50,), nodes).fprop({}, x, Draw(Stream(0, "test"), 0))
    assert 0.4 < (first == second).mean() < 0.6


def test_inference_passes_values_on_as_they_are() -> None:
    x = Stream(0, "x").normal((4, 5))
    y, cache = Dropout(0.5).fprop({}, x)
    assert y is x
    assert Dropout(0.5).bprop({}, cache, x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_a_probability_outside_its_range_is_refused(p: float) -> None:
    with pytest.raises(InputError, match=r"dropout\.p: expected a probability in \[0, 1\)"):
        Dropout(p)


def test_what_was_dropped_feeds_no_synapse() -> None:
    """The weights of a dropped input get no gradient."""
    stack = Stack((6,), (Node("drop", Dropout(0.5)), Node("output", Linear(2))))
    params = stack.init(Stream(0, "init"), "float64")
    _, caches = stack.fprop(params, np.ones((1, 6)), Draw(Stream(1, "test"), 0))
    gradient = stack.gradients(params, caches, np.ones((1, 2)))["output.w"]
    dropped = caches[0][0] == 0
    assert 0 < dropped.sum() < 6
    assert (gradient[dropped] == 0).all()
    assert (gradient[~dropped] == 2).all()
