"""Is Diehl & Cook's network faster than BindsNET's? 400 neurons learn from the same images on both, alternating.

    make peers                                             builds .venv-bindsnet and runs this
    python runs/bench/diehl_cook.py [--images 40] [--rounds 5]

Images of 784 pixels, a fifth of them lit, at most 128 Hz, 250 ms each at dt 1 ms, one after the other, learning on.
Each network is its authors': ours has conductances, inhibitory partners and the triplet rule of Diehl & Cook, and rests
for 100 ms after each image (which counts), where BindsNET, with currents and pair STDP, resets its neurons. BindsNET
runs with one thread and with two; the faster is reported. Times are those of the loop over images, drawing the pixels'
spikes included. The ratio (images per second, ours / theirs, the median over the rounds) is void if the pixels' spikes
differ by more than 5 %; those of the neurons are printed. Prints one line of JSON; exits 1 if the ratio is below its
bound (LEAST) or void, 3 without .venv-bindsnet.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import HERE, NOT_RUN, Companion, conclude, side_by_side

from neurosim.core.rng import Stream
from neurosim.layers.meter import CountingMeter
from neurosim.networks import DiehlCook
from neurosim.networks.diehl_cook import BRIGHTEST
from neurosim.rules import DiehlCook as Rule

PYTHON = HERE.parents[1] / ".venv-bindsnet" / "bin" / "python"
LEAST = 15.0  # images per second, ours / theirs
THREADS = (1, 2)  # of BindsNET
CELLS, SIDE, CLASSES = 400, 28, 10
DURATION, REST, DT = 250.0, 100.0, 1.0  # ms
HZ, LIT = 128.0, 0.2  # of the brightest pixel, as in BindsNET's examples; the fraction of pixels that fire
PIXELS_DIFFER = 0.05


def drawn(images: int, seed: int) -> npt.NDArray[np.float32]:
    """Random images (images, side, side) in [0, 1]."""
    generator = np.random.default_rng(seed)
    shape = (images, SIDE, SIDE)
    return (generator.random(shape) * (generator.random(shape) < LIT)).astype(np.float32)


class Ours:
    """Our network, which continues to learn at every call."""

    label = "neurosim"

    def __init__(self, images: npt.NDArray[np.float32], seed: int) -> None:
        """Build, and present the first image so that everything is compiled."""
        self._images, self._seed, self._rule = images, seed, Rule().synapses
        options = DiehlCook(excitatory=CELLS, duration=DURATION, rest=REST, dt=DT, delay=0.0, intensity=HZ / BRIGHTEST)
        spec = options.build(images.shape[1:], CLASSES)
        self._network = spec.network(spec.init(Stream(seed, "init")))
        self._learn(images[:1])

    def run(self) -> dict[str, float]:
        """images_per_s, and the spikes of pixels and of neurons for each image, rest included."""
        meter, n = CountingMeter(), len(self._images)
        started = time.perf_counter()
        spikes = self._learn(self._images, meter)
        sim_s = time.perf_counter() - started
        pixels = (meter.counts["plasticity"].macs - spikes * self._images[0].size) / CELLS
        return {"sim_s": sim_s, "images_per_s": n / sim_s, "pixel_spikes": pixels / n, "cell_spikes": spikes / n}

    def _learn(self, images: npt.NDArray[np.float32], meter: CountingMeter | None = None) -> float:
        counts, learned = self._network.learn(self._rule, images, self._seed, meter or CountingMeter())
        self._network.params.update(learned)
        return float(counts.sum())


class BindsNet(Companion):
    """BindsNET's network in its own process."""

    def __init__(self, threads: int, images: npt.NDArray[np.float32], seed: int) -> None:
        """Build and show the first image."""
        task = {"images": images.tolist(), "hz": HZ, "cells": CELLS, "duration": DURATION, "dt": DT}
        label = f"bindsnet, {threads} thread{'s' * (threads > 1)}"
        super().__init__(label, PYTHON, "peers_bindsnet.py", {**task, "threads": threads, "seed": seed})

    def run(self) -> dict[str, float]:
        """As `Ours.run`."""
        return self.ask("run")


def void(ours: dict[str, float], theirs: dict[str, float]) -> str | None:
    """Why two runs cannot be compared; None if they can."""
    mine, other = ours["pixel_spikes"], theirs["pixel_spikes"]
    if abs(mine - other) > PIXELS_DIFFER * other:
        return f"spikes of the pixels differ: ours {mine:.0f} an image, theirs {other:.0f}"
    return None


def compare(ours: Any, peers: list[Any], rounds: int) -> dict[str, Any]:
    """All, alternating; the fastest peer with its ratio."""
    mine: list[dict[str, float]] = []
    theirs: list[list[dict[str, float]]] = [[] for _ in peers]
    for _ in range(rounds):
        mine.append(ours.run())
        for peer, runs in zip(peers, theirs, strict=True):
            runs.append(peer.run())
            print(f"{peer.label}: {runs[-1]['images_per_s']:.4g}, ours {mine[-1]['images_per_s']:.4g}", file=sys.stderr)
    speed = [run["images_per_s"] for run in mine]
    found = [
        {
            "peer": peer.label,
            "version": peer.built["version"],
            **middle(runs),
            "ratio": side_by_side(speed, [run["images_per_s"] for run in runs]),
            "void": void(mine[-1], runs[-1]),
        }
        for peer, runs in zip(peers, theirs, strict=True)
    ]
    return {**middle(mine), "least": LEAST, "fastest": min(found, key=lambda each: each["ratio"]), "peers": found}


def middle(runs: list[dict[str, float]]) -> dict[str, Any]:
    """The median over runs."""
    return {key: round(median(run[key] for run in runs), 2) for key in runs[0]}


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="Diehl & Cook's network on BindsNET and on neurosim.")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not Path(PYTHON).exists():
        print('{"bench": "diehl_cook", "reason": "BindsNET is not installed; make peers"}')
        return NOT_RUN
    images = drawn(options.images, options.seed)
    peers: list[BindsNet] = []
    try:
        for threads in THREADS:
            peers.append(BindsNet(threads, images, options.seed))
        found = compare(Ours(images, options.seed), peers, options.rounds)
    finally:
        for peer in peers:
            peer.close()
    return conclude("diehl_cook", found["fastest"]["ratio"] >= LEAST and not found["fastest"]["void"], **found)


if __name__ == "__main__":
    sys.exit(main())
