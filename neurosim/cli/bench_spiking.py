"""Timing of a spiking network after a warm-up, with the cost of its parts.

build_s: to declare the network, sample its synapses and pack them. compile_s: from the first call to the end of the
first step of the same populations, with one synapse for each rule, which need the same compiled code; the import of a
module needed for that alone (sympy) is included. sim_s: the loop over time, spikes collected, the median of the
repeats. A plastic update is one `on pre` or `on post` at one synapse; they are counted from recorded spikes.

ns_per_event and ns_per_neuron_step are processor time, summed over threads without waiting: within each step the cpu
engine counts the cycles of delivery separately. ns_per_event is delivery (looking up and traversing rows) per synapse
delivered. ns_per_neuron_step is the rest per neuron and step: drives, update, threshold, spike recording.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import FromArrays
from neurosim.core.checks import check_seed, whole_number
from neurosim.core.time_steps import whole_steps
from neurosim.engines.plan import ProjectionPlan
from neurosim.simulation.assemble import Assembly, Choices, assemble
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.study.components import resolve_component

DT = 0.1  # ms
WARM_UP = 100.0  # ms
SECONDS = 10.0  # of biological time


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How a network is timed: ``seconds`` of biological time, ``repeat`` times, each from the start with a warm-up."""

    backend: str = "auto"
    threads: int | None = None
    seed: int = 0
    seconds: float = SECONDS
    record: bool = True
    repeat: int = 1

    def __post_init__(self) -> None:
        check_seed("bench.seed", self.seed)
        whole_steps("bench.seconds", 1e3 * self.seconds, DT)
        whole_number("bench.repeat", self.repeat, 1)


def measure(text: str, timing: Timing, scale: float | None = None, drive: str | None = None) -> dict[str, Any]:
    """Measure the network ``text`` (a name with options); a dict ready for JSON.

    ``scale`` and ``drive`` are two of the network's options. Values that the backend does not report are None.

    Raises:
        InputError: a network, option or backend that does not exist.
    """
    given = "".join(f":{key}={value}" for key, value in (("scale", scale), ("drive", drive)) if value is not None)
    _, spec = resolve_component("spiking_networks", text + given)
    choices = Choices(DT, timing.backend, timing.threads, 1, "float32", timing.seed)
    started = time.perf_counter()
    net = spec.build(timing.seed)
    declare_s = time.perf_counter() - started
    compile_s = first_step(net, choices)
    if timing.record:
        net.record(net.populations, "spikes")
    started = time.perf_counter()
    assembly = assemble(net.declaration, choices, None, False)
    simulation = Simulation(assembly)
    build_s = declare_s + time.perf_counter() - started
    return {
        "bench": text,
        "backend": simulation.backend,
        "threads": simulation.engine.report().threads,
        "drive": getattr(spec, "drive", None),
        "scale": getattr(spec, "scale", 1.0),
        "seed": timing.seed,
        "neurons": sum(population.size for population in net.populations),
        "synapses": sum(len(projection) for projection in assembly.plan.projections),
        "dt": DT,
        "warm_up_ms": WARM_UP,
        "record": timing.record,
        "repeat": timing.repeat,
        "build_s": round(build_s, 4),
        "compile_s": round(compile_s, 4),
        **timed(simulation, assembly, timing),
    }


def first_step(net: Network, choices: Choices) -> float:
    """The seconds to compile or load the code of ``net`` and run one step; imports excluded."""
    projections = []
    for plastic in filter(lambda each: each.rule, net.projections):
        weight = plastic.weight if plastic.weight is not None and np.ndim(plastic.weight) == 0 else 0.0
        projections.append(replace(plastic, builder=FromArrays([0], [0]), weight=weight, delay=choices.dt))
    bare = replace(net.declaration, projections=tuple(projections), drives=(), records=())
    import scipy.linalg  # noqa: F401  (for the propagators)

    if choices.backend != "reference":
        import neurosim.engines.cpu.engine  # noqa: F401  (Numba)
    started = time.perf_counter()
    Simulation(assemble(bare, choices, None, False)).run(choices.dt)
    return time.perf_counter() - started


