"""The grid of each input slot: one power of two per population and receptor, so that int32 sums cannot overflow.

For the projections into a slot, with largest |weight| m_i and in-degree at most n_i, and r reserved for external
drive, the scale is the smallest power of two s with

    m_i / s <= 16383                                  (15 bits with sign; not asked of weights="float32")
    sum_i n_i (m_i / s + 1/2) + r / s <= 2^31 - 1     (each synapse delivers at most once per step)

n_i is exact or a hard limit for every builder but those that choose targets at random, where it is exceeded with a
probability below 1e-12 (`row_sources.likely_bound`); `pack` sums what it has built and makes sure. m_i is that of
the constant or the array, or the last value that the distribution can yield. The scale does not depend on
owners, threads or packing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neurosim.connectivity.synapses import Plan
from neurosim.connectivity.values import Constant, Given, Values, largest, root_mean_square
from neurosim.core.errors import InputError

LARGEST_INTEGER = 16383  # of a 15-bit weight
LARGEST_SUM = 2**31 - 1
LARGEST_ROUNDING = 0.01  # of the root-mean-square weight
_SHORTEST = 2.0**-126  # the least scale: below it float32 loses digits


@dataclass(frozen=True)
class Rounding:
    """What the grid does to a projection: the ``largest`` rounding of a weight, and its ratio to the ``rms`` weight.

    Exact for a constant and for arrays; half a step of the grid, which none exceeds, for a distribution.
    """

    name: str
    largest: float
    rms: float

    @property
    def relative(self) -> float:
        """``largest`` / ``rms``."""
        return self.largest / self.rms if self.rms > 0 else 0.0


def slot_scale(plans: list[Plan], fine: bool, reserve: float, owner: str) -> float:
    """The scale of one slot into which ``plans`` lead; ``fine`` lifts the limit of 15 bits.

    ``reserve`` is the largest external input of one step, in units of the weights.
    """
    bounds = [(largest(plan.weight), plan.rows.in_degree_bound()) for plan in plans]
    top = max((weight for weight, _ in bounds), default=0.0)
    total = sum(weight * degree for weight, degree in bounds) + reserve
    spare = LARGEST_SUM - 0.5 * sum(degree for _, degree in bounds)
    if spare <= 0:
        raise InputError(f"{owner}: expected in-degrees below 2^32, got {sum(degree for _, degree in bounds):.3g}")
    least = max(total / spare, 0.0 if fine else top / LARGEST_INTEGER)
    if least == 0:
        return 1.0
    mantissa, exponent = math.frexp(least)
    return max(_SHORTEST, math.ldexp(1.0, exponent - 1 if mantissa == 0.5 else exponent))


def rounding(plan: Plan, scale: float) -> Rounding:
    """How far the grid moves the projection's weights.

    Raises:
        InputError: above 1 % of the root-mean-square weight.
    """
    found = Rounding(plan.pair.name, _largest_rounding(plan.weight, scale), root_mean_square(plan.weight))
    if found.relative > LARGEST_ROUNDING:
        raise InputError(
            f"{plan.pair.owner}.weight: expected a rounding of at most {LARGEST_ROUNDING:.0%} of the root-mean-square "
            f"weight, got {found.relative:.2%} on a grid of {scale:g}, made for the largest weights into this input; "
            "give projections of other sizes inputs of their own in the neuron model, or bring the weights closer "
            "together"
        )
    return found


def _largest_rounding(weight: Values, scale: float) -> float:
    if isinstance(weight, Constant | Given):
        exact = np.atleast_1d(np.asarray(weight.value if isinstance(weight, Constant) else weight.values, np.float64))
        return float(np.abs(exact - np.rint(exact / scale) * scale).max(initial=0.0))
    return 0.5 * scale
