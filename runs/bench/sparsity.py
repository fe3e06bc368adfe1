"""Where sparse activity pays: time and operations by events and densely, against how active the units are.

    python runs/bench/sparsity.py [--figure]

Two networks, inference and learning, at activities from 0.5 to 50 %:

- rates: a ReLU perceptron 784-1000-1000-10 trained on random images, batch 100. The thresholds of its hidden units are
  shifted so that the wanted fraction is active; then one minibatch goes through it, up alone, or up and to the weights
  of the second layer. By events (`products="events"`, SciPy) against densely (BLAS).
- spikes: 1000 Poisson inputs, all-to-all onto 1000 leaky units, steps of 1 ms, one sample; activity is the fraction of
  inputs that spike in a step. The event-driven engine, static or with pair STDP, against the same in dense matrices:
  one product per step with BLAS, learning by two outer products per step.

One thread each. The two ways take turns; times are the least of ROUNDS. The crossing is where the line through the
logarithms of neighbouring ratios meets 1. Prints one line of JSON; ``--figure`` writes runs/figures/sparsity.png.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import conclude

import neurosim as ns
from neurosim.cli.bench_layers import BATCH, images, perceptron
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.layers.meter import CountingMeter, Way, product
from neurosim.learning.optimisers import OptimiserState, by_name, step
from neurosim.neurons import LIF
from neurosim.rules import Backprop, PairSTDP
from neurosim.simulation.sources import Poisson

LEVELS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
ROUNDS = 7
SIZE, STEPS, TAU = 1000, 200, 20.0  # of the spiking network; ms
PICTURE = Path(__file__).parents[1] / "figures" / "sparsity.png"

Work = Callable[[], Any]


def turns(ways: dict[str, Work]) -> dict[str, float]:
    """The least time of each, in seconds, after a first one that does not count."""
    least = dict.fromkeys(ways, math.inf)
    for number in range(ROUNDS + 1):
        for name, work in ways.items():
            start = time.perf_counter()
            work()
            if number:
                least[name] = min(least[name], time.perf_counter() - start)
    return least


def trained() -> RateNetwork:
    """The perceptron after one pass over 2000 images."""
    x, targets = images(2000, seed=0)
    spec, rule, optimiser = perceptron(), Backprop(), by_name("sgd", momentum=0.0)
    network = RateNetwork(spec, spec.init(Stream(0, "init")))
    state, optimiser_state = rule.init(spec, Stream(0, "rule")), OptimiserState()
    for i in range(0, len(x), BATCH):
        updates, state, _ = rule.direction(network, state, Batch(x[i : i + BATCH], targets[i : i + BATCH]))
        step(network.params, updates, optimiser_state, rate=0.05, optimiser=optimiser)
    return network


def rates(level: float, network: RateNetwork) -> dict[str, Any]:
    """Inference and learning of the second hidden layer, whose inputs are active at ``level``."""
    x, _ = images(BATCH, seed=1)
    w1, b1, w2 = (network.params[name] for name in ("hidden1.w", "hidden1.b", "hidden2.w"))
    total = x @ w1 + b1
    hidden = np.maximum(total - np.quantile(total, 1.0 - level, axis=1, keepdims=True), 0).astype(np.float32)
    errors = np.random.default_rng(2).standard_normal((BATCH, w2.shape[1])).astype(np.float32)
    meter = CountingMeter()
    meter.matmul("forward", hidden, w2)

    def infer(way: Way) -> Work:
        return lambda: product(hidden, w2, way)

    def learn(way: Way) -> Work:
        return lambda: (product(hidden, w2, way), product(hidden.T, errors, way))

    count = meter.counts["forward"]
    return {
        "activity": float((hidden != 0).mean()),
        "operations": count.macs / count.dense,
        "inference": turns({"events": infer("events"), "dense": infer("dense")}),
        "learning": turns({"events": learn("events"), "dense": learn("dense")}),
    }


def engine(level: float, plastic: bool) -> tuple[Work, ns.Simulation]:
    """The event-driven network, and what runs it for STEPS."""
    net = ns.Network(seed=1)
    inputs = net.population("in", SIZE, Poisson(1000.0 * -math.log1p(-level)))
    cells = net.population("out", SIZE, LIF(tau_m=TAU))
    rule = PairSTDP(w_max=1.0) if plastic else None
    net.connect(inputs, cells, ns.AllToAll(), weight=1.0 / (SIZE * level), delay=1.0, rule=rule)
    net.record([inputs, cells], "spikes")
    sim = net.compile(1.0, threads=1)
    return lambda: sim.run(float(STEPS)), sim


def dense(level: float, plastic: bool) -> Work:
    """The same in matrices."""
    rng = np.random.default_rng(1)
    w = np.full((SIZE, SIZE), 1.0 / (SIZE * level), np.float32)
    v, x, y = (np.zeros(SIZE, np.float32) for _ in range(3))
    decay, trace = np.float32(math.exp(-1 / TAU)), np.float32(math.exp(-1 / 20.0))

    def run() -> None:
        for _ in range(STEPS):
            spikes = (rng.random(SIZE, np.float32) < level).astype(np.float32)
            v[:] = v * decay + spikes @ w
            fired = (v >= 1).astype(np.float32)
            v[fired > 0] = 0
            if plastic:
                x[:], y[:] = x * trace + spikes, y * trace
                w[:] = np.clip(w + 0.005 * np.outer(x, fired) - 0.00525 * np.outer(spikes, y), 0, 1)
                y[:] += fired

    return run


def spikes(level: float) -> dict[str, Any]:
    """Inference and learning of the spiking network at ``level``."""
    found: dict[str, Any] = {}
    for name, plastic in (("inference", False), ("learning", True)):
        by_events, sim = engine(level, plastic)
        found[name] = turns({"events": by_events, "dense": dense(level, plastic)})
        shown = len(sim.spikes("in").times) / (sim.time * SIZE)
    return {"activity": shown, "operations": shown, **found}


def crossing(points: list[dict[str, Any]], what: str) -> float | None:
    """The activity at which both ways take the same time; None where one is faster throughout."""
    x = [math.log(each["activity"]) for each in points]
    y = [math.log(each[what]["dense"] / each[what]["events"]) for each in points]
    for i in range(len(x) - 1):
        if y[i] >= 0 > y[i + 1]:
            return round(math.exp(x[i] + y[i] / (y[i] - y[i + 1]) * (x[i + 1] - x[i])), 4)
    return None


def draw(found: dict[str, list[dict[str, Any]]]) -> None:
    """The figure of the README."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), constrained_layout=True, sharey=True)
    titles = {"rates": "ReLU units, 1000 to 1000, batch 100", "spikes": "spikes, 1000 to 1000, one sample"}
    for ax, (name, points) in zip(axes, found.items(), strict=True):
        active = [100 * each["activity"] for each in points]
        for what, marker in (("inference", "o"), ("learning", "s")):
            ratio = [each[what]["dense"] / each[what]["events"] for each in points]
            ax.loglog(active, ratio, marker=marker, label=what)
        ax.loglog(active, [1 / each["operations"] for each in points], "k:", label="operations saved")
        ax.axhline(1.0, color="0.6", linewidth=1)
        ax.set(xlabel="active units, %", title=titles[name])
        ax.legend()
    axes[0].set_ylabel("dense time / time by events")
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> int:
    """Measure and print; see the top of the file."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read by NumPy when it is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    network = trained()
    found = {"rates": [rates(level, network) for level in LEVELS], "spikes": [spikes(level) for level in LEVELS]}
    if "--figure" in sys.argv[1:]:
        draw(found)
    crossings = {
        f"{name}.{what}": crossing(points, what) for name, points in found.items() for what in ("inference", "learning")
    }
    faster = all(
        points[0][what]["events"] < points[0][what]["dense"]
        for points in found.values()
        for what in ("inference", "learning")
    )
    return conclude("sparsity", faster, crossings=crossings, **found)


if __name__ == "__main__":
    sys.exit(main())
