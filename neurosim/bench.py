"""Benchmarks by name, each of which prints one line of JSON: ``python -m neurosim.bench layers --json``.

Needs NumPy and SciPy alone. A benchmark that asks for another number of threads than this process has runs in a
child, since BLAS reads it once, when it is loaded.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from neurosim.arrays import Array, resolve_backend
from neurosim.errors import InputError, one_of
from neurosim.layers import Linear, Node, Stack, relu
from neurosim.losses import observe, softmax_cross_entropy
from neurosim.optim import Sgd, step
from neurosim.resources import peak_memory_mb
from neurosim.rng import Stream
from neurosim.runlog.provenance import THREAD_VARIABLES as READ_BY_BLAS
from neurosim.runlog.provenance import git_state

THREAD_VARIABLES = (*READ_BY_BLAS, "VECLIB_MAXIMUM_THREADS")
IMAGES, PIXELS, HIDDEN, CLASSES, BATCH = 60_000, 784, (1000, 1000), 10, 100


def run(name: str, *, backend: str = "auto", threads: int | None = None, seed: int = 0, scale: float = 1.0) -> Any:
    """What the benchmark called ``name`` measured, as a dict ready for JSON; ``scale`` shrinks or grows its work.

    Raises:
        InputError: an unknown name, or an option out of its range.
    """
    if name not in BENCHMARKS:
        raise one_of("bench", name, BENCHMARKS)
    if threads is not None and threads < 1:
        raise InputError(f"bench.threads: expected a whole number >= 1, got {threads}")
    if not (math.isfinite(scale) and scale > 0):
        raise InputError(f"bench.scale: expected a number > 0, got {scale}")
    resolve_backend(backend)
    if threads is not None and any(os.environ.get(variable) != str(threads) for variable in THREAD_VARIABLES):
        return _in_child(name, backend, threads, seed, scale)
    return {
        "bench": name,
        "backend": resolve_backend(backend).name,
        "threads": threads or _threads(),
        "scale": scale,
        "seed": seed,
        **BENCHMARKS[name](backend, seed, scale),
        "peak_rss_mb": round(peak_memory_mb() or 0.0, 1),
        "commit": git_state(Path(__file__).parent).get("commit"),
    }


def layers(backend: str, seed: int, scale: float) -> dict[str, Any]:
    """One epoch of the ReLU perceptron 784-1000-1000-10 on random images, batch 100, plain gradient descent."""
    xp = resolve_backend(backend).xp
    n_batches = max(1, round(IMAGES * scale / BATCH))
    start = time.perf_counter()
    spec = perceptron()
    params = {key: xp.asarray(value) for key, value in spec.init(Stream(seed, "init")).items()}
    x, targets = (xp.asarray(array) for array in images(n_batches * BATCH, seed))
    optimiser, loss = Sgd(momentum=0.0), softmax_cross_entropy()
    slots = optimiser.init(params)

    def learn(chosen: slice) -> Any:
        scores, caches = spec.fprop(params, x[chosen])
        error = loss.error(scores, targets[chosen])
        step(params, spec.gradients(params, caches, error / BATCH), slots, rate=0.01, optimiser=optimiser)
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
    """The network of the benchmark ``layers``."""
    nodes = []
    for i, size in enumerate(HIDDEN, start=1):
        nodes += [Node(f"hidden{i}", Linear(size, gain=math.sqrt(2.0))), Node(f"relu{i}", relu())]
    return Stack((PIXELS,), (*nodes, Node("output", Linear(CLASSES))))


def images(n: int, seed: int) -> tuple[Array, Array]:
    """``n`` random images (n, 784), uniform in [0, 1), with random one-hot targets (n, 10); float32."""
    generator = np.random.default_rng(seed)
    x = generator.random((n, PIXELS), dtype=np.float32)
    return x, np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=n)]


BENCHMARKS: Final = MappingProxyType[str, Callable[[str, int, float], dict[str, Any]]]({"layers": layers})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark from the command line; 2 if what was asked cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m neurosim.bench", description="Measure the speed of neurosim.")
    parser.add_argument("name", help=f"one of {', '.join(BENCHMARKS)}")
    parser.add_argument("--backend", default="auto", help="auto, reference, cpu or cuda")
    parser.add_argument("--threads", type=int, help="of BLAS (default: as the environment says)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="amount of work (1: 60,000 images)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = vars(parser.parse_args(arguments))
    as_json = options.pop("json")
    try:
        measured = run(**options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(measured) if as_json else "\n".join(f"{key:14} {value}" for key, value in measured.items()))
    return 0


def _in_child(name: str, backend: str, threads: int, seed: int, scale: float) -> Any:
    command = [sys.executable, "-m", "neurosim.bench", name, "--json", "--backend", backend]
    command += ["--threads", str(threads), "--seed", str(seed), "--scale", str(scale)]
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"bench.{name}: expected a result, got exit {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def _threads() -> int:
    """The number of threads that BLAS was told to use, else that of the processors."""
    told = os.environ.get(THREAD_VARIABLES[0]) or os.environ.get(THREAD_VARIABLES[1]) or ""
    return int(told) if told.isdecimal() else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
