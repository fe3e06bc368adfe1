"""Initial states: what is given is what comes back, distributions by their quantiles, in one line what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import LogNormal, Normal, Uniform
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.equations import NeuronModel
from neurosim.simulation.initial import initial_values
from neurosim.simulation.network import Network
from tests.toy_engine import LIF_TEXT

STREAM = Stream(5, "initial/a/v")


@pytest.mark.parametrize(("given", "expected"), [(2, [2.0, 2.0, 2.0]), ([1, 2.5, -3], [1.0, 2.5, -3.0])])
def test_a_number_is_for_all_and_an_array_for_each(given: Any, expected: list[float]) -> None:
    values = initial_values("x", given, STREAM, 3)
    assert values.tolist() == expected
    assert values.dtype == np.float64


def test_the_values_are_a_copy_that_can_be_written() -> None:
    given = np.zeros(3)
    initial_values("x", given, STREAM, 3)[:] = 1.0
    assert given.tolist() == [0.0, 0.0, 0.0]


def test_a_uniform_distribution_is_stretched_random_numbers_of_the_stream() -> None:
    expected = -3.0 + 5.0 * STREAM.uniform(1000)
    np.testing.assert_allclose(initial_values("x", Uniform(-3.0, 2.0), STREAM, 1000), expected, rtol=0, atol=1e-12)


def test_a_log_normal_distribution_has_its_quantiles_at_the_random_numbers() -> None:
    from scipy import stats

    values = initial_values("x", LogNormal(0.5, 0.7), STREAM, 1000)
    np.testing.assert_allclose(values, np.exp(0.5 + 0.7 * stats.norm.ppf(STREAM.uniform(1000))), rtol=1e-6)


def test_a_larger_population_begins_as_a_smaller_one_does() -> None:
    few, many = (initial_values("x", Normal(0.0, 1.0), STREAM, size) for size in (10, 300))
    assert few.tolist() == many[:10].tolist()


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        (np.nan, "initial.v: expected finite numbers, got nan"),
        ([1.0, 2.0], r"initial.v: expected a number or an array of shape \(10,\), got shape \(2,\)"),
        ("low", "initial.v: expected a number, an array or a distribution, got 'low'"),
    ],
)
def test_initial_values_that_do_not_fit_are_refused(initial: Any, message: str) -> None:
    net = Network()
    net.population("lif", 10, NeuronModel(LIF_TEXT), initial={"v": initial})
    with pytest.raises(InputError, match=message):
        net.compile(backend="reference")


def test_a_distribution_sets_where_states_start() -> None:
    net = Network(seed=3)
    net.population("lif", 4000, NeuronModel(LIF_TEXT), initial={"v": Normal(-60.0, 2.0), "i": 5.0})
    simulation = net.compile(backend="reference", batch=2)
    v, i = simulation.get("lif", "v"), simulation.get("lif", "i")
    assert v.shape == (2, 4000)
    assert (v[0] == v[1]).all()
    assert (i == 5.0).all()
    assert abs(v[0].mean() + 60.0) < 4 * 2.0 / 4000**0.5
    assert abs(v[0].std() / 2.0 - 1) < 4 * (0.5 / 4000) ** 0.5
