"""Projections that send a state in every step: against products by hand, on both engines, in one set of bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.connectivity import AllToAll, FixedProbability, OneToOne
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP
from neurosim.simulation.sources import Poisson, SpikeTimes
from tests.neurosim.engines.networks import HELD, SUM

DT = 0.5
LEAKY = """
du/dt = (-u + p) / tau             : 1, input
top = max(u)                       : 1, shared
e = exp(u - top)                   : 1
all = sum(e)                       : 1, shared
p = e / all                        : 1
spike when u > 1e9
tau = 10.0                         : ms
"""


def softmaxes(seed: int = 5) -> ns.Network:
    """Spiking cells, a readout that is a softmax of itself, and its state sent back: graded, with many delays."""
    net = ns.Network(seed)
    net.population("in", 60, Poisson(300.0))
    net.population("hidden", 150, LIF(tau_m=10.0))
    net.population("out", 10, NeuronModel(LEAKY, name="readout"), {"u": ns.Uniform(-1.0, 1.0)})
    net.connect("in", "hidden", FixedProbability(0.5), weight=ns.Uniform(0.0, 500.0), delay=DT)
    net.connect("hidden", "out", AllToAll(), to="u", weight=ns.Uniform(-0.2, 0.2), delay=ns.Uniform(0.5, 2.0))
    net.connect("out", "hidden", FixedProbability(0.7), graded=ns.Graded("u", 0.4), weight=ns.Uniform(-300.0, 300.0),
                delay=ns.Uniform(0.5, 3.0), name="back")  # fmt: skip
    net.connect("hidden", "hidden", FixedProbability(0.1), graded=ns.Graded("v", bound=60.0), weight=-0.1, name="gap")
    net.record(["hidden", "out"], "spikes")
    net.record("out", "u")
    return net


@pytest.mark.parametrize(
    ("backend", "precision"), [("reference", "float32"), ("reference", "float64"), ("cpu", "float32")]
)
def test_what_arrives_is_weight_times_the_state_a_delay_before(backend: str, precision: str) -> None:
    u, w, delay = [0.5, -0.75, 3.0], np.array([[1.0, -0.5], [0.25, 0.75], [1.0, 1.0]]), np.array([1, 4, 2, 3, 1, 1])
    net = ns.Network()
    net.population("a", 3, HELD, {"u": u})
    net.population("b", 2, SUM)
    net.connect("a", "b", AllToAll(), graded=ns.Graded("u", bound=1.5), weight=w.ravel(), delay=delay * DT, name="g")
    sim = net.compile(DT, backend=backend, precision=precision)
    expected, sent = np.zeros(2), []
    for n in range(12):
        sent.append(np.minimum(np.array(u) * np.exp(-(n + 1) * DT / 10.0), 1.5))
        for k, (i, j) in enumerate((i, j) for i in range(3) for j in range(2)):
            if n >= delay[k]:
                expected[j] += w[i, j] * sent[n - delay[k]][i]
        sim.run(DT)
        grid = (n + 1) * 6 * 1.5 * 2.0**-14  # half a unit for each synapse and step
        np.testing.assert_allclose(sim.get("b", "v")[0], expected, atol=grid)
    assert sim.saturations == {"g": sum(3.0 * np.exp(-(n + 1) * DT / 10.0) > 1.5 for n in range(12))}


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("threads", "slices", "batch"), [(1, (80,), 1), (2, (1, 30, 49), 1), (3, (41, 39), 2)])
def test_threads_slices_and_batches_have_the_bits_of_the_reference(
    precision: str, threads: int, slices: tuple[int, ...], batch: int
) -> None:
    reference = softmaxes().compile(DT, backend="reference", batch=2, precision=precision)
    reference.run(40.0)
    run = softmaxes().compile(DT, backend="cpu", threads=threads, batch=batch, precision=precision)
    for steps in slices:
        run.run(steps * DT)
    assert len(reference.spikes("hidden").times) > 500
    for sample in range(batch):
        assert run.spike_hash(sample) == reference.spike_hash(sample)
        assert (
            run.states("out", "u").values[:, sample].tobytes()
            == reference.states("out", "u").values[:, sample].tobytes()
        )
        assert run.get("hidden", "v")[sample].tobytes() == reference.get("hidden", "v")[sample].tobytes()
    if batch == 2:
        assert run.saturations == reference.saturations
        assert min(run.saturations.values()) > 0


@pytest.mark.parametrize(("first", "second"), [("cpu", "cpu"), ("reference", "cpu"), ("cpu", "reference")])
def test_a_saved_run_goes_on_as_an_unbroken_one(first: str, second: str, tmp_path: Path) -> None:
    whole = softmaxes().compile(DT, backend="cpu")
    whole.run(40.0)
    early = softmaxes().compile(DT, backend=first)
    early.run(20.0)
    early.save(tmp_path / "half.h5")
    late = softmaxes().compile(DT, backend=second)
    late.restore(tmp_path / "half.h5")
    late.run(20.0)
    assert late.get("out", "u").tobytes() == whole.get("out", "u").tobytes()
    late.reset()
    late.run(40.0)
    assert late.spike_hash() == whole.spike_hash()


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_weights_are_real_numbers_which_can_be_set_up_to_the_largest(backend: str) -> None:
    net = ns.Network()
    net.population("a", 2, HELD, {"u": 1.0})
    net.population("b", 2, SUM)
    net.connect("a", "b", OneToOne(), graded=ns.Graded("u", w_max=2.0), weight=[0.3, 1e-3], delay=DT, name="g")
    sim = net.compile(DT, backend=backend)
    assert sim.get("g", "w").tolist() == np.array([0.3, 1e-3], np.float32).astype(float).tolist()
    sim.set("g", "w", [2.0, -1.0])
    sim.run(2 * DT)
    np.testing.assert_allclose(sim.get("b", "v")[0], np.exp(-DT / 10.0) * np.array([2.0, -1.0]), atol=1e-3)
    with pytest.raises(InputError, match=r"g\.w: expected at most w_max = 2, got 2\.5"):
        sim.set("g", "w", 2.5)
    with pytest.raises(InputError, match=r"g\.variable: expected one of w, got 'delay'"):
        sim.set("g", "delay", 1.0)


def test_the_memory_of_a_synapse_is_a_weight_and_its_two_ends() -> None:
    net = ns.Network()
    net.population("a", 300, HELD)
    net.population("b", 200, SUM)
    net.connect("a", "b", AllToAll(), graded="u")
    engine: Any = net.compile(DT, backend="cpu").engine
    assert 12.0 <= engine.report().bytes_per_synapse < 12.5


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"graded": "x"}, "connect.graded: expected one of j, u, got 'x'"),
    ({"graded": "u", "pre": "in"}, "connect.graded: expected a population with states, got 'in', which has none"),
    ({"graded": "u", "rule": PairSTDP(w_max=1.0)}, "connect.graded: expected None with rule="),
    ({"graded": ns.Graded("u", w_max=2.0), "weight": 3.0}, "projection 'g'.weight: expected at most w_max = 2, got 3"),
)


@pytest.mark.parametrize(("arguments", "complaint"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as error:
        refused(**arguments)
    assert str(error.value).startswith(complaint)


def refused(pre: str = "a", **arguments: Any) -> None:
    """Build and compile."""
    net = ns.Network()
    net.population("in", 2, SpikeTimes([1.0], [0]))
    net.population("a", 2, HELD)
    net.population("b", 2, SUM)
    net.connect(pre, "b", AllToAll(), name="g", **arguments)
    net.compile(DT)
