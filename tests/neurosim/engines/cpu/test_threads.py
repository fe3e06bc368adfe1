"""What a step is expected to take grows with all that it does, and threads follow."""

from __future__ import annotations

from typing import Any

import pytest

from neurosim.connectivity import FixedOutDegree
from neurosim.core.platform import processors
from neurosim.engines.cpu.threads import expected_ns, worthwhile_threads
from neurosim.equations import NeuronModel
from neurosim.neurons import LIF, LIFTwoCurrents
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson, SpikeTimes
from tests.neurosim.engines.networks import plan_of

SPIKING = """
dv/dt = -v / tau : 1
di/dt = -i / tau : 1, input
spike when v >= 1
on spike: v = {}
tau = 10.0 : ms
"""


def neurons(model: Any, size: int = 1000) -> Network:
    net = Network(1)
    net.population("a", size, model)
    return net


def joined(degree: int, **options: Any) -> Network:
    net = neurons(LIF())
    net.connect("a", "a", FixedOutDegree(degree), weight=1.0, delay=1.0, **options)
    return net


def driven() -> Network:
    net = neurons(LIF())
    net.drive("a", 100.0, weight=1.0)
    return net


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (neurons(SpikeTimes([], [])), neurons(Poisson(5.0))),
        (neurons(LIF()), neurons(LIFTwoCurrents())),
        (neurons(LIF()), neurons(LIF(), 2000)),
        (neurons(LIF()), driven()),
        (neurons(LIF()), joined(10)),
        (joined(10), joined(20)),
        (joined(10), joined(10, rule=PairSTDP(w_max=2.0))),
    ],
    ids=["draws", "operations", "neurons", "drives", "synapses", "degree", "rules"],
)
def test_more_work_is_expected_to_take_longer(less: Network, more: Network) -> None:
    assert expected_ns(plan_of(less)) < expected_ns(plan_of(more))


@pytest.mark.parametrize("after", ["v / i", "exp(v)"])
def test_divisions_and_exponentials_count_for_more_than_a_product(after: str) -> None:
    product, other = (neurons(NeuronModel(SPIKING.format(value), name="m")) for value in ("v * i", after))
    assert expected_ns(plan_of(product)) < expected_ns(plan_of(other))


def test_threads_are_used_where_they_have_work() -> None:
    assert worthwhile_threads(plan_of(neurons(LIF(), 100))) == 1
    assert worthwhile_threads(plan_of(neurons(LIF(), 200_000))) == processors()
