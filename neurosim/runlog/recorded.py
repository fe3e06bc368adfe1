"""Recorded spikes, states, rates and trials, as a simulation and its log return them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class TimeSeries(NamedTuple):
    """A recorded state or rate: ``times`` in ms (n_times,), ``values`` (n_times, batch, n_neurons) or (n_times, batch).

    A rate's times are the ends of its bins.
    """

    times: npt.NDArray[np.float64]
    values: npt.NDArray[Any]


class NeuronSeries(NamedTuple):
    """A recorded variable: ``times`` (n_times,) in ms, ``numbers`` (n,) of its neurons or synapses, ``unit``.

    ``values`` are (n_times, batch, n).
    """

    times: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int64]
    values: npt.NDArray[Any]
    unit: str


class LoggedSpikes(NamedTuple):
    """``times`` in ms (float64), ``neurons`` and ``trials``, three arrays (n_spikes,)."""

    times: npt.NDArray[np.float64]
    neurons: npt.NDArray[np.int64]
    trials: npt.NDArray[np.int64]


class LoggedSeries(NamedTuple):
    """A reported variable: ``times`` (n_times,) in ms, ``neurons`` (n,), ``values`` (n_times, n) in ``units``.

    If it is one of synapses, ``neurons`` are their numbers in canonical order, and ``pre`` and ``post`` (n,) are the
    neurons of each; otherwise, and in older logs, these are None.
    """

    times: npt.NDArray[np.float64]
    neurons: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    units: str
    pre: npt.NDArray[np.int64] | None
    post: npt.NDArray[np.int64] | None


class Synapses(NamedTuple):
    """The synapses of a sparse projection as stored: ``pre``, ``post``, ``ordinal``, three arrays (n_synapses,)."""

    pre: npt.NDArray[Any]
    post: npt.NDArray[Any]
    ordinal: npt.NDArray[Any]


class Spikes(NamedTuple):
    """``times`` in ms (float64), ``neurons`` and ``samples`` (int32), three arrays (n_spikes,), ascending in time."""

    times: npt.NDArray[np.float64]
    neurons: npt.NDArray[np.int32]
    samples: npt.NDArray[np.int32]


class Trial(NamedTuple):
    """The presentation of a sample from ``start`` to ``stop`` (ms); its number and label are -1 where there is none."""

    start: float
    stop: float
    sample_index: int
    label: int


class Trials(NamedTuple):
    """The presentations so far, in order; four arrays (n_trials,)."""

    start: npt.NDArray[np.float64]
    stop: npt.NDArray[np.float64]
    sample_index: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
