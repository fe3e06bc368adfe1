"""Reading and writing the variables of a compiled network by name, and saving and restoring its whole state.

population with equations    each state variable, (batch, size)
Poisson population           rate in Hz, (batch, size)
projection                   w in the unit of its input, delay in ms, and pre, post, ordinal, which cannot be set;
                             all (n_synapses,) in canonical order: by pre, then post, then ordinal
projection with a rule       each variable of the rule as well, see `plastic_variables`; its delay cannot be set, nor
                             that of a projection that sends a state
signal                       value, (batch,)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses, canonical_places, sample_synapses
from neurosim.connectivity.values import Listed, delay_values
from neurosim.core.checks import name_of, real_numbers
from neurosim.core.errors import DivergenceError, InputError, one_of
from neurosim.engines.engine import Engine, GradedState, SignalState, SpikeEvents
from neurosim.engines.grid import check_set_weights, check_sums, on_grid
from neurosim.engines.plan import NetworkPlan, PoissonSource
from neurosim.simulation import plastic_variables
from neurosim.simulation.checks import check_sign
from neurosim.simulation.sources import check_rates, spike_thresholds
from neurosim.simulation.state import State

Values = npt.NDArray[Any]
ROUNDED = 1e-6  # relative: weights that come from float32
IDENTITY = ("pre", "post", "ordinal")


class Write(NamedTuple):
    """At the start of ``step`` a signal, by number, becomes ``values`` (batch,)."""

    step: int
    signal: int
    values: Values


class Variables:
    """The variables of the network ``plan`` in its ``engine``; both are replaced when a delay is set."""

    def __init__(
        self, plan: NetworkPlan, make: Callable[[NetworkPlan], Engine], rates: Mapping[int, npt.NDArray[np.float64]]
    ) -> None:
        """Make the engine; ``rates`` are those of the Poisson populations in Hz, (size,), by number."""
        self.plan, self.engine = plan, make(plan)
        self._make, self._built = make, plan
        self._own_rates = {number: np.tile(values, (plan.batch, 1)) for number, values in rates.items()}
        self._rates = dict(self._own_rates)
        self._weights: dict[int, npt.NDArray[np.int32]] = {}  # those that were set, on the grid of their input
        self._delays: dict[int, npt.NDArray[np.uint16]] = {}
        self._populations = {population.name: number for number, population in enumerate(plan.populations)}
        self._projections = {projection.name: number for number, projection in enumerate(plan.projections)}

    def population(self, what: Any) -> int:
        """The number of a population, given by handle or name; InputError if there is none."""
        name = name_of(what)
        if name not in self._populations:
            raise one_of("population", str(name), self._populations)
        return self._populations[name]

    def get(self, what: Any, variable: str) -> Values:
        """A copy of a variable of a population or projection, given by handle or name."""
        name = name_of(what)
        if name in self._populations:
            number = self._populations[name]
            known = self._known(number)
            if variable not in known:
                raise one_of(f"{name}.variable", variable, known)
            if number in self._rates:
                return self._rates[number].copy()
            return self.engine.state(number)[:, known.index(variable)].copy()
        if name in self.plan.signals:
            self._check_value(name, variable)
            return self.engine.signal(self.plan.signals.index(name)).values.copy()
        number = self._projection(name)
        own = plastic_variables.names(self.plan, number)
        if variable in own:
            return plastic_variables.read(self.engine, self.plan, number, variable)
        if variable not in ("w", "delay", *IDENTITY):
            raise one_of(f"{name}.variable", variable, {"w", "delay", *IDENTITY, *own})
        if variable == "w" and self.plan.projections[number].graded:
            return self.engine.graded(number).weights.astype(np.float64)
        if variable == "w":
            return self._weight(number) * np.float64(self.plan.slots[self.plan.projections[number].slot].scale)
        if variable == "delay" and number in self._delays:
            return self._delays[number] * np.float64(self.plan.dt)
        synapses = self._synapses(number)
        if variable == "delay":
            return synapses.delay * np.float64(self.plan.dt)
        return ordinals(synapses) if variable == "ordinal" else np.array(getattr(synapses, variable))

    def set(self, what: Any, variable: str, values: Any) -> None:
        """Write a variable, ``values`` broadcast to its shape."""
        name = name_of(what)
        if name in self._populations:
            self._set_population(self._populations[name], variable, values)
            return
        if name in self.plan.signals:
            self._check_value(name, variable)
            self.set_signal(self.plan.signals.index(name), self._fitting(f"{name}.value", values, (self.plan.batch,)))
            return
        number = self._projection(name)
        if own := plastic_variables.names(self.plan, number):
            if variable not in own:
                raise one_of(f"{name}.variable", variable, own)
            given = self._fitting(f"{name}.{variable}", values, plastic_variables.shape(self.plan, number, variable))
            plastic_variables.write(self.engine, self.plan, number, variable, given)
            return
        graded = self.plan.projections[number].graded
        if variable not in (known := ("w",) if graded else ("w", "delay")):
            raise one_of(f"{name}.variable", variable, known)
        given = self._fitting(f"{name}.{variable}", values, (len(self.plan.projections[number]),))
        if graded:
            if (most := np.abs(given).max(initial=0.0)) > graded.w_max * (1 + ROUNDED):
                raise InputError(f"{name}.w: expected at most w_max = {graded.w_max:g}, got {most:g}")
            self.engine.set_graded(number, self.engine.graded(number)._replace(weights=given))
        elif variable == "w":
            self._set_weights(number, given)
        else:
            self._set_delays(number, given)

    def check_states(self, since: int) -> None:
        """Raise a `DivergenceError` if a state is NaN or infinite; all were finite at the end of step ``since``."""
        for number, population in enumerate(self.plan.populations):
            state = self.engine.state(number)
            for sample, row, neuron in np.argwhere(~np.isfinite(state)):
                assert population.model is not None
                begin, end = since * self.plan.dt, self.engine.step * self.plan.dt
                raise DivergenceError(
                    f"{population.name}.{population.model.states[row]}: became {state[sample, row, neuron]} at neuron "
                    f"{neuron} of sample {sample} between {begin:g} and {end:g} ms; choose a shorter dt, "
                    "precision='float64' or another integrator for the model"
                )

    def set_rates(self, number: int, rates: Values) -> None:
        """Set the rates (batch, size) in Hz of a Poisson population."""
        self._rates[number] = rates
        self.engine.set_thresholds(number, spike_thresholds(rates, self.plan.dt))

    def set_signal(self, number: int, values: Values) -> None:
        """Set a signal (batch,); where it is not 0, an event follows at the end of the next step."""
        self.engine.set_signal(number, SignalState(values.astype(self.plan.precision), values != 0))

    def schedule(self, signals: Mapping[Any, Any], steps: int) -> list[Write]:
        """The calls of `set_signal` that ``signals`` need in the next ``steps``, in order of time."""
        writes = []
        for what, given in signals.items():
            name = name_of(what)
            if name not in self.plan.signals:
                raise one_of("run.signals", str(name), self.plan.signals)
            number, shape = self.plan.signals.index(name), (steps, self.plan.batch)
            if (found := np.asarray(given).shape) not in (shape, shape[:1]):
                expected = f"one number for each of the {steps} steps, shape {shape[:1]} or {shape}"
                raise InputError(f"run.signals.{name}: expected {expected}, got shape {found}")
            column = np.asarray(given)[:, np.newaxis] if len(found) == 1 else given
            values = self._fitting(f"run.signals.{name}", column, shape)
            before = np.append(self.engine.signal(number).values[np.newaxis], values[:-1], axis=0)
            new = ((values != before) | (values != 0)).any(axis=1)
            writes += [Write(self.engine.step + step, number, values[step]) for step in np.flatnonzero(new).tolist()]
        return sorted(writes, key=lambda write: write.step)

    def reset(self) -> None:
        """Back to step 0, initial states and own rates; weights and delays stay as they are."""
        self.engine.step = 0
        for number, population in enumerate(self.plan.populations):
            self.engine.set_state(number, np.repeat(population.initial[np.newaxis], self.plan.batch, axis=0))
            self.engine.set_refractory(number, np.zeros((self.plan.batch, population.size), np.uint16))
        for number, rates in self._own_rates.items():
            self.set_rates(number, rates)
        none = SpikeEvents(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
        self.engine.set_pending(dict.fromkeys(range(len(self.plan.populations)), none))
        for number, projection in enumerate(self.plan.projections):
            if projection.plastic:
                plastic_variables.reset(self.engine, self.plan, number)
            if projection.graded:
                weights, past = self.engine.graded(number)
                self.engine.set_graded(number, GradedState(weights, np.zeros_like(past)))
        for number in range(len(self.plan.signals)):
            self.set_signal(number, np.zeros(self.plan.batch))
        self.engine.take_spikes()

    def snapshot(self, network: str = "") -> State:
        """The whole state of the network with this hash."""
        pending, populations = self.engine.pending(), {}
        projections: dict[int, dict[str, Values]] = {}
        for number, population in enumerate(self.plan.populations):
            arrays = pending[number]._asdict()
            if population.model:
                arrays |= {"state": self.engine.state(number), "refractory": self.engine.refractory(number)}
            if number in self._rates:
                arrays["rates"] = self._rates[number]
            populations[number] = arrays
        for kind, changed in (("weight", self._weights), ("delay", self._delays)):
            for number, values in changed.items():
                projections.setdefault(number, {})[kind] = values
        for number, projection in enumerate(self.plan.projections):
            if projection.plastic:
                projections[number] = plastic_variables.snapshot(self.engine, number)
            if projection.graded:
                projections[number] = self.engine.graded(number)._asdict()
        signals = {number: self.engine.signal(number)._asdict() for number in range(len(self.plan.signals))}
        return State(network, self.engine.step, populations, projections, signals)

    def apply(self, state: State) -> None:
        """Restore a snapshot of the same network; weights and delays that it does not hold are as they were built."""
        weights = {number: arrays["weight"] for number, arrays in state.projections.items() if "weight" in arrays}
        delays = {number: arrays["delay"] for number, arrays in state.projections.items() if "delay" in arrays}
        undone = self._weights.keys() - weights
        moved = bool(self._delays or delays)
        self._weights, self._delays = weights, delays
        if moved:
            self._remake()
        for number in (weights.keys() - delays) if moved else (weights.keys() | undone):
            self.engine.set_weights(number, self._weight(number))
        self._load(state)

    def synaptic(self, number: int, variable: str) -> Values:
        """A variable of a projection with a rule, with an axis for the samples: (batch, n)."""
        values = plastic_variables.read(self.engine, self.plan, number, variable)
        return np.broadcast_to(values, (self.plan.batch, values.shape[-1]))

    def _check_value(self, name: str, variable: str) -> None:
        if variable != "value":
            raise one_of(f"{name}.variable", variable, ["value"])

    def _known(self, number: int) -> list[str]:
        population = self.plan.populations[number]
        if population.model:
            return list(population.model.states)
        return ["rate"] if isinstance(population.source, PoissonSource) else []

    def _projection(self, name: Any) -> int:
        if name not in self._projections:
            known = [*self._populations, *self._projections, *self.plan.signals]
            raise one_of("population or projection", str(name), known)
        return self._projections[name]

    def _fitting(self, owner: str, values: Any, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """``values`` as float64 of ``shape``, finite in the run's precision."""
        numbers = real_numbers(owner, values, f"numbers of shape {shape}")
        try:
            given = np.broadcast_to(numbers, shape)
        except ValueError:
            raise InputError(f"{owner}: expected numbers of shape {shape}, got shape {numbers.shape}") from None
        too_large = ~(np.abs(given) <= np.finfo(self.plan.precision).max)
        if too_large.any():
            worst = given[too_large].flat[0]
            within = f" in {self.plan.precision}" if np.isfinite(worst) else ""
            raise InputError(f"{owner}: expected finite numbers{within}, got {worst}")
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
        projection = self._built.projections[number]
        owner = f"{projection.name}.w"
        slot = self.plan.slots[projection.slot]
        model = self.plan.populations[slot.population].model
        assert model is not None
        check_sign(owner, model.units[model.inputs[slot.receptor]], values.min(initial=0.0))
        weight = on_grid(owner, values, slot.scale)
        check_set_weights(projection.name, values, slot.scale)
        check_sums(owner, self._built, projection.slot, self._weights | {number: weight})
        self._weights[number] = weight
        self.engine.set_weights(number, weight[self._order(number)])

    def _set_delays(self, number: int, values: npt.NDArray[np.float64]) -> None:
        listed = delay_values(values, self.plan.dt, f"{self.plan.projections[number].name}.delay", {})
        state = self.snapshot()
        assert isinstance(listed, Listed)
        self._delays[number] = listed.values.astype(np.uint16)
        self._remake()
        for other in self._weights.keys() - self._delays:
            self.engine.set_weights(other, self._weights[other])
        self._load(state)

    def _remake(self) -> None:
        """Make plan and engine with the delays that were set, and weights of these projections."""
        projections = list(self._built.projections)
        for number, delay in self._delays.items():
            each = projections[number]
            weight = self._weight(number) * np.float32(self.plan.slots[each.slot].scale)
            given = replace(each.plan, weight=Listed(weight.astype(np.float32)), delay=Listed(delay))
            projections[number] = replace(each, plan=given)
        self.plan = replace(self._built, projections=tuple(projections))
        self.engine = self._make(self.plan)

    def _synapses(self, number: int) -> Synapses:
        """The synapses as they were built."""
        return sample_synapses(self._built.projections[number].plan)

    def _weight(self, number: int) -> npt.NDArray[np.int32]:
        """The weights on the grid of their input, in the order in which the synapses were built."""
        if number in self._weights:
            return self._weights[number]
        projection = self._built.projections[number]
        return on_grid(f"{projection.name}.w", self._synapses(number).weight, self.plan.slots[projection.slot].scale)

    def _order(self, number: int) -> slice | npt.NDArray[np.int64]:
        """The canonical order with the delays that were set, which can reorder synapses between two neurons."""
        if number not in self._delays:
            return slice(None)
        synapses = self._synapses(number)
        return canonical_places(synapses.row_ptr, synapses.post, self._delays[number])

    def _load(self, state: State) -> None:
        """Load step, states, rates and pending spikes into the engine."""
        self.engine.step = state.step
        for number, arrays in state.populations.items():
            if "state" in arrays:
                self.engine.set_state(number, arrays["state"])
                self.engine.set_refractory(number, arrays["refractory"])
            if "rates" in arrays:
                self.set_rates(number, arrays["rates"])
        for number, projection in enumerate(self.plan.projections):
            if projection.plastic:
                plastic_variables.load(self.engine, number, state.projections[number])
            if projection.graded:
                self.engine.set_graded(number, GradedState(**state.projections[number]))
        for number, arrays in state.signals.items():
            self.engine.set_signal(number, SignalState(**arrays))
        self.engine.set_pending(
            {
                number: SpikeEvents(*(arrays[name] for name in SpikeEvents._fields))
                for number, arrays in state.populations.items()
            }
        )


def ordinals(synapses: Synapses) -> npt.NDArray[np.int32]:
    """The place of each synapse among those between the same two neurons, 0, 1, ..., int32 (n_synapses,)."""
    pair = synapses.pre.astype(np.int64) * synapses.n_post + synapses.post
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    number = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1
    return np.asarray(np.arange(len(pair)) - first[number], np.int32)
