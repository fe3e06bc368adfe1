"""A model holds checked values: every parameter has one, and no other."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel

TEXT = "dv/dt = -v / tau_m : mV, input\ntau_m : ms\nv_th = 1.0 : mV\nspike when v > v_th"


def test_a_parameter_without_default_must_be_given() -> None:
    with pytest.raises(InputError) as raised:
        NeuronModel(TEXT, name="leaky")
    assert str(raised.value) == "leaky.tau_m: expected a value in ms, got none; pass tau_m=..."
    assert dict(NeuronModel(TEXT, tau_m=5).values) == {"tau_m": 5.0, "v_th": 1.0}


def test_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"leaky.parameter: expected one of tau_m, v_th, got 'tau_n'; did you mean"):
        NeuronModel(TEXT, name="leaky", tau_n=5.0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "got nan"),
        ([1.0, float("nan")], "got nan at neuron 1"),
        ([[1.0]], "got shape"),
        ([], "got shape"),
        ("fast", "got 'fast'"),
    ],
)
def test_a_value_that_is_no_number_is_refused(value: object, words: str) -> None:
    with pytest.raises(InputError, match=f"leaky.tau_m: expected a number.*{words}"):
        NeuronModel(TEXT, name="leaky", tau_m=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("dv/dt = -v / tau : mV", -1.0),
        ("dv/dt = -v / tau : mV", 0.0),
        ("dv/dt = -v / tau : mV", [1.0, -1.0]),
        ("dv/dt = -v / (2 * tau) : mV", -1.0),
        ("dv/dt = rate * (exp(v / v_0) - v / v_0) : mV\nrate = v_0 / tau : mV/ms\nv_0 = -2.0 : mV", -1.0),
    ],
)
def test_a_time_constant_that_would_make_its_state_grow_is_refused(text: str, value: float) -> None:
    with pytest.raises(InputError, match=r"leaky\.tau: expected a value > 0 in ms, got (-1|0)$"):
        NeuronModel(f"{text}\ntau : ms", name="leaky", tau=value)


def test_a_capacitance_is_above_0_and_what_is_no_divisor_may_have_any_sign() -> None:
    text = "dv/dt = g * (e - v) / c : mV\ng : nS\ne = -70.0 : mV\nc : pF\nlate = -5.0 : ms"
    assert NeuronModel(text, g=-1.0, c=2.0).values["g"] == -1.0
    assert NeuronModel(text, g=1.0, c=float("inf")).values["late"] == -5.0
    with pytest.raises(InputError, match=r"neuron\.c: expected a value > 0 in pF, got -2$"):
        NeuronModel(text, g=1.0, c=-2.0)


def test_a_model_shows_its_name_and_what_differs_from_its_text() -> None:
    assert repr(NeuronModel(TEXT, name="leaky", tau_m=20.0)) == "leaky(tau_m=20.0)"
    assert repr(NeuronModel(TEXT, tau_m=[1.0, 2.0], v_th=2.0)) == "neuron(tau_m=[...], v_th=2.0)"


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="tau_m of 2, v_th of 3"):
        NeuronModel(TEXT, tau_m=[1.0, 2.0], v_th=[1.0, 2.0, 3.0])
    assert NeuronModel(TEXT, tau_m=[1.0, 2.0]).size == 2
    assert NeuronModel(TEXT, tau_m=1.0).size is None


def test_an_unknown_integrator_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"neuron\.integrator: expected one of auto, .*'rk5'; did you mean 'rk4'"):
        NeuronModel(TEXT, integrator="rk5", tau_m=1.0)


def test_models_are_equal_if_text_values_and_integrator_are() -> None:
    model = NeuronModel(TEXT, tau_m=[1.0, 2.0])
    assert model == NeuronModel(TEXT, name="other", tau_m=np.array([1.0, 2.0]))
    assert pickle.loads(pickle.dumps(model)) == model
    assert len({model, NeuronModel(TEXT, tau_m=[1.0, 2.5]), NeuronModel(TEXT, integrator="rk4", tau_m=[1.0, 2.0])}) == 3


def test_values_cannot_change_under_the_model() -> None:
    given = np.array([1.0, 2.0])
    model = NeuronModel(TEXT, tau_m=given)
    given[0] = 9.0
    assert np.asarray(model.values["tau_m"]).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(model.values["tau_m"])[0] = 3.0
    with pytest.raises(AttributeError):
        model.text = ""  # type: ignore[misc]


ENDLESS = "dv/dt = -v / tau : mV\ntau = 5.0 : ms\nv_th = 10.0 : mV\nhigh = 12.0 : mV\nspike when {}\non spike: {}"


@pytest.mark.parametrize(
    ("condition", "reset"),
    [
        ("v >= v_th", "v = high"),
        ("v > v_th", "v = v_th + 1e-3 * high"),
        ("v >= v_th and v < 2 * high", "v = high"),
        ("v >= v_th", "v = v_th"),
        ("-v <= -v_th", "v = high"),
    ],
)
def test_a_reset_that_fulfils_the_condition_of_a_spike_is_refused(condition: str, reset: str) -> None:
    with pytest.raises(InputError, match=r"endless: expected a reset that ends .* v_th = 10.0"):
        NeuronModel(ENDLESS.format(condition, reset), name="endless")


@pytest.mark.parametrize(
    ("condition", "reset"),
    [
        ("v > v_th", "v = v_th"),
        ("v >= v_th", "v = v - high"),
        ("v >= v_th", "v = 0.5 * v_th"),
        ("v >= v_th and v < high", "v = high"),
    ],
)
def test_any_other_reset_is_accepted(condition: str, reset: str) -> None:
    assert NeuronModel(ENDLESS.format(condition, reset)).equations.on_spike


def test_each_neuron_has_its_own_reset_and_threshold() -> None:
    text = ENDLESS.format("v >= v_th", "v = high")
    NeuronModel(text, high=np.array([1.0, 5.0]), v_th=np.array([2.0, 6.0]))
    with pytest.raises(InputError, match=r"high = \[\.\.\.\], v_th = \[\.\.\.\]"):
        NeuronModel(text, high=np.array([1.0, 6.0]), v_th=np.array([2.0, 5.0]))
