"""COBA's activity lasts, at the rate that other simulators find."""

from __future__ import annotations

from statistics import mean

import pytest

from neurosim.core.errors import InputError
from neurosim.networks.coba import Coba

STOP = 1000.0  # ms


def test_the_activity_lasts_at_the_rate_of_nest_and_brian2() -> None:
    rates = []
    for seed in range(5, 10):
        net = Coba().build(seed)
        net.record(net.populations, "spikes")
        run = net.run(STOP)
        trains = [run.spikes(each).times for each in net.populations]
        assert min(times[-1] for times in trains) > STOP - 5.0, f"seed {seed} fell silent"
        rates.append(sum(len(times) for times in trains) / 4000 / STOP * 1e3)
    assert 17.0 < mean(rates) < 20.0


@pytest.mark.parametrize("scale", [0.01, float("nan"), float("inf")])
def test_a_network_too_small_for_its_synapses_or_endless_is_refused(scale: float) -> None:
    with pytest.raises(InputError, match=rf"coba.scale: expected at least 0.02, all pairs connected, got {scale}"):
        Coba(scale=scale)
