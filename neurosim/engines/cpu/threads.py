"""The expected time of a step, and the number of threads that pays off.

The numbers were measured on one core with vectors of 8 lanes. A wrong estimate costs time, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from neurosim.core.platform import processors
from neurosim.engines.plan import NetworkPlan, PoissonSource, PopulationPlan, ProjectionPlan
from neurosim.equations.program.ir import Line, Operation, Reduction
from neurosim.equations.program.portable import FUNCTIONS

_NEURON_NS = 0.05  # per neuron, whatever its model
_OPERATION_NS = 0.008
_SLOW_NS = MappingProxyType({"div": 0.05, "sqrt": 0.05, **dict.fromkeys(FUNCTIONS, 0.2)})
_DRAW_NS = 0.5  # of one word of a drive, a source or noise
_EVENT_NS = 1.0
_PLASTIC_NS = 1.0  # of one event at one synapse
_GRADED_NS = 0.5
_RATE_HZ = 5.0  # assumed, before the network has run
_SHARE_NS = 1250.0  # the minimal work in a step per thread: five times the cost of a barrier
_PLASTIC_SHARE_NS = 4000.0  # with rules: up to three barriers a step, and all threads walk each row


def worthwhile_threads(plan: NetworkPlan) -> int:
    """One thread per processor, but none with less than 1.25 us of expected work in a step.

    With synaptic rules it is 4 us.
    """
    available = processors()
    if plan.batch >= available:
        return available
    share = _PLASTIC_SHARE_NS if any(each.plastic for each in plan.projections) else _SHARE_NS
    return max(1, min(available, int(expected_ns(plan) * plan.batch / share)))


def expected_ns(plan: NetworkPlan) -> float:
    """The expected time of one thread for a step of one sample."""
    drives = sum(plan.populations[plan.slots[drive.slot].population].size for drive in plan.drives)
    neurons = sum(population.size * _neuron_ns(population) for population in plan.populations)
    spikes = _RATE_HZ * plan.dt * 1e-3  # of a neuron in a step
    return _DRAW_NS * drives + neurons + sum(len(each) * _synapse_ns(each, spikes) for each in plan.projections)


def _neuron_ns(population: PopulationPlan) -> float:
    model = population.model
    if model is None:
        return _DRAW_NS if isinstance(population.source, PoissonSource) else 0.0
    lines = (*model.program.body, *model.program.prologue)
    return _NEURON_NS + _DRAW_NS * model.noise + _operations_ns(lines)


def _operations_ns(lines: Iterable[Line | Reduction]) -> float:
    expected = 0.0
    for line in lines:
        if isinstance(line, Reduction):
            expected += _operations_ns(line.body)
        elif isinstance(line, Operation):
            expected += _SLOW_NS.get(line.operator, _OPERATION_NS)
    return expected


def _synapse_ns(projection: ProjectionPlan, spikes: float) -> float:
    """What one synapse costs in a mean step, ``spikes`` being those of one neuron."""
    if projection.graded:
        return _GRADED_NS
    if projection.plastic is None:
        return _EVENT_NS * spikes
    events = projection.plastic.rule.events.values()
    regular = sum(1 / event.period for event in events if event.period)
    return _PLASTIC_NS * (2 * spikes + regular)  # as many spikes before as after
