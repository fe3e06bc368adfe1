"""Spiking perceptrons against the rate network of the same units, and its events against its spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers.meter import CountingMeter
from neurosim.networks import Mlp, SpikingMlp
from neurosim.networks.spiking_mlp import SpikingNetwork

SAMPLES = np.random.default_rng(3).random((5, 3, 4)).astype("float32")


def made(**options: Any) -> SpikingNetwork:
    spec = SpikingMlp(**({"hidden": (9,)} | options)).build((3, 4), 3)
    return spec.network(spec.init(Stream(1, "init")))


@pytest.mark.parametrize("hidden", [(9,), (9, 7)])
def test_a_long_answer_is_that_of_the_rate_network(hidden: tuple[int, ...]) -> None:
    """What differs is the ripple of fast traces, where it is rectified: as 1 / tau_f."""
    errors = []
    for tau_f in (20.0, 200.0):
        network = made(hidden=hidden, settle=16 * tau_f, tau_f=tau_f)
        rates, _ = network.spec.rates.fprop(network.params, SAMPLES.reshape(5, 12))
        errors.append(np.abs(network.respond(SAMPLES) - rates).max())
    assert errors[1] < 0.006
    assert errors[1] < errors[0] / 4


def test_units_fire_in_proportion_up_to_every_other_step() -> None:
    network = made(settle=1000.0)
    x = np.zeros((1, 3, 4), "float32")
    x.flat[:3] = 0.3, 1.0, 7.0
    _, neurons, _ = network.spikes("input", x)
    counts = np.bincount(neurons, minlength=12)
    np.testing.assert_allclose(counts[:2], [150, 500], atol=1)
    network.params["hidden1.w"][:] = 0.0
    network.params["hidden1.b"][:] = np.linspace(-1, 3, 9)
    _, neurons, _ = network.spikes("hidden1", x)
    np.testing.assert_allclose(np.bincount(neurons, minlength=9), 500 * np.clip(np.linspace(-1, 3, 9), 0, 1), atol=1)


def test_operations_are_spikes_times_fan_out() -> None:
    network, meter = made(hidden=(9, 7)), CountingMeter()
    network.respond(SAMPLES, meter)
    found = {name: len(network.spikes(name, SAMPLES)[0]) for name in ("input", "hidden1", "hidden2")}
    assert min(found.values()) > 10
    assert meter.counts["forward"].acs == 9 * found["input"] + 7 * found["hidden1"] + 3 * found["hidden2"]
    assert meter.counts["forward"].macs == 0
    assert meter.counts["forward"].dense == 5 * 120 * (12 * 9 + 9 * 7 + 7 * 3)
    assert {name: (seen.nonzero, seen.total) for name, seen in meter.layers.items()} == {
        name: (count, 5 * 120 * size) for (name, count), size in zip(found.items(), (12, 9, 7), strict=True)
    }


def test_without_the_weights_of_the_input_all_samples_are_alike() -> None:
    network = made()
    network.params["hidden1.w"][:] = 0.0
    answers = network.respond(SAMPLES)
    assert (answers == answers[0]).all()


def test_its_gradient_is_that_of_a_perceptron_of_clipped_units() -> None:
    network = made()
    stack = Mlp(hidden=(9,), activation="clipped").build((3, 4), 3)
    assert [node.name for node in network.spec.rates.nodes] == [node.name for node in stack.nodes]
    exact = stack.fprop(network.params, SAMPLES.reshape(5, 12))[0]
    assert network.spec.rates.fprop(network.params, SAMPLES.reshape(5, 12))[0].tolist() == exact.tolist()
    assert network.spec.aligned == ("hidden1", "output")
    assert network.spec.spiking == {"input": 12, "hidden1": 9}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"hidden": ()}, "spiking_mlp.hidden: expected at least one layer, got none"),
        ({"tau_f": 0.0}, "spiking_mlp.tau_f: expected a time > 0 in ms, got 0.0"),
        ({"settle": -1.0}, "spiking_mlp.settle: expected a time > 0 in ms, got -1.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as error:
        SpikingMlp(**options)
    assert str(error.value) == complaint
