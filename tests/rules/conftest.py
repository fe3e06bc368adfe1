"""The fixture of the equivalence tests: two or three layers of tanh units, and the first hundred training digits."""

from __future__ import annotations

import pytest

from neurosim.core.rng import Stream
from neurosim.datasets import load, one_hot
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.networks import Mlp


@pytest.fixture(params=[(128,), (128, 128)], ids=["two layers", "three layers"])
def network(request: pytest.FixtureRequest) -> RateNetwork:
    spec = Mlp(hidden=request.param, activation="tanh").build((64,), 10)
    return RateNetwork(spec, spec.init(Stream(1, "init"), "float64"))


@pytest.fixture
def batch() -> Batch:
    digits = load("digits")
    x = digits.x_train[:100].reshape(100, 64).astype("float64")
    return Batch(x, one_hot(digits.y_train[:100], 10, "float64"))
