"""The benchmark door: names, ranges, the one line of JSON, the child with its own threads. No test looks at time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from neurosim import bench
from neurosim.errors import InputError
from neurosim.layers import RateNetwork
from neurosim.losses import softmax_cross_entropy
from neurosim.rng import Stream

SMALL = 200 / bench.IMAGES  # two minibatches


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"bench: expected one of .*layers.*, got 'layer'; did you mean 'layers'"):
        bench.run("layer")


@pytest.mark.parametrize("options", [{"scale": 0.0}, {"scale": float("inf")}, {"threads": 0}, {"backend": "gpu"}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        bench.run("layers", **options)


def test_the_layers_benchmark_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["layers", "--json", "--scale", str(SMALL)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    measured = json.loads(out)
    assert measured["images"] == 200
    assert measured["images_per_s"] == pytest.approx(200 / measured["sim_s"], rel=0.01)
    keys = {"bench", "backend", "threads", "seed", "build_s", "sim_s", "images_per_s", "peak_rss_mb", "commit"}
    assert keys <= set(measured)


def test_a_step_of_the_layers_benchmark_lowers_the_loss() -> None:
    x, targets = bench.images(100, seed=0)
    spec = bench.perceptron()
    network = RateNetwork(spec, spec.init(Stream(0, "init")))
    scores, _ = spec.fprop(network.params, x)
    start = float(softmax_cross_entropy().value(scores, targets).mean())
    assert bench.layers("cpu", 0, 100 / bench.IMAGES)["loss"] < start  # the same minibatch, after the warm-up step


def test_another_number_of_threads_runs_in_a_child() -> None:
    measured = bench.run("layers", threads=3, scale=SMALL, seed=5)
    assert (measured["threads"], measured["seed"], measured["images"]) == (3, 5, 200)


def test_a_mistake_on_the_command_line_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["nope"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("bench: expected one of")
    assert captured.err.count("\n") == 1
