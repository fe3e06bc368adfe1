"""A network in numbers: grids, drives, streams, memory and plans against what can be computed by hand."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neurosim.connectivity import AllToAll, FixedProbability, FixedTotalNumber, FromArrays, Normal, OneToOne
from neurosim.core.errors import InputError
from neurosim.core.rng import stream_id
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.assemble import Choices, assemble
from neurosim.simulation.network import Network
from neurosim.simulation.parts import Graded
from neurosim.simulation.sources import Poisson
from tests.neurosim.simulation.small_network import small
from tests.toy_engine import LIF_TEXT


def plan_of(net: Network, batch: int = 1, dt: float = 0.1) -> NetworkPlan:
    return assemble(net.declaration, Choices(dt, "reference", 1, batch, "float32", net.seed), None, False).plan


def test_inputs_are_numbered_where_something_leads_and_projections_in_order_of_declaration() -> None:
    net = small()
    for pre, to, name in (("in", "b", "first"), ("lif", "a", "second"), ("lif", "b", "third")):
        net.connect(pre, "two", AllToAll(), to=to, name=name)
    net.drive("two", 10.0, 1.0, to="a")
    plan = plan_of(net)
    slots = [(slot.population, slot.receptor) for slot in plan.slots]
    assert slots == [(1, 1), (1, 0)]
    assert [(part.name, part.pre, slots[part.slot]) for part in plan.projections] == [
        ("first", 2, (1, 1)),
        ("second", 0, (1, 0)),
        ("third", 0, (1, 1)),
    ]
    assert [slots[drive.slot] for drive in plan.drives] == [(1, 0)]


def test_a_drive_is_its_weight_on_the_grid_and_the_poisson_distribution_of_a_step() -> None:
    net = small()
    net.drive("lif", 8000.0, 0.75)
    plan = plan_of(net, dt=0.25)
    (drive,), (slot,) = plan.drives, plan.slots
    assert drive.weight * slot.scale == 0.75
    expected = stats.poisson.cdf(np.arange(len(drive.thresholds)), 8000.0 * 0.25e-3) * 2.0**32
    assert np.abs(drive.thresholds - np.minimum(expected, 2.0**32 - 1)).max() <= 1


def test_graded_and_plastic_projections_bring_bounds_delays_and_copies() -> None:
    net = small()
    net.connect("lif", "two", AllToAll(), to="a", weight=0.5, graded=Graded("v", bound=70.0, w_max=2.0), name="g")
    rule = SynapticRule("on pre: send w", w_min=0.0, w_max=3.0)
    net.connect("in", "lif", OneToOne(), rule=rule, dendritic_delay=1.5, copies="sample", name="p")
    net.connect("lif", "lif", OneToOne(), rule=rule, copies="shared", name="q")
    g, p, q = plan_of(net, batch=4).projections
    assert g.graded is not None
    assert p.plastic is not None
    assert q.plastic is not None
    assert (g.graded.bound, g.graded.w_max, g.plastic) == (70.0, 2.0, None)
    assert net.populations[0].states[g.graded.row] == "v"
    assert (p.plastic.dendritic_delay, p.plastic.copies, q.plastic.dendritic_delay, q.plastic.copies) == (15, 4, 0, 1)


def test_two_names_with_one_stream_are_refused() -> None:
    seen: dict[int, str] = {}
    for number in count():
        name = sha256(str(number).encode()).hexdigest()  # names that differ in 4 letters or less never collide
        stream = stream_id(f"source/{name}")
        if stream in seen:
            break
        seen[stream] = name
    net = Network()
    for each in (seen[stream], name):
        net.population(each, 1, Poisson())
    with pytest.raises(InputError, match=f"random streams 'source/.*' and 'source/{name}' collide"):
        net.compile()


def test_an_input_has_one_power_of_two_grid_for_all_that_leads_into_it() -> None:
    net = small()
    net.connect("in", "lif", OneToOne(), weight=3.0, name="strong")
    net.connect("lif", "lif", OneToOne(), weight=0.3, name="weak")
    net.drive("lif", 100.0, 0.7)
    simulation = net.compile(backend="reference")
    scale = 2.0**-12  # the smallest with 3 / scale <= 16383
    assert simulation.get("weak", "w")[0] == round(0.3 / scale) * scale
    expected = {
        "strong": 0.0,
        "weak": abs(round(0.3 / scale) * scale - np.float32(0.3)) / np.float32(0.3),
        "drive_of_lif": abs(round(0.7 / scale) * scale - 0.7) / 0.7,
    }
    assert simulation.roundings == pytest.approx(expected, rel=1e-3)


def test_sums_of_all_inputs_fit_int32() -> None:
    net = Network()
    net.population("in", 200_000, Poisson(1.0))
    net.population("lif", 1, NeuronModel(LIF_TEXT))
    sources = np.arange(200_000)
    net.connect("in", "lif", FromArrays(sources, np.zeros_like(sources)), weight=1.0, name="p")
    simulation = net.compile(backend="reference")
    scale = 2.0**-13  # 200,000 / scale is below 2^31, and 200,000 / 2^-14 is not
    assert 200_000 / scale < 2**31 < 200_000 / (scale / 2)
    with pytest.raises(InputError, match="expected weights whose sum an int32 holds"):
        simulation.set("p", "w", 1.9)
    assert (simulation.get("p", "w") == 1.0).all()


def test_synapses_follow_from_the_network_s_seed_and_spikes_from_the_run_s() -> None:
    def made(seed: int, run: int | None) -> tuple[Any, Any]:
        net = small(seed)
        net.connect("in", "lif", FixedProbability(0.5), weight=Normal(1.0, 0.1), name="p")
        net.record("in", "spikes")
        simulation = net.compile(backend="reference", seed=run)
        simulation.run(50.0)
        return simulation.get("p", "w").tolist(), simulation.spike_hash()

    (weights, spikes), (same_weights, other_spikes), (other_weights, _) = made(1, None), made(1, 2), made(2, 1)
    assert made(1, 1) == (weights, spikes)
    assert weights == same_weights
    assert spikes != other_spikes
    assert weights != other_weights


def test_all_equations_are_refused_before_a_log_appears(tmp_path: Any) -> None:
    net = small()
    net.connect("in", "lif", OneToOne(), delay=0.01)
    with pytest.raises(InputError, match="delay"):
        net.run(1.0, log=tmp_path / "run.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("builder", [FixedProbability(1.0), FixedTotalNumber(10**12)])
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_network_beyond_all_memory_is_refused_in_one_line_before_anything_is_drawn(
    builder: Any, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurosim.connectivity import row_sources

    monkeypatch.setattr(row_sources, "choose", None)
    net = Network()
    net.population("lif", 10**6, NeuronModel(LIF_TEXT))
    net.connect("lif", "lif", builder, name="p")
    with pytest.raises(
        InputError, match=r"^projection 'p': .* bytes .*available.* 1e\+12 synapses that need 4e\+12 bytes"
    ):
        net.compile(backend=backend)


def test_neurons_beyond_all_memory_are_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.core.memory.available_memory", lambda: 2e6)
    net = Network()
    net.population("a", 100_000, NeuronModel(LIF_TEXT))
    with pytest.raises(InputError, match=r"^population 'a': .* 2e\+06 bytes .*1e\+05 neurons that need 2.4e\+06 bytes"):
        net.compile(backend="reference", batch=3)
    net.compile(backend="reference", batch=2)
