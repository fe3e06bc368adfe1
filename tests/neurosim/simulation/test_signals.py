"""Signals that neurons read: against closed forms, on all engines alike, and refused where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.parts import Population
from tests.neurosim.engines.steered import steer, steered

TAU, DT = 10.0, 0.1
LED = """
dv/dt = (goal - v) / tau   : mV
spike when v >= v_th
on spike: v = v - goal
goal                       : mV, signal
tau                        : ms
v_th = 1000.0              : mV
"""


def led() -> tuple[Network, Population]:
    """One cell that is led by a signal."""
    net = Network()
    net.signal("goal")
    return net, net.population("cell", 1, NeuronModel(LED, name="led", tau=TAU))


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_neuron_follows_a_signal_as_the_closed_form_says(backend: str) -> None:
    """Toward a goal for a time, then toward another, each sample its own; what is 0 at the start is 0."""
    net, cell = led()
    sim = net.compile(DT, backend=backend, precision="float64", batch=2)
    sim.run(3.0)
    assert not sim.get(cell, "v").any()
    first, second = np.array([4.0, -2.0]), np.array([1.0, 7.0])
    for goal, ms in ((first, 5.0), (second, 8.0)):
        sim.set("goal", "value", goal)
        sim.run(ms)
    exact = second + (first * -np.expm1(-5.0 / TAU) - second) * np.exp(-8.0 / TAU)
    np.testing.assert_allclose(sim.get(cell, "v")[:, 0], exact, rtol=1e-12)
    sim.reset()
    sim.run(3.0)
    assert not sim.get(cell, "v").any()


def test_a_signal_given_as_one_number_per_step_is_read_in_that_step() -> None:
    net, cell = led()
    net.record(cell, "v")
    sim = net.compile(DT, backend="reference", precision="float64")
    goals = np.array([0.0, 2.0, 0.0, -1.0, 3.0])
    sim.run(5 * DT, signals={"goal": goals})
    v, expected = 0.0, []
    for goal in goals:
        v = goal + (v - goal) * np.exp(-DT / TAU)
        expected.append(v)
    np.testing.assert_allclose(sim.states(cell, "v").values[:, 0, 0], expected)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_compiled_engine_reads_signals_as_the_reference_does(threads: int, batch: int) -> None:
    plan = steered(3, batch)
    wanted = steer(ReferenceEngine(plan, [2]), plan)
    assert len(wanted[0]) > 50 * batch
    assert steer(CpuEngine(plan, [2], threads), plan) == wanted


def test_a_signal_that_the_network_does_not_have_is_named() -> None:
    net = Network()
    net.signal("reward")
    net.population("cell", 1, NeuronModel(LED, name="led", tau=TAU))
    with pytest.raises(InputError) as raised:
        net.compile(DT, backend="reference")
    assert str(raised.value) == (
        "population 'cell'.model: expected the signal 'goal', got a network with reward; declare it first: "
        "net.signal('goal')"
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("du/dt = -u / tau : mV, signal", "expected the flag signal after 'u : unit', got it on 'u'"),
        ("u = 2 * v : mV, signal", "expected the flag signal after 'u : unit', got it on 'u'"),
        ("u = 2.0 : mV, signal", "expected the flag signal after 'u : unit', got it on 'u'"),
        ("u : mV, input, signal", "expected one flag on 'u', got input and signal"),
        ("u : ms, signal\nw = v + u : mV", "expected unit mV"),
    ],
)
def test_a_signal_declared_in_another_way_is_a_mistake(line: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        NeuronModel(LED + line, name="led", tau=TAU)


def test_a_signal_is_no_parameter() -> None:
    with pytest.raises(InputError, match="'goal'"):
        NeuronModel(LED, name="led", tau=TAU, goal=3.0)
