"""Synapses with a rule on the device: the arrays of the CPU engine, copied there and, to be read or written, back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.engines.cuda.device import Launch
from neurosim.engines.cuda.fields import FIXED, MOVING, PATCHES, WIDE
from neurosim.engines.cuda.image import blocks_for, spike_lanes
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Plastic
from neurosim.engines.layout.neurons import Memory
from neurosim.engines.layout.plastic import LINE
from neurosim.engines.layout.plastic_access import PlasticProjections
from neurosim.engines.layout.rule_names import signalled
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import CompiledRule

Array = npt.NDArray[Any]

_PATCH_THREADS = 128


class DeviceRules:
    """The plastic projections of a network; `host` reads and writes them in canonical order, as of the last copy."""

    def __init__(self, plan: NetworkPlan, layout: BlockLayout, memory: Memory) -> None:
        """Everything before step 0. No event is deferred: spikes would enter a history one by one."""
        self.host = PlasticProjections(_two_sided(plan), layout, memory)
        data, batch = self.host.data, plan.batch
        self._common = any(p.plastic and p.plastic.copies < batch for p in plan.projections)
        arrivals = [(row, q) for row, part in enumerate(data.parts) for q in range(part[Plastic.DELAYS])]
        self._arrivals = np.array(arrivals, np.int64).reshape(-1, 2)
        self._phases = 1 + len(plan.signals) if any(signalled(rule) for rule in self.host.rules) else 0
        self._batch = batch

    @property
    def rules(self) -> list[CompiledRule]:
        """Those that differ in more than values."""
        return self.host.rules

    def arrays(self) -> dict[str, Array]:
        """All arrays, by the names of the structure."""
        found = {f"p_{name}": getattr(self.host.data, name) for name in (*FIXED, *MOVING, *PATCHES)}
        return {**found, "p_clipped": self.host.data.clipped[::LINE], "p_arrivals": self._arrivals}

    def changing(self) -> dict[str, Array]:
        """The arrays that kernels write or signals change, by the names of the structure: those of the host."""
        found = {f"p_{name}": getattr(self.host.data, name) for name in MOVING}
        return {**found, "p_clipped": self.host.data.clipped[::LINE]}

    def patches(self) -> dict[str, Array]:
        """The traces that were set by the user and have not yet taken effect."""
        return {f"p_{name}": getattr(self.host.data, name) for name in PATCHES}

    def numbers(self) -> dict[str, int]:
        """The numbers of the structure."""
        data = self.host.data
        return {
            **{f"p_{name}_size": getattr(data, name).shape[1] for name in WIDE},
            "p_patches_count": len(data.patch_steps),
            "p_jobs": len(self._arrivals),
            "p_count": len(data.parts),
            "p_phases": self._phases,
            "p_common": self._batch if self._common else 0,
        }

    def launches(self, processors: int) -> tuple[list[Launch], list[Launch]]:
        """What a step launches before the neurons advance, and after."""
        data, rows = self.host.data, 1 if self._common else self._batch
        synapses, parts = int(data.parts[:, Plastic.SYNAPSES].sum()), len(data.parts)
        segments = int((data.parts[:, Plastic.SOURCES] * data.parts[:, Plastic.DELAYS]).sum())
        by_segment = spike_lanes(synapses, segments)
        by_target = spike_lanes(synapses, int(data.parts[:, Plastic.TARGETS].sum()))

        def grid(jobs: int) -> tuple[int, int]:
            return jobs * blocks_for(jobs * rows, processors), rows

        patching = (max(1, -(-len(data.patch_steps) // _PATCH_THREADS)), 1), _PATCH_THREADS
        patched = len(data.patch_steps) > 0
        jobs = len(self._arrivals)
        before: list[Launch] = [("on_pre_phase", grid(jobs), by_segment)] if jobs else []
        after: list[Launch] = [
            ("on_post_phase", grid(parts), by_target),
            ("retire_spikes", (parts, self._batch), _PATCH_THREADS),
        ]
        before += [("apply_patches_arriving", *patching)] if patched else []
        after += [("apply_patches_rest", *patching)] if patched else []
        after += [("on_signal_phase", grid(parts), by_segment)] if self._phases else []
        return before, after


def _two_sided(plan: NetworkPlan) -> NetworkPlan:
    """The plan with all rules in the family that visits the synapses at each event."""
    projections = (
        replace(p, plastic=replace(p.plastic, rule=replace(p.plastic.rule, family="two_sided"))) if p.plastic else p
        for p in plan.projections
    )
    return replace(plan, projections=tuple(projections))
