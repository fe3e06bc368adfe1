"""Projections with a rule through networks and simulations: what is read, written, recorded, signalled and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FromArrays, Normal
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import SpikeTimes

DT = 0.1
RULE = """
dx/dt = -x / tau : 1, pre
dy/dt = (y_0 - y) / tau : 1, post
dc/dt = -c / tau : 1
de/dt = -e / tau : 1
fixed : 1
on start: fixed = 3; e = 1
on pre: send w; c = c + 1; x = x + 1
on post: y = y + 1
on reward: w = clip(w + reward * step, w_min, w_max)
tau = 5.0 : ms
y_0 = 0.5 : 1
step = 1.0 : w
"""


def network(rule: Any = None, **options: Any) -> Network:
    """Two sources that spike at 1 ms and 2 ms, three targets that only listen."""
    net = Network(seed=1)
    net.population("pre", 2, SpikeTimes([1.0, 2.0], [0, 1]))
    net.population("post", 3, NeuronModel("i : pA, input", name="ear"))
    rule = rule or SynapticRule(RULE, name="rule", w_min=-8.0, w_max=8.0)
    net.signal("reward")
    net.connect("pre", "post", AllToAll(), **{"weight": 2.0, "delay": 0.5, "rule": rule, "name": "p", **options})
    return net


def static(**options: Any) -> Network:
    """The same without a rule."""
    net = Network(seed=1)
    net.population("pre", 2, SpikeTimes([1.0, 2.0], [0, 1]))
    net.population("post", 3, NeuronModel("i : pA, input", name="ear"))
    net.connect("pre", "post", AllToAll(), name="p", **options)
    return net


def simulation(net: Network, **options: Any) -> Simulation:
    """The network on the reference engine."""
    return net.compile(dt=DT, backend="reference", **options)


def test_variables_are_read_as_decayed_to_now() -> None:
    sim = simulation(network())
    assert (sim.get("p", "c").shape, sim.get("p", "x").shape, sim.get("p", "y").shape) == ((6,), (1, 2), (1, 3))
    sim.run(4.0)
    np.testing.assert_allclose(sim.get("p", "x"), [np.exp([-3.0 / 5.0, -2.0 / 5.0])], rtol=1e-6)
    np.testing.assert_allclose(sim.get("p", "c"), np.repeat(np.exp([-2.5 / 5.0, -1.5 / 5.0]), 3), rtol=1e-6)
    np.testing.assert_allclose(sim.get("p", "y"), np.full((1, 3), 0.5 * (1 - np.exp(-4.0 / 5.0))), rtol=1e-5)
    np.testing.assert_array_equal(sim.get("p", "fixed"), np.full(6, 3.0))
    np.testing.assert_array_equal(sim.get("p", "pre"), [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(sim.get("p", "delay"), np.full(6, 0.5))


def test_what_is_written_holds_from_now_on() -> None:
    sim = simulation(network())
    sim.run(1.2)  # the first spike is on its way
    for name, value in (("w", np.arange(6.0)), ("c", 2.0), ("x", 4.0), ("y", 1.5), ("fixed", -1.0)):
        sim.set("p", name, value)
        np.testing.assert_array_equal(sim.get("p", name), np.broadcast_to(np.float32(value), sim.get("p", name).shape))
    sim.run(1.8)
    np.testing.assert_array_equal(sim.get("p", "w"), np.arange(6.0))
    np.testing.assert_allclose(
        sim.get("p", "x"), [[4 * np.exp(-1.8 / 5), 4 * np.exp(-1.8 / 5) + np.exp(-0.2)]], rtol=1e-6
    )
    np.testing.assert_allclose(sim.get("p", "y"), np.full((1, 3), 0.5 + np.exp(-1.8 / 5)), rtol=1e-6)
    old = 2 * np.exp(-1.8 / 5)
    np.testing.assert_allclose(sim.get("p", "c"), np.repeat([old + np.exp(-0.3), old + np.exp(-0.1)], 3), rtol=1e-6)


def test_new_weights_are_delivered() -> None:
    net = network()
    net.record("post", "i")
    sim = simulation(net)
    sim.set("p", "w", [1.0, -2.0, 3.0, 4.0, 5.0, 6.0])
    sim.run(3.0)
    np.testing.assert_array_equal(sim.states("post", "i").values[14, 0], [1.0, -2.0, 3.0])
    np.testing.assert_array_equal(sim.states("post", "i").values[24, 0], [4.0, 5.0, 6.0])


def test_a_reset_puts_all_but_the_weights_back() -> None:
    sim = simulation(network())
    start = {name: sim.get("p", name) for name in ("c", "e", "x", "y", "fixed")}
    sim.set("p", "fixed", 7.0)
    sim.set("reward", "value", 1.0)
    sim.run(4.0)
    np.testing.assert_array_equal(sim.get("p", "w"), np.full(6, 3.0))
    sim.set("reward", "value", 1.0)
    sim.reset()
    assert sim.get("reward", "value").tolist() == [0.0]
    for name, values in start.items():
        np.testing.assert_array_equal(sim.get("p", name), values)
    sim.run(4.0)
    np.testing.assert_array_equal(sim.get("p", "w"), np.full(6, 3.0))
    np.testing.assert_allclose(sim.get("p", "x"), [np.exp([-3.0 / 5.0, -2.0 / 5.0])], rtol=1e-6)
    sim.set("p", "e", 5.0)
    sim.reset()
    np.testing.assert_array_equal(sim.get("p", "e"), np.ones(6))
    sim.run(0.5)
    np.testing.assert_allclose(sim.get("p", "e"), np.full(6, np.exp(-0.1)), rtol=1e-6)


def test_a_value_written_to_a_neuron_reaches_its_synapses_after_their_delay() -> None:
    text = "dx/dt = -x / tau : 1, pre\nseen : 1\non pre: send w; x = x + 1\non reward: seen = x\ntau = 5.0 : ms"
    sim = simulation(network(SynapticRule(text, w_min=0.0, w_max=8.0), delay=1.0), precision="float64")
    sim.run(1.5)
    sim.set("p", "x", [7.0, 9.0])
    for time, passed, value in ((2.4, 0.4, 1.0), (2.5, 0.0, 7.0), (2.6, 0.1, 7.0)):  # the spike of 1 ms arrives at 2 ms
        sim.run(time - sim.time, signals={"reward": np.ones(round((time - sim.time) / DT))})
        assert sim.get("p", "seen")[0] == pytest.approx(value * np.exp(-passed / 5.0), rel=1e-12)


def test_the_grid_of_an_input_is_that_of_the_bounds() -> None:
    """8 / 16383 lies between 2^-11 and 2^-10, so that the weight 0.0001 sends nothing."""
    net = network(weight=[0.0001, 0.0006, 0.0006, 1.0, 1.0, 1.0])
    net.record("post", "i")
    sim = simulation(net)
    sim.run(3.0)
    np.testing.assert_array_equal(sim.states("post", "i").values[14, 0], [0.0, 2.0**-10, 2.0**-10])


def test_new_weights_leave_room_for_what_a_rule_may_do() -> None:
    """100,000 synapses of 16383 units and as many of up to 8192 do not fit into 32 bits."""
    net = Network()
    net.population("pre", 100_000, SpikeTimes([1.0], [0]))
    net.population("post", 1, NeuronModel("i : pA, input"))
    net.connect("pre", "post", AllToAll(), weight=0.0, rule=PairSTDP(w_max=1.0), name="plastic")
    net.connect("pre", "post", AllToAll(), weight=0.1, name="static")
    sim = simulation(net)
    sim.set("static", "w", 1.0)
    with pytest.raises(InputError, match=r"static\.w: expected weights whose sum an int32 holds"):
        sim.set("static", "w", 1.99)


def test_a_signal_per_step_pays_in_every_step_that_it_is_not_zero() -> None:
    sim = simulation(network())
    reward = np.zeros(30)
    reward[[3, 4, 9]] = 0.5, 0.5, -2.0
    sim.run(3.0, signals={"reward": reward})
    np.testing.assert_array_equal(sim.get("p", "w"), np.full(6, 2.0 + 0.5 + 0.5 - 2.0))
    sim.run(3.0, signals={"reward": np.full(30, 0.125)})
    sim.run(3.0)  # it stays at its value and is not given again
    assert sim.get("reward", "value").tolist() == [0.125]
    np.testing.assert_array_equal(sim.get("p", "w"), np.full(6, 1.0 + 30 * 0.125))


def test_each_sample_has_its_own_signal() -> None:
    sim = simulation(network(copies="sample"), batch=2)
    sim.run(1.0, signals={"reward": np.outer(np.arange(10) == 5, [1.0, -0.5])})
    np.testing.assert_array_equal(sim.get("p", "w"), np.repeat([[3.0], [1.5]], 6, axis=1))
    sim.set("p", "w", [[1.0], [2.0]])
    np.testing.assert_array_equal(sim.get("p", "w"), np.repeat([[1.0], [2.0]], 6, axis=1))


def test_variables_are_recorded_in_memory_and_in_a_log(tmp_path: Path) -> None:
    net = network()
    net.record("p", ["w", "c"], every=0.5, of=[0, 4])
    net.record(net.projections[0], "x", every=1.0)
    reward = np.zeros(40)
    reward[12] = 1.0
    memory, logged = simulation(net), simulation(net, log=tmp_path / "run.h5")
    for sim in (memory, logged):
        sim.run(4.0, signals={"reward": reward})
        w, x = sim.states("p", "w"), sim.states("p", "x")
        np.testing.assert_allclose(w.times, np.arange(1, 9) * 0.5)
        np.testing.assert_array_equal(w.values, np.where(w.times > 1.25, 3.0, 2.0)[:, None, None] * np.ones((1, 1, 2)))
        assert (sim.states("p", "c").values.shape, x.values.shape) == ((8, 1, 2), (4, 1, 2))
        np.testing.assert_allclose(x.values[:, 0, 0], np.exp(-(x.times - 1.0) / 5.0), rtol=1e-6)
    logged.close()


def test_what_is_sent_is_clipped_to_the_bounds_and_counted() -> None:
    net = network(SynapticRule("on pre: send w * 3; w = w * 0.25", w_min=-5.0, w_max=8.0), weight=4.0)
    net.record("post", "i")
    sim = simulation(net)
    sim.run(3.0)
    np.testing.assert_array_equal(sim.states("post", "i").values[14, 0], [8.0, 8.0, 8.0])
    assert sim.saturations == {"p": 6}
    sim.reset()
    sim.run(3.0)
    np.testing.assert_array_equal(sim.states("post", "i").values[14, 0], [3.0, 3.0, 3.0])


def test_static_and_plastic_projections_share_an_input() -> None:
    net = network()
    net.connect("pre", "post", AllToAll(), weight=-100.0, delay=0.5)
    net.record("post", "i")
    sim = simulation(net)
    sim.run(3.0)
    grid = 2.0 ** np.ceil(np.log2(100.0 / 16383))
    np.testing.assert_allclose(sim.states("post", "i").values[14, 0], np.full(3, -98.0), atol=grid)


def test_weights_of_a_distribution_must_lie_within_the_bounds() -> None:
    simulation(network(PairSTDP(w_max=4.0), weight=Normal(2.0, 0.1)))
    with pytest.raises(InputError, match=r"projection 'p'\.weight: expected numbers from w_min = 0 to w_max = 4, got"):
        simulation(network(PairSTDP(w_max=4.0), weight=Normal(4.0, 0.1)))


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_sum_adds_the_synapses_of_a_neuron_one_by_one_in_canonical_order(backend: str) -> None:
    """In float32 1e8 + 1 is 1e8, so that (1e8 + 1) - 1e8 = 0 and (1e8 - 1e8) + 1 = 1; a second synapse comes later."""
    text = "total = sum(w) : w, post\nseen : w\non pre: send w * 0\nevery t: seen = total\nt = 0.5 : ms"
    net = Network(seed=1)
    net.population("pre", 3, SpikeTimes([1.0], [0]))
    net.population("post", 4, NeuronModel("i : pA, input", name="ear"))
    pre, post = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 3, 0, 1, 3, 0, 1, 1]
    weight = [1e8, 1e8, 5.0, 1.0, -1e8, 6.0, -1e8, 1.0, 2.0]
    delay = [0.5, 1.0, 0.5, 2.0, 0.5, 0.5, 0.5, 0.2, 3.0]
    rule = SynapticRule(text, w_min=-1e8, w_max=1e8)
    net.connect("pre", "post", FromArrays(pre, post), weight=weight, delay=delay, rule=rule, name="p")
    sim = net.compile(dt=DT, backend=backend)
    sim.run(0.4)
    assert not sim.get("p", "seen").any()
    sim.run(0.1)
    by_target = np.zeros(4)
    by_target[sim.get("p", "post")] = sim.get("p", "seen")
    assert by_target.tolist() == [0.0, 3.0, 0.0, 11.0]


REFUSED: tuple[tuple[Callable[[], Any], str], ...] = (
    (lambda: network(rule=1), r"connect\.rule: expected a SynapticRule such as PairSTDP\(\.\.\.\), got 1"),
    (lambda: network(rule=None, copies="mine"), r"connect\.copies: expected 'sample' or 'shared', got 'mine'"),
    (lambda: network(dendritic_delay=-1.0), r"connect\.dendritic_delay: expected a time >= 0 in ms, got -1\.0"),
    (
        lambda: simulation(network(), batch=2),
        r"projection 'p'\.copies: expected 'sample' \(.*\) or 'shared' .*, got None",
    ),
    (
        lambda: simulation(network(weight=9.0)),
        r"projection 'p'\.weight: expected numbers from w_min = -8 to w_max = 8, got 9",
    ),
    (lambda: simulation(network()).set("p", "w", -9.0), r"p\.w: expected numbers from w_min = -8 .*, got -9"),
    (
        lambda: simulation(network()).set("p", "delay", 1.0),
        r"p\.variable: expected one of c, e, fixed, w, x, y, got 'delay'",
    ),
    (lambda: simulation(network()).set("p", "w", [1.0, 2.0]), r"p\.w: expected numbers of shape \(6,\)"),
    (lambda: simulation(network()).get("p", "z"), r"p\.variable: expected one of c, delay, e, fixed, .*, got 'z'"),
    (lambda: simulation(network()).get("reward", "v"), r"reward\.variable: expected one of value, got 'v'"),
    (
        lambda: simulation(network()).run(1.0, signals={"rewad": [1.0]}),
        r"run\.signals: expected one of reward, got 'rewad'",
    ),
    (
        lambda: simulation(network()).run(1.0, signals={"reward": [1.0, 2.0]}),
        r"run\.signals\.reward: expected one number for each of the 10 steps, shape \(10,\) or \(10, 1\), got .*\(2,\)",
    ),
    (
        lambda: simulation(network()).run(1.0, signals={"reward": [1.0]}),
        r"run\.signals\.reward: expected one number for each of the 10 steps, .* got shape \(1,\)",
    ),
    (
        lambda: simulation(network(copies="shared"), batch=3).run(1.0, signals={"reward": np.ones((10, 2))}),
        r"run\.signals\.reward: expected one number .* shape \(10,\) or \(10, 3\), got shape \(10, 2\)",
    ),
    (
        lambda: simulation(network()).set("reward", "value", [1.0, 2.0]),
        r"reward\.value: expected .* \(1,\), got .*\(2,\)",
    ),
    (
        lambda: simulation(network(dendritic_delay=6553.6)),
        r"projection 'p'\.dendritic_delay: expected at most 6553\.5 ms \(65535 steps, .*\), got 6553\.6 ms; shorten it",
    ),
    (
        lambda: simulation(network(delay=6554.0)),
        r"projection 'p'\.delay: expected a delay from 0\.1 \(one step\) to 6553\.5 ms, got 6554 ms; shorten it",
    ),
    (
        lambda: static().record("p", "w"),
        r"record of 'p': the projection is static; its variables can be recorded only with rule=",
    ),
    (lambda: simulation(static()).set("p", "x", 1.0), r"p\.variable: expected one of delay, w, got 'x'"),
    (lambda: static(copies="sample"), r"connect\.copies: expected None without a rule, got 'sample'"),
    (lambda: static(dendritic_delay=1.0), r"connect\.dendritic_delay: expected 0 without a rule, got 1\.0"),
    (lambda: network(graded="v"), r"connect\.graded: expected None with rule=, which transmits spikes, got Graded"),
    (
        lambda: simulation(network(weight=[0.0, 1.0, 2.0, 3.0, 4.0, 8.5])),
        r"projection 'p'\.weight: expected numbers from w_min = -8 to w_max = 8, got 8\.5; change the weights or the",
    ),
    (lambda: network().signal("reward"), r"signal\.name: expected a name that is free"),
    (lambda: network().signal("r d"), r"signal\.name: expected a name that equations can read, got 'r d'"),
    (lambda: network().signal("v_post"), r"signal\.name: expected a name that equations can read"),
    (lambda: network().record("p", "z"), r"record of 'p': expected one of c, e, fixed, w, x, y, got 'z'"),
    (lambda: network().record("p", "w", of=[0.5]), r"record\.of: expected whole numbers"),  # type: ignore[list-item]
)


@pytest.mark.parametrize(("attempt", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(attempt: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        attempt()
    assert "\n" not in str(caught.value)


def test_what_can_only_be_known_when_compiled_is_refused_there() -> None:
    net = network()
    net.record("p", "x", of=[2])
    with pytest.raises(InputError, match=r"record\.of: expected whole numbers in 0 \.\. 1, got \[2\]"):
        simulation(net)
    rule = SynapticRule("on pre: send w\non reward: w = w * 0.5", w_min=0.0, w_max=8.0)
    net = network(rule)
    net.signals.clear()
    with pytest.raises(InputError, match=r"rule line 2: event: expected one of post, pre, start, got 'reward'"):
        simulation(net)


def test_a_batch_cannot_continue_with_other_bounds_or_delays(tmp_path: Path) -> None:
    """Everything that the rule is made of belongs to the network's identity."""
    simulation(network(PairSTDP(w_max=8.0))).save(tmp_path / "state.h5")
    simulation(network(PairSTDP(w_max=8.0))).restore(tmp_path / "state.h5")
    for rule, late in (
        (PairSTDP(w_max=9.0), 0.0),
        (PairSTDP(w_max=8.0, tau_plus=21.0), 0.0),
        (PairSTDP(w_max=8.0), 1.0),
    ):
        with pytest.raises(InputError, match=r"restore\.state: expected a state of this network"):
            simulation(network(rule, dendritic_delay=late)).restore(tmp_path / "state.h5")


