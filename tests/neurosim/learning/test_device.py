"""Rules, layers, optimisers and the study on a device's arrays, which a stand-in for CuPy plays on the CPU."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.core.errors import InputError
from neurosim.datasets import load, one_hot
from neurosim.learning import optimisers
from neurosim.learning.settings import Settings
from neurosim.learning.training import Samples, Training
from neurosim.networks import Mlp
from neurosim.study.components import resolve_component
from tests.device_arrays import Traffic, device_module

RULES = (
    "backprop", "feedback_alignment", "feedback_alignment:feedback=kolen_pollack", "temporal_derivative",
    "temporal_derivative:feedback=random:centred=true", "temporal_derivative:form=weak:steps=2:settle=2",
)  # fmt: skip
SETTINGS = (
    {"optimiser": "nesterov", "clip_norm": 1.0, "l2": 1e-4},
    {"optimiser": "adam", "max_norm": 2.0, "decay": 1e-4, "schedule": "cosine"},
)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Traffic]:
    """The array module of a device, in the place of CuPy."""
    module, traffic = device_module()
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module, traffic


def training(xp: Any, rule: str, n: int, settings: dict[str, Any], spec: Any = None) -> tuple[Training, Samples]:
    """A training that has not begun, and ``n`` samples of the digits, on a device or not."""
    data = load("digits", limit=100)
    x, labels = xp.asarray(data.x_train[:n].astype(np.float32)), xp.asarray(data.y_train[:n])
    samples = Samples(x, one_hot(labels, data.n_classes), labels)
    spec = spec or Mlp(hidden=(12, 9)).build(data.sample_shape, data.n_classes)
    chosen = Settings(batch=5, rate=0.05, epochs=2, **settings)
    return Training(resolve_component("rules", rule)[1], spec, chosen, 3, xp), samples


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda each: each["optimiser"])
@pytest.mark.parametrize("rule", RULES)
def test_an_epoch_asks_the_device_for_two_numbers_however_many_steps_it_has(
    device: tuple[Any, Traffic], rule: str, settings: dict[str, Any]
) -> None:
    xp, traffic = device
    for n in (10, 40):
        made, samples = training(xp, rule, n, settings)
        traffic.down = traffic.up = 0
        made._epoch(samples, 1)
        assert (traffic.down, traffic.up) == (2, 1)  # loss and hits; the order of the samples


def test_a_step_that_looks_at_its_numbers_is_seen(device: tuple[Any, Traffic], monkeypatch: pytest.MonkeyPatch) -> None:
    xp, traffic = device
    made, samples = training(xp, "backprop", 40, SETTINGS[0])
    plain: Any = optimisers.step

    def looking(params: Any, updates: Any, *rest: Any, **options: Any) -> None:
        float(optimisers.global_norm(updates))
        plain(params, updates, *rest, **options)

    monkeypatch.setattr(optimisers, "step", looking)
    traffic.down = 0
    made._epoch(samples, 1)
    assert traffic.down == 2 + 40 // 5


@pytest.mark.parametrize("rule", RULES)
def test_it_learns_and_counts_what_the_host_does(device: tuple[Any, Traffic], rule: str) -> None:
    found = []
    for xp in (device[0], np):
        made, samples = training(xp, rule, 20, SETTINGS[0])
        epochs: list[Any] = []
        made.run(samples, 2, epochs.append)
        params = {name: np.array(value.tolist()) for name, value in made.network.params.items()}
        found.append((params, made.meter.counts, epochs[-1].activity, epochs[-1].loss, epochs[-1].alignment))
    (params, counts, activity, loss, alignment), wanted = found
    for name, value in params.items():
        np.testing.assert_allclose(value, wanted[0][name], rtol=1e-5, atol=1e-6)
    assert (counts, activity) == wanted[1:3]
    assert loss == pytest.approx(wanted[3], rel=1e-5)
    assert alignment == pytest.approx(wanted[4], rel=1e-4)


def cells(backend: str, network: str, rules: list[str], folder: Path) -> list[dict[str, Any]]:
    """A small study."""
    found = ns.compare(rules, network, load("digits", limit=60), 1, 1, backend=backend, log=folder / backend)
    return [dict(cell) for cell in found.cells]


def test_a_study_that_does_not_fit_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = load("digits", limit=100)
    samples, parameters = len(data.x_train) + len(data.x_test), 64 * 12 + 12 + 12 * 9 + 9 + 9 * 10 + 10
    least = 4 * (samples * (64 + 10) + 2 * parameters)  # float32; a parameter and its change
    module, traffic = device_module(free=least)
    monkeypatch.setitem(sys.modules, "cupy", module)
    with pytest.raises(InputError, match=rf"into the {least} bytes free on the GPU, got one that needs \d+ bytes; use"):
        ns.compare("backprop", "mlp:hidden=12x9", data, 1, 1, backend="cuda", log=tmp_path / "log")
    assert traffic == Traffic(0, 0)
    assert not (tmp_path / "log").exists()


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("network", "rules"),
    [
        ("mlp:hidden=12x9:dropout=0.2", ["backprop", "feedback_alignment", *RULES[3:]]),
        ("cnn:channels=2:hidden=8", ["backprop"]),
    ],
)
def test_a_study_on_a_device_is_that_of_the_host(network: str, rules: list[str], tmp_path: Path) -> None:
    found, wanted = (cells(backend, network, rules, tmp_path) for backend in ("cuda", "cpu"))
    assert [cell["error"] for cell in found] == [None] * len(rules)
    for cell, other in zip(found, wanted, strict=True):
        assert (cell["device"], other["device"]) == ("cuda", "cpu")
        for key in ("test_accuracy", "train_accuracy", "locality", "synops_inference", "activation_sparsity"):
            assert cell[key] == other[key], key
