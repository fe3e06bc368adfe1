"""The engine for GPUs: the spikes of the reference, bit for bit, by kernels that advance without the host.

A step is two launches (more with shared variables, synapses with a rule, or states that are sent), and many steps are
one CUDA graph. The number of the step lives on the device: `deliver` reads clock[0] and writes clock[1], `update` reads
clock[1] and writes clock[0], so that no kernel writes what it reads. Sums of slots are integers, hence atomic additions
in any order give the same; lists of spikes are in any order for the same reason.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError
from neurosim.core.platform import processors
from neurosim.engines.cuda.device import Device, Launch, check_memory
from neurosim.engines.cuda.draining import Drain
from neurosim.engines.cuda.graded import DeviceGraded
from neurosim.engines.cuda.image import (
    MAX_SAMPLES,
    neuron_arrays,
    recorded_bits,
    structure,
    synapse_arrays,
    synapse_bytes,
)
from neurosim.engines.cuda.plastic import DeviceRules
from neurosim.engines.cuda.source import kernel_source
from neurosim.engines.cuda.watching import rings_of
from neurosim.engines.engine import EngineReport, SpikeEvents, WatchedState, moments
from neurosim.engines.layout.array_engine import ArrayEngine
from neurosim.engines.layout.neurons import allocate, layout_of
from neurosim.engines.layout.plastic_access import PlasticProjections
from neurosim.engines.layout.static import bytes_per_synapse, pack_static
from neurosim.engines.plan import NetworkPlan

GRAPH_STEPS = 100  # a slice of a recorded run is a multiple of it
_UPDATE_THREADS, _DELIVER_THREADS = 128, 256


class CudaEngine(ArrayEngine):
    """See `neurosim.engines.engine.Engine`."""

    def __init__(self, plan: NetworkPlan, recorded: Collection[int], *, graph_steps: int = GRAPH_STEPS) -> None:
        """The network of ``plan`` at step 0 on the current GPU; ``graph_steps`` steps become one graph.

        Raises:
            InputError: no usable GPU, not enough memory on it, or more samples than it takes.
        """
        if plan.batch > MAX_SAMPLES:
            raise InputError(
                f"batch: expected at most {MAX_SAMPLES} samples on 'cuda', which are a dimension of its grids, got "
                f"{plan.batch}; run several batches, or use backend='cpu'"
            )
        models = {p.model.hash: p.model for p in plan.populations if p.model}
        kinds = {name: kind for kind, name in enumerate(sorted(models))}
        self._plan, self._layout = plan, layout_of(plan, 1, True)
        self._memory = allocate(plan, self._layout, kinds)
        self._recorded = recorded_bits(plan, recorded)
        arrays = neuron_arrays(plan, self._layout, self._memory, self._recorded)
        self._device_rules = (
            DeviceRules(plan, self._layout, self._memory) if any(p.plastic for p in plan.projections) else None
        )
        self._device_graded = (
            DeviceGraded(plan, self._layout, self._memory) if any(p.graded for p in plan.projections) else None
        )
        self._plastic = self._device_rules.host if self._device_rules else None
        self._graded = self._device_graded.host if self._device_graded else None
        for more in (self._device_rules, self._device_graded):
            arrays |= more.arrays() if more else {}
        check_memory(sum(array.nbytes for array in arrays.values()) + synapse_bytes(plan, self._layout))
        self._rows = pack_static(plan, self._layout, processors())
        arrays |= synapse_arrays(self._rows)
        wide = self._rows.codes.itemsize == 8, self._rows.offsets.itemsize == 4
        rules = self._device_rules.rules if self._device_rules else ()
        sends = self._device_graded is not None
        source = kernel_source([models[name] for name in kinds], plan.precision, *wide, rules, plan.signals, sends)
        self._scheduled = arrays["scheduled_steps"], arrays["scheduled"]
        self._device = Device(source, arrays)
        self._network = structure(
            plan, arrays, self._device.addresses(), self._rows.target_bits, self._device.processors
        )
        self._blocks = len(arrays["work"]), len(arrays["wholes"])
        self._graph_steps = graph_steps
        self._step = self._drained = self._taken = 0
        self._signals = [(np.zeros(plan.batch, plan.precision), np.full(plan.batch, -1)) for _ in plan.signals]
        self._drain = Drain(self._device, self._recorded)
        self.watch([])

    @property
    def step(self) -> int:
        """The number of steps done."""
        return self._step

    @step.setter
    def step(self, value: int) -> None:
        self._send_records()
        self._step = self._drained = self._taken = value
        self._device.write("clock", np.full(2, value, np.int64))
        self._device.write("cursors", np.full(self._plan.batch, np.searchsorted(self._scheduled[0], value), np.int64))

    def report(self) -> EngineReport:
        """The memory of the synapses; kernels count nothing."""
        arrays = synapse_arrays(self._rows)
        for more in (self._device_rules, self._device_graded):
            arrays |= more.arrays() if more else {}
        return EngineReport(bytes_per_synapse=bytes_per_synapse(self._plan, arrays.values()))

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps; the spikes of recorded populations are buffered until `take_spikes`."""
        end = self._step + steps
        while self._step < end:
            if self._step - self._drained == self._drain.capacity:
                self._send_records()
            self._launch(min(end, self._drained + self._drain.capacity) - self._step)
        self._device.wait()

    def take_spikes(self) -> dict[int, SpikeEvents]:
        """The spikes since the last call, of every recorded population."""
        self._send_records()
        steps, samples, words, bits = self._drain.spikes()
        taken = {}
        for number in self._recorded.populations:
            if number in self._recorded.first:
                begin = words - self._recorded.first[number]
                mine = (begin >= 0) & (begin < -(-self._plan.populations[number].size // 32))
                neurons = (32 * begin[mine] + bits[mine]).astype(np.int32)
                taken[number] = SpikeEvents(steps[mine], neurons, samples[mine].astype(np.int32))
            else:
                taken[number] = self._scheduled_events(number, self._taken, self._step)
        self._taken = self._step
        return taken

    def watch(self, wanted: Sequence[WatchedState]) -> None:
        """Keep these states from now on."""
        self._send_records()
        rings, arrays = rings_of(self._memory, wanted, self._plan.batch)
        check_memory(sum(array.nbytes for array in arrays.values()))
        self._drain.watch(rings)
        self._watching = len(arrays["watch_work"])
        self._device.put(arrays)
        self._prepare()

    def take_states(self) -> list[npt.NDArray[Any]]:
        """The states since the last call, (n_times, batch, n_neurons) for each that is watched."""
        self._send_records()
        kept = zip(self._drain.rings.wanted, self._drain.states(), strict=True)
        return [moments(each, self._plan, pieces) for each, pieces in kept]

    def pending(self) -> dict[int, SpikeEvents]:
        """The spikes of the last D steps, of every population."""
        ring, counts = self._device.read("ring"), self._device.read("counts")
        found = [np.zeros((0, 3), np.int64)]
        for step in range(max(0, self._step - self._depth + 1), self._step):
            for sample in range(self._plan.batch):
                neurons = np.sort(ring[sample, step % self._depth, : counts[sample, step % self._depth]])
                found.append(np.stack(np.broadcast_arrays(step, sample, neurons), axis=1))
        steps, samples, neurons = np.concatenate(found).T
        pending = {}
        for number in range(len(self._plan.populations)):
            begin = neurons - self._layout.first_neuron(number)
            mine = (begin >= 0) & (begin < self._plan.populations[number].size)
            pending[number] = SpikeEvents(steps[mine], begin[mine].astype(np.int32), samples[mine].astype(np.int32))
        return pending

    def set_pending(self, spikes: dict[int, SpikeEvents]) -> None:
        """Replace the spikes of the last D steps; `step` must have been set before."""
        ring = np.zeros((self._plan.batch, self._depth, self._layout.n_sources), np.int32)
        counts = np.zeros((self._plan.batch, self._depth), np.int32)
        for number, events in spikes.items():
            for step, neuron, sample in zip(*events, strict=True):
                place = sample, step % self._depth
                ring[(*place, counts[place])] = self._layout.first_neuron(number) + neuron
                counts[place] += 1
        self._device.write("ring", ring)
        self._device.write("counts", counts)

    def _fetch(self, **arrays: npt.NDArray[Any]) -> None:
        """Copy arrays of the device into these."""
        for name, array in arrays.items():
            array[...] = self._device.read(name)

    def _store(self, **arrays: npt.NDArray[Any]) -> None:
        """Copy these arrays to the device."""
        for name, array in arrays.items():
            self._device.write(name, array)

    def _rules(self) -> PlasticProjections:
        """The plastic projections, of which there are some, as they are on the device."""
        assert self._device_rules is not None
        self._fetch(**self._device_rules.changing())
        return self._device_rules.host

    def _store_rules(self) -> None:
        """Copy the plastic projections to the device."""
        assert self._device_rules is not None
        self._store(**self._device_rules.changing())
        self._device.put(self._device_rules.patches())
        self._prepare()

    def _prepare(self) -> None:
        """Tell the kernels of new arrays, and list what a step launches."""
        others = [each for each in (self._device_rules, self._device_graded) if each]
        numbers = [self._device.addresses(), *(each.numbers() for each in others)]
        for name, value in (pair for table in numbers for pair in table.items()):
            self._network[name] = value
        samples, deliver = self._plan.batch, max(1, int(self._network["bins"][0] * self._network["splits"][0]))
        around = [each.launches(self._device.processors) for each in others]
        blocks, wholes = self._blocks
        self._launches: list[Launch] = [("deliver", (deliver, samples), _DELIVER_THREADS)]
        self._launches += [launch for before, _ in around for launch in before]
        self._launches += [("share", (wholes, samples), 1)] if wholes else []
        self._launches += [("update", (blocks, samples), _UPDATE_THREADS)]
        self._launches += [launch for _, after in around for launch in after]
        self._launches += [("watch", (self._watching, samples), _UPDATE_THREADS)] if self._watching else []
        self._graph: Any = None

    @property
    def _depth(self) -> int:
        """The steps whose spikes the device keeps."""
        return int(self._network[0]["depth"])

    def _launch(self, steps: int) -> None:
        """Do ``steps`` steps, in graphs as far as possible; returns before they are done."""
        left = steps
        if self._graph is None and left > self._graph_steps:
            self._device.run(self._launches, self._network, 1)  # since no kernel can be loaded during a capture
            self._graph = self._device.capture(self._launches, self._network, self._graph_steps)
            left -= 1
        graphs = 0 if self._graph is None else left // self._graph_steps
        self._device.replay(self._graph, graphs)
        self._device.run(self._launches, self._network, left - graphs * self._graph_steps)
        self._step += steps

    def _send_records(self) -> None:
        """Ask for what was recorded since the last time."""
        self._drain.send(self._drained, self._step)
        self._drained = self._step

    def _scheduled_events(self, number: int, first: int, last: int) -> SpikeEvents:
        """The spikes that a scheduled source has from step ``first`` to before ``last``, in every sample."""
        begin = self._layout.first_neuron(number)
        steps, neurons = self._scheduled
        mine = (steps >= first) & (steps < last) & (neurons >= begin)
        mine &= neurons < begin + self._plan.populations[number].size
        batch = self._plan.batch
        found = np.repeat(steps[mine], batch), np.repeat(neurons[mine] - np.int32(begin), batch)
        samples = np.tile(np.arange(batch, dtype=np.int32), int(mine.sum()))
        order = np.lexsort((found[1], samples, found[0]))
        return SpikeEvents(found[0][order], found[1][order], samples[order])
