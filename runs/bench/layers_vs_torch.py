"""Is the dense path as fast as PyTorch's? One epoch of the same training, in turns, in one process.

    python runs/bench/layers_vs_torch.py [--turns 5] [--threads 2] [--images 60000]

The ReLU perceptron 784-1000-1000-10, batch 100, plain gradient descent, float32, on random images; both start from
the same weights, see the same minibatches, and sum the loss. Ours goes the way of every study: `Backprop.direction`
and `optim.step`. Prints one line of JSON with both medians and their ratio. Exits 1 above the limit of 1.2, or if the
two losses differ, and 2 without PyTorch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from statistics import median
from typing import Any

LIMIT = 1.2  # of the ratio ours / PyTorch's
RATE = 0.01
LOSS_TOLERANCE = 1e-3  # relative, of the mean loss of the first epoch


def epochs(n_images: int) -> tuple[Any, Any]:
    """Two functions that train for one epoch and return its mean loss: ours, and PyTorch's."""
    import torch

    from neurosim.bench import BATCH, images, perceptron
    from neurosim.layers import RateNetwork
    from neurosim.optim import Sgd, step
    from neurosim.protocols import Batch
    from neurosim.rng import Stream
    from neurosim.rules.backprop import Backprop

    x, targets = images(n_images, seed=0)
    spec, rule, optimiser = perceptron(), Backprop(), Sgd(momentum=0.0)
    network = RateNetwork(spec, spec.init(Stream(0, "init")))
    state = rule.init(spec, Stream(0, "rule"))
    slots = optimiser.init(network.params)
    linears = []
    for group in spec.groups:
        w, b = network.params[group.weight], network.params[f"{group.name}.b"]
        linears.append(torch.nn.Linear(*w.shape))
        with torch.no_grad():
            linears[-1].weight.copy_(torch.tensor(w.T))
            linears[-1].bias.copy_(torch.tensor(b))
    model = torch.nn.Sequential(linears[0], torch.nn.ReLU(), linears[1], torch.nn.ReLU(), linears[2])
    descent = torch.optim.SGD(model.parameters(), lr=RATE)
    torch_x, labels = torch.from_numpy(x), torch.from_numpy(targets.argmax(axis=1))

    def ours() -> float:
        total = 0.0
        for i in range(0, n_images, BATCH):
            batch = Batch(x[i : i + BATCH], targets[i : i + BATCH])
            updates, _, stats = rule.direction(network, state, batch)
            step(network.params, updates, slots, rate=RATE, optimiser=optimiser)
            total += stats.loss
        return float(total) * BATCH / n_images

    def theirs() -> float:
        total = torch.zeros(())
        for i in range(0, n_images, BATCH):
            loss = torch.nn.functional.cross_entropy(model(torch_x[i : i + BATCH]), labels[i : i + BATCH])
            descent.zero_grad()
            loss.backward()
            descent.step()
            total += loss.detach()
        return float(total) * BATCH / n_images

    return ours, theirs


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="One epoch of a perceptron: neurosim against PyTorch.")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000)
    options = parser.parse_args()
    for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy and PyTorch are loaded, below
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    try:
        import torch
    except ImportError:
        print(json.dumps({"bench": "layers_vs_torch", "error": "PyTorch is not installed; pip install torch"}))
        return 2
    torch.set_num_threads(options.threads)
    ours, theirs = epochs(options.images)
    seconds: dict[str, list[float]] = {"neurosim": [], "torch": []}
    losses: list[tuple[float, float]] = []
    for _ in range(options.turns):
        pair = []
        for name, epoch in (("neurosim", ours), ("torch", theirs)):
            start = time.perf_counter()
            pair.append(epoch())
            seconds[name].append(time.perf_counter() - start)
        losses.append((pair[0], pair[1]))
    ratio = median(seconds["neurosim"]) / median(seconds["torch"])
    agree = abs(losses[0][0] - losses[0][1]) <= LOSS_TOLERANCE * losses[0][1]
    measured = {
        "bench": "layers_vs_torch",
        "torch": torch.__version__,
        "threads": options.threads,
        "images": options.images,
        "neurosim_s": round(median(seconds["neurosim"]), 3),
        "torch_s": round(median(seconds["torch"]), 3),
        "ratio": round(ratio, 3),
        "limit": LIMIT,
        "turns_s": {name: [round(value, 3) for value in values] for name, values in seconds.items()},
        "first_epoch_losses": [round(value, 6) for value in losses[0]],
        "ok": agree and ratio <= LIMIT,
    }
    print(json.dumps(measured))
    return 0 if measured["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
