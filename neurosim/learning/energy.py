"""An energy estimate for inference: operations times the energy of their arithmetic, and its caveats."""

from __future__ import annotations

from types import MappingProxyType

# pJ per operation at 45 nm, 0.9 V: Horowitz (2014), ISSCC, figure 1.1.9 (float32: add 0.9, multiply 3.7)
PICOJOULES = MappingProxyType({"mac": 4.6, "ac": 0.9})

CAVEATS = (
    "Arithmetic only, float32 at 45 nm (Horowitz 2014). Memory traffic dominates in real hardware (a 32-bit cache "
    "read costs about as much as a MAC), sparse activity needs address logic, neuron updates are not counted, and "
    "8-bit integer MACs (0.23 pJ) are cheaper than float ACs: compare at equal precision."
)


def inference_energy(macs: float, acs: float) -> float:
    """Energy in pJ of ``macs`` multiply-accumulates and ``acs`` accumulates.

    >>> inference_energy(10, 100)
    136.0
    """
    return PICOJOULES["mac"] * macs + PICOJOULES["ac"] * acs
