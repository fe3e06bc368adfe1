"""What every network owes: options that matter or are refused, seeds that decide, scores that follow from it alone."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.connectivity.synapses import sample_synapses
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.equations import SynapticRule
from neurosim.layers import RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.layers.losses import softmax_cross_entropy
from neurosim.simulation.network import Network
from neurosim.study.components import known, resolve_component
from tests.neurosim.engines.networks import plan_of

TRAINED, SPIKING = known("networks"), known("spiking_networks")
RATE = ("cnn", "mlp")
SMALL = MappingProxyType(  # quick to simulate
    {
        "cnn": "cnn:channels=2x3:kernel=3:hidden=5",
        "diehl_cook": "diehl_cook:excitatory=3:duration=4:rest=1:delay=2",
        "mlp": "mlp:hidden=5x4",
        "spiking_mlp": "spiking_mlp:hidden=4:settle=8",
        "winner_take_all": "winner_take_all:cells=3:duration=60:rate=900",
        "brunel": "brunel:scale=0.1",
        "coba": "coba:scale=0.1",
        "cuba": "cuba:scale=0.1",
        "microcircuit": "microcircuit:scale=0.02",
        "stdp": "stdp:scale=0.1",
    }
)
OPTIONS = MappingProxyType(  # by network and option: another value, and one that is refused
    {
        "cnn": {"channels": ("4", "0"), "kernel": ("1", "2"), "pool": ("1", "0"), "pooling": ("avg", "mean"),
                "hidden": ("7", "0"), "activation": ("tanh", "sine")},
        "diehl_cook": {"excitatory": ("4", "1"), "duration": ("9", "0"), "rest": ("2", "-1"), "dt": ("1", "0"),
                       "strength": ("50", "0"), "intensity": ("9", "0"), "step": ("5", "0"), "delay": ("4", "-1"),
                       "total": ("3", "-1")},
        "mlp": {"hidden": ("7", "0"), "activation": ("relu", "sine"), "dropout": ("0.5", "1"),
                "input_dropout": ("0.5", "-0.1"), "batch_norm": ("true", "maybe")},
        "spiking_mlp": {"hidden": ("5", "none"), "tau_f": ("5", "0"), "settle": ("12", "-1")},
        "winner_take_all": {"cells": ("4", "1"), "duration": ("40", "0"), "rate": ("500", "0"), "strength": ("9", "0"),
                            "gain": ("3", "0"), "adaptation": ("0.5", "-1")},
        "brunel": {"g": ("4", "-1"), "eta": ("1.5", "-1"), "scale": ("0.2", "0")},
        "coba": {"scale": ("0.2", "0.01"), "delay": ("0.3", "nan")},
        "cuba": {"scale": ("0.2", "0.01"), "delay": ("0.3", "nan")},
        "florian_xor": {},  # its rule is no text
        "izhikevich": {},
        "microcircuit": {"scale": ("0.03", "2"), "drive": ("dc", "ac")},
        "stdp": {"scale": ("0.2", "0")},
    }
)  # fmt: skip
CASES = tuple((name, option) for name, options in OPTIONS.items() for option in options)
IMAGES, CLASSES = (8, 8), 3
DRIFT = SynapticRule("on pre: send w; w = clip(w - e, w_min, w_max)\ne = 0.01 : w", w_min=0.0, w_max=1.0)


def spec_of(text: str) -> Any:
    """The network that ``text`` names, for images of three classes where it is trained."""
    kind: Any = "networks" if text.partition(":")[0] in TRAINED else "spiking_networks"
    return resolve_component(kind, text)[1]


def built(text: str) -> Any:
    return spec_of(text).build(IMAGES, CLASSES)


def with_option(name: str, option: str, value: str) -> str:
    """The text of the small network with another value of one option."""
    parts = [part for part in SMALL.get(name, name).split(":") if not part.startswith(f"{option}=")]
    return ":".join([*parts, f"{option}={value}"])


def samples(count: int = 6, dtype: str = "float64") -> Batch:
    """Images of three classes, each bright in another third."""
    labels = np.arange(count) % CLASSES
    x = 0.2 * np.random.default_rng(5).random((count, *IMAGES))
    x.reshape(count, -1)[np.arange(64) // 22 == labels[:, None]] += 0.7
    return Batch(x.astype(dtype), np.eye(CLASSES)[labels].astype(dtype))


def shaped(stack: Stack, batch: Batch) -> Batch:
    """The samples in the shape that the stack reads."""
    return Batch(batch.x.reshape(len(batch.x), *stack.input_shape), batch.targets)


@cache
def what_it_does(text: str, seed: int = 1) -> list[bytes]:
    """The bits of what a network computes, and of its parameters or of all its synapses."""
    name = text.partition(":")[0]
    if name in SPIKING:
        return in_numbers(spec_of(text).build(seed))
    spec = built(text)
    params = spec.init(Stream(seed, "init"))
    found = [value.tobytes() for value in params.values()]
    if name in RATE:
        batch = shaped(spec, samples(dtype="float32"))
        return [*found, spec.fprop(params, batch.x, Draw(Stream(3, "draw"), 0))[0].tobytes()]
    network = spec.network(params, "reference")
    if name == "spiking_mlp":
        return [*found, network.respond(samples(2, "float32").x).tobytes()]
    spikes, learned = network.learn(DRIFT, samples(2, "float32").x, seed)
    return [*found, spikes.tobytes(), *(value.tobytes() for value in learned.values())]


def in_numbers(net: Network) -> list[bytes]:
    """Sizes, models, initial states, synapses and drives."""
    plan = plan_of(net)
    found = [
        repr((net.populations, net.projections)).encode(),
        repr([vars(each.model) for each in net.populations]).encode(),
    ]
    found += [each.initial.tobytes() for each in plan.populations]
    for projection in plan.projections:
        synapses = sample_synapses(projection.plan)
        found += [np.asarray(getattr(synapses, key)).tobytes() for key in ("pre", "post", "weight", "delay")]
    return found + [repr((each.weight, each.thresholds)).encode() for each in plan.drives]


def test_every_option_of_every_network_is_tried() -> None:
    assert sorted(OPTIONS) == sorted([*TRAINED, *SPIKING])
    for name, options in OPTIONS.items():
        assert [field.name for field in fields(spec_of(name)) if field.name != "rule"] == list(options)


@pytest.mark.parametrize(("name", "option"), CASES)
def test_every_option_changes_something(name: str, option: str) -> None:
    assert what_it_does(with_option(name, option, OPTIONS[name][option][0])) != what_it_does(SMALL.get(name, name))


@pytest.mark.parametrize(("name", "option"), CASES)
def test_an_option_out_of_its_range_is_refused_in_one_line(name: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        what_it_does(with_option(name, option, OPTIONS[name][option][1]))
    assert "\n" not in str(caught.value)
    owner, _, _ = str(caught.value).partition(": expected")
    assert option.rpartition("_")[2] in owner  # a layer may speak of dropout for input_dropout


@pytest.mark.parametrize(("name", "option"), CASES)
def test_the_label_of_a_network_names_it_again(name: str, option: str) -> None:
    kind: Any = "networks" if name in TRAINED else "spiking_networks"
    label, spec = resolve_component(kind, with_option(name, option, OPTIONS[name][option][0]))
    assert resolve_component(kind, label) == (label, spec)
    assert spec != resolve_component(kind, SMALL.get(name, name))[1]


@pytest.mark.parametrize("name", [*TRAINED, *SPIKING])
def test_one_seed_has_the_same_bits_and_another_seed_others(name: str) -> None:
    text = SMALL.get(name, name)
    first = what_it_does(text, seed=1)
    assert what_it_does.__wrapped__(text, seed=1) == first
    assert what_it_does(text, seed=2) != first


@pytest.mark.parametrize("name", TRAINED)
def test_its_parameters_have_the_same_names_and_shapes_for_every_seed_and_precision(name: str) -> None:
    spec = built(SMALL[name])
    single, double = spec.init(Stream(1, "init")), spec.init(Stream(2, "init"), "float64")
    assert {key: value.shape for key, value in single.items()} == {key: value.shape for key, value in double.items()}
    assert {value.dtype for value in single.values()} == {np.dtype("float32")}
    assert {value.dtype for value in double.values()} == {np.dtype("float64")}


def scores(name: str, dtype: str) -> npt.NDArray[Any]:
    spec = built(SMALL[name])
    batch, params = samples(dtype=dtype), spec.init(Stream(1, "init"), dtype)
    if name in RATE:
        return np.asarray(spec.fprop(params, shaped(spec, batch).x)[0])
    return np.asarray(spec.network(params, "reference").respond(batch.x))


@pytest.mark.parametrize("name", [*RATE, "spiking_mlp"])
def test_scores_are_one_per_class_and_agree_in_both_precisions_to_rounding(name: str) -> None:
    single, double = scores(name, "float32"), scores(name, "float64")
    assert single.shape == (6, CLASSES)
    assert [each.dtype.name for each in (single, double)] == ["float32", "float64"]
    np.testing.assert_allclose(single, double, rtol=0, atol=1e-5 * max(1.0, float(np.abs(double).max())))


@pytest.mark.parametrize("name", [*RATE, "spiking_mlp"])
def test_its_gradient_is_minus_the_central_difference_of_the_summed_loss(name: str) -> None:
    text = SMALL[name] + (":activation=sigmoid:pooling=avg" if name == "cnn" else "")
    spec, loss = built(text), softmax_cross_entropy()
    stack: Stack = getattr(spec, "rates", spec)
    params, batch = spec.init(Stream(1, "init"), "float64"), samples()
    direction = spec.gradient(params, batch if name == "spiking_mlp" else shaped(stack, batch), loss)
    x = shaped(stack, batch).x
    for key, values in params.items():
        at = np.unravel_index(values.size // 2, values.shape)
        ends = []
        for step in (1e-5, -1e-5):
            moved = {**params, key: values.copy()}
            moved[key][at] += step
            ends.append(float(loss.value(stack.fprop(moved, x)[0], batch.targets).sum()))
        assert direction[key][at] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-5, abs=1e-9), key


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (name, rule)
        for name in RATE
        for rule in known("rules")
        if name in resolve_component("rules", rule)[1].networks
    ],
)  # fmt: skip
def test_a_step_of_every_rule_that_fits_lowers_the_loss(name: str, rule: str) -> None:
    spec, learner = built(SMALL[name]), resolve_component("rules", rule)[1]
    network = RateNetwork(spec, spec.init(Stream(1, "init"), "float64"))
    state, batch = learner.init(spec, Stream(1, "rule"), "float64"), shaped(spec, samples(12))
    losses = []
    for _ in range(2):
        updates, state, stats = learner.direction(network, state, batch)
        losses.append(float(stats.loss))
        for key in network.params:
            network.params[key] += 0.05 * updates[key]
    assert losses[1] < losses[0]
