"""Synaptic rules against sums over all pairs of spikes, closed recursions and small cases by hand, in float64."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.connectivity import AllToAll, FromArrays, OneToOne
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import SpikeTimes

DT = 0.1
TARGET = """
kick : 1, input
i : pA, input
spike when kick > 0.5
"""
Steps = dict[int, list[int]]


def trains(seed: int, neurons: int, most: int, steps: int) -> Steps:
    """Some spikes of some neurons, by neuron, in steps."""
    rng = np.random.default_rng(seed)
    return {n: sorted(rng.choice(steps, rng.integers(0, most), replace=False).tolist()) for n in range(neurons)}


def source(spikes: Steps) -> SpikeTimes:
    """Neurons that spike in these steps."""
    pairs = sorted((step, neuron) for neuron, steps in spikes.items() for step in steps)
    return SpikeTimes([(step + 1) * DT for step, _ in pairs], [neuron for _, neuron in pairs])


def network(pre: Steps, post: Steps, rule: SynapticRule, builder: Any = None, **options: Any) -> Network:
    """Sources that spike as ``pre``, and targets that spike as ``post`` whatever the synapses do."""
    net = Network(seed=3)
    net.population("pre", len(pre), source(pre))
    net.population("kicks", len(post), source({n: [step - 1 for step in steps] for n, steps in post.items()}))
    net.population("post", len(post), NeuronModel(TARGET, name="target"))
    net.connect("kicks", "post", OneToOne(), to="kick", weight=1.0, delay=DT)
    options = {"weight": 0.5, "delay": 1.0, **options}
    net.connect("pre", "post", builder or AllToAll(), to="i", rule=rule, name="plastic", **options)
    return net


def simulation(net: Network, **options: Any) -> Simulation:
    """The network on the reference engine in float64."""
    return net.compile(dt=DT, backend="reference", **{"precision": "float64", **options})


def synapses(sim: Simulation) -> list[tuple[int, int, int]]:
    """Source, target and delay in steps of each synapse."""
    columns = (sim.get("plastic", name) for name in ("pre", "post", "delay"))
    return [(int(pre), int(post), round(delay / DT)) for pre, post, delay in zip(*columns, strict=True)]


def trace(spikes: list[int], now: int, tau: float, *, own: bool = False) -> float:
    """The sum of exponentials of all ``spikes`` up to ``now``; its ``own``, in this very step, not included."""
    return float(sum(np.exp(-(now - s) * DT / tau) for s in spikes if s < now or (s == now and not own)))


def in_time(pre: list[int], post: list[int]) -> list[tuple[int, str]]:
    """The events at one synapse; at equal times the presynaptic one comes first."""
    events = [(step, 0, "pre") for step in pre] + [(step, 1, "post") for step in post]
    return [(step, kind) for step, _, kind in sorted(events)]


@pytest.mark.parametrize(("late", "w_max"), [(0, 50.0), (7, 50.0), (7, 0.6)])
def test_pair_stdp_is_the_sum_over_all_pairs_of_spikes(late: int, w_max: float) -> None:
    pre, post = trains(1, 5, 12, 400), {n: [s + 1 for s in steps] for n, steps in trains(2, 4, 12, 400).items()}
    rng = np.random.default_rng(3)
    ends = np.array([*product(range(5), range(4)), (0, 0), (3, 1)])
    builder = FromArrays(ends[:, 0], ends[:, 1], delay=rng.integers(1, 30, len(ends)) * DT)
    rule = PairSTDP(w_max=w_max, w_min=-w_max, a_plus=0.11, a_minus=0.17, tau_plus=16.8, tau_minus=33.7)
    sim = simulation(network(pre, post, rule, builder, delay=None, dendritic_delay=late * DT))
    sim.run(50.0)
    expected = []
    for i, j, delay in synapses(sim):
        arrived, seen = [s + delay for s in pre[i]], [s + late for s in post[j]]
        w = 0.5
        for step, kind in in_time(arrived, seen):
            if step < 500:
                change = (
                    0.11 * trace(arrived, step, 16.8) if kind == "post" else -0.17 * trace(seen, step, 33.7, own=True)
                )
                w = min(max(w + change, -w_max), w_max)
        expected.append(w)
    assert np.ptp(expected) > 0.2
    np.testing.assert_allclose(sim.get("plastic", "w"), expected, rtol=1e-11)


@pytest.mark.parametrize("lag", [-60, -1, 0, 1, 60])
def test_one_pair_of_spikes_changes_the_weight_by_its_window(lag: int) -> None:
    """The presynaptic spike arrives in step 110, the postsynaptic neuron spikes ``lag`` later."""
    rule = PairSTDP(w_max=1.0, a_plus=0.1, a_minus=0.3, tau_plus=10.0, tau_minus=20.0)
    sim = simulation(network({0: [100]}, {0: [110 + lag]}, rule))
    sim.run(30.0)
    change = 0.1 * np.exp(-lag * DT / 10.0) if lag >= 0 else -0.3 * np.exp(lag * DT / 20.0)
    assert sim.get("plastic", "w")[0] == pytest.approx(0.5 + change, rel=1e-13)


def test_the_triplet_rule_is_its_sum_over_spikes() -> None:
    """Pfister & Gerstner (2006), J. Neurosci. 26:9673, eq. 3 and 4, all-to-all: slow traces before the spike itself."""
    text = """
    dr1/dt = -r1 / 16.8 / one : 1, pre
    dr2/dt = -r2 / 101.0 / one : 1, pre
    do1/dt = -o1 / 33.7 / one : 1, post
    do2/dt = -o2 / 125.0 / one : 1, post
    one = 1.0 : ms
    on pre: send w; w = w - o1 * (a2_minus + a3_minus * r2); r1 = r1 + 1; r2 = r2 + 1
    on post: w = w + r1 * (a2_plus + a3_plus * o2); o1 = o1 + 1; o2 = o2 + 1
    a2_plus = 0.005 : w
    a3_plus = 0.0062 : w
    a2_minus = 0.007 : w
    a3_minus = 0.0023 : w
    """
    pre, post = trains(4, 3, 15, 600), {n: [s + 1 for s in steps] for n, steps in trains(5, 3, 15, 600).items()}
    sim = simulation(network(pre, post, SynapticRule(text, w_min=-9.0, w_max=9.0)))
    sim.run(70.0)
    expected = []
    for i, j, delay in synapses(sim):
        arrived, w = [s + delay for s in pre[i]], 0.5
        for step, kind in in_time(arrived, post[j]):
            if kind == "pre":
                slow = trace(arrived, step, 101.0, own=True)
                w -= trace(post[j], step, 33.7, own=True) * (0.007 + 0.0023 * slow)
            else:
                w += trace(arrived, step, 16.8) * (0.005 + 0.0062 * trace(post[j], step, 125.0, own=True))
        expected.append(w)
    np.testing.assert_allclose(sim.get("plastic", "w"), expected, rtol=1e-11)


ELIGIBILITY = """
dx/dt = -x / tau : 1, pre
dy/dt = -y / tau : 1, post
dc/dt = (c_0 - c) / tau_c : w
on start: c = c_0
on pre: send w; c = c - a * y; x = x + 1
on post: c = c + a * x; y = y + 1
on reward: w = w + reward * c
tau = 20.0 : ms
tau_c = 100.0 : ms
c_0 = 0.01 : w
a = 0.1 : w
"""


def test_a_reward_pays_what_is_left_of_the_eligibility() -> None:
    """Izhikevich (2007), Cereb. Cortex 17:2443: dc/dt = -c / tau_c + STDP, dw/dt = c d; here towards c_0."""
    pre, post = {0: [20, 90, 200]}, {0: [55, 130, 260]}
    net = network(pre, post, SynapticRule(ELIGIBILITY, w_min=-9.0, w_max=9.0))
    net.signal("reward")
    sim = simulation(net)
    rewards = {150: 0.75, 151: -0.5, 300: 2.0}
    w, arrived = 0.5, [s + 10 for s in pre[0]]
    for step, value in rewards.items():
        sim.run((step - round(sim.time / DT)) * DT)
        sim.set("reward", "value", value)
        pairs = [
            ((q if q >= p else p), np.exp(-abs(q - p) * DT / 20.0) * (1 if q >= p else -1))
            for p, q in product(arrived, post[0])
        ]
        c = 0.01 + sum(0.1 * size * np.exp(-(step - at) * DT / 100.0) for at, size in pairs if at <= step)
        w += value * c
        sim.run(DT)
        assert sim.get("plastic", "w")[0] == pytest.approx(w, rel=1e-12)
        assert sim.get("plastic", "c")[0] == pytest.approx(c, rel=1e-12)
    sim.run(20.0)
    assert sim.get("plastic", "w")[0] == pytest.approx(w, rel=1e-12)
    assert sim.get("reward", "value")[0] == 2.0


def test_short_term_plasticity_sends_what_the_recursion_says() -> None:
    """Tsodyks, Pawelzik & Markram (1998), Neural Comput. 10:821: u and r jump at spikes and relax between them."""
    text = """
    du/dt = (use - u) / tau_f : 1
    dr/dt = (1 - r) / tau_d : 1
    on start: u = use; r = 1
    on pre: u = u + use * (1 - u); send w * u * r; r = r * (1 - u)
    use = 0.2 : 1
    tau_f = 150.0 : ms
    tau_d = 60.0 : ms
    """
    spikes = [5, 40, 60, 62, 200, 450, 460]
    net = network({0: spikes}, {0: []}, SynapticRule(text, w_min=0.0, w_max=100.0), weight=80.0, delay=2.0)
    net.record("post", "i")
    sim = simulation(net)
    sim.run(60.0)
    u, r, before = 0.2, 1.0, spikes[0]
    found = sim.states("post", "i").values[:, 0, 0]
    expected = np.zeros(600)
    for step in spikes:
        u = 0.2 + (u - 0.2) * np.exp(-(step - before) * DT / 150.0)
        r = 1 + (r - 1) * np.exp(-(step - before) * DT / 60.0)
        u += 0.2 * (1 - u)
        expected[step + 20] = 80.0 * u * r
        r *= 1 - u
        before = step
    assert np.count_nonzero(expected) == len(spikes)
    np.testing.assert_allclose(found, expected, atol=100.0 / 16383)  # half a unit of the grid


def test_every_and_pre_and_post_states_are_read_at_their_moments() -> None:
    """v rises by 1 mV per step and falls to 0 at 5: (start, end) of step n are (n % 5, (n + 1) % 5)."""
    ramp = """
    dv/dt = rate : mV
    i : pA, input
    spike when v > theta
    on spike: v = 0
    rate = 10.0 : mV/ms
    theta = 4.5 : mV
    """
    text = """
    seen : mV
    last : mV
    ticks : 1
    on pre: send w; seen = v_post
    on post: last = v_post + one
    every pause: ticks = ticks + 1; w = w * 0.5
    pause = 0.3 : ms
    one = 1.0 : mV
    """
    net = Network()
    net.population("pre", 1, source({0: [7]}))
    net.population("post", 1, NeuronModel(ramp))
    net.connect(
        "pre", "post", AllToAll(), weight=1.0, delay=0.6, rule=SynapticRule(text, w_min=0.0, w_max=1.0), name="p"
    )
    sim = simulation(net)
    sim.run(2.0)
    assert sim.get("p", "seen")[0] == pytest.approx(13 % 5)
    assert sim.get("p", "last")[0] == pytest.approx(1.0)  # after the reset
    assert sim.get("p", "ticks")[0] == 6  # 2.0 / 0.3
    assert sim.get("p", "w")[0] == 0.5**6


def test_samples_share_one_set_of_synapses_in_their_order() -> None:
    rule = SynapticRule("on pre: send w; w = w * 0.5", w_min=0.0, w_max=1.0)
    net = network({0: [3]}, {0: []}, rule, weight=1.0, copies="shared")
    net.record("post", "i")
    sim = simulation(net, batch=3)
    sim.run(2.0)
    np.testing.assert_array_equal(sim.states("post", "i").values[13, :, 0], [1.0, 0.5, 0.25])
    np.testing.assert_array_equal(sim.get("plastic", "w"), [0.125])


def lif_network(copies: str | None) -> Network:
    """Targets whose spikes depend on their weights and on where they start."""
    model = "dv/dt = -v / tau : mV, input\ntau = 10.0 : ms\ntheta = 1.0 : mV\nspike when v > theta\non spike: v = 0"
    net = Network(seed=2)
    net.population("pre", 6, source(trains(7, 6, 20, 300)))
    net.population("post", 3, NeuronModel(model))
    builder = FromArrays(np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6), delay=np.arange(1, 19) * DT)
    rule = SynapticRule(ELIGIBILITY, w_min=-4.0, w_max=4.0)
    net.connect("pre", "post", builder, rule=rule, weight=0.45, dendritic_delay=0.4, copies=copies, name="plastic")
    net.signal("reward")
    net.record("post", "spikes")
    return net


def test_a_batch_with_copies_is_as_many_single_runs() -> None:
    starts = np.array([[0.0, 0.3, 0.6], [0.9, 0.0, 0.2], [0.5, 0.5, 0.5]])
    rewards = np.array([0.0, 2.0, -1.0])

    def run(sim: Simulation, start: npt.NDArray[np.float64], reward: Any) -> dict[str, npt.NDArray[Any]]:
        sim.set("post", "v", start)
        sim.run(15.0)
        sim.set("reward", "value", reward)
        sim.run(20.0)
        return {name: sim.get("plastic", name) for name in ("w", "c", "x", "y")}

    together = run(simulation(lif_network("sample"), batch=3), starts, rewards)
    assert together["w"].shape == (3, 18)
    assert np.ptp(together["w"], axis=0).max() > 0.01
    for sample in range(3):
        alone = run(simulation(lif_network(None)), starts[sample], rewards[sample])
        for name in ("w", "c"):
            np.testing.assert_array_equal(together[name][sample], alone[name])
        for name in ("x", "y"):
            np.testing.assert_array_equal(together[name][sample], alone[name][0])


def test_a_saved_state_goes_on_as_if_nothing_had_happened(tmp_path: Any) -> None:
    """Between a reward that was given and the step that it belongs to."""

    def first(sim: Simulation) -> None:
        sim.run(14.3)
        sim.set("reward", "value", 1.5)

    unbroken, saved, restored = (simulation(lif_network(None)) for _ in range(3))
    first(unbroken)
    unbroken.run(20.0)
    first(saved)
    saved.save(tmp_path / "state.h5")
    restored.run(3.0)
    restored.restore(tmp_path / "state.h5")
    restored.run(20.0)
    for name in ("w", "c", "x", "y"):
        np.testing.assert_array_equal(unbroken.get("plastic", name), restored.get("plastic", name))
    assert not np.array_equal(unbroken.get("plastic", "w"), saved.get("plastic", "w"))
    before, after = (sim.spikes("post").times for sim in (unbroken, restored))
    np.testing.assert_array_equal(before[before > 14.35], after)
    assert after.size
