"""Every product of activities and weights passes through a meter, so that cost is measured and not claimed.

The meter of this file only computes. `neurosim.layers.counting` has the one that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from neurosim.core.arrays import Array
from neurosim.layers.products import Way, product

Purpose: TypeAlias = Literal["forward", "feedback", "settling", "plasticity"]
"""What a product serves: inference, the way down, waiting for a fixed point, or the change of weights."""
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


@dataclass(eq=False)
class Meter:
    """Computes products in one `way` and ignores what it sees; base of the counting meter."""

    way: Way = "dense"

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        """``a @ b``. Plasticity: (n, batch) by (batch, m); else (batch, n) by weights (n, m)."""
        return product(a, b, self.way)

    def activity(self, layer: str, values: Array) -> None:
        """Take notice of the activities (batch, ...) that ``layer`` passes on."""

    def events(self, purpose: Purpose, macs: int = 0, acs: int = 0, dense: int = 0) -> None:
        """Take notice of operations that events did elsewhere, of those that a dense computation would have done."""

    def spikes(self, layer: str, count: int, places: int) -> None:
        """Take notice of ``count`` spikes where neurons times steps could have had ``places``."""


UNMETERED: Final = Meter()
