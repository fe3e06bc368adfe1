"""Reading and writing the variables of a compiled network by name, and moving its whole state in and out.

population with equations    each state variable, (batch, size)
Poisson population           rate in Hz, (batch, size)
projection                   w in the unit of its input, delay in ms, and pre, post, ordinal, which cannot be set;
                             all (n_synapses,) in canonical order: by pre, then post, then ordinal
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses
from neurosim.connectivity.values import delay_values
from neurosim.errors import InputError, one_of
from neurosim.grids import check_sums, on_grid
from neurosim.kernels.table import Engine, Events
from neurosim.plan import NetworkPlan, PoissonSource, ProjectionPlan
from neurosim.sources import check_rates, spike_thresholds
from neurosim.state_file import State

Values = npt.NDArray[Any]
IDENTITY = ("pre", "post", "ordinal")


class Variables:
    """The variables of ``plan``, as they stand in ``engine``; both change when a delay is set."""

    def __init__(
        self, plan: NetworkPlan, make: Callable[[NetworkPlan], Engine], rates: Mapping[int, npt.NDArray[np.float64]]
    ) -> None:
        """Make the engine; ``rates`` are those of the Poisson populations in Hz, (size,), by number."""
        self.plan, self.engine = plan, make(plan)
        self._make, self._built = make, plan
        self._own_rates = {number: np.tile(values, (plan.batch, 1)) for number, values in rates.items()}
        self._rates = dict(self._own_rates)
        self._changed: set[int] = set()
        self._populations = {population.name: number for number, population in enumerate(plan.populations)}
        self._projections = {projection.name: number for number, projection in enumerate(plan.projections)}

    def population(self, what: Any) -> int:
        """The number of a population, given by handle or name; InputError if there is none."""
        name = getattr(what, "name", what)
        if name not in self._populations:
            raise one_of("population", str(name), self._populations)
        return self._populations[name]

    def get(self, what: Any, variable: str) -> Values:
        """A copy of a variable of a population or projection, given by handle or name."""
        name = getattr(what, "name", what)
        if name in self._populations:
            number = self._populations[name]
            known = self._known(number)
            if variable not in known:
                raise one_of(f"{name}.variable", variable, known)
            if number in self._rates:
                return self._rates[number].copy()
            return self.engine.state(number)[:, known.index(variable)].copy()
        number = self._projection(name)
        projection = self.plan.projections[number]
        if variable == "w":
            return projection.weight * np.float64(self.plan.slots[projection.slot].scale)
        if variable == "delay":
            return np.asarray(projection.synapses.delay, np.float64) * self.plan.dt
        if variable not in IDENTITY:
            raise one_of(f"{name}.variable", variable, ("w", "delay", *IDENTITY))
        synapses = projection.synapses
        return ordinals(synapses) if variable == "ordinal" else np.array(getattr(synapses, variable))

    def set(self, what: Any, variable: str, values: Any) -> None:
        """Write a variable; a number, or one value per neuron or synapse, serves for all that it is broadcast to."""
        name = getattr(what, "name", what)
        if name in self._populations:
            self._set_population(self._populations[name], variable, values)
            return
        number = self._projection(name)
        if variable == "w":
            self._set_weights(number, self._fitting(f"{name}.w", values, self.plan.projections[number].weight.shape))
        elif variable == "delay":
            self._set_delays(number, self._fitting(f"{name}.delay", values, self.plan.projections[number].weight.shape))
        else:
            raise one_of(f"{name}.variable", variable, ("w", "delay"))

    def set_rates(self, number: int, rates: Values) -> None:
        """Set the rates (batch, size) in Hz of a Poisson population."""
        self._rates[number] = rates
        self.engine.set_thresholds(number, spike_thresholds(rates, self.plan.dt))

    def reset(self) -> None:
        """Back to step 0, initial states and own rates; weights and delays stay as they were set."""
        self.engine.step = 0
        for number, population in enumerate(self.plan.populations):
            self.engine.set_state(number, np.repeat(population.initial[np.newaxis], self.plan.batch, axis=0))
            self.engine.set_refractory(number, np.zeros((self.plan.batch, population.size), np.uint16))
        for number, rates in self._own_rates.items():
            self.set_rates(number, rates)
        none = Events(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
        self.engine.set_pending(dict.fromkeys(range(len(self.plan.populations)), none))
        self.engine.take_spikes()

    def snapshot(self) -> State:
        """All that the future depends on."""
        pending, populations, projections = self.engine.pending(), {}, {}
        for number, population in enumerate(self.plan.populations):
            arrays = pending[number]._asdict()
            if population.model:
                arrays |= {"state": self.engine.state(number), "refractory": self.engine.refractory(number)}
            if number in self._rates:
                arrays["rates"] = self._rates[number]
            populations[number] = arrays
        for number in self._changed:
            projection = self.plan.projections[number]
            projections[number] = {"weight": projection.weight, "delay": np.asarray(projection.synapses.delay)}
        return State(self.engine.step, populations, projections)

    def apply(self, state: State) -> None:
        """Take over a snapshot of the same network; weights and delays that it does not hold are as they were built."""
        if self._changed or state.projections:
            self.plan = self._built
            for number, arrays in state.projections.items():
                projection = self.plan.projections[number]
                synapses = replace(projection.synapses, delay=arrays["delay"])
                self.plan = self._with(number, replace(projection, weight=arrays["weight"], synapses=synapses))
            self._changed = set(state.projections)
            self.engine = self._make(self.plan)
        self._load(state)

    def _known(self, number: int) -> list[str]:
        population = self.plan.populations[number]
        if population.model:
            return list(population.model.states)
        return ["rate"] if isinstance(population.source, PoissonSource) else []

    def _projection(self, name: Any) -> int:
        if name not in self._projections:
            raise one_of("population or projection", str(name), [*self._populations, *self._projections])
        return self._projections[name]

    def _fitting(self, owner: str, values: Any, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """``values`` as finite float64 of ``shape``."""
        try:
            given = np.broadcast_to(np.asarray(values, np.float64), shape)
        except (TypeError, ValueError):
            raise InputError(f"{owner}: expected numbers of shape {shape}, got shape {np.shape(values)}") from None
        if not np.isfinite(given).all():
            raise InputError(f"{owner}: expected finite numbers, got {given[~np.isfinite(given)].flat[0]}")
        return given

    def _set_population(self, number: int, variable: str, values: Any) -> None:
        name, known = self.plan.populations[number].name, self._known(number)
        if variable not in known:
            raise one_of(f"{name}.variable", variable, known)
        shape = (self.plan.batch, self.plan.populations[number].size)
        given = self._fitting(f"{name}.{variable}", values, shape)
        if number in self._rates:
            check_rates(f"{name}.rate", given)
            self.set_rates(number, given.copy())
        else:
            state = self.engine.state(number)
            state[:, known.index(variable)] = given
            self.engine.set_state(number, state)

    def _set_weights(self, number: int, values: npt.NDArray[np.float64]) -> None:
        projection = self.plan.projections[number]
        slot = self.plan.slots[projection.slot]
        weight = on_grid(f"{projection.name}.w", values, slot.scale)
        changed = self._with(number, replace(projection, weight=weight))
        population = self.plan.populations[slot.population]
        into = [each for each in changed.projections if each.slot == projection.slot]
        drives = [each for each in changed.drives if each.slot == projection.slot]
        check_sums(f"{projection.name}.w", population.size, into, drives)
        self.plan = changed
        self._changed.add(number)
        self.engine.set_weights(number, weight)

    def _set_delays(self, number: int, values: npt.NDArray[np.float64]) -> None:
        projection, dt = self.plan.projections[number], self.plan.dt
        listed = delay_values(values, dt, f"{projection.name}.delay", {})
        steps = np.asarray(getattr(listed, "values", None), np.uint16)
        state = self.snapshot()
        self.plan = self._with(number, replace(projection, synapses=replace(projection.synapses, delay=steps)))
        self._changed.add(number)
        self.engine = self._make(self.plan)
        self._load(state)

    def _with(self, number: int, projection: ProjectionPlan) -> NetworkPlan:
        """The plan with one projection replaced."""
        projections = list(self.plan.projections)
        projections[number] = projection
        return replace(self.plan, projections=tuple(projections))

    def _load(self, state: State) -> None:
        """Put step, states, rates and pending spikes into the engine."""
        self.engine.step = state.step
        for number, arrays in state.populations.items():
            if "state" in arrays:
                self.engine.set_state(number, arrays["state"])
                self.engine.set_refractory(number, arrays["refractory"])
            if "rates" in arrays:
                self.set_rates(number, arrays["rates"])
        self.engine.set_pending(
            {number: Events(*(arrays[name] for name in Events._fields)) for number, arrays in state.populations.items()}
        )


def ordinals(synapses: Synapses) -> npt.NDArray[np.int32]:
    """The place of each synapse among those between the same two neurons, 0, 1, ..., int32 (n_synapses,)."""
    pair = synapses.pre.astype(np.int64) * synapses.n_post + synapses.post
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    number = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1
    return np.asarray(np.arange(len(pair)) - first[number], np.int32)
