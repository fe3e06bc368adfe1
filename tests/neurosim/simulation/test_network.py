"""Declaring a network: what is refused, in one clear line, and that compiling depends on seed and names alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FromArrays, Normal, OneToOne, Uniform
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.neurons import LIF
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.simulation.small_network import small
from tests.toy_engine import LIF_TEXT


def array_of_parameters(net: Network) -> None:
    net.population("x", 3, NeuronModel(LIF_TEXT, v_th=[1.0, 2.0]))


def far_apart(net: Network) -> None:
    net.connect("in", "lif", OneToOne(), weight=1e-3)
    net.connect("lif", "lif", OneToOne(), weight=1e3)
    net.compile()


def faint_drive(net: Network) -> None:
    net.connect("in", "lif", OneToOne(), weight=1e3)
    net.drive("lif", 10.0, 1e-3)
    net.compile()


def overflow(net: Network) -> None:
    net.drive("lif", 10.0, 1e30)
    net.drive("lif", 10.0, 1e-3)
    net.compile()


REFUSED: tuple[tuple[Callable[[Network], Any], str], ...] = (
    (lambda net: net.population("lif", 3, Poisson()), "population.name: expected a name that is free, got 'lif'"),
    (lambda net: net.population("a/b", 3, Poisson()), "population.name: expected a name without '/'"),
    (
        lambda net: net.population("x", 0, Poisson()),
        r"population 'x'.size: expected a whole number from 1 to 2147483647, got 0",
    ),
    (lambda net: net.population("x", 10**12, Poisson()), "population 'x'.size: expected .* got 1000000000000"),
    (
        lambda net: net.population("x", 2, LIF),
        r"population 'x'.model: expected a neuron model such as LIF\(\), .* got <f",
    ),
    (lambda net: net.population("x", 2, "LIF"), "population 'x'.model: expected a neuron model such as .* got 'LIF'"),
    (array_of_parameters, "population 'x'.size: expected 2, as many as its parameters have, got 3"),
    (lambda net: net.population("x", 2, NeuronModel("dv/dt = -v / tau : mV\ntau : ms")), "tau: expected a value in ms"),
    (lambda net: net.population("x", 2, NeuronModel(LIF_TEXT, tau_m=np.nan)), "tau_m: expected a number, got nan"),
    (
        lambda net: net.population("x", 2, NeuronModel(LIF_TEXT), {"w": 1.0}),
        "population 'x'.initial: expected one of i, v, got 'w'",
    ),
    (lambda net: net.connect("in", "lif", OneToOne(), to="j"), "connect.to: expected one of i, got 'j'"),
    (lambda net: net.connect("in", "two", OneToOne()), "connect.to: expected one of a, b, got None"),
    (lambda net: net.connect("lif", "in", OneToOne()), "connect.to: expected a population with inputs, got 'in'"),
    (lambda net: net.connect("lfi", "two", OneToOne()), "connect.pre: expected one of .*; did you mean 'lif'"),
    (lambda net: net.connect(small().populations[0], "two", OneToOne()), "connect.pre: expected a population of this"),
    (
        lambda net: net.connect("in", "lif", OneToOne(), rule=1),  # type: ignore[arg-type]
        "connect.rule: expected a SynapticRule such as",
    ),
    (
        lambda net: net.connect("in", "lif", 0.1),
        r"connect.builder: expected one of neurosim.connectivity \(AllToAll, FixedInDegree, FixedOutDegree, "
        r"FixedProbability, FixedTotalNumber, FromArrays, OneToOne, SpatialKernel\), such as .*, got 0.1",
    ),
    (lambda net: net.connect("in", "lif", OneToOne), "connect.builder: expected .* got <class '.*OneToOne'>"),
    (lambda net: net.connect("in", "lif", OneToOne(), dendritic_delay=1.0), "connect.dendritic_delay: expected 0"),
    (lambda net: net.connect("in", "lif", OneToOne(), name="lif"), "connect.name: .* free, got 'lif'"),
    (lambda net: net.drive("lif", -1.0, 1.0), "drive.rate: expected a rate >= 0 in Hz, got -1.0"),
    (lambda net: net.drive("lif", 1.0, np.inf), "drive.weight: expected a finite number, got inf"),
    (lambda net: net.record("lif", "u"), "record of 'lif': expected one of i, rate, spikes, v, got 'u'"),
    (lambda net: net.record("lif", "V"), "record of 'lif': expected .* got 'V'; did you mean 'v'"),
    (lambda net: net.record("in", "v"), "record of 'in': expected one of rate, spikes, got 'v'"),
    (lambda net: net.record("lif", "rate"), "record.every: expected the width of a bin in ms"),
    (lambda net: net.record("lif", "spikes", every=1.0), "record.every: expected None for 'spikes'"),
    (lambda net: net.record("lif", ["v", "v"]), "record: expected each record once, got 'v' of 'lif' twice"),
    (lambda net: net.record("lif", "v", neurons=[10]), r"record.neurons: expected whole numbers in 0 .. 9, got \[10\]"),
    (lambda net: Network().compile(), "compile: expected a network with populations, got none"),
    (lambda net: Network(seed=-1), r"Network.seed: expected a whole number in \[0, 2\*\*64\), got -1"),
    (lambda net: net.compile(dt=0.0), "compile.dt: expected a number > 0, got 0.0"),
    (lambda net: net.compile(batch=0), "compile.batch: expected a whole number >= 1, got 0"),
    (lambda net: net.compile(threads=0), "compile.threads: expected a whole number >= 1, got 0"),
    (lambda net: net.compile(precision="float16"), "compile.precision: expected one of float32, float64"),
    (lambda net: net.compile(backend="gpu"), "backend: expected one of auto, cpu, cuda, reference, got 'gpu'"),
    (far_apart, "projection 'in_to_lif'.weight: expected a rounding of at most 1% .* inputs of their own"),
    (faint_drive, "drive 'drive_of_lif'.weight: expected a rounding of at most 1%"),
    (overflow, "drive 'drive_of_lif_2'.weight: expected a rounding of at most 1%"),
    (lambda net: (net.drive("lif", 1e9, 1.0), net.compile()), "drive 'drive_of_lif'.rate: expected at most 64 events"),
)


@pytest.mark.parametrize(("declare", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(declare: Callable[[Network], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        declare(small())
    assert "\n" not in str(caught.value)


def test_a_connection_without_weight_and_delay_has_1_of_each() -> None:
    net = small()
    net.connect("in", "lif", OneToOne(), name="p")
    simulation = net.compile(dt=0.5, backend="reference")
    assert simulation.get("p", "w").tolist() == [1.0] * 10
    assert net.projections[0].delay == 1.0


def test_weights_of_very_different_sizes_fit_into_inputs_of_their_own() -> None:
    net = small()
    net.connect("in", "two", AllToAll(), to="a", weight=1e-3)
    net.connect("lif", "two", AllToAll(), to="b", weight=1e3)
    assert max(net.compile(backend="reference").roundings.values()) < 0.01


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (0.05, "projection 'p'.delay: expected a delay from 0.1"),
        (-1.0, "projection 'p'.delay: expected a delay from 0.1"),
        (0.0, "projection 'p'.delay: expected a delay from 0.1"),
        (Uniform(0.0, 1.0), "projection 'p'.delay: expected delays from 0.05"),
    ],
)
def test_a_delay_below_a_step_is_refused(delay: Any, message: str) -> None:
    net = small()
    net.connect("in", "lif", OneToOne(), delay=delay, name="p")
    with pytest.raises(InputError, match=message):
        net.compile(dt=0.1)


def test_a_network_and_its_parts_show_themselves_in_one_short_line() -> None:
    net = small()
    listed = FromArrays([0] * 2000, [1] * 2000)
    rule = SynapticRule("on pre: send w", name="still", w_min=0.0, w_max=2.0)
    static = net.connect("in", "lif", listed, weight=[0.1] * 2000)
    plastic = net.connect("in", "two", OneToOne(), to="b", delay=1.5, rule=rule, name="a")
    assert repr(net.populations[2]) == "Population('in', 10, Poisson(rate=10.0))"
    assert repr(static) == (
        "Projection('in_to_lif', 'in' -> 'lif', to='i', builder=FromArrays(pre=array of shape (2000,), "
        "post=array of shape (2000,), weight=None, delay=None), weight=array of shape (2000,), delay=1.0)"
    )
    assert repr(plastic) == (
        "Projection('a', 'in' -> 'two', to='b', builder=OneToOne(), weight=1.0, delay=1.5, "
        "rule=still(w_min=0.0, w_max=2.0))"
    )
    sizes = "{'lif': 10, 'two': 5, 'in': 10}"
    assert repr(net) == f"Network(seed=1, populations={sizes}, projections=2, drives=0, records=0)"


def test_default_names_say_what_is_joined_and_stay_unique() -> None:
    net = small()
    found = [net.connect("in", "lif", OneToOne()).name for _ in range(3)]
    assert found == ["in_to_lif", "in_to_lif_2", "in_to_lif_3"]
    assert net.drive("two", 1.0, 1.0, to="a").name == "drive_of_two"


def test_weights_and_delays_of_listed_synapses_need_not_be_given_again() -> None:
    net = small()
    net.connect("in", "lif", FromArrays([3, 0], [1, 2], weight=[0.5, 2.0], delay=[0.3, 0.2]), name="p")
    simulation = net.compile(backend="reference")
    assert simulation.get("p", "w").tolist() == [2.0, 0.5]
    np.testing.assert_allclose(simulation.get("p", "delay"), [0.2, 0.3])


CONDUCTANCES = """
dg_e/dt = -g_e / tau : nS, input
di/dt = -i / tau     : pA, input
tau = 5.0            : ms
"""
BOUNDED = "on pre: send w; w = w + change\nchange = 0.1 : w"


@pytest.mark.parametrize(
    ("connect", "owner"),
    [
        (lambda net: net.connect("in", "x", OneToOne(), weight=-1.0, to="g_e"), "projection 'in_to_x'.weight"),
        (lambda net: net.connect("in", "x", OneToOne(), weight=[1.0, -0.5], to="g_e"), "projection 'in_to_x'.weight"),
        (
            lambda net: net.connect("in", "x", OneToOne(), weight=Normal(5.0, 2.0), to="g_e"),
            "projection 'in_to_x'.weight",
        ),
        (lambda net: net.drive("x", 5.0, -1.0, to="g_e", name="noise"), "drive 'noise'.weight"),
        (
            lambda net: net.connect(
                "in", "x", OneToOne(), weight=1.0, to="g_e", rule=SynapticRule(BOUNDED, w_min=-1.0, w_max=2.0)
            ),
            "projection 'in_to_x'.rule.w_min",
        ),
    ],
)
def test_a_negative_weight_into_a_conductance_is_refused(connect: Callable[[Network], Any], owner: str) -> None:
    net = Network()
    net.population("in", 2, Poisson(10.0))
    net.population("x", 2, NeuronModel(CONDUCTANCES))
    connect(net)
    with pytest.raises(InputError, match=rf"^{owner}: expected weights >= 0 into a conductance .*, got -"):
        net.compile(backend="reference")


def test_a_weight_into_a_conductance_is_not_set_below_0_and_one_into_a_current_may_be() -> None:
    net = Network()
    net.population("in", 2, Poisson(10.0))
    net.population("x", 2, NeuronModel(CONDUCTANCES))
    net.connect("in", "x", OneToOne(), weight=Uniform(0.0, 2.0), to="g_e", name="g")
    net.connect("in", "x", OneToOne(), weight=-2.0, to="i", name="i")
    simulation = net.compile(backend="reference")
    with pytest.raises(InputError, match=r"^g.w: expected weights >= 0 into a conductance .*, got -1"):
        simulation.set("g", "w", [1.0, -1.0])
    simulation.set("i", "w", [1.0, -1.0])