def test_other_delays_may_change_under_a_rule() -> None:
    """Setting the delays of a static projection makes a new engine, to which the rule's variables move."""
    net = network()
    net.connect("pre", "post", FromArrays([0], [0]), weight=1.0, delay=0.5, name="static")
    sim, other = simulation(net), simulation(net)
    for each in (sim, other):
        each.set("p", "w", np.arange(6.0))
        each.run(1.7)
    sim.set("static", "delay", 3.0)
    for each in (sim, other):
        each.run(1.7)
    for name in ("w", "c", "x", "y", "fixed"):
        np.testing.assert_array_equal(sim.get("p", name), other.get("p", name))


def test_a_rule_without_variables_of_neurons_is_saved_too(tmp_path: Path) -> None:
    rule = SynapticRule("on pre: send w; w = w * 0.5", w_min=0.0, w_max=8.0)
    sim, other = simulation(network(rule)), simulation(network(rule))
    sim.run(1.2)
    sim.save(tmp_path / "state.h5")
    other.restore(tmp_path / "state.h5")
    for each in (sim, other):
        each.run(2.0)
        np.testing.assert_array_equal(each.get("p", "w"), np.ones(6))
    other.reset()
    other.run(3.0)
    np.testing.assert_array_equal(other.get("p", "w"), np.full(6, 0.5))
