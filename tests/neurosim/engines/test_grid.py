"""Grids of input slots: powers of two, no overflow, none finer possible; roundings as they are."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.connectivity import FixedInDegree, FixedTotalNumber, FromArrays, LogNormal, Normal
from neurosim.connectivity.row_sources import likely_bound
from neurosim.connectivity.rows import Pair
from neurosim.connectivity.synapses import SynapsePlan, build, in_degree, prepare
from neurosim.core.errors import InputError
from neurosim.engines.grid import rounding, slot_scale


def plan(builder: Any, weight: Any, name: str = "p") -> SynapsePlan:
    return prepare(builder, Pair(name, 50, 40, False, 1), weight, 1.0, 0.1, {})


@settings(max_examples=60, deadline=None)
@given(
    weights=st.lists(st.floats(-1e6, 1e6).filter(lambda w: w == 0 or abs(w) > 1e-6), min_size=1, max_size=4),
    degree=st.sampled_from([1, 100, 10**6, 10**9]),
    reserve=st.sampled_from([0.0, 1.0, 1e9]),
)
def test_the_grid_is_the_finest_power_of_two_that_cannot_overflow(
    weights: list[float], degree: int, reserve: float
) -> None:
    class Counted:
        """Rows known by their in-degree alone."""

        by_column, size = False, np.zeros(50, np.int64)

        def in_degree_bound(self) -> float:
            return degree

    plans = [plan(FromArrays([0], [0]), w) for w in weights]
    plans = [replace(p, rows=Counted()) for p in plans]  # type: ignore[arg-type]
    if 0.5 * degree * len(weights) >= 2**31:
        with pytest.raises(InputError, match="expected in-degrees below"):
            slot_scale(plans, reserve, "slot")
        return
    scale = slot_scale(plans, reserve, "slot")
    sizes = [abs(float(np.float32(w))) for w in weights]

    def fits(s: float) -> bool:
        integers = [round(size / s) for size in sizes]
        narrow = max(sizes) / s <= 16383
        return narrow and sum(degree * i for i in integers) + reserve / s <= 2**31 - 1

    assert math.frexp(scale)[0] == 0.5
    assert fits(scale)
    worst = sum(degree * (size / (scale / 2) + 0.5) for size in sizes) + reserve / (scale / 2)
    if max(sizes) + reserve > 0:
        assert worst > 2**31 - 1 or max(sizes) / (scale / 2) > 16383


def test_a_slot_without_weight_has_scale_1() -> None:
    assert slot_scale([], 0.0, "slot") == slot_scale([plan(FromArrays([0], [0]), 0.0)], 0.0, "slot") == 1.0


@pytest.mark.parametrize(("mean", "spread"), [(0.01, 40), (10.0, 100), (5000.0, 1000)])
def test_the_likely_bound_is_above_thirteen_nines_of_a_poisson_number(mean: float, spread: int) -> None:
    from scipy import stats

    assert stats.poisson.sf(likely_bound(mean, math.inf), mean) < 1e-12
    assert likely_bound(mean, math.inf) < mean + spread
    assert likely_bound(mean, 3.0) == 3.0


def test_in_degree_bounds_hold() -> None:
    for builder in (FixedInDegree(9), FixedTotalNumber(4000), FromArrays([0, 1, 1], [3, 3, 3])):
        counted = plan(builder, 1.0)
        found = in_degree(build(builder, 50, 40, 1.0, 1.0, dt=0.1, seed=1, name="p"))
        assert found.max() <= counted.rows.in_degree_bound()


def test_the_rounding_of_a_constant_and_of_arrays_is_exact() -> None:
    assert rounding(plan(FixedInDegree(1), 0.75), 0.25).relative == 0.0
    found = rounding(plan(FixedInDegree(1), 40.1), 0.25)
    assert found.largest == pytest.approx(0.1, rel=1e-4)
    assert found.relative == pytest.approx(0.1 / 40.1, rel=1e-4)
    found = rounding(plan(FromArrays([0, 1], [0, 0]), [10.0, -20.1]), 0.25)
    assert found.largest == pytest.approx(0.1, rel=1e-4)
    assert found.rms == pytest.approx(math.sqrt((100 + 20.1**2) / 2), rel=1e-6)


def test_the_rounding_of_a_distribution_is_half_a_step() -> None:
    found = rounding(plan(FixedInDegree(1), Normal(3.0, 4.0)), 1 / 64)
    assert found.largest == 1 / 128
    assert found.relative == pytest.approx(1 / 128 / 5.0, rel=1e-5)


def test_a_rounding_above_one_percent_names_the_projection_and_a_remedy() -> None:
    wide = plan(FixedInDegree(1), LogNormal(0.0, 2.0), "exc to inh")
    scale = slot_scale([wide], 0.0, "slot")
    with pytest.raises(InputError) as error:
        rounding(wide, scale)
    assert str(error.value).startswith("projection 'exc to inh'.weight: expected a rounding of at most 1% of the root-")
    assert str(error.value).endswith(
        "give projections of other sizes inputs of their own in the neuron model, or bring the weights closer together"
    )
