"""The dense path: one epoch of the ReLU perceptron 784-1000-1000-10 on random images, plain gradient descent.

Needs NumPy and SciPy alone. Another number of threads than this process has is measured in a child, since BLAS reads
it once, when it is loaded.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from neurosim.core.arrays import THREAD_VARIABLES, Array, resolve_backend
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import Linear, Node, Stack, relu
from neurosim.layers.losses import softmax_cross_entropy
from neurosim.learning.optimisers import OptimiserState, by_name, step
from neurosim.learning.rule import observe

_ALL_THREAD_VARIABLES = (*THREAD_VARIABLES, "VECLIB_MAXIMUM_THREADS")
IMAGES, PIXELS, HIDDEN, CLASSES, BATCH = 60_000, 784, (1000, 1000), 10, 100


def measure(backend: str, threads: int | None, seed: int, scale: float) -> dict[str, Any]:
    """The measurements as a dict for JSON; ``scale`` multiplies the number of images of the epoch."""
    if threads is not None and any(os.environ.get(variable) != str(threads) for variable in _ALL_THREAD_VARIABLES):
        return _in_child(backend, threads, seed, scale)
    return {
        "bench": "layers",
        "backend": resolve_backend(backend).name,
        "threads": threads or _threads(),
        "scale": scale,
        "seed": seed,
        **train(backend, seed, scale),
    }


def train(backend: str, seed: int, scale: float) -> dict[str, Any]:
    """The times in s, the images per second and the mean loss of one epoch, batch 100."""
    xp = resolve_backend(backend).xp
    n_batches = max(1, round(IMAGES * scale / BATCH))
    start = time.perf_counter()
    spec = perceptron()
    params = {key: xp.asarray(value) for key, value in spec.init(Stream(seed, "init")).items()}
    x, targets = (xp.asarray(array) for array in images(n_batches * BATCH, seed))
    optimiser, loss = by_name("sgd", momentum=0.0), softmax_cross_entropy()
    optimiser_state: OptimiserState = {}

    def learn(chosen: slice) -> Any:
        scores, caches = spec.fprop(params, x[chosen])
        error = loss.error(scores, targets[chosen])
        step(params, spec.gradients(params, caches, error / BATCH), optimiser_state, rate=0.01, optimiser=optimiser)
        return observe(loss, scores, targets[chosen]).loss

    float(learn(slice(0, BATCH)))  # warm-up: first use of BLAS, or compilation on a GPU
    built = time.perf_counter()
    total: Any = 0.0
    for i in range(n_batches):
        total = total + learn(slice(i * BATCH, (i + 1) * BATCH))
    mean_loss = float(total) / n_batches
    sim_s = time.perf_counter() - built
    return {
        "build_s": round(built - start, 4),
        "sim_s": round(sim_s, 4),
        "images": n_batches * BATCH,
        "images_per_s": round(n_batches * BATCH / sim_s, 1),
        "loss": round(mean_loss, 6),
    }


def perceptron() -> Stack:
    """The network that is trained."""
    nodes = []
    for i, size in enumerate(HIDDEN, start=1):
        nodes += [Node(f"hidden{i}", Linear(size, gain=math.sqrt(2.0))), Node(f"relu{i}", relu())]
    return Stack((PIXELS,), (*nodes, Node("output", Linear(CLASSES))))


def images(n: int, seed: int) -> tuple[Array, Array]:
    """``n`` random images (n, 784), uniform in [0, 1), with random one-hot targets (n, 10); float32."""
    generator = np.random.default_rng(seed)
    x = generator.random((n, PIXELS), dtype=np.float32)
    return x, np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=n)]


def _in_child(backend: str, threads: int, seed: int, scale: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "neurosim.bench", "layers", "--json", "--backend", backend]
    command += ["--threads", str(threads), "--seed", str(seed), "--scale", str(scale)]
    environment = {**os.environ, **dict.fromkeys(_ALL_THREAD_VARIABLES, str(threads))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"bench.layers: expected a result, got exit {done.returncode}: {done.stderr.strip()[-500:]}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _threads() -> int:
    """The number of threads that BLAS was told to use, else that of the processors."""
    told = os.environ.get(THREAD_VARIABLES[0]) or os.environ.get(THREAD_VARIABLES[1]) or ""
    return int(told) if told.isdecimal() else os.cpu_count() or 1
