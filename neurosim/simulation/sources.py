"""Populations without equations, `Poisson` and `SpikeTimes`, and the thresholds that random words are compared with.

    a Poisson neuron spikes in a step with probability   1 - exp(-rate dt)
    a drive brings k events in a step with probability   m^k exp(-m) / k!,   m = rate dt

A word is a whole number below 2^32; it is compared with 2^32 times the cumulative probability, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import real_numbers
from neurosim.core.errors import InputError
from neurosim.core.time_steps import MAX_STEPS, MS_PER_S, to_steps
from neurosim.engines.plan import PoissonSource, ScheduledSource

MAX_MEAN = 64.0  # events of a drive in one step; more would only slow the comparison down
_WORDS = 2.0**32
_LAST_WORD = 2**32 - 1
_PADDING = 8  # thresholds come in multiples of it, so that compiled loops have few lengths
_LN2_HIGH, _LN2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2: its first 33 bits, the rest
_EXP_TERMS = 14  # of the series of exp on [-ln 2 / 2, ln 2 / 2]: the next is below 2^-57


@dataclass(frozen=True, eq=False)
class Poisson:
    """Neurons that spike at random.

    A neuron spikes at most once in a step, with probability 1 - exp(-rate dt). So its rate is below ``rate``, by 5 %
    where rate dt = 0.1 and by more than half at 20,000 Hz in steps of 0.1 ms, as below. `neurosim.Network.drive` counts
    all events of a step: use it for the input of many sources at once.

    Parameters
    ----------
    rate : float or array (size,)
        In Hz, >= 0.

    Raises
    ------
    InputError
        A rate that is below 0 or not finite.

    Examples
    --------
    >>> round(10_000 * float(spike_thresholds(20_000.0, dt=0.1)) / 2**32)  # Hz: 10,000 steps per second
    8647
    >>> Poisson(rate=-1.0)
    Traceback (most recent call last):
    neurosim.core.errors.InputError: Poisson.rate: expected rates >= 0 in Hz, got -1.0
    """

    rate: Any = 0.0

    def __post_init__(self) -> None:
        check_rates("Poisson.rate", self.rate)

    def resolve(self, owner: str, size: int, dt: float) -> PoissonSource:
        """The source in numbers.

        Parameters
        ----------
        owner : str
            The population's name, for messages.
        size : int
            The number of neurons.
        dt : float
            The time step in ms.

        Returns
        -------
        PoissonSource
            A threshold for each neuron's random word.

        Raises
        ------
        InputError
            Another number of rates than of neurons.
        """
        if np.ndim(self.rate) and np.shape(self.rate) != (size,):
            got = f"an array of shape {np.shape(self.rate)}"
            raise InputError(f"{owner}.rate: expected a number or one rate per neuron, shape ({size},), got {got}")
        return PoissonSource(np.broadcast_to(spike_thresholds(self.rate, dt), (size,)).copy())


@dataclass(frozen=True, eq=False)
class SpikeTimes:
    """Neurons with prescribed spike times: neuron ``neurons[k]`` spikes at ``times[k]``, in any order.

    Parameters
    ----------
    times : array (n_spikes,)
        In ms, > 0; rounded to steps, half up as delays are. Two spikes of a neuron in one step are an error.
    neurons : array of int (n_spikes,)
        From 0 on.

    Raises
    ------
    InputError
        Arrays of different lengths, times that are not > 0.

    Examples
    --------
    >>> SpikeTimes([0.15, 1.0], [0, 1]).resolve("input", size=2, dt=0.1).steps.tolist()
    [1, 9]
    """

    times: Any
    neurons: Any

    def __post_init__(self) -> None:
        times, neurons = real_numbers("SpikeTimes.times", self.times), np.asarray(self.neurons)
        if times.ndim != 1 or times.shape != neurons.shape:
            raise InputError(
                f"SpikeTimes.neurons: expected one neuron per time, got shapes {neurons.shape} and {times.shape}"
            )
        if neurons.size and neurons.dtype.kind not in "iu":
            raise InputError(f"SpikeTimes.neurons: expected whole numbers, got {neurons.dtype.name}")
        good = np.isfinite(times) & (times > 0)
        if not good.all():
            raise InputError(f"SpikeTimes.times: expected times > 0 in ms, got {times[~good][0]}")

    def resolve(self, owner: str, size: int, dt: float) -> ScheduledSource:
        """The source in numbers.

        Parameters
        ----------
        owner : str
            The population's name, for messages.
        size : int
            The number of neurons.
        dt : float
            The time step in ms.

        Returns
        -------
        ScheduledSource
            Steps and neurons, ascending.

        Raises
        ------
        InputError
            A neuron outside the population, a time before the first step, or two spikes of a neuron in one step.
        """
        steps = to_steps(self.times, dt)
        if steps.size and steps.max() > MAX_STEPS:
            raise InputError(f"{owner}.times: expected at most {MAX_STEPS * dt:g} ms, got {np.max(self.times):g}")
        steps = steps.astype(np.int64) - 1
        neurons = np.asarray(self.neurons, np.int64)
        outside = (neurons < 0) | (neurons >= size)
        if outside.any():
            raise InputError(f"{owner}.neurons: expected neurons in 0 .. {size - 1}, got {neurons[outside][0]}")
        if steps.size and steps.min() < 0:
            raise InputError(f"{owner}.times: expected times >= dt = {dt} ms, got {np.min(self.times)}")
        order = np.lexsort((neurons, steps))
        steps, listed = steps[order], neurons[order].astype(np.int32)
        twice = (np.diff(steps) == 0) & (np.diff(listed) == 0)
        if twice.any():
            when = (steps[1:][twice][0] + 1) * dt
            raise InputError(
                f"{owner}.times: expected at most one spike of a neuron in a step of {dt} ms, "
                f"got two of neuron {listed[1:][twice][0]} at {when:g} ms"
            )
        return ScheduledSource(steps, listed)


def check_rates(owner: str, rates: Any) -> None:
    """Raise an `InputError` unless every rate is a finite number >= 0."""
    values = real_numbers(owner, rates, "rates >= 0 in Hz")
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        raise InputError(f"{owner}: expected rates >= 0 in Hz, got {values[~good].flat[0]}")


def spike_thresholds(rates: Any, dt: float) -> npt.NDArray[np.uint32]:
    """2^32 (1 - exp(-rate dt)), rounded, for rates in Hz and ``dt`` in ms: uint32 of the rates' shape.

    >>> int(spike_thresholds(1000.0, 0.1)) == round(2**32 * -np.expm1(-0.1))
    True
    """
    mean = np.asarray(rates, np.float64) * (dt / MS_PER_S)
    return _as_words(1.0 - _exp(-mean))


def event_thresholds(mean: float) -> npt.NDArray[np.uint32]:
    """The thresholds of a Poisson count of the given ``mean`` per step: the count is how many a word has reached.

    >>> words = event_thresholds(0.1)
    >>> len(words), int(words[0]) == round(2**32 * np.exp(-0.1)), int(words[-1]) == 2**32 - 1
    (8, True, True)
    """
    cumulative, term, found = 0.0, float(_exp(np.asarray(-mean))), list[float]()
    while True:
        cumulative += term
        if cumulative * _WORDS >= _LAST_WORD or term == 0.0:
            break
        found.append(cumulative)
        term *= mean / len(found)
    found += [1.0] * (-len(found) % _PADDING or _PADDING * (not found))
    return _as_words(np.array(found))


def _as_words(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    return np.minimum(np.floor(probability * _WORDS + 0.5), _LAST_WORD).astype(np.uint32)


def _exp(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The exponential of x <= 0 in basic operations, the same on every platform; 0 below -745."""
    k = np.floor(x * (1.0 / (_LN2_HIGH + _LN2_REST)) + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_REST
    series = np.ones_like(r)
    for n in range(_EXP_TERMS, 0, -1):
        series = 1.0 + r / n * series
    return np.asarray(np.ldexp(series, k.astype(np.int64)))
