"""What a simulation recorded, read as arrays: spikes, states, rates, trials, and what they say of sparseness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurosim.core.checks import name_of, whole_number
from neurosim.core.errors import InputError, one_of
from neurosim.engines.plan import NetworkPlan
from neurosim.runlog.plot import Plot
from neurosim.runlog.recorded import NeuronSeries, Spikes, TimeSeries, Trials
from neurosim.simulation.recording import Recording, Store, first_bin, first_sample
from neurosim.simulation.spike_statistics import Traffic, spike_hash, traffic
from neurosim.simulation.variables import Variables


class Records:
    """The records of a network since they were started last; the base of `neurosim.simulation.Simulation`.

    Parameters
    ----------
    plan : NetworkPlan
        The network in numbers.
    variables : Variables
        Its engine, and names for its parts.
    recordings : sequence of Recording
        What is recorded of each population or projection.
    store : Store
        Where records are kept: in memory or in a log.
    """

    def __init__(self, plan: NetworkPlan, variables: Variables, recordings: Sequence[Recording], store: Store) -> None:
        self._built, self._variables, self._store = plan, variables, store
        self._recordings = {recording.name: recording for recording in recordings}
        self._start = 0

    @property
    def plot(self) -> Plot:
        """Figures of what was recorded."""
        return Plot(self.spikes, self._lines)

    def spikes(self, population: Any) -> Spikes:
        """The recorded spikes of a population.

        Parameters
        ----------
        population : Population or str
            A population whose spikes are recorded.

        Returns
        -------
        Spikes
            ``times`` in ms, ``neurons`` and ``samples``, arrays (n_spikes,), ascending in time.

        Raises
        ------
        InputError
            Its spikes are not recorded.
        """
        recording = self._recording(population)
        if not recording.spikes:
            raise self._not_recorded(recording, "spikes")
        spikes = self._store.spikes(recording.name)
        return Spikes(np.asarray((spikes.steps + 1) * self._built.dt, np.float64), spikes.neurons, spikes.samples)

    def states(self, population: Any, variable: str) -> TimeSeries:
        """The recorded values of a state, or of a variable of a projection with a rule.

        Parameters
        ----------
        population : Population, Projection or str
            Whose variable.
        variable : str
            A variable that is recorded.

        Returns
        -------
        TimeSeries
            ``times`` (n_times,) in ms and ``values`` (n_times, batch, n) in the variable's unit; from a log as float32.

        Raises
        ------
        InputError
            The variable is not recorded.
        """
        times, _, values, _ = self._lines(population, variable)
        return TimeSeries(times, values)

    def rates(self, population: Any) -> TimeSeries:
        """The recorded rate of a population.

        Parameters
        ----------
        population : Population or str
            A population whose rate is recorded.

        Returns
        -------
        TimeSeries
            ``times`` (n_bins,), the ends of the bins in ms, and ``values`` (n_bins, batch) in Hz, means over neurons.

        Raises
        ------
        InputError
            Its rate is not recorded.
        """
        recording = self._recording(population)
        if not recording.bin:
            raise self._not_recorded(recording, "rate")
        values = self._store.rates(recording.name)
        bins = first_bin(self._start, recording.bin) + 1 + np.arange(len(values))
        return TimeSeries(np.asarray(bins * recording.bin * self._built.dt, np.float64), values)

    def traffic(self, population: Any) -> Traffic:
        """Count the recorded spikes of a population and the synapses that they reached, in all samples.

        Graded projections do not count.

        Parameters
        ----------
        population : Population or str
            A population whose spikes are recorded.

        Returns
        -------
        Traffic
            ``spikes`` of ``possible`` ones and synaptic ``events`` of ``dense`` ones.

        Raises
        ------
        InputError
            Its spikes are not recorded.
        """
        recording = self._recording(population)
        spikes = self.spikes(population)
        fan_out = np.zeros(self._built.populations[recording.population].size, np.int64)
        for projection in self._built.projections:
            if projection.pre == recording.population and projection.graded is None:
                fan_out += np.diff(projection.plan.row_ptr)
        return traffic(spikes.neurons, fan_out, self._built.batch * (self._variables.engine.step - self._start))

    def trials(self) -> Trials:
        """The samples presented so far.

        Returns
        -------
        Trials
            ``start`` and ``stop`` in ms, ``sample_index`` and ``label``, arrays (n_trials,); row batch x k + s is
            the k-th that sample s of the batch was presented.
        """
        return self._store.trials()

    def spike_hash(self, sample: int = 0) -> str:
        """A digest of all recorded spikes of one sample.

        Parameters
        ----------
        sample : int
            Of the batch.

        Returns
        -------
        str
            The SHA-256 in hexadecimal; see `neurosim.simulation.spike_statistics.spike_hash`.

        Raises
        ------
        InputError
            A sample that the batch does not have.
        """
        whole_number("spike_hash.sample", sample, 0, self._built.batch - 1)
        offsets = np.cumsum([0, *(population.size for population in self._built.populations)])
        recorded = [recording for recording in self._recordings.values() if recording.spikes]
        events = [self._store.spikes(recording.name) for recording in recorded]
        firsts = [offsets[recording.population] for recording in recorded]
        return spike_hash(events, firsts, sample)

    def _lines(self, population: Any, variable: str) -> NeuronSeries:
        """The recorded values of a variable, with the numbers of their neurons."""
        recording = self._recording(population)
        for sampled in recording.states:
            if sampled.variable == variable:
                values = self._store.states(recording.name, variable)
                steps = first_sample(self._start, sampled.every) + sampled.every * np.arange(len(values))
                times = np.asarray(steps * self._built.dt, np.float64)
                return NeuronSeries(times, sampled.neurons, values, sampled.unit)
        raise self._not_recorded(recording, variable)

    def _recording(self, population: Any) -> Recording:
        name = name_of(population)
        if name not in self._recordings:
            name = self._built.populations[self._variables.population(population)].name
            raise InputError(f"{name}: nothing is recorded of this population; call net.record before compile")
        return self._recordings[name]

    @staticmethod
    def _not_recorded(recording: Recording, variable: str) -> InputError:
        known = ["spikes"] * recording.spikes + ["rate"] * (recording.bin > 0)
        return one_of(f"{recording.name}.record", variable, [*known, *(each.variable for each in recording.states)])
