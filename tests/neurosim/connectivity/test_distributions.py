"""Distributions against scipy's quantile functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neurosim.connectivity import OneToOne
from neurosim.connectivity.distributions import Distribution, LogNormal, Normal, Numbers, Uniform, normal_cdf
from neurosim.core.errors import InputError
from neurosim.neurons import LIF
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation

P = np.array([2.0**-33, 1e-6, 0.01, 0.2, 0.5])

SCIPY: tuple[tuple[Distribution, Any], ...] = (
    (Uniform(-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    (Normal(2.0, 0.5), stats.norm(2.0, 0.5)),
    (Normal(1.5, 0.75, low=0.05), stats.truncnorm((0.05 - 1.5) / 0.75, np.inf, 1.5, 0.75)),
    (Normal(0.0, 1.0, low=-1.0, high=0.25), stats.truncnorm(-1.0, 0.25)),
    (Normal(0.0, 1.0, low=3.0), stats.truncnorm(3.0, np.inf)),
    (LogNormal(0.5, 0.8), stats.lognorm(0.8, scale=math.exp(0.5))),
)


@pytest.mark.parametrize(("ours", "theirs"), SCIPY, ids=lambda x: str(x) if hasattr(x, "bounds") else "")
def test_the_quantiles_are_those_of_scipy(ours: Distribution, theirs: Any) -> None:
    assert ours.from_below(P) == pytest.approx(theirs.ppf(P), rel=1e-8, abs=1e-9)
    assert ours.from_above(P) == pytest.approx(theirs.isf(P), rel=1e-8, abs=1e-9)


def test_clipping_moves_what_lies_outside_to_the_bound() -> None:
    p = np.array([0.01, 0.25, 0.5])
    expected = np.maximum(stats.norm(1.0, 1.0).ppf(p), 0.0)
    assert Normal(1.0, 1.0, low=0.0, clip=True).from_below(p) == pytest.approx(expected, rel=1e-12)


def test_a_truncated_lognormal_has_the_quantiles_of_the_part_it_keeps() -> None:
    whole = stats.lognorm(1.0)
    low, high = whole.cdf([0.5, 4.0])
    assert LogNormal(0.0, 1.0, low=0.5, high=4.0).from_below(P) == pytest.approx(whole.ppf(low + P * (high - low)))


@pytest.mark.parametrize("z", [-8.0, -3.0, -0.1, 0.0, 0.7, 4.0, math.inf, -math.inf])
def test_the_normal_cdf_is_that_of_scipy(z: float) -> None:
    assert normal_cdf(z) == pytest.approx(float(stats.norm.cdf(z)), rel=1e-9, abs=1e-18)


def test_no_spread_is_a_constant() -> None:
    assert Normal(2.0, 0.0).from_below(P).tolist() == [2.0] * len(P)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(1.0, 0.0), "Uniform.low: expected a number <= high, got 1.0 > 0.0"),
        (lambda: Uniform(math.nan, 0.0), "Uniform.low: expected a finite number, got nan"),
        (lambda: Normal(0.0, -1.0), "Normal.sd: expected a number >= 0, got -1.0"),
        (lambda: Normal(math.inf, 1.0), "Normal.mean: expected a finite number, got inf"),
        (lambda: Normal(0.0, 1.0, low=math.nan), "Normal.low: expected a number <= high, got nan > inf"),
        (lambda: Normal(0.0, 1.0, low=9.0), "Normal.low, .high: expected bounds that hold at least 1e-06"),
        (lambda: Normal(0.0, 0.0, low=1.0), "Normal.mean: expected it between low and high when sd is 0, got 0.0"),
        (lambda: LogNormal(0.0, -1.0), "LogNormal.sigma: expected a number >= 0, got -1.0"),
        (lambda: LogNormal(0.0, 1.0, low=-1.0), "LogNormal.low: expected a number >= 0, got -1.0"),
    ],
)
def test_what_is_no_distribution_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value).startswith(message)


class Triangular:
    """A user's own: the sum of two uniform numbers in [1/2, 1]; it has no hash, as a dataclass that is not frozen."""

    bounds = (1.0, 2.0)
    __hash__ = None  # type: ignore[assignment]

    def from_below(self, p: Numbers) -> Numbers:
        return np.asarray(1 + np.sqrt(p / 2))

    def from_above(self, p: Numbers) -> Numbers:
        return np.asarray(2 - np.sqrt(p / 2))


class Half:
    """A distribution from one end only."""

    bounds = (0.0, 1.0)
    from_below = Triangular.from_below


def connected(n: int, **values: Any) -> Simulation:
    """Two populations of ``n`` neurons, joined one to one."""
    net = Network(seed=1)
    net.population("a", n, LIF())
    net.population("b", n, LIF(), {"v": values.pop("v", -65.0)})
    net.connect("a", "b", OneToOne(), name="p", **values)
    return net.compile(0.1, backend="reference")


def test_weights_delays_and_states_may_have_a_distribution_of_ones_own() -> None:
    simulation = connected(4000, weight=Triangular(), delay=Triangular(), v=Triangular())
    for values in (simulation.get("p", "w"), simulation.get("b", "v").ravel()):
        assert stats.kstest(values, stats.triang(0.5, loc=1.0).cdf).pvalue > 0.01
    assert simulation.get("p", "delay").mean() == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize(
    ("source", "name"), [(Half(), "Half"), (Half, "<class .*Half'>"), (Normal, "<class .*Normal'>")]
)
@pytest.mark.parametrize("field", ["weight", "delay"])
def test_what_is_no_distribution_is_refused_by_connect_in_one_line(field: str, source: Any, name: str) -> None:
    kinds = "a number, a distribution or one number per synapse"
    with pytest.raises(InputError, match=rf"^projection 'p'\.{field}: expected {kinds}, got {name}$"):
        connected(4, **{"weight": 1.0, "delay": 1.0, field: source})


@pytest.mark.parametrize("source", [Half(), Half, Normal])
def test_initial_states_refuse_it_too(source: Any) -> None:
    with pytest.raises(
        InputError, match=r"initial\.v: expected a number, an array or a distribution, got .*(Half|Normal).*$"
    ):
        connected(4, v=source)
