"""The variables of neurons that change at their own spikes only, as they stood at the end of each of the last steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.engines.engine import TraceHistory
from neurosim.equations import CompiledRule

Reals = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Moment = tuple[Reals, Numbers]


class History:
    """The variables ``names`` of the neurons of one side after their last spikes, at each of the last moments.

    A moment, the end of a step, has the values (n_variables, batch, size) and the steps of the spikes (batch, size);
    the start is -1.
    """

    def __init__(self, rule: CompiledRule, names: tuple[str, ...], batch: int, size: int, window: int) -> None:
        """Neurons that have not spiked; ``window`` moments are kept beside the last one."""
        self._rule, self._names, self._window = rule, names, window
        initial = np.array([rule.initial[name] for name in names], rule.precision)
        values = np.tile(initial[:, np.newaxis, np.newaxis], (1, batch, size))
        self._moments: dict[int, Moment] = {-1: (values, np.full((batch, size), -1, np.int64))}

    def seen(self, moment: int, step: int, sample: int, neurons: Numbers) -> dict[str, Reals]:
        """The variables as they stood at a ``moment``, decayed to ``step``, by name; before the start, as there."""
        values, spikes = self._moments[max(moment, min(self._moments))]
        passed = np.maximum(step - spikes[sample, neurons], 0)
        return {
            name: self._rule.decayed(name, values[row, sample, neurons], passed) for row, name in enumerate(self._names)
        }

    def begin(self, step: int) -> None:
        """Begin ``step`` with what the step before left."""
        values, spikes = self._moments[step - 1]
        self._moments[step] = values.copy(), spikes.copy()
        self._moments.pop(step - self._window - 1, None)

    def write(self, step: int, sample: int, neurons: Numbers, after: dict[str, Reals]) -> None:
        """Set what the spikes of ``neurons`` in ``step`` leave behind."""
        values, spikes = self._moments[step]
        for row, name in enumerate(self._names):
            values[row, sample, neurons] = after[name]
        spikes[sample, neurons] = step

    def entries(self) -> TraceHistory:
        """Every spike that a synapse may still see, and the last one before, once."""
        moments = list(self._moments.values())[-self._window :]  # the one before is seen by no step to come
        steps = np.stack([spikes.ravel() for _, spikes in moments])
        values = np.concatenate([now.reshape(len(now), spikes.size) for now, spikes in moments], axis=1)
        batch, size = self._moments[max(self._moments)][1].shape
        number = np.broadcast_to(np.arange(batch * size), steps.shape)
        _, place = np.unique(np.stack((number.ravel(), steps.ravel())), axis=1, return_index=True)
        sample, neuron = np.divmod(number.ravel()[place].astype(np.int32), np.int32(size))
        return TraceHistory(steps.ravel()[place], neuron, sample, values[:, place])

    def load(self, traces: TraceHistory, step: int) -> None:
        """Take over what `entries` returned of a history with ``step`` steps done."""
        batch, size = self._moments[max(self._moments)][1].shape
        number = traces.samples.astype(np.int64) * size + traces.neurons
        first = np.searchsorted(number, np.arange(batch * size))
        self._moments = {}
        for moment in range(step - 1 - self._window, step):
            before = np.bincount(number[traces.steps <= moment], minlength=batch * size)
            last = first + np.maximum(before - 1, 0)
            values = traces.values[:, last].reshape(len(self._names), batch, size)
            self._moments[moment] = values, traces.steps[last].reshape(batch, size)
