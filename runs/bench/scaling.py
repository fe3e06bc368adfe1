"""Does a synaptic event cost the same in every size of network? Time per event over three decades of neurons.

    python runs/bench/scaling.py [--sizes 100 1000 10000 100000] [--rounds 5]

n sources, of which 16 spike in a mean step, send to 1000 of n silent neurons each (to all where there are fewer). The
floor is a loop that adds as many weights in the order of memory, at random targets among n, and does nothing else: a
processor's caches first, then memory. An event may cost 1.5 times the floor of its size. A silent network must cost
its neurons alone: with and without synapses, within 1.2. Times are the least of the rounds. Prints both; exits 1
above a limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from harness import bench, conclude

import neurosim as ns
from neurosim.connectivity import FixedOutDegree
from neurosim.core.jit import disjoint
from neurosim.neurons import LIF
from neurosim.simulation.sources import Poisson

EVENT_LIMIT, SILENT_LIMIT = 1.5, 1.2
DEGREE = 1000
SPIKES_PER_STEP = 16
STEPS_PER_S = 10_000
TARGET_BITS = 17
SILENT = 10_000  # neurons
LEAST_S = 0.1  # of a measurement of the floor


@dataclass(frozen=True, kw_only=True)
class Fan:
    """``neurons`` Poisson sources, ``silent`` or not, ``joined`` or not to as many neurons that never spike."""

    neurons: int
    silent: bool = False
    joined: bool = True

    def build(self, seed: int = 0) -> ns.Network:
        """The populations source and target."""
        net = ns.Network(seed)
        rate = 0.0 if self.silent else SPIKES_PER_STEP * STEPS_PER_S / self.neurons
        source = net.population("source", self.neurons, Poisson(rate))
        target = net.population("target", self.neurons, LIF())
        if self.joined:
            net.connect(source, target, FixedOutDegree(min(self.neurons, DEGREE)), weight=1e-3)
        return net


@disjoint
def add_all(codes: Any, slots: Any) -> None:
    """Add the weights of all codes, target | weight << 17, to their targets."""
    mask = np.uint64((1 << TARGET_BITS) - 1)
    for q in range(np.uint64(len(codes))):
        code = codes[q]
        slots[np.uint64(code) & mask] += np.int32(code >> TARGET_BITS)


class Floor:
    """The loop that is as quick as adding can be, among ``n`` targets."""

    def __init__(self, n: int) -> None:
        """As many codes as the network of this size has synapses."""
        generator = np.random.default_rng(n)
        targets = generator.integers(n, size=n * min(n, DEGREE), dtype=np.int32)
        self.codes, self.slots = targets | np.int32(1 << TARGET_BITS), np.zeros(n, np.int32)
        add_all(self.codes[:1], self.slots)

    def ns_per_event(self) -> float:
        """One measurement."""
        events, started, took = 0, time.perf_counter(), 0.0
        while took < LEAST_S:
            add_all(self.codes, self.slots)
            events += len(self.codes)
            took = time.perf_counter() - started
        return 1e9 * took / events


def events(n: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Time per event in a network of ``n`` neurons, and the floor."""
    name = f"scaling:Fan:neurons={n}"
    words = ("--seconds", str(seconds), "--threads", "1", "--no-record")
    floor = Floor(n)
    runs = [(bench(name, *words), floor.ns_per_event()) for _ in range(rounds)]
    found = min(run[0]["ns_per_event"] for run in runs)
    least = min(run[1] for run in runs)
    ratio = round(found / least, 3)
    return {"neurons": n, "synapses": runs[0][0]["synapses"], "ns": found, "floor_ns": round(least, 3), "ratio": ratio}


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="Time per synaptic event against the size of the network.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="biological")
    options = parser.parse_args()
    sizes = [events(n, options.seconds, options.rounds) for n in options.sizes]
    words = ("--seconds", str(options.seconds), "--threads", "1", "--no-record")
    n = min(SILENT, max(options.sizes))
    quiet = f"scaling:Fan:neurons={n}:silent=true"
    runs = [(bench(quiet, *words), bench(f"{quiet}:joined=false", *words)) for _ in range(options.rounds)]
    joined, bare = ([run[side]["rtf"] for run in runs] for side in (0, 1))
    silent = {"neurons": n, "ratio": round(min(joined) / min(bare), 3), "rtf": joined, "rtf_without_synapses": bare}
    ok = all(each["ratio"] <= EVENT_LIMIT for each in sizes) and silent["ratio"] <= SILENT_LIMIT
    return conclude("scaling", ok, limits={"event": EVENT_LIMIT, "silent": SILENT_LIMIT}, sizes=sizes, silent=silent)


if __name__ == "__main__":
    sys.exit(main())
