"""Synapses that send a state of their source in every step, by definition: one product at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses
from neurosim.engines.engine import GradedState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference.delivery import Due
from neurosim.engines.reference.population import Members


class GradedSynapses:
    """The synapses of one projection, and what their sources had at the end of the last steps."""

    def __init__(self, plan: NetworkPlan, number: int, due: list[Due], synapses: Synapses, source: Members) -> None:
        """Projection ``number`` of ``plan``, with no past."""
        projection = plan.projections[number]
        assert projection.graded is not None
        self._plan, self._due, self._source = projection.graded, due, source
        real = np.dtype(plan.precision)
        self._scale, self._bound = real.type(plan.slots[projection.slot].scale), real.type(projection.graded.bound)
        self._pre = synapses.pre
        self._weights = synapses.weight.astype(real)
        self._none = np.zeros((plan.batch, source.size), real)
        self._past = dict.fromkeys(range(-plan.graded_delay(number), 0), self._none)  # by step
        self.saturations = 0

    def deliver(self, step: int, slot: npt.NDArray[np.int32]) -> None:
        """Add the states that arrive in ``step`` to ``slot`` (batch, n_post), in place."""
        units = self._weights / self._scale  # a power of two: exact
        for due in self._due:
            sent = self._past[step - due.delay][:, self._pre[due.synapse]]
            for sample in range(len(slot)):
                np.add.at(slot[sample], due.target, np.rint(units[due.synapse] * sent[sample]).astype(np.int32))

    def note(self, step: int) -> None:
        """Store the state at the end of ``step``, for the delays."""
        state = self._source.state[:, self._plan.row]
        below = np.where(state < self._bound, state, self._bound)
        sent = np.where(below > -self._bound, below, -self._bound)
        self.saturations += int((sent != state).sum())
        self._past[step] = sent
        del self._past[step - len(self._past) + 1]

    def read(self) -> GradedState:
        """Copies of weights and past."""
        return GradedState(self._weights.copy(), np.array([values for _, values in sorted(self._past.items())]))

    def load(self, graded: GradedState, step: int) -> None:
        """Take over weights and past."""
        self._weights = graded.weights.astype(self._weights.dtype)
        self._past = {step - len(graded.past) + k: values.copy() for k, values in enumerate(graded.past)}
