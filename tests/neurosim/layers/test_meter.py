"""Both ways of a product against sums of whole numbers, where order does not matter; and what "auto" chooses."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import Array
from neurosim.core.rng import Stream
from neurosim.layers import Linear, Node, RateNetwork, Stack, relu, tanh
from neurosim.layers.layer import Batch
from neurosim.layers.meter import (
    CROSSING,
    CountingMeter,
    Meter,
    Purpose,
    Way,
    effective_operations,
    is_ternary,
    product,
)
from neurosim.networks import Cnn, Mlp
from neurosim.rules import Backprop, FeedbackAlignment, TemporalDerivative

RNG = np.random.default_rng(0)


def whole(rows: int, columns: int, density: float) -> Any:
    return (RNG.integers(-9, 10, (rows, columns)) * (RNG.random((rows, columns)) < density)).astype("float32")


@pytest.mark.parametrize("way", ["dense", "events", "auto"])
@pytest.mark.parametrize("density", [0.0, 0.05, 1.0])
def test_products_of_whole_numbers_are_the_sums_over_both_factors(way: Way, density: float) -> None:
    a, b, errors = whole(7, 30, density), whole(30, 5, 1.0), whole(7, 5, 1.0)
    for left, right in ((a, b), (a.T, errors), (errors, b.T), (a[:, ::2], b[::2])):
        found = product(left, right, way)
        expected = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in right.T] for row in left]
        assert found.tolist() == expected
        assert found.dtype == np.float32
        assert type(found) is np.ndarray


@pytest.mark.parametrize(("active", "events"), [(0.09, True), (0.11, False)])
def test_auto_takes_events_below_the_crossing(active: float, events: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    a = np.zeros((10, 100))
    a.flat[: round(active * a.size)] = 1.5
    taken = []

    class Seen(np.ndarray):
        def __matmul__(self, other: Any) -> Any:
            taken.append("dense")
            return np.asarray(self) @ other

    product(a.view(Seen), np.ones((100, 3)), "auto")
    assert bool(taken) is not events
    assert CROSSING == 0.1


def test_a_layer_by_events_counts_what_the_dense_one_counts() -> None:
    x, g, layer = whole(6, 40, 0.1), whole(6, 8, 0.5), Linear(8)
    params = {"w": whole(40, 8, 1.0), "b": np.zeros(8, "float32")}
    meters = [CountingMeter(way) for way in ("dense", "events")]
    outcomes = []
    for meter in meters:
        y, cache = layer.fprop(params, x, None, meter)
        back, grads = layer.bprop(params, cache, g, meter), layer.grad(cache, g, meter)
        outcomes.append([y.tolist(), back.tolist(), grads["w"].tolist()])
    assert outcomes[0] == outcomes[1]
    assert meters[0].counts == meters[1].counts


class BruteForce(Meter):
    """Counts each product of two non-zero numbers in a loop over all of them."""

    def __init__(self) -> None:
        self.counts: dict[Purpose, int] = {}

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        result = np.zeros((a.shape[0], b.shape[1]), a.dtype)
        for i, j, k in itertools.product(range(a.shape[0]), range(b.shape[1]), range(a.shape[1])):
            if a[i, k] != 0 and b[k, j] != 0:
                self.counts[purpose] = self.counts.get(purpose, 0) + 1
                result[i, j] += a[i, k] * b[k, j]
        return result


RULES = [
    Backprop(),
    FeedbackAlignment(),
    TemporalDerivative(steps=3),
    TemporalDerivative(feedback="random", centred=True, steps=2),
    TemporalDerivative(form="weak", steps=2, settle=2),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_operations_of_each_rule_equal_a_loop_over_all_products(
    rule: Backprop | FeedbackAlignment | TemporalDerivative, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    spec = Mlp(hidden=(5, 4), activation="relu").build((6,), 3)
    network = RateNetwork(spec, spec.init(Stream(seed, "init"), "float64"))
    for name, w in network.params.items():
        if name.endswith(".w"):
            w[rng.random(w.shape) < 0.3] = 0.0
    state = rule.init(spec, Stream(seed, "rule"), "float64")
    x = rng.normal(size=(4, 6)) * (rng.random((4, 6)) < 0.6)
    targets = np.eye(3)[rng.integers(3, size=4)]
    fast, slow = CountingMeter(), BruteForce()
    rule.direction(network, state, Batch(x, targets, None, fast))
    rule.direction(network, state, Batch(x, targets, None, slow))
    assert {purpose: count.macs + count.acs for purpose, count in fast.counts.items()} == slow.counts
    assert slow.counts["feedback"] > 0


def test_convolution_counts_every_non_zero_pixel_under_every_non_zero_weight() -> None:
    spec = Cnn(channels=(2,), kernel=3, hidden=(), pool=2).build((4, 4), 2)
    params = spec.init(Stream(0, "init"), "float64")
    params["conv1.w"][0, 0, 1, 1] = 0.0
    x = np.zeros((1, 4, 4))
    x[0, 0, 0] = 2.0  # a corner: under 4 of the 9 weights of each output channel
    x[0, 1, 2] = 3.0  # inside: under all 9
    meter = CountingMeter()
    spec.fprop(params, x, None, meter)
    first_layer = (4 - 1) + 4 + (9 - 1) + 9
    assert meter.counts["forward"].macs + meter.counts["forward"].acs >= first_layer
    slow = BruteForce()
    spec.fprop(params, x, None, slow)
    assert meter.counts["forward"].macs + meter.counts["forward"].acs == slow.counts["forward"]


def chain(activation: str) -> RateNetwork:
    """Three units in a row: input, hidden, output, all weights 1."""
    node = Node("f", tanh() if activation == "tanh" else relu())
    spec = Stack((1,), (Node("hidden", Linear(1)), node, Node("output", Linear(1))))
    return RateNetwork(
        spec, {name: np.ones_like(value) for name, value in spec.init(Stream(0, "x"), "float64").items()}
    )


def by_purpose(rule: Any, network: RateNetwork, x: list[list[float]]) -> dict[str, tuple[int, int, int]]:
    meter = CountingMeter()
    targets = np.zeros((len(x), 1))
    rule.direction(
        network, rule.init(network.spec, Stream(0, "r"), "float64"), Batch(np.array(x), targets, None, meter)
    )
    return {purpose: (count.macs, count.acs, count.dense) for purpose, count in meter.counts.items()}


def squared() -> dict[str, Any]:
    from neurosim.layers.losses import squared_error

    return {"loss": squared_error()}


def test_three_units_by_hand_backprop_and_feedback_alignment() -> None:
    # one sample 2: two products up, one down, two for the weights
    expected = {"forward": (2, 0, 2), "feedback": (1, 0, 1), "plasticity": (2, 0, 2)}
    for rule in (Backprop(**squared()), FeedbackAlignment(**squared())):
        assert by_purpose(rule, chain("tanh"), [[2.0]]) == expected


def test_three_units_by_hand_a_zero_input_costs_nothing_at_the_first_synapse() -> None:
    # samples 2 and 0: the bias 1 keeps the hidden unit active, so only the first synapse's two products vanish
    counts = by_purpose(Backprop(**squared()), chain("tanh"), [[2.0], [0.0]])
    assert counts == {"forward": (3, 0, 4), "feedback": (2, 0, 2), "plasticity": (3, 0, 4)}


def test_three_units_by_hand_a_silent_hidden_unit() -> None:
    # sample -2: relu(-2 + 1) = 0, so the second synapse costs nothing, nor the change of either weight; the output is
    # its bias 1 and the error -1, which is accumulated and not multiplied
    counts = by_purpose(Backprop(**squared()), chain("relu"), [[-2.0]])
    assert counts == {"forward": (1, 0, 2), "feedback": (0, 1, 1), "plasticity": (0, 0, 2)}


def test_three_units_by_hand_a_binary_input_accumulates() -> None:
    counts = by_purpose(Backprop(**squared()), chain("tanh"), [[1.0]])
    assert counts == {"forward": (1, 1, 2), "feedback": (1, 0, 1), "plasticity": (1, 1, 2)}


def test_three_units_by_hand_temporal_derivative() -> None:
    # the output has not moved yet in the first of four steps, so the feedback synapse carries three non-zero values
    rule = TemporalDerivative(steps=4, **squared())
    expected = {"forward": (2, 0, 2), "feedback": (3, 0, 4), "plasticity": (2, 0, 2)}
    assert by_purpose(rule, chain("tanh"), [[2.0]]) == expected


def test_the_example_of_neurobench_has_4_effective_and_9_dense_operations() -> None:
    weights = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 0]])
    assert effective_operations(np.array([[0.0, 1.0, 1.0]]), weights) == 4
    meter = CountingMeter()
    meter.matmul("forward", np.array([[0.0, 1.0, 1.0]]), weights)
    assert meter.total.dense == 9


def test_activity_is_summed_over_calls() -> None:
    meter = CountingMeter()
    meter.activity("hidden", np.array([[0.0, 1.0], [2.0, 0.0]]))
    meter.activity("hidden", np.array([[0.0, 0.0]]))
    assert meter.layers["hidden"].sparsity == pytest.approx(4 / 6)


@pytest.mark.parametrize(("values", "expected"), [([[0, 1, -1]], True), ([[0, 1], [0.5, 1]], False), ([[2, 0]], False)])
def test_ternary_activities_are_recognised(values: list[list[float]], expected: bool) -> None:
    assert is_ternary(np.array(values, float)) is expected
