"""The cortical microcircuit has the size and the synapses that its authors print, and keeps its input when scaled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.networks.microcircuit import EXTERNAL, EXTERNAL_RATE, POPULATIONS, RATES, Microcircuit, in_degrees
from neurosim.simulation.network import Network


def moments(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Mean current in pA and the sum of its squared jumps, of a neuron of each population, at the published rates."""
    sizes = {each.name: each.size for each in net.populations}
    rate = dict(zip(POPULATIONS, RATES, strict=True))
    mean = {each.name: float(each.model.values["i_ext"]) for each in net.populations}
    square = dict.fromkeys(mean, 0.0)
    for each in net.projections:
        degree = each.builder.n / sizes[each.post.name]
        mean[each.post.name] += 0.5e-3 * degree * rate[each.pre.name] * each.weight.mean
        square[each.post.name] += degree * rate[each.pre.name] * each.weight.mean**2
    for drive in net.drives:
        mean[drive.population.name] += 0.5e-3 * drive.rate * drive.weight
        square[drive.population.name] += drive.rate * drive.weight**2
    return np.array(list(mean.values())), np.array(list(square.values()))


def test_the_full_network_has_the_published_numbers_of_neurons_and_synapses() -> None:
    net = Microcircuit().build()
    assert sum(each.size for each in net.populations) == 77_169
    assert sum(each.builder.n for each in net.projections) == pytest.approx(0.2989e9, rel=1e-3)
    assert len(net.projections) == 55  # pairs of populations with a probability above 0


def test_in_degrees_make_the_published_probabilities() -> None:
    degree = in_degrees()[2, 2] * 21_915  # synapses within L4E, of which a pair gets each with probability 1 / pairs
    assert 1 - (1 - 1 / 21_915**2) ** degree == pytest.approx(0.0497)


@pytest.mark.parametrize("scale", [0.02, 0.1, 0.5])
def test_a_smaller_network_keeps_mean_and_variance_of_its_input(scale: float) -> None:
    full, small = moments(Microcircuit().build()), moments(Microcircuit(scale=scale).build())
    assert small[0] == pytest.approx(full[0], rel=2e-3, abs=0.5)
    assert small[1] == pytest.approx(full[1], rel=2e-3)


def test_a_constant_drive_has_the_mean_of_the_poisson_one() -> None:
    for scale in (0.1, 1.0):
        noisy, constant = Microcircuit(scale=scale).build(), Microcircuit(scale=scale, drive="dc").build()
        assert not constant.drives
        assert moments(constant)[0] == pytest.approx(moments(noisy)[0])


def test_weights_make_the_published_potentials_and_one_pathway_twice_as_much() -> None:
    late = math.log(10.0 / 0.5) / (1 / 0.5 - 1 / 10.0)  # ms, the time of the peak; 250 pF, 10 ms, 0.5 ms
    per_pa = (math.exp(-late / 10.0) - math.exp(-late / 0.5)) / 250.0 / (1 / 0.5 - 1 / 10.0)
    for each in Microcircuit().build().projections:
        expected = -0.6 if each.pre.name.endswith("I") else 0.3 if each.name == "L4E_to_L23E" else 0.15  # mV
        assert each.weight.mean * per_pa == pytest.approx(expected, rel=2e-3)
        assert each.delay.mean == (0.75 if each.pre.name.endswith("I") else 1.5)


def test_the_drive_is_that_of_the_table() -> None:
    rates = [drive.rate for drive in Microcircuit().build().drives]
    assert rates == [8.0 * synapses for synapses in EXTERNAL]
    assert EXTERNAL_RATE == 8.0


@pytest.mark.parametrize("scale", [0.0, 1.5, float("nan")])
def test_a_scale_out_of_range_is_refused(scale: Any) -> None:
    with pytest.raises(InputError, match=r"microcircuit.scale: expected a number in \(0, 1\]"):
        Microcircuit(scale=scale)
