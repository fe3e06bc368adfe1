"""The dense benchmark: what it trains, and the child with its own threads. No test looks at time."""

from __future__ import annotations

from neurosim.cli import bench, bench_layers
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork
from neurosim.layers.losses import softmax_cross_entropy


def test_a_step_of_the_benchmark_lowers_the_loss() -> None:
    x, targets = bench_layers.images(100, seed=0)
    spec = bench_layers.perceptron()
    network = RateNetwork(spec, spec.init(Stream(0, "init")))
    scores, _ = spec.fprop(network.params, x)
    start = float(softmax_cross_entropy().value(scores, targets).mean())
    assert (
        bench_layers.train("cpu", 0, 100 / bench_layers.IMAGES)["loss"] < start
    )  # the same minibatch, after the warm-up step


def test_another_number_of_threads_runs_in_a_child() -> None:
    measured = bench.run("layers", threads=3, scale=200 / bench_layers.IMAGES, seed=5)
    assert (measured["threads"], measured["seed"], measured["images"]) == (3, 5, 200)
