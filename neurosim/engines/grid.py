"""The integer grid of each input: one power of two shared by all that leads into it, so that int32 cannot overflow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import SynapsePlan, sample_synapses
from neurosim.connectivity.values import Constant, Listed, Values, largest, root_mean_square
from neurosim.core.errors import InputError
from neurosim.engines.plan import GradedPlan, NetworkPlan, PlasticPlan


def on_grid(owner: str, weight: npt.ArrayLike, scale: float) -> npt.NDArray[np.int32]:
    """``weight`` in whole units of ``scale``, rounded half to even.

    Raises:
        InputError: a weight that 15 bits do not hold.
    """
    units = np.rint(np.asarray(weight, np.float64) / scale)
    if units.size and np.abs(units).max() > MAX_INTEGER:
        raise InputError(
            f"{owner}: expected weights up to {MAX_INTEGER * scale:g}, for which the grid of this input was made, "
            f"got {np.abs(np.asarray(weight)).max():g}; build the network with weights as large as that"
        )
    return units.astype(np.int32)


def drive_rounding(owner: str, weight: float, scale: float) -> float:
    """How far the grid moves the weight of a drive, relative to it; InputError above 1 %."""
    if weight == 0:
        return 0.0
    relative = abs(round(weight / scale) * scale - weight) / abs(weight)
    if relative > MAX_ROUNDING:
        raise InputError(
            f"{owner}.weight: expected a rounding of at most {MAX_ROUNDING:.0%}, got {relative:.2%} on a grid of "
            f"{scale:g}; bring it closer to the weights of the projections into this input, or use another input"
        )
    return relative


def product_limit(owner: str, bounds: tuple[float, float], scale: float) -> tuple[int, float]:
    """The largest of ``bounds`` in units of ``scale``, and half a unit relative to it; InputError above 1 %.

    ``owner`` is what sets the bounds of the numbers that are sent: a rule, or the bound of a graded state.
    """
    bound = max(map(abs, bounds))
    relative = 0.5 * scale / bound if bound else 0.0
    if relative > MAX_ROUNDING:
        raise InputError(
            f"{owner}: expected bounds of at least {0.5 * scale / MAX_ROUNDING:g} on a grid of {scale:g}, got "
            f"{bound:g}; bring the weights into this input closer together, or use another input"
        )
    return round(bound / scale), relative


def check_sums(owner: str, plan: NetworkPlan, slot: int, weights: Mapping[int, npt.NDArray[np.int32]]) -> None:
    """Raise an `InputError` if all sources of an input, firing in one step, could overflow int32 at a neuron.

    ``weights`` holds the integer weights that differ from what ``plan`` says, by number of projection. Synapses are
    drawn only where the largest weights and in-degrees don't suffice to tell.
    """
    into = [number for number, each in enumerate(plan.projections) if each.slot == slot]
    scale, external = plan.slots[slot].scale, plan.external_sum(slot)
    bound = 0.0
    for number in into:
        prepared, real = plan.projections[number].plan, _real(plan, number)
        changed = weights.get(number)
        each = largest(prepared.weight) / scale + 0.5 if changed is None else int(np.abs(changed).max(initial=0))
        each = real.limit if real else each
        bound += each * prepared.rows.in_degree_bound()
    if bound + external <= MAX_SUM:
        return
    total = np.full(plan.populations[plan.slots[slot].population].size, float(external))
    for number in into:
        synapses, real = sample_synapses(plan.projections[number].plan), _real(plan, number)
        weight = weights[number] if number in weights else on_grid(owner, synapses.weight, scale)
        weight = np.full(len(synapses), real.limit, np.int32) if real else weight
        total += np.bincount(synapses.post, np.abs(weight), minlength=len(total))
    if total.max() > MAX_SUM:
        raise InputError(
            f"{owner}: expected weights whose sum an int32 holds ({MAX_SUM} units of the grid), got "
            f"{total.max():.4g} at one neuron; lower the weights or the in-degree"
        )


def _real(plan: NetworkPlan, number: int) -> PlasticPlan | GradedPlan | None:
    """What sets the largest number that a projection sends, where its weights are real numbers."""
    projection = plan.projections[number]
    return projection.plastic or projection.graded


MAX_INTEGER = 16383  # of a 15-bit weight


MAX_SUM = 2**31 - 1


MAX_ROUNDING = 0.01  # of the root-mean-square weight


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

    @classmethod
    def of(cls, name: str, weight: Values, scale: float) -> Rounding:
        """That of the weights of the projection ``name``."""
        return cls(name, _largest_rounding(weight, scale), root_mean_square(weight))


def slot_scale(plans: list[SynapsePlan], reserve: float, owner: str) -> float:
    """The scale of one slot into which ``plans`` lead.

    ``reserve`` is the largest external input of one step, in units of the weights.
    """
    bounds = [(largest(plan.weight), plan.rows.in_degree_bound()) for plan in plans]
    top = max((weight for weight, _ in bounds), default=0.0)
    total = sum(weight * degree for weight, degree in bounds) + reserve
    spare = MAX_SUM - 0.5 * sum(degree for _, degree in bounds)
    if spare <= 0:
        raise InputError(f"{owner}: expected in-degrees below 2^32, got {sum(degree for _, degree in bounds):.3g}")
    least = max(total / spare, top / MAX_INTEGER)
    if least == 0:
        return 1.0
    mantissa, exponent = math.frexp(least)
    return max(_SHORTEST, math.ldexp(1.0, exponent - 1 if mantissa == 0.5 else exponent))


def rounding(plan: SynapsePlan, scale: float) -> Rounding:
    """How far the grid moves the projection's weights.

    Raises:
        InputError: above 1 % of the root-mean-square weight.
    """
    remedy = (
        "give projections of other sizes inputs of their own in the neuron model, or bring the weights closer together"
    )
    return _small(f"{plan.pair.owner}.weight", Rounding.of(plan.pair.name, plan.weight, scale), scale, remedy)


def check_set_weights(name: str, weight: npt.NDArray[np.float64], scale: float) -> None:
    """Raise an `InputError` if the grid moves weights that are set by more than 1 % of their root mean square."""
    remedy = "build the network with weights of that size"
    _small(f"{name}.w", Rounding.of(name, Listed(weight.astype(np.float32)), scale), scale, remedy)


def _small(owner: str, found: Rounding, scale: float, remedy: str) -> Rounding:
    if found.relative > MAX_ROUNDING:
        raise InputError(
            f"{owner}: expected a rounding of at most {MAX_ROUNDING:.0%} of the root-mean-square weight, got "
            f"{found.relative:.2%} on a grid of {scale:g}, made for the largest weights into this input; {remedy}"
        )
    return found


def _largest_rounding(weight: Values, scale: float) -> float:
    if isinstance(weight, Constant | Listed):
        exact = np.atleast_1d(np.asarray(weight.value if isinstance(weight, Constant) else weight.values, np.float64))
        return float(np.abs(exact - np.rint(exact / scale) * scale).max(initial=0.0))
    return 0.5 * scale
