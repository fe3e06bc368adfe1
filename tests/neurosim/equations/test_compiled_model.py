"""The order of a step, the constants, and what a compiled model says of itself."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, compile_model
from tests.neurosim.equations.alone import Alone, alone

pytestmark = pytest.mark.usefixtures("generated_folder")

LIF = """
dv/dt = (r * i - v) / tau_m : mV
di/dt = -i / tau_s          : pA, input
spike when v >= v_th
on spike: v = v_reset; i = i - loss
refractory t_ref: hold v
tau_m = 10.0 : ms
tau_s = 5.0 : ms
r = 1.0 : GOhm
v_th = 1.0 : mV
v_reset = -1.0 : mV
loss = 2.0 : pA
t_ref = 0.3 : ms
"""


def test_input_joins_after_the_propagation_and_acts_from_the_next_step_on() -> None:
    neuron = alone(LIF)
    neuron.step(i=3)
    assert (neuron["v"][0], neuron["i"][0]) == (0.0, 3.0)
    assert neuron.slot[0, 0] == 0
    neuron.step()
    assert neuron["i"][0] == pytest.approx(3.0 * math.exp(-0.1 / 5.0), rel=1e-14)
    assert 0.0 < neuron["v"][0] < 3.0 * 0.1 / 10.0


def test_input_is_scaled() -> None:
    neuron = alone(LIF)
    neuron.scale[0] = 0.25
    neuron.step(i=-3)
    assert neuron["i"][0] == -0.75


def test_a_spike_resets_in_order_and_holds_for_the_refractory_time() -> None:
    neuron = alone(LIF)
    neuron["v"][0], neuron["i"][0] = 5.0, 40.0
    assert neuron.step()[0]
    assert neuron["v"][0] == -1.0
    assert neuron["i"][0] == pytest.approx(40.0 * math.exp(-0.1 / 5.0) - 2.0, rel=1e-14)
    assert neuron.ref[0] == 3
    neuron["i"][0] = 40.0
    for left in (2, 1, 0):
        before = neuron["i"][0]
        assert not neuron.step()[0]
        assert (neuron["v"][0], neuron.ref[0]) == (-1.0, left)
        assert neuron["i"][0] == pytest.approx(before * math.exp(-0.1 / 5.0), rel=1e-14)  # the current runs on
    neuron.step()
    assert neuron["v"][0] > -1.0


def test_no_spike_is_tested_while_refractory() -> None:
    neuron = alone(LIF)
    neuron["v"][0], neuron.ref[0] = 5.0, 2
    assert neuron.spike_steps(4)[0] == 2


def test_statements_of_a_spike_read_what_the_ones_before_wrote() -> None:
    text = "da/dt = 0 : 1, input\ndb/dt = 0 : 1\nspike when a > 0\non spike: a = a + 1; b = 2 * a; a = b + a"
    neuron = alone(text)
    neuron.step(a=1)
    assert (neuron["a"][0], neuron["b"][0]) == (6.0, 4.0)


def test_a_definition_in_the_condition_sees_the_new_values() -> None:
    text = "dv/dt = 0 : 1, input\ntwice = 2 * v : 1\nspike when twice >= 2\non spike: v = 0"
    assert alone(text).step(v=1)[0]


def test_a_delta_input_on_a_held_variable_is_lost() -> None:
    text = "dv/dt = 0 : 1, input\nspike when v >= 1\non spike: v = 0\nrefractory t_ref : hold v\nt_ref = 0.2 : ms"
    neuron = alone(text)
    assert [bool(neuron.step(v=1)[0]) for _ in range(6)] == [True, False, False, True, False, False]
    assert neuron["v"][0] == 0.0


def test_a_plain_input_holds_for_one_step() -> None:
    neuron = alone("dv/dt = i : 1\ni : 1/ms, input", dt=0.5)
    values = []
    for weight in (4, 0, 2, 0):
        neuron.step(i=weight)
        values.append((float(neuron["i"][0]), float(neuron["v"][0])))
    assert values == [(4.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.0, 3.0)]


def test_a_negligible_state_becomes_zero_and_nan_does_not(dtype: np.dtype[np.floating]) -> None:
    tiny = 1e-20 if dtype == np.float32 else 1e-200
    neuron = alone("dv/dt = 0 : 1", n=4, precision=dtype.name)
    neuron["v"][:] = tiny / 2, -tiny / 2, 2 * tiny, np.nan
    neuron.step()
    np.testing.assert_array_equal(neuron["v"], np.array([0.0, 0.0, 2 * tiny, np.nan], dtype))


@pytest.mark.parametrize(
    ("t_ref", "dt", "steps"),
    [(2.0, 0.1, 20), (0.15, 0.1, 2), (0.25, 0.1, 3), (0.14, 0.1, 1), (0.0, 0.1, 0), (1.5, 1.0, 2)],
)
def test_the_refractory_time_is_rounded_half_up(t_ref: float, dt: float, steps: int) -> None:
    assert compile_model(NeuronModel(LIF, t_ref=t_ref), dt).t_ref_steps == steps


def test_a_refractory_time_out_of_range_is_refused() -> None:
    for wrong in (-1.0, 7000.0, math.inf, [1.0, -1.0]):
        with pytest.raises(InputError, match=r"neuron: expected a refractory time from 0 to 6553.5 ms, got"):
            compile_model(NeuronModel(LIF, t_ref=wrong), 0.1)


def test_parameters_per_neuron_act_on_their_neuron() -> None:
    values: dict[str, Any] = {"tau_m": [10.0, 20.0, 5.0], "t_ref": [0.1, 0.2, 0.3], "v_th": [1.0, 2.0, 3.0]}
    together = alone(LIF, n=3, **values)
    together["i"][:] = 300.0
    each = [alone(LIF, **{name: value[k] for name, value in values.items()}) for k in range(3)]
    for neuron in each:
        neuron["i"][:] = 300.0
    for _ in range(60):
        spikes = together.step()
        assert spikes.tolist() == [bool(neuron.step()[0]) for neuron in each]
        np.testing.assert_allclose(together["v"], [neuron["v"][0] for neuron in each], rtol=1e-12)
    assert isinstance(together.model.t_ref_steps, np.ndarray)
    assert together.model.size == 3


def test_initial_values_follow_the_statements_of_the_start() -> None:
    text = "dv/dt = 0 : mV\ndw/dt = 0 : mV\nv_0 : mV\non start: v = v_0; w = 2 * v"
    model = compile_model(NeuronModel(text, v_0=[1.0, 2.0]), 0.1)
    assert {name: np.asarray(value).tolist() for name, value in model.initial.items()} == {
        "v": [1.0, 2.0],
        "w": [2.0, 4.0],
    }
    assert compile_model(NeuronModel("dv/dt = 0 : mV"), 0.1).initial == {"v": 0.0}


def test_models_that_differ_in_values_share_their_code() -> None:
    first, second = (compile_model(NeuronModel(LIF, tau_m=tau), 0.1) for tau in (10.0, 20.0))
    assert first.hash == second.hash
    assert first.source("numba") == second.source("numba")
    assert first.coefficients != second.coefficients
    assert first.hash == compile_model(NeuronModel(LIF), 0.2).hash
    assert first.hash != compile_model(NeuronModel(LIF), 0.1, "float64").hash
    assert first.hash != compile_model(NeuronModel(LIF, tau_m=[10.0]), 0.1).hash


def test_coefficients_come_in_the_order_of_the_arguments() -> None:
    model = compile_model(NeuronModel(LIF, v_th=[1.0, 2.0]), 0.1, "float64")
    scalars = [value for value in model.coefficients.values() if not np.ndim(value)]
    assert model.scalars().tolist() == scalars
    assert model.arrays(2).tolist() == [[1.0, 2.0]]
    assert list(model.coefficients)[len(scalars) :] == ["v_th"]


def test_a_constant_that_is_no_number_is_refused_with_the_parameters_in_it() -> None:
    with pytest.raises(InputError, match=r"expected the constant .*k = 0.0"):
        compile_model(NeuronModel("dv/dt = -v * v / (k * tau_m) : 1\nk = 0.0 : 1\ntau_m = 1.0 : ms"), 0.1)
    with pytest.raises(InputError, match="finite float32"):
        compile_model(NeuronModel(LIF, v_reset=-1e39), 0.1, "float32")
    assert not Alone(compile_model(NeuronModel(LIF, v_th=math.inf), 0.1)).spike_steps(3)


@pytest.mark.parametrize("dt", [0.0, -0.1, math.nan, math.inf, "0.1"])
def test_a_time_step_that_is_none_is_refused(dt: float) -> None:
    with pytest.raises(InputError, match=r"dt: expected a time in ms > 0, got"):
        compile_model(NeuronModel(LIF), dt)


def test_unknown_precisions_and_targets_list_the_known_ones() -> None:
    with pytest.raises(InputError, match="precision: expected one of float32, float64, got 'float46'"):
        compile_model(NeuronModel(LIF), 0.1, "float46")
    with pytest.raises(InputError, match=r"source.target: expected one of cuda, numba, numpy, got 'rust'"):
        compile_model(NeuronModel(LIF), 0.1).source("rust")


def test_names_of_the_targets_can_be_names_of_the_text() -> None:
    text = "dx/dt = -x / tau : 1, input\ntau = 2.0 : ms\nspike when x > float\nfloat = 1.0 : 1\n"
    neuron = alone(text + "on spike: x = mask\nmask = 0.5 : 1")
    assert neuron.step(x=2)[0]
    assert neuron["x"][0] == 0.5
    assert "float_1" in neuron.model.source("cuda")


@pytest.mark.parametrize("name", ['a"""', "a\\", "a\nb = 1", 'a"""\nimport os\n"""'])
@pytest.mark.parametrize("target", ["numpy", "numba", "cuda"])
def test_no_name_of_a_model_ends_the_comment_that_it_stands_in(name: str, target: str) -> None:
    text = "dv/dt = -v / tau : mV\ntau = 5.0 : ms"
    plain, odd = (compile_model(NeuronModel(text, name=each), 0.1).source(target).splitlines() for each in ("a", name))
    differing = [ours for theirs, ours in zip(plain, odd, strict=True) if theirs != ours]
    assert all("One step of" in line for line in differing)
    if target != "cuda":
        ast.parse("\n".join(odd))


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_conditions_and_resets_see_the_end_of_the_step_and_derivatives_its_beginning(target: str) -> None:
    text = "last : ms\ndx/dt = t / tau : 1\ndy/dt = 0 / tau : ms\nspike when t >= start\non spike: y = t; x = x + 100"
    text = text.removeprefix("last : ms\n") + "\ntau = 1.0 : ms\nstart = 0.75 : ms"
    population = Alone(
        compile_model(NeuronModel(text.replace("t / tau", "t / tau**2"), integrator="euler"), 0.25), 2, target
    )
    seen = []
    for _ in range(4):
        spiked = population.step()
        seen.append((bool(spiked[1]), float(population["x"][1]), float(population["y"][1])))
    assert seen == [(False, 0.0, 0.0), (False, 0.0625, 0.0), (True, 100.1875, 0.75), (True, 200.375, 1.0)]


def test_the_time_is_a_word_of_the_notation_and_no_initial_value() -> None:
    with pytest.raises(InputError, match=r"line 1: expected a name that is not reserved, got 't'"):
        NeuronModel("t = 1.0 : ms\ndv/dt = -v / t : 1")
    with pytest.raises(InputError, match=r"line 2: expected only dt, tau, v in an initial value, got 't'"):
        NeuronModel("dv/dt = -v / tau : ms\non start: v = t\ntau = 1.0 : ms")
