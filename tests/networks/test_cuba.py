"""CUBA fires by itself at the rate that other simulators find."""

from __future__ import annotations

from statistics import mean

import pytest

from neurosim.core.errors import InputError
from neurosim.networks.cuba import Cuba


def rate(seed: int, start: float, stop: float) -> float:
    """Spikes per neuron and second between two times in ms."""
    net = Cuba().build(seed)
    net.record(net.populations, "spikes")
    run = net.run(stop)
    late = sum(int((run.spikes(each).times > start).sum()) for each in net.populations)
    return late / 4000 / (stop - start) * 1e3


def test_the_rate_is_that_of_nest_and_brian2() -> None:
    assert 5.4 < mean(rate(seed, 500.0, 2500.0) for seed in range(5)) < 5.9  # ten seeds of 10 s elsewhere: 5.5 to 5.8


def test_a_neuron_has_80_synapses_at_any_scale_on_average() -> None:
    for scale in (0.1, 1.0):
        net = Cuba(scale=scale).build(3).compile()
        synapses = sum(len(net.get(name, "w")) for name in ("exc_to_exc", "exc_to_inh", "inh_to_exc", "inh_to_inh"))
        assert synapses == pytest.approx(80 * 4000 * scale, rel=0.02)


@pytest.mark.parametrize("scale", [0.01, float("nan"), float("inf")])
def test_a_network_too_small_for_its_synapses_or_endless_is_refused(scale: float) -> None:
    with pytest.raises(InputError, match=rf"cuba.scale: expected at least 0.02, all pairs connected, got {scale}"):
        Cuba(scale=scale)
