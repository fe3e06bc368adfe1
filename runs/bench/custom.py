"""Is a user's own network as fast as a built-in one? CUBA written anew against `neurosim bench cuba`, alternating.

    python runs/bench/custom.py [--seconds 10] [--rounds 7]

The user's network says the same by the public API alone, with other names, a state that nothing reads, and the
populations in the other order. Prints both times and their ratio; exits 1 above the limit.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

from harness import bench, conclude, side_by_side

import neurosim as ns
from neurosim.connectivity import FixedProbability, Uniform
from neurosim.equations import NeuronModel

LIMIT = 1.15
CELL = """
du/dt = (u_inf - u + resistance * (a + b)) / tau : mV
da/dt = -a / tau_a                               : pA, input
db/dt = -b / tau_b                               : pA, input
dtired/dt = -tired / tau_tired                   : 1
spike when u >= threshold
on spike: u = restart
refractory rest: hold u
tau = 20.0                                       : ms
tau_a = 5.0                                      : ms
tau_b = 10.0                                     : ms
tau_tired = 100.0                                : ms
resistance = 0.1                                 : GOhm
u_inf = -49.0                                    : mV
threshold = -50.0                                : mV
restart = -60.0                                  : mV
rest = 5.0                                       : ms
"""


@dataclass(frozen=True, kw_only=True)
class Mine:
    """CUBA as a user would write it."""

    def build(self, seed: int = 0) -> ns.Network:
        """Inhibitory neurons first."""
        net = ns.Network(seed)
        cell, start = NeuronModel(CELL, name="cell"), {"u": Uniform(-60.0, -50.0)}
        slow = net.population("slow", 800, cell, start)
        fast = net.population("fast", 3200, cell, start)
        for post in (slow, fast):
            net.connect(slow, post, FixedProbability(0.02), to="b", weight=-90.0, delay=0.1)
            net.connect(fast, post, FixedProbability(0.02), to="a", weight=16.2, delay=0.1)
        return net


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="CUBA by a user against CUBA of the package.")
    parser.add_argument("--seconds", type=float, default=10.0, help="biological")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    words = ("--seconds", str(options.seconds), "--threads", "1", "--repeat", "3")
    runs = [(bench("custom:Mine", *words), bench("cuba", *words)) for _ in range(options.rounds)]
    mine, ours = ([run[side]["rtf"] for run in runs] for side in (0, 1))
    ratio = side_by_side(mine, ours)
    rates = [runs[0][side]["rate_hz"] for side in (0, 1)]
    return conclude("custom", ratio <= LIMIT, ratio=ratio, limit=LIMIT, rtf=mine, rtf_cuba=ours, rate_hz=rates)


if __name__ == "__main__":
    sys.exit(main())
