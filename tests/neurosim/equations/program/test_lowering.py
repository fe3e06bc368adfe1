"""Conditions of which parts are constant, in every place of a text: closed forms, the same on every target."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.equations import NeuronModel, compile_model
from tests.neurosim.equations.alone import Alone
from tests.neurosim.equations.host import host_steps

pytestmark = pytest.mark.usefixtures("generated_folder")

TEXT = """
dv/dt = {rate}                    : 1
spike when {condition}
on spike: v = {reset}
level = mean({summand}) + {added} : 1, shared
gate                              : 1, signal
{refractory}
mode = 1.0 : 1
t_ref = 2.0 : ms
speed = 1.0 : 1/ms
"""
PLAIN = {
    "rate": "speed",
    "condition": "v > 3.5",
    "reset": "0",
    "summand": "v",
    "added": "0",
    "refractory": "",
}
EVERY = [3, 7, 11, 15, 19]  # v is k + 1 after step k, and again after the reset
EARLY = [2, 5, 8, 11, 14, 17]
HELD = [3, 9, 15]
ALWAYS = list(range(20))
REFRACTORY = "refractory t_ref: hold v"
CASES: list[tuple[dict[str, str], list[int]]] = [
    ({"condition": "mode > 0 and v > 3.5"}, EVERY),
    ({"condition": "v > 3.5 and not mode > 1"}, EVERY),
    ({"condition": "not (mode > 1 or v <= 3.5)"}, EVERY),
    ({"condition": "1 > 2 or v > 3.5"}, EVERY),
    ({"condition": "mode > 2 and v > 3.5"}, []),
    ({"condition": "(mode > 0 and 2 > 1) and v > 3.5"}, EVERY),
    ({"condition": "mode > 0 and v > 3.5", "refractory": REFRACTORY}, HELD),
    ({"condition": "mode > 0"}, ALWAYS),
    ({"condition": "not mode > 0"}, []),
    ({"condition": "mode > 0", "refractory": REFRACTORY}, ALWAYS[::3]),
    ({"condition": "not 2 > 1", "refractory": REFRACTORY}, []),
    (
        {"condition": "v > 3.5", "refractory": "refractory where(mode > 0 and t_ref > 0 * t_ref, t_ref, 0): hold v"},
        HELD,
    ),
    ({"rate": "where(mode > 0 and v >= 0, speed, 0)"}, EVERY),
    ({"rate": "where(mode > 0, where(v > 100 or mode > 1, 0, speed), 0)"}, EVERY),
    ({"reset": "where(mode > 0 and v > 3, 0, v)"}, EVERY),
    ({"reset": "where(mode > 1 or v > 100, v, 0)"}, EVERY),
    ({"summand": "where(mode > 0 and v > 2.5, 1, 0)", "condition": "v + level > 3.5"}, EVERY),
    ({"added": "where(mode > 0 and gate >= 0, 1, 0)", "summand": "0 * v", "condition": "v + level > 3.5"}, EARLY),
    ({"condition": "mode > 0 and gate < 1 and v > 3.5"}, EVERY),
    ({"condition": "gate < 1 and mode > 0 and v + 0 * level > 3.5"}, EVERY),
]


def spike_steps(population: Alone, step: Callable[[Alone], object]) -> list[list[int]]:
    """The steps in which each neuron spikes."""
    found: list[list[int]] = [[] for _ in range(population.n)]
    for number in range(20):
        step(population)
        for neuron in np.flatnonzero(population.mask):
            found[neuron].append(number)
    return found


@pytest.mark.parametrize("per_neuron", [False, True])
def test_a_part_of_a_condition_may_be_constant(per_neuron: bool, tmp_path: Path) -> None:
    values: dict[str, Any] = {"mode": [1.0, 0.5, 1.0]} if per_neuron else {}
    cases = [(changes, steps) for changes, steps in CASES if not per_neuron or "added" not in changes]
    models = [compile_model(NeuronModel(TEXT.format(**PLAIN | changes), **values), 1.0) for changes, _ in cases]
    by_host = host_steps({model.hash: model for model in models}.values(), tmp_path)
    targets: dict[str, Callable[[Alone], object]] = {"numpy": Alone.step, "cuda": by_host}
    if not per_neuron:
        targets["numba"] = Alone.step  # takes long to compile; one model per neuron comes below
    for model, (changes, steps) in zip(models, cases, strict=True):
        for target, step in targets.items():
            assert spike_steps(Alone(model, 3, target), step) == [steps] * 3, (changes, target)


def test_a_constant_part_is_that_of_each_neuron(tmp_path: Path) -> None:
    text = TEXT.format(**PLAIN | {"condition": "mode > 0 and v > 3.5"})
    model = compile_model(NeuronModel(text, mode=[1.0, 0.0, 1.0]), 1.0)
    by_host = host_steps([model], tmp_path)
    for target, step in (("numpy", Alone.step), ("numba", Alone.step), ("cuda", by_host)):
        assert spike_steps(Alone(model, 3, target), step) == [EVERY, [], EVERY]
