"""Is the dense path as fast as PyTorch's? The same training on both, alternating, in one process.

    python runs/bench/layers_vs_torch.py [--epochs 5] [--threads 2] [--images 60000] [--backend cpu|cuda]

The ReLU perceptron 784-1000-1000-10, batch 100, plain gradient descent, float32, on random images; both start from
the same weights, see the same minibatches, and sum the loss. Ours goes the way of every study: `Backprop.direction`
and `optim.step`. An epoch is cut into ten parts; the two take turns part by part, so that a busy neighbour meets both,
and an epoch's time is ten times the median part. Prints one line of JSON with both times and their ratio. Exits 1
above the limit of 1.2, or if the two losses differ, and 2 without PyTorch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, TypeAlias

LIMIT = 1.2  # of the ratio ours / PyTorch's
RATE = 0.01
PARTS = 10  # of an epoch
LOSS_TOLERANCE = 1e-3  # relative, of the mean loss of the first epoch

Trainer: TypeAlias = Callable[[range], float]


def trainers(n_images: int, backend: str = "cpu") -> tuple[Trainer, Trainer]:
    """Two functions that train on the images of a range and return their summed loss: ours, and PyTorch's.

    With ``backend`` cuda both have everything on the GPU before they begin, and wait for it at the end of a range.
    """
    import torch

    from neurosim.cli.bench_layers import BATCH, images, perceptron
    from neurosim.core.arrays import resolve_backend
    from neurosim.core.rng import Stream
    from neurosim.layers import RateNetwork
    from neurosim.layers.layer import Batch
    from neurosim.learning.optimisers import OptimiserState, by_name, step
    from neurosim.rules.backprop import Backprop

    xp = resolve_backend(backend).xp
    x, targets = images(n_images, seed=0)
    spec, rule, optimiser = perceptron(), Backprop(), by_name("sgd", momentum=0.0)
    first = spec.init(Stream(0, "init"))
    network = RateNetwork(spec, {name: xp.asarray(value) for name, value in first.items()})
    state = rule.init(spec, Stream(0, "rule"))
    optimiser_state: OptimiserState = {}
    linears = []
    for group in spec.groups:
        w, b = first[group.weight], first[f"{group.name}.b"]
        linears.append(torch.nn.Linear(*w.shape))
        with torch.no_grad():
            linears[-1].weight.copy_(torch.tensor(w.T))
            linears[-1].bias.copy_(torch.tensor(b))
    model = torch.nn.Sequential(linears[0], torch.nn.ReLU(), linears[1], torch.nn.ReLU(), linears[2]).to(backend)
    descent = torch.optim.SGD(model.parameters(), lr=RATE)
    torch_x, labels = (torch.from_numpy(each).to(backend) for each in (x, targets.argmax(axis=1)))
    x, targets = xp.asarray(x), xp.asarray(targets)

    def ours(part: range) -> float:
        total: Any = 0.0
        for i in part[::BATCH]:
            batch = Batch(x[i : i + BATCH], targets[i : i + BATCH])
            updates, _, stats = rule.direction(network, state, batch)
            step(network.params, updates, optimiser_state, rate=RATE, optimiser=optimiser)
            total += stats.loss
        return float(total) * BATCH

    def theirs(part: range) -> float:
        total = torch.zeros((), device=backend)
        for i in part[::BATCH]:
            loss = torch.nn.functional.cross_entropy(model(torch_x[i : i + BATCH]), labels[i : i + BATCH])
            descent.zero_grad()
            loss.backward()
            descent.step()
            total += loss.detach()
        return float(total) * BATCH

    return ours, theirs


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="One epoch of a perceptron: neurosim against PyTorch.")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000, help="of an epoch; a multiple of 1000")
    parser.add_argument("--backend", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy and PyTorch are loaded, below
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    try:
        import torch
    except ImportError:
        print(json.dumps({"bench": "layers_vs_torch", "error": "PyTorch is not installed; pip install torch"}))
        return 2
    torch.set_num_threads(options.threads)
    measured = {"threads": options.threads, **compared(options.epochs, options.images, options.backend)}
    print(json.dumps(measured))
    return 0 if measured["ok"] else 1


def compared(epochs: int, n_images: int, backend: str) -> dict[str, Any]:
    """Both times, their ratio, and whether it is below the limit and both losses agree (``equal``)."""
    import torch

    size = n_images // PARTS
    contestants = dict(zip(("neurosim", "torch"), trainers(n_images, backend), strict=True))
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    losses: dict[str, list[float]] = {name: [] for name in contestants}
    for i in range(epochs * PARTS):
        start = i % PARTS * size
        for name, train in contestants.items():
            began = time.perf_counter()
            losses[name].append(train(range(start, start + size)) / size)
            seconds[name].append(time.perf_counter() - began)
    epoch_s = {name: PARTS * median(values) for name, values in seconds.items()}
    ratio = epoch_s["neurosim"] / epoch_s["torch"]
    first = {name: sum(values[:PARTS]) / PARTS for name, values in losses.items()}
    agree = abs(first["neurosim"] - first["torch"]) <= LOSS_TOLERANCE * first["torch"]
    return {
        "bench": "layers_vs_torch",
        "backend": backend,
        "torch": torch.__version__,
        "images": n_images,
        "neurosim_s": round(epoch_s["neurosim"], 3),
        "torch_s": round(epoch_s["torch"], 3),
        "ratio": round(ratio, 3),
        "limit": LIMIT,
        "part_s": {name: [round(f(values), 3) for f in (min, median, max)] for name, values in seconds.items()},
        "first_epoch_loss": {name: round(value, 6) for name, value in first.items()},
        "load": round(os.getloadavg()[0], 2),
        "equal": agree,
        "ok": agree and ratio <= LIMIT,
    }


if __name__ == "__main__":
    sys.exit(main())
