"""What was recorded over time, as a simulation and its log return it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Traces(NamedTuple):
    """A recorded state or rate: ``times`` in ms (n_times,), ``values`` (n_times, batch, n_neurons) or (n_times, batch).

    A rate's times are the ends of its bins.
    """

    times: npt.NDArray[np.float64]
    values: npt.NDArray[Any]


class Lines(NamedTuple):
    """A recorded variable: ``times`` (n_times,) in ms, ``numbers`` (n,) of what has it, ``unit``.

    ``values`` are (n_times, batch, n).
    """

    times: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int64]
    values: npt.NDArray[Any]
    unit: str
