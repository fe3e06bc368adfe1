"""Figures of a run, for notebooks and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.simulation import Simulation

_MARK_POINTS = 1.5  # size of a spike's mark


class Plot:
    """The figures of one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        """Figures of what ``simulation`` has recorded."""
        self._simulation = simulation

    def raster(self, population: Any, sample: int = 0, axes: Any = None) -> Any:
        """Draw the recorded spikes of a population, one row per neuron, into ``axes`` (new ones if None); the axes."""
        import matplotlib.pyplot

        name = getattr(population, "name", population)
        times, neurons, samples = self._simulation.spikes(name)
        mine = samples == sample
        axes = axes if axes is not None else matplotlib.pyplot.subplots()[1]
        axes.plot(times[mine], neurons[mine], linestyle="", marker=".", markersize=_MARK_POINTS, rasterized=True)
        axes.set(xlabel="time (ms)", ylabel=f"neuron of {name}")
        return axes
