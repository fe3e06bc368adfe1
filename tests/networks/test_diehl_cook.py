"""Diehl & Cook's network: its constants, its homeostasis in closed form, and one set of bits on two engines."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.networks import DiehlCook
from neurosim.networks._competing import CompetitiveNetwork
from neurosim.networks.diehl_cook import THETA_PLUS
from neurosim.rules import DiehlCook as Rule
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation

COMPILE = Network.compile
TINY = {"excitatory": 4, "duration": 100.0, "rest": 50.0, "strength": 4.0, "intensity": 6.0, "delay": 2.0}
SAMPLES = np.random.default_rng(3).random((3, 3, 4)).astype("float32")
BLACK = np.zeros((3, 3, 4), "float32")
PUBLISHED: dict[
    str, dict[str, float]
] = {  # Diehl & Cook (2015), section 2 and the program that they published; mV and ms, weights over the leak
    "cells": {"v_rest": -65.0, "v_reset": -65, "v_th": -52 - 20, "e_e": 0, "e_i": -100, "tau_m": 100, "tau_e": 1}
    | {"tau_i": 2, "t_ref": 5, "theta_plus": 0.05},
    "inhibitory": {"v_rest": -60.0, "v_reset": -45, "v_th": -40, "e_e": 0, "e_i": -85, "tau_m": 10, "tau_e": 1}
    | {"tau_i": 2.0, "t_ref": 2.0},
    "rule": {"tau_x": 20, "tau_1": 20, "tau_2": 40, "nu_pre": 1e-4, "nu_post": 1e-2, "w_min": 0, "w_max": 1},
    "options": {
        "duration": 350,
        "rest": 150,
        "dt": 0.5,
        "strength": 78,
        "intensity": 2,
        "step": 1,
        "delay": 10,
        "total": 0,
    },
    "weights": {"cells_to_inhibitory": 10.4, "lateral": 17.0},
    "other": {"theta": 20.0, "brightest": 63.75},
}


def made(backend: str = "auto", **options: Any) -> CompetitiveNetwork:
    spec = DiehlCook(**(TINY | options)).build((3, 4), 3)
    return spec.network(spec.init(Stream(1, "init")), backend)


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Network]:
    """The networks that are compiled from now on."""
    kept: list[Network] = []

    def compile_network(net: Network, dt: float, backend: str, batch: int) -> Simulation:
        kept.append(net)
        return COMPILE(net, dt, backend, batch=batch)

    monkeypatch.setattr(Network, "compile", compile_network)
    return kept


def test_the_constants_are_those_that_were_published(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = compiled(monkeypatch)
    network = (
        DiehlCook(excitatory=2)
        .build((2, 2), 2)
        .network(
            {"input.w": np.full((4, 2), 0.5), "cells.theta": np.zeros(2), "cells.response": np.zeros((2, 2))},
            "reference",
        )
    )
    sim = network._compile(Rule().synapses, 1)
    (net,) = kept
    found = {
        **{part.name: dict(part.model.values) for part in net.populations[1:]},
        "rule": dict(net.projections[0].rule.values) if net.projections[0].rule else {},
        "options": {name: getattr(DiehlCook(), name) for name in PUBLISHED["options"]},
        "weights": {name: float(sim.get(name, "w")[0]) for name in PUBLISHED["weights"]},
        "other": {
            "theta": DiehlCook().build((2, 2), 2).init(Stream(0, "init"))["cells.theta"][0],
            "brightest": network._rates(np.ones((1, 2, 2)))[0, 0],
        },
    }
    for name, table in PUBLISHED.items():
        assert found[name] == pytest.approx(table, rel=1e-4), name


def test_each_cell_has_a_partner_that_inhibits_all_others() -> None:
    sim = made("reference")._compile(None, 1)
    assert [sim.get("cells_to_inhibitory", end).tolist() for end in ("pre", "post")] == [[0, 1, 2, 3]] * 2
    lateral = {*zip(sim.get("lateral", "pre").tolist(), sim.get("lateral", "post").tolist(), strict=True)}
    assert lateral == {(i, j) for i in range(4) for j in range(4) if i != j}


def test_thresholds_decay_with_ten_thousand_seconds() -> None:
    network = made(duration=1000.0, rest=1500.0)
    spikes, learned = network.learn(Rule().synapses, BLACK, 1)
    assert not spikes.any()
    between = 3 * 10 - 1  # each is shown ten times
    np.testing.assert_allclose(learned["cells.theta"], 20.0 * math.exp(-between * 2500.0 / 1e7), rtol=1e-6)


def test_a_spike_raises_the_threshold_of_its_cell() -> None:
    network = made(intensity=40.0)
    spikes, learned = network.learn(Rule().synapses, SAMPLES, 1)
    assert spikes.sum(axis=1).min() >= 5  # so that none is shown again
    np.testing.assert_allclose(learned["cells.theta"], 20.0 + THETA_PLUS * spikes.sum(axis=0), atol=2e-3)


def test_weights_into_a_cell_are_scaled_to_their_sum() -> None:
    network = made()
    given = network.params["input.w"] = np.random.default_rng(2).uniform(0.1, 0.3, (12, 4)).astype("float32")
    _, learned = network.learn(Rule(nu_pre=0.0, nu_post=0.0).synapses, SAMPLES[:1], 1)
    np.testing.assert_allclose(learned["input.w"], given * (4.0 / given.sum(axis=0)), rtol=1e-6)


def test_large_and_small_samples_are_as_bright_where_a_total_is_given() -> None:
    samples = np.stack([SAMPLES[0], 0.2 * SAMPLES[0], np.eye(3, 4), BLACK[0]])
    rates = made(total=3.0, intensity=2.0)._rates(samples)
    np.testing.assert_allclose(rates.sum(axis=1), [3 * 63.75] * 3 + [0.0], rtol=1e-6)
    np.testing.assert_allclose(rates[0] / SAMPLES[0].ravel(), 3 * 63.75 / SAMPLES[0].sum(), rtol=1e-6)
    np.testing.assert_allclose(rates[2], 63.75 * np.eye(3, 4).ravel())


def test_both_engines_learn_the_same_bits() -> None:
    found = []
    for backend in ("reference", "cpu"):
        spikes, learned = made(backend, intensity=20.0).learn(Rule().synapses, SAMPLES[:2], 1)
        found.append((spikes.tolist(), {name: array.tolist() for name, array in learned.items()}))
    assert found[0] == found[1]
    assert np.sum(found[0][0]) > 10


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_what_was_saved_goes_on_elsewhere_as_if_it_had_not_ended(backend: str, tmp_path: Path) -> None:
    rule, path, lively = Rule().synapses, tmp_path / "saved.npz", {"intensity": 20.0, "rest": 3.0}
    whole = made(backend, **lively)
    results = []
    for samples in (SAMPLES[:2], SAMPLES[1:]):
        spikes, learned = whole.learn(rule, samples, 7)
        whole.params.update(learned)
        results.append(spikes)
    first, second = made(backend, **lively), made(backend, **lively)
    spikes, learned = first.learn(rule, SAMPLES[:2], 7)
    first.params.update(learned)
    first.params["cells.response"] += 2.0
    first.save(path)
    second.restore(path, rule, 7)
    assert second.params["cells.response"].tolist() == first.params["cells.response"].tolist()
    again, learned = second.learn(rule, SAMPLES[1:], 7)
    assert [spikes.tolist(), again.tolist()] == [each.tolist() for each in results]
    assert {name: whole.params[name].tobytes() for name in learned} == {n: a.tobytes() for n, a in learned.items()}


def test_what_is_no_state_of_the_network_is_not_restored(tmp_path: Path) -> None:
    rule, network, path = Rule().synapses, made("reference"), tmp_path / "saved.npz"
    network.learn(rule, SAMPLES[:1], 7)
    network.save(path)
    (tmp_path / "text.npz").write_text("no numbers")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "cut.npz").write_bytes(path.read_bytes()[:-40])
    (tmp_path / "altered.npz").write_bytes(path.read_bytes().replace(b"\x89HDF", b"\x89HDG"))
    np.save(tmp_path / "array.npy", np.zeros(3))
    other = made("reference", strength=3.0)
    before = {name: value.tobytes() for name, value in other.params.items()}
    for name in ("text.npz", "none.npz", "empty.npz", "cut.npz", "altered.npz", "array.npy"):
        with pytest.raises(InputError, match=r"^restore\.path: expected a file written by save, got "):
            other.restore(tmp_path / name, rule, 7)
    with pytest.raises(
        InputError, match=r"^restore\.path: expected parameters .*\(12, 5\).*; build it with the same options"
    ):
        made("reference", excitatory=5).restore(path, rule, 7)
    with pytest.raises(InputError, match="expected a state of this network"):
        other.restore(path, rule, 7)
    assert {name: value.tobytes() for name, value in other.params.items()} == before


def test_a_dark_sample_is_shown_again_and_the_others_keep_their_answer() -> None:
    dim, black = SAMPLES.copy(), SAMPLES.copy()
    dim[0], black[0] = 0.1 * SAMPLES[0], 0.0
    short = {"duration": 40.0, "rest": 10.0, "intensity": 40.0}
    once = made("reference", **short, step=1e-6).respond(dim).sum(axis=1)
    assert once[0] < 5 <= once[1:].min()
    answers = made("reference", **short, step=200.0).respond(dim)
    assert answers[0].sum() >= 5
    assert answers[1:].tolist() == made("reference", **short, step=200.0).respond(black)[1:].tolist()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"excitatory": 1}, "diehl_cook.excitatory: expected at least 2, to compete, got 1"),
        ({"intensity": 0.0}, "diehl_cook.intensity: expected a number > 0, got 0.0"),
        ({"total": -1.0}, "diehl_cook.total: expected a number >= 0, got -1.0; 0 scales no sample"),
        ({"rest": -1.0}, "diehl_cook.rest: expected a time >= 0 in ms, got -1.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as error:
        DiehlCook(**options)
    assert str(error.value) == complaint
