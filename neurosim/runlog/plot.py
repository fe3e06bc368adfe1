"""Figures of a run, from a simulation or from its log, for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import name_of
from neurosim.core.errors import InputError
from neurosim.runlog.recorded import NeuronSeries

_MARK_POINTS = 1.5  # size of a spike's mark
_MAX_LINES = 10  # as many colours as matplotlib has by default
_NO_UNIT = ("", "1")


class Plot:
    """The figures of one run.

    Parameters
    ----------
    spikes : callable
        Returns times in ms, neurons and samples of a population by name.
    states : callable
        Returns a `NeuronSeries` for the names of a population and a variable.
    """

    def __init__(
        self, spikes: Callable[[str], tuple[Any, Any, Any]], states: Callable[[str, str], NeuronSeries]
    ) -> None:
        """``spikes`` of a population are times in ms, neurons and samples; ``states`` takes name and variable."""
        self._spikes, self._states = spikes, states

    def raster(self, population: Any, sample: int = 0, axes: Any = None) -> Any:
        """Draw the recorded spikes of a population, one row per neuron.

        Parameters
        ----------
        population : Population or str
            A population whose spikes are recorded.
        sample : int
            Of the batch.
        axes : matplotlib axes, optional
            Default: those of a new figure.

        Returns
        -------
        matplotlib axes
            With the raster.

        Raises
        ------
        InputError
            Its spikes are not recorded.
        """
        name = name_of(population)
        times, neurons, samples = self._spikes(name)
        mine = samples == sample
        axes = _axes(axes)
        axes.plot(times[mine], neurons[mine], linestyle="", marker=".", markersize=_MARK_POINTS, rasterized=True)
        axes.set(xlabel="time (ms)", ylabel=f"neuron of {name}")
        return axes

    def states(
        self,
        population: Any,
        variable: str,
        neurons: int | Sequence[int] | None = None,
        sample: int = 0,
        axes: Any = None,
    ) -> Any:
        """Draw a recorded variable over time, one line per neuron.

        Parameters
        ----------
        population : Population, Projection or str
            Whose variable.
        variable : str
            A variable that is recorded.
        neurons : int or sequence of int, optional
            Numbers of recorded neurons (of synapses, for a variable of synapses); default: the first ten.
        sample : int
            Of the batch.
        axes : matplotlib axes, optional
            Default: those of a new figure.

        Returns
        -------
        matplotlib axes
            With the lines.

        Raises
        ------
        InputError
            The variable was not recorded, or not of such a neuron or sample.
        """
        name = name_of(population)
        times, numbers, values, unit = self._states(name, variable)
        if not 0 <= sample < values.shape[1]:
            raise InputError(f"plot.sample: expected a whole number in 0 .. {values.shape[1] - 1}, got {sample}")
        places = range(len(numbers))[:_MAX_LINES] if neurons is None else _places(name, numbers, neurons)
        axes = _axes(axes)
        for place in places:
            axes.plot(times, values[:, sample, place], label=f"{name} {numbers[place]}")
        axes.set(xlabel="time (ms)", ylabel=f"{variable} of {name}" + f" ({unit})" * (unit not in _NO_UNIT))
        if 0 < len(places) <= _MAX_LINES:
            title = f"{len(places)} of {len(numbers)} recorded" if len(places) < len(numbers) else None
            axes.legend(title=title, loc="upper right", fontsize="small")
        return axes


def _axes(axes: Any) -> Any:
    """``axes``, or those of a new figure."""
    import matplotlib.pyplot

    return axes if axes is not None else matplotlib.pyplot.subplots()[1]


def _places(name: str, recorded: npt.NDArray[np.int64], chosen: int | Sequence[int]) -> list[int]:
    """Where the numbers ``chosen`` stand among those ``recorded``."""
    places = {number: place for place, number in enumerate(recorded.tolist())}
    wanted = np.atleast_1d(np.asarray(chosen)).tolist()
    if missing := [number for number in wanted if number not in places]:
        known = ", ".join(map(str, recorded[:_MAX_LINES])) + ", ..." * (len(recorded) > _MAX_LINES)
        raise InputError(f"plot.neurons: expected some of those recorded of {name!r} ({known}), got {missing[0]}")
    return [places[number] for number in wanted]