def timed(simulation: Simulation, assembly: Assembly, timing: Timing) -> dict[str, Any]:
    """The loop over time: sim_s, rtf, spikes and costs."""
    took, costs = [], np.zeros(4)
    for repetition in range(timing.repeat):
        if repetition:
            simulation.reset()
        simulation.run(WARM_UP)
        before = _counted(simulation)
        started = time.perf_counter()
        simulation.run(1e3 * timing.seconds)
        took.append(time.perf_counter() - started)
        costs += _counted(simulation) - before
    spikes, events, delivery_s, update_s = costs / timing.repeat
    report = simulation.engine.report()
    counted = None if report.events is None else (round(spikes), round(events))
    if timing.record:
        counted = _recorded(simulation, assembly)
    neurons = sum(population.size for population in assembly.plan.populations)
    sim_s, steps = median(took), whole_steps("bench.seconds", 1e3 * timing.seconds, DT)
    return {
        "sim_s": round(sim_s, 6),
        "bio_s": timing.seconds,
        "rtf": round(sim_s / timing.seconds, 6),
        "spikes": counted and counted[0],
        "rate_hz": counted and round(counted[0] / neurons / timing.seconds, 4),
        "rates_hz": _rates(simulation, assembly, timing.seconds) if timing.record else None,
        "spike_hash": simulation.spike_hash() if timing.record else None,
        "syn_events": counted and counted[1],
        "ns_per_event": round(1e9 * delivery_s / events, 3) if events else None,
        "ns_per_neuron_step": round(1e9 * update_s / (neurons * steps), 4) if update_s else None,
        "plastic_updates_per_s": round(_plastic_updates(simulation, assembly) / sim_s) if timing.record else None,
        "steps_alone": report.steps_alone,
        "bytes_per_synapse": report.bytes_per_synapse and round(report.bytes_per_synapse, 3),
    }


def _counted(simulation: Simulation) -> npt.NDArray[np.float64]:
    """Spikes, events, seconds of delivery and of update so far; 0 if the engine does not count them."""
    report = simulation.engine.report()
    return np.array([each or 0.0 for each in (report.spikes, report.events, report.delivery_s, report.update_s)])


def _recorded(simulation: Simulation, assembly: Assembly) -> tuple[int, int]:
    """Spikes after the warm-up, and the synaptic events that they cause."""
    spikes = [_neurons(simulation, population.name) for population in assembly.plan.populations]
    events = sum(int(_out_degrees(each)[spikes[each.pre]].sum()) for each in assembly.plan.projections)
    return sum(map(len, spikes)), events


def _rates(simulation: Simulation, assembly: Assembly, seconds: float) -> dict[str, float]:
    """The mean rate of each population after the warm-up, in Hz."""
    found = assembly.plan.populations
    return {each.name: round(len(_neurons(simulation, each.name)) / each.size / seconds, 4) for each in found}


def _plastic_updates(simulation: Simulation, assembly: Assembly) -> int:
    """Spikes after the warm-up times the synapses with a rule that leave or reach their neurons."""
    plan, updates = assembly.plan, 0
    for each in filter(lambda each: each.plastic, plan.projections):
        post = plan.populations[plan.slots[each.slot].population]
        in_degrees = np.bincount(simulation.get(each.name, "post"), minlength=post.size)
        updates += int(_out_degrees(each)[_neurons(simulation, plan.populations[each.pre].name)].sum())
        updates += int(in_degrees[_neurons(simulation, post.name)].sum())
    return updates


def _out_degrees(projection: ProjectionPlan) -> npt.NDArray[np.int64]:
    return np.diff(projection.plan.row_ptr)


def _neurons(simulation: Simulation, population: str) -> npt.NDArray[np.int32]:
    """The neuron of each recorded spike after the warm-up."""
    found = simulation.spikes(population)
    return found.neurons[found.times > WARM_UP + 0.5 * DT]
