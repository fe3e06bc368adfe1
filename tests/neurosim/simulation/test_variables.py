"""Variables are read and written in canonical order, whatever the packing."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import FromArrays, OneToOne
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import SpikeTimes
from tests.neurosim.engines.driven_network import CELLS, both_backends, network
from tests.toy_engine import LIF_TEXT


@both_backends
def test_set_and_get_speak_canonical_order(backend: str) -> None:
    net = Network()
    net.population("in", 3, SpikeTimes([0.1, 0.1, 0.1], [0, 1, 2]))
    net.population("out", 2, NeuronModel(LIF_TEXT))
    net.connect("in", "out", FromArrays([2, 0, 0, 1, 0], [0, 1, 0, 1, 1]), weight=1.0, delay=0.1, name="p")
    net.record("out", "i", every=0.2)
    simulation = net.compile(backend=backend)
    assert [simulation.get("p", name).tolist() for name in ("pre", "post", "ordinal")] == [
        [0, 0, 0, 1, 2],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 0, 0],
    ]
    weight = np.array([0.5, 0.25, 1.0, 0.125, 0.75])
    simulation.set("p", "w", weight)
    assert simulation.get("p", "w").tolist() == weight.tolist()
    simulation.run(0.2)
    assert simulation.states("out", "i").values[0, 0].tolist() == [0.5 + 0.75, 0.25 + 1.0 + 0.125]


@both_backends
def test_weights_and_delays_stay_with_their_synapses_in_any_order_of_setting(backend: str) -> None:
    net = Network()
    net.population("in", 2, SpikeTimes([0.1, 0.1], [0, 1]))
    net.population("out", 2, NeuronModel("i : pA, input"))  # what arrives in a step, gone in the next
    net.connect("in", "out", FromArrays([0, 0, 0, 1], [1, 1, 0, 1]), weight=[8.0, 1.0, 2.0, 4.0], delay=0.1, name="p")
    net.record("out", "i")
    simulation = net.compile(backend=backend)
    simulation.set("p", "delay", [0.2, 0.4, 0.1, 0.3])  # of (0, 0), twice (0, 1), and (1, 1)
    simulation.set("p", "w", [1.0, 2.0, 4.0, 0.5])
    simulation.set("p", "delay", [0.2, 0.4, 0.3, 0.1])
    assert simulation.get("p", "w").tolist() == [1.0, 2.0, 4.0, 0.5]
    np.testing.assert_allclose(simulation.get("p", "delay"), [0.2, 0.4, 0.3, 0.1])
    simulation.run(0.6)
    expected = [[0, 0], [0, 0.5], [1, 0], [0, 4], [0, 2], [0, 0]]
    assert simulation.states("out", "i").values[:, 0].tolist() == expected
    simulation.set("p", "w", [3.0, 5.0, 6.0, 7.0])
    simulation.reset()
    simulation.run(0.6)
    expected = [[0, 0], [0, 7], [3, 0], [0, 6], [0, 5], [0, 0]]
    assert simulation.states("out", "i").values[:, 0].tolist() == expected


@both_backends
def test_a_state_that_was_set_is_what_the_neuron_goes_on_from(backend: str) -> None:
    simulation = network().compile(backend=backend, batch=2)
    simulation.set("lif", "v", np.linspace(-60.0, -51.0, CELLS))
    found = simulation.get("lif", "v")
    assert found.shape == (2, CELLS)
    assert (found == np.linspace(-60.0, -51.0, CELLS).astype("float32")).all()
    simulation.set("lif", "v", -49.0)
    simulation.run(0.1)
    assert (simulation.get("lif", "v") == -58.0).all()


@both_backends
@pytest.mark.parametrize("values", [0.2, -0.1, [0.2, 0.3]])
def test_weights_too_small_for_the_grid_are_refused_and_change_nothing(
    backend: str, values: float | list[float]
) -> None:
    net = Network()
    net.population("in", 2, SpikeTimes([0.1], [0]))
    net.population("out", 2, NeuronModel("i : pA, input"))
    net.connect("in", "out", OneToOne(), weight=10_000.0)
    net.connect("in", "out", OneToOne(), weight=[5000.0, 6000.0], name="p")
    simulation = net.compile(backend=backend)
    with pytest.raises(InputError, match=r"^p.w: expected a rounding of at most 1% .* on a grid of 1,"):
        simulation.set("p", "w", values)
    assert simulation.get("p", "w").tolist() == [5000.0, 6000.0]
    for accepted in (40.0, 0.0, [0.0, 9999.7]):
        simulation.set("p", "w", accepted)
        np.testing.assert_allclose(simulation.get("p", "w"), accepted, atol=0.5)
