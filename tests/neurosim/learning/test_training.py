"""What the loop of a training does with the answers of a rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.learning.rule import Stats
from neurosim.learning.settings import Settings
from neurosim.learning.training import Samples, Training
from neurosim.networks import Mlp
from neurosim.rules import Backprop


def test_weights_that_a_rule_assigns_stand_as_they_are() -> None:
    weights = {"output.w": np.array([[1.5, 2.0], [-0.5, 0.0], [0.25, 3.0]], np.float32)}

    class Assigning(Backprop):
        def direction(self, network: Any, state: Any, batch: Any) -> Any:
            return {}, state, Stats(0.0, 0, assign=weights)

    spec = Mlp(hidden=(3,)).build((2,), 2)
    settings = Settings(epochs=1, rate=0.1, batch=2, clip_norm=0.1, decay=0.1, max_norm=0.1)
    training = Training(Assigning(), spec, settings, seed=0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    before = training.network.params["hidden1.w"].copy()
    training._epoch(Samples(x, np.eye(2, dtype=np.float32)[[0, 1, 1, 0]], np.array([0, 1, 1, 0])), 1)
    assert training.network.params["output.w"].tobytes() == weights["output.w"].tobytes()
    assert training.network.params["hidden1.w"].tobytes() == before.tobytes()
