"""Work shared out among threads, and builders of a user's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import FromArrays
from neurosim.connectivity.rows import PURPOSES, Pair, Rows, in_threads
from neurosim.core.errors import InputError
from neurosim.core.rng import stream_id
from neurosim.neurons import LIFDelta
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import SpikeTimes


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order(threads: int) -> None:
    assert list(in_threads(lambda x: x * x, range(20), threads)) == [x * x for x in range(20)]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_any_thread_reaches_the_caller(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda x: 1 // (x - 3), range(8), threads))


def test_each_purpose_has_a_stream_named_after_projection_and_purpose() -> None:
    pair = Pair("exc to inh", 1, 1, False, 1)
    assert [int(pair.stream(purpose)) for purpose in PURPOSES] == [stream_id(f"exc to inh/{p}") for p in PURPOSES]
    assert len({int(pair.stream(purpose)) for purpose in PURPOSES}) == len(PURPOSES)


@dataclass(frozen=True)
class Ring:
    """A user's own builder: each neuron to the one ``shift`` after it."""

    shift: int

    def check(self, pair: Pair) -> None:
        if pair.n_pre != pair.n_post:
            raise InputError(f"{pair.owner}: Ring expected populations of one size")

    def expected_synapses(self, pair: Pair) -> float:
        return pair.n_pre

    def rows(self, pair: Pair) -> Rows:
        source = np.arange(pair.n_pre)
        return FromArrays(source, (source + self.shift) % pair.n_pre).rows(pair)


class NoRows:
    """A builder without rows."""

    check = Ring.check
    expected_synapses = Ring.expected_synapses


def connected(builder: Any, n_post: int = 5) -> Simulation:
    """Five neurons joined to others by ``builder``, which spike at once."""
    net = Network(seed=1)
    net.population("a", 5, SpikeTimes([0.1, 0.3], [0, 4]))
    net.population("b", n_post, LIFDelta())
    net.connect("a", "b", builder, weight=100.0, delay=1.0, name="p")
    net.record("b", "spikes")
    return net.compile(0.1)


@pytest.mark.parametrize("shift", [1, 3])
def test_connect_takes_a_builder_of_ones_own(shift: int) -> None:
    simulation = connected(Ring(shift))
    simulation.run(3.0)
    assert simulation.spikes("b").neurons.tolist() == [shift, (4 + shift) % 5]
    simulation.snapshot()


def test_what_a_builder_of_ones_own_refuses_is_its_own_error() -> None:
    with pytest.raises(InputError, match=r"^projection 'p': Ring expected populations of one size$"):
        connected(Ring(1), n_post=4)


@pytest.mark.parametrize("builder", [NoRows(), Ring, object(), "all"])
def test_connect_refuses_what_is_no_builder_in_one_line(builder: Any) -> None:
    ends = re.escape(f"or an object with check, expected_synapses and rows, got {builder!r}")
    with pytest.raises(InputError, match=rf"^connect\.builder: expected one of neurosim\.connectivity .*, {ends}$"):
        connected(builder)
