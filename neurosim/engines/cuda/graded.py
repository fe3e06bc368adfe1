"""Synapses that send a state on the device: the arrays of the CPU engine, copied there and, to be read, back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from neurosim.engines.cuda.device import Launch
from neurosim.engines.cuda.fields import GRADED, enums
from neurosim.engines.cuda.image import blocks_for
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Graded
from neurosim.engines.layout.graded import GradedProjections
from neurosim.engines.layout.neurons import Memory
from neurosim.engines.plan import NetworkPlan

Array = npt.NDArray[Any]

_THREADS = 256


class DeviceGraded:
    """The projections of a network that send states; `host` has their arrays, as of the last copy."""

    def __init__(self, plan: NetworkPlan, layout: BlockLayout, memory: Memory) -> None:
        """Everything before step 0."""
        self.host = GradedProjections(plan, layout, memory)
        self._batch = plan.batch

    def arrays(self) -> dict[str, Array]:
        """All arrays, by the names of the structure."""
        return {f"g_{name}": getattr(self.host.data, name) for name in GRADED}

    def numbers(self) -> dict[str, int]:
        """The numbers of the structure."""
        return {"g_dues": len(self.host.data.due), "g_notes": len(self.host.data.noted)}

    def launches(self, processors: int) -> tuple[list[Launch], list[Launch]]:
        """What a step launches before the neurons advance, and after."""

        def grid(rows: int) -> tuple[int, int]:
            return rows * blocks_for(rows * self._batch, processors), self._batch

        dues, notes = self.numbers().values()
        before: list[Launch] = [("receive", grid(dues), _THREADS)] if dues else []  # none where there is no synapse
        return before, [("note", grid(notes), _THREADS)]


def graded_source() -> str:
    """The kernels ``receive`` and ``note``."""
    text = (Path(__file__).parent / "graded.cu").read_text("utf-8")
    return f"{enums(Graded)}\n{text}"
