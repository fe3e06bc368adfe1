"""The integer grid of each input: one power of two shared by all that leads into it, so that int32 cannot overflow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.scales import LARGEST_INTEGER, LARGEST_ROUNDING, LARGEST_SUM
from neurosim.errors import InputError
from neurosim.plan import DrivePlan, ProjectionPlan


def on_grid(owner: str, weight: npt.ArrayLike, scale: float) -> npt.NDArray[np.int32]:
    """``weight`` in whole units of ``scale``, rounded half to even.

    Raises:
        InputError: a weight that 15 bits do not hold.
    """
    units = np.rint(np.asarray(weight, np.float64) / scale)
    if units.size and np.abs(units).max() > LARGEST_INTEGER:
        largest = np.abs(np.asarray(weight)).max()
        raise InputError(
            f"{owner}: expected weights up to {LARGEST_INTEGER * scale:g}, for which the grid of this input was made, "
            f"got {largest:g}; build the network with weights as large as that"
        )
    return units.astype(np.int32)


def drive_rounding(owner: str, weight: float, scale: float) -> float:
    """How far the grid moves the weight of a drive, relative to it; InputError above 1 %."""
    if weight == 0:
        return 0.0
    relative = abs(round(weight / scale) * scale - weight) / abs(weight)
    if relative > LARGEST_ROUNDING:
        raise InputError(
            f"{owner}.weight: expected a rounding of at most {LARGEST_ROUNDING:.0%}, got {relative:.2%} on a grid of "
            f"{scale:g}; bring it closer to the weights of the projections into this input, or use another input"
        )
    return relative


def check_sums(owner: str, size: int, projections: Sequence[ProjectionPlan], drives: Sequence[DrivePlan]) -> None:
    """Raise an `InputError` if all sources of an input, firing in one step, could overflow int32 at a neuron.

    ``projections`` and ``drives`` are those into the input, ``size`` is the number of its neurons.
    """
    total = np.zeros(size)
    for projection in projections:
        total += np.bincount(projection.synapses.post, np.abs(projection.weight), minlength=size)
    total += sum(len(drive.thresholds) * abs(drive.weight) for drive in drives)
    if total.max() > LARGEST_SUM:
        raise InputError(
            f"{owner}: expected weights whose sum an int32 holds ({LARGEST_SUM} units of the grid), got "
            f"{total.max():.4g} at one neuron; lower the weights or the in-degree"
        )
