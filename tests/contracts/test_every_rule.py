"""What every learning rule must do, for each rule found in rules/ and each of its named choices."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import typing
from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import Params
from neurosim.core.rng import Stream
from neurosim.datasets import load, one_hot
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.layers.losses import softmax
from neurosim.layers.meter import CountingMeter
from neurosim.learning.locality import (
    LocalityError,
    LocalRule,
    View,
    Visit,
    audit,
    reads_forward_weights,
    weight_transport,
)
from neurosim.learning.passes import forward_pass
from neurosim.learning.rule import Locality, RuleState, Stats
from neurosim.networks import Mlp
from neurosim.rules import FeedbackAlignment
from neurosim.study.components import known, resolve_component


def variants() -> list[str]:
    """Each rule with every combination of its options that have few values."""
    texts = []
    for name in known("rules"):
        _, rule = resolve_component("rules", name)
        hints = typing.get_type_hints(type(rule))
        choices: list[list[str]] = []
        for field in dataclasses.fields(rule):
            kind = hints[field.name]
            values = typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()
            values = ("false", "true") if kind is bool else values
            if values:
                choices.append([f"{field.name}={value}" for value in values])
        texts += [":".join((name, *chosen)) for chosen in itertools.product(*choices)]
    return texts


@pytest.fixture(params=variants())
def rule(request: pytest.FixtureRequest) -> Any:
    return resolve_component("rules", request.param)[1]


@pytest.fixture(params=[text for text in variants() if "mlp" in resolve_component("rules", text)[1].networks])
def rate_rule(request: pytest.FixtureRequest) -> Any:
    """A rule of rate networks."""
    return resolve_component("rules", request.param)[1]


@pytest.fixture
def batch() -> Batch:
    digits = load("digits")
    return Batch(digits.x_train[:20].reshape(20, 64), one_hot(digits.y_train[:20], 10))


def made(rule: Any, activation: Any = "tanh", dtype: str = "float32") -> tuple[RateNetwork, RuleState]:
    spec = Mlp(hidden=(12, 11), activation=activation).build((64,), 10)
    network = RateNetwork(spec, spec.init(Stream(2, "init"), dtype))
    return network, rule.init(spec, Stream(2, "rule"), dtype)


def test_it_declares_networks_limit_locality_and_its_source(rule: Any) -> None:
    assert rule.networks
    assert set(rule.networks) <= set(known("networks"))
    assert rule.native is None or rule.native in rule.networks
    assert rule.locality is None or isinstance(rule.locality, Locality)
    head = sys.modules[type(rule).__module__].__doc__ or ""
    assert "Source" in head
    assert "Limit:" in head  # where its direction becomes the gradient, or none


def test_its_direction_has_the_shape_and_type_of_the_parameters(rate_rule: Any, batch: Batch) -> None:
    network, state = made(rate_rule)
    updates, state, stats = rate_rule.direction(network, state, batch)
    leaves = {**network.params, **state.params}
    assert set(network.params) <= set(updates)
    for name, value in updates.items():
        assert name not in state.mirrors
        assert value.shape == leaves[name].shape
        assert value.dtype == np.float32
        assert np.isfinite(value).all()
    assert np.isfinite(stats.loss)
    assert 0 <= stats.correct <= 20


def test_it_changes_nothing_and_answers_alike_twice(rate_rule: Any, batch: Batch) -> None:
    network, state = made(rate_rule)
    before = {name: value.tobytes() for name, value in {**network.params, **state.params}.items()}
    seen = batch.x.tobytes(), batch.targets.tobytes()
    first, state, _ = rate_rule.direction(network, state, batch)
    second, state, _ = rate_rule.direction(network, state, batch)
    assert {name: value.tobytes() for name, value in {**network.params, **state.params}.items()} == before
    assert (batch.x.tobytes(), batch.targets.tobytes()) == seen
    for name, value in first.items():
        assert value.tobytes() == second[name].tobytes(), name


def test_its_direction_lowers_the_loss_of_the_output_layer(rate_rule: Any, batch: Batch) -> None:
    if getattr(rate_rule, "gate", "drive") == "always":
        pytest.skip("an ever open gate learns nothing, which has its own test")
    network, state = made(rate_rule, dtype="float64")
    updates, state, stats = rate_rule.direction(network, state, Batch(batch.x.astype("float64"), batch.targets))
    network.params["output.w"] += 0.01 * updates["output.w"]
    _, _, after = rate_rule.direction(network, state, Batch(batch.x.astype("float64"), batch.targets))
    assert after.loss < stats.loss


def test_order_of_samples_in_the_batch_does_not_matter(rate_rule: Any, batch: Batch) -> None:
    network, state = made(rate_rule, dtype="float64")
    x, order = batch.x.astype("float64"), Stream(1, "order").permutation(20)
    first, _, _ = rate_rule.direction(network, state, Batch(x, batch.targets.astype("float64")))
    second, _, _ = rate_rule.direction(network, state, Batch(x[order], batch.targets[order].astype("float64")))
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, rtol=1e-9, atol=1e-12)


def test_a_split_rule_depends_on_nothing_undeclared(rate_rule: Any, batch: Batch) -> None:
    network, state = made(rate_rule)
    if rate_rule.locality is None:
        assert not hasattr(rate_rule, "local")
        return
    assert audit(rate_rule, network, state, batch) == ()


def test_weight_transport_is_seen_exactly_where_feedback_is_not_separate(rate_rule: Any, batch: Batch) -> None:
    network, state = made(rate_rule)
    meter = CountingMeter(params={**network.params, **state.params})
    rate_rule.direction(network, state, Batch(batch.x, batch.targets, None, meter))
    separate = getattr(rate_rule, "feedback", "symmetric") != "symmetric"
    assert meter.reads_forward_weights(state.params) is not separate
    assert weight_transport(rate_rule, network, state, batch, meter) == (None if separate else "product")
    if getattr(rate_rule, "form", "difference") == "difference":
        assert reads_forward_weights(rate_rule, network, state, batch) is not separate


@dataclasses.dataclass(frozen=True)
class Peeking(LocalRule):
    """Feedback alignment whose synapses also read something else."""

    network: RateNetwork
    what: str
    locality: typing.ClassVar[Locality] = Locality(pre=("rate",), post=("error",))

    def phases(self, network: RateNetwork, state: RuleState, batch: Batch, visit: Visit) -> Stats:
        return FeedbackAlignment().phases(network, state, batch, visit)

    def local(self, view: View) -> Params:
        updates = view.mean_product(view.pre["rate"], view.post["error"])
        if self.what == "declared names":
            updates[view.group.weight] *= 1 + view.post["sum"].mean()
        if self.what == "weights by the back door":
            updates[view.group.weight] *= 1 + self.network.params["output.w"].mean()
        return updates


def test_reading_an_undeclared_variable_raises(batch: Batch) -> None:
    network, state = made(FeedbackAlignment())
    with pytest.raises(LocalityError, match=r"local\(output\).post: expected .*\(error\), got 'sum'"):
        Peeking(network, "declared names").direction(network, state, batch)


def test_the_audit_finds_a_synapse_that_reads_weights_by_the_back_door(batch: Batch) -> None:
    network, state = made(FeedbackAlignment())
    before = {name: value.tobytes() for name, value in network.params.items()}
    assert audit(Peeking(network, "weights by the back door"), network, state, batch) == (
        "output",
        "hidden2",
        "hidden1",
    )
    assert audit(Peeking(network, "nothing"), network, state, batch) == ()
    assert {name: value.tobytes() for name, value in network.params.items()} == before


@dataclasses.dataclass(frozen=True)
class Lateral(Peeking):
    """A synapse that subtracts the mean error of its neighbours."""

    def local(self, view: View) -> Params:
        error = view.post["error"]
        return view.mean_product(view.pre["rate"], error - error.mean(axis=1, keepdims=True))


def test_the_audit_finds_a_synapse_that_reads_other_units_of_its_layer(batch: Batch) -> None:
    network, state = made(FeedbackAlignment())
    assert audit(Lateral(network, ""), network, state, batch) == ("output", "hidden2", "hidden1")


@dataclasses.dataclass(frozen=True)
class Smuggler(Peeking):
    """Backprop that calls its errors a variable of the unit; ``what`` says how it gets at the weights."""

    def phases(self, network: RateNetwork, state: RuleState, batch: Batch, visit: Visit) -> Stats:
        passes = forward_pass(network, batch)
        error = batch.targets - softmax(passes[-1].rate)
        for layer in reversed(passes):
            error = layer.sum_change(network.params, error, batch.meter)
            visit(layer.group, pre={"rate": layer.pre}, post={"error": error})
            w = network.params[layer.group.weight]
            error = batch.meter.matmul("feedback", error, w.T.copy()) if self.what == "copy" else error @ w.T
        return Stats(0.0, 0)


@pytest.mark.parametrize("how", ["copy", "unmetered"])
def test_weights_carried_downward_are_found_by_value(how: str, batch: Batch) -> None:
    network, state = made(FeedbackAlignment())
    before = {name: value.tobytes() for name, value in network.params.items()}
    rule = Smuggler(network, how)
    assert reads_forward_weights(rule, network, state, batch) is True
    assert weight_transport(rule, network, state, batch, CountingMeter()) == "perturbation"
    assert {name: value.tobytes() for name, value in network.params.items()} == before
