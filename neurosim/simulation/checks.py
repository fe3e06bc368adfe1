"""Checks of declarations: models, builders, inputs, graded states, records."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import connectivity
from neurosim.connectivity.rows import Builder
from neurosim.core.checks import check_number
from neurosim.core.errors import InputError, one_of
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.parts import RATE, SPIKES, Graded, Population, Projection, Record
from neurosim.simulation.sources import Poisson, SpikeTimes

COPIES = ("sample", "shared")


def check_builder(builder: Any) -> None:
    """InputError unless ``builder`` can build synapses."""
    if isinstance(builder, type) or not isinstance(builder, Builder):
        known = [name for name in connectivity.__all__ if isinstance(getattr(connectivity, name), Builder)]
        raise InputError(
            f"connect.builder: expected one of neurosim.connectivity ({', '.join(known)}), such as "
            f"FixedProbability(0.1), or an object with check, expected_synapses and rows, got {builder!r}"
        )


def check_model(population: Population) -> None:
    """InputError if the population's model, its size or its initial states do not suit."""
    owner, model = f"population {population.name!r}", population.model
    if not isinstance(model, NeuronModel | Poisson | SpikeTimes):
        raise InputError(f"{owner}.model: expected a neuron model such as LIF(), Poisson or SpikeTimes, got {model!r}")
    if isinstance(model, NeuronModel) and model.size not in (None, population.size):
        raise InputError(f"{owner}.size: expected {model.size}, as many as its parameters have, got {population.size}")
    for state in population.initial:
        if state not in population.states:
            raise one_of(f"{owner}.initial", state, population.states)


def input_of(owner: str, population: Population, to: str | None) -> str:
    """The input called ``to`` of the population's model, or the only one."""
    name = population.name
    if not isinstance(population.model, NeuronModel):
        raise InputError(f"{owner}: expected a population with inputs, got {name!r}, a source")
    inputs = population.model.equations.inputs
    if not inputs:
        raise InputError(f"{owner}: expected a population with inputs, got {name!r}, whose model has none")
    if to is None and len(inputs) > 1:
        raise InputError(f"{owner}: expected one of {', '.join(inputs)}, got None; {name!r} has several inputs")
    if to is not None and to not in inputs:
        raise one_of(owner, str(to), inputs)
    return to or inputs[0]


def check_sign(owner: str, unit: str, least: float) -> None:
    """InputError for a weight < 0 into an input in nS: a conductance is never negative."""
    if unit == "nS" and least < 0:
        raise InputError(
            f"{owner}: expected weights >= 0 into a conductance (an input in nS), got {least:g}; a reversal potential "
            "decides what inhibits, e.g. to='g_i'"
        )


def check_rule(rule: Any, dendritic_delay: Any, copies: str | None) -> None:
    """InputError if ``rule`` is no rule, or if options of a rule come without one; see `Network.connect`."""
    if rule is not None and not isinstance(rule, SynapticRule):
        raise InputError(f"connect.rule: expected a SynapticRule such as PairSTDP(...), got {rule!r}")
    if check_number("connect.dendritic_delay", dendritic_delay) < 0 or (dendritic_delay and rule is None):
        expected = "0 without a rule" if rule is None else "a time >= 0 in ms"
        raise InputError(f"connect.dendritic_delay: expected {expected}, got {dendritic_delay!r}")
    if copies is not None and (rule is None or copies not in COPIES):
        expected = "None without a rule" if rule is None else "'sample' or 'shared'"
        raise InputError(f"connect.copies: expected {expected}, got {copies!r}")


def check_graded(pre: Population, graded: str | Graded | None, rule: SynapticRule | None) -> Graded | None:
    """``graded`` as a value; InputError if ``pre`` has no such state, or if there is a rule as well."""
    if graded is None:
        return None
    graded = graded if isinstance(graded, Graded) else Graded(graded)
    if rule is not None:
        raise InputError(f"connect.graded: expected None with rule=, which transmits spikes, got {graded!r}")
    if not pre.states:
        raise InputError(f"connect.graded: expected a population with states, got {pre.name!r}, which has none")
    if graded.state not in pre.states:
        raise one_of("connect.graded", str(graded.state), pre.states)
    return graded


def population_record(population: Population, variable: str, every: float | None, neurons: Any) -> Record:
    """The record of spikes, the rate or a state; InputError if there is none."""
    name = f"record of {population.name!r}"
    if variable not in (known := (SPIKES, RATE, *population.states)):
        raise one_of(name, variable, known)
    if variable == RATE and every is None:
        raise InputError("record.every: expected the width of a bin in ms for 'rate', got None")
    if variable == SPIKES and every is not None:
        raise InputError(f"record.every: expected None for 'spikes', got {every!r}; record 'rate' for bins")
    if neurons is None or variable in (SPIKES, RATE):
        return Record(population, variable, every, None)
    chosen = _whole_numbers(neurons)
    if chosen is None or ((chosen < 0) | (chosen >= population.size)).any():
        raise InputError(f"record.neurons: expected whole numbers in 0 .. {population.size - 1}, got {neurons!r}")
    return Record(population, variable, every, chosen)


def projection_record(projection: Projection, variable: str, every: float | None, of: Any) -> Record:
    """The record of a variable of the projection's rule; InputError if there is none."""
    name = f"record of {projection.name!r}"
    if projection.rule is None:
        raise InputError(f"{name}: the projection is static; its variables can be recorded only with rule=")
    if variable not in (known := projection.rule.equations.variables):
        raise one_of(name, variable, known)
    chosen = None if of is None else _whole_numbers(of)
    if of is not None and chosen is None:
        raise InputError(f"record.of: expected whole numbers, got {of!r}")
    return Record(projection, variable, every, chosen)


def _whole_numbers(numbers: Any) -> npt.NDArray[np.int64] | None:
    """``numbers`` as an array, if they are whole and one-dimensional."""
    array = np.asarray(numbers)
    good = array.ndim == 1 and (array.dtype.kind in "iu" or not array.size)
    return array.astype(np.int64) if good else None
