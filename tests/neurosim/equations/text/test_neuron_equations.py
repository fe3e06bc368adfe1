"""A mistake in a text is reported with the model, the line, the word, what was expected and the known words."""

from __future__ import annotations

import re

import pytest

from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel
from neurosim.equations.text.expressions import evaluate
from neurosim.equations.text.neuron_equations import check

GOOD = """
dv/dt = (v_rest - v + r_m * i) / tau_m  : mV
di/dt = -i / tau_s                      : pA, input
spike when v >= v_th
on spike: v = v_reset
refractory t_ref: hold v
v_rest = -70.0                          : mV            # a comment
v_th = -50.0                            : mV
v_reset = -70.0                         : mV
tau_m = 10.0                            : ms
tau_s = 5.0                             : ms
r_m = 0.1                               : GOhm
t_ref = 2.0                             : ms
"""


def test_the_text_of_the_notation_is_understood() -> None:
    equations = check(GOOD, "LIF")
    assert equations.states == ("v", "i")
    assert equations.inputs == ("i",)
    assert equations.held == ("v",)
    assert equations.parameters["v_rest"] == -70.0
    slope = evaluate(equations.derivatives["v"], {"v": -60.0, "i": 100.0, **equations.parameters})  # type: ignore[dict-item]
    assert slope == pytest.approx((-70.0 + 60.0 + 0.1 * 100.0 + 0.0) / 10.0)


# what replaces which piece of the good text, and what the message must hold
MISTAKES = [
    ("- v +", "- u +", ["LIF line 1", "'u'", "v_rest", "i"]),  # unknown variable
    ("v_rest - v", "v_rst - v", ["LIF line 1", "'v_rst'", "did you mean 'v_rest'?"]),
    ("r_m * i)", "i)", ["LIF line 1", "expected unit mV", "unit pA", "'i'"]),  # wrong unit in a sum
    ("/ tau_m", "/ r_m", ["LIF line 1", "expected unit mV/ms", "dv/dt"]),
    ("v >= v_th", "v >= tau_m", ["LIF line 3", "expected unit mV", "unit ms"]),
    ("v >= v_th", "v >= -50.0", ["LIF line 3", "expected unit mV", "unit 1", "define a parameter"]),
    ("v >= v_th", "v", ["LIF line 3", "expected a condition", "'v'"]),
    ("v = v_reset", "v = t_ref", ["LIF line 4", "expected unit mV", "the new v"]),
    ("on spike: v = v_reset", "on spike: u = v_reset", ["LIF line 4", "state variable", "'u'", "v"]),
    ("on spike: v = v_reset", "on spike: v_th = v_reset", ["LIF line 4", "state variable", "'v_th'"]),
    ("on spike: v = v_reset", "on spike: v", ["LIF line 4", "'name = expression'", "'v'"]),
    ("on spike:", "on spik:", ["LIF line 4", "'spik'", "did you mean 'spike'?"]),
    ("on spike: v = v_reset", "on start: v = i", ["LIF line 4", "unit mV", "unit pA"]),
    ("hold v", "hold w", ["LIF line 5", "'w'", "i, v"]),
    ("refractory t_ref", "refractory v_th", ["LIF line 5", "expected unit ms", "unit mV"]),
    ("refractory t_ref: hold v", "refractory t_ref", ["LIF line 5", "refractory t_ref: hold v"]),
    ("spike when v >= v_th", "", ["LIF line 4", "spike when condition", "none"]),
    (": mV            # a comment", "", ["LIF line 6", "v_rest = -70.0", "the unit"]),
    (": mV            #", ": Volt #", ["LIF line 6", "'Volt'", "mV", "GOhm"]),
    ("pA, input", "pA, inptu", ["LIF line 2", "'inptu'", "did you mean 'input'?"]),
    ("pA, input", "pA, shared", ["LIF line 2", "shared", "'i'"]),
    ("-i / tau_s", "-i / ", ["LIF line 2", "Python expression", "'-i /'"]),
    ("-i / tau_s", "-i // tau_s", ["LIF line 2", "+ - * / **", "//"]),
    ("-i / tau_s", "-i[0] / tau_s", ["LIF line 2", "notation", "i[0]"]),
    ("-i / tau_s", "-sinh(i) / tau_s", ["LIF line 2", "function", "'sinh'", "exp"]),
    ("-i / tau_s", "-exp(i) / tau_s", ["LIF line 2", "expected unit 1", "inside exp"]),
    ("-i / tau_s", "-i ** r_m / tau_s", ["LIF line 2", "unit 1 after **", "'r_m'"]),
    ("-i / tau_s", "-i ** (t_ref / dt) / tau_s", ["LIF line 2", "unit 1 before **", "'i'"]),
    ("-i / tau_s", "-i ** 1e300 / tau_s", ["LIF line 2", "exponent from -100 to 100", "'1e+300'"]),
    ("-i / tau_s", "-sin(i) / tau_s", ["LIF line 2", "unit 1 inside sin", "unit pA in 'i'"]),
    ("-i / tau_s", "-floor(i) / tau_s", ["LIF line 2", "unit 1 inside floor", "'i'"]),
    ("-i / tau_s", "-max(i) / tau_s", ["LIF line 2", "2 arguments for max", "shared"]),
    ("-i / tau_s", "-clip(i, 0) / tau_s", ["LIF line 2", "3 arguments for clip"]),
    ("-i / tau_s", "(i > 0) / tau_s", ["LIF line 2", "expected a quantity", "'i > 0'", "where"]),
    ("-i / tau_s", "-i / tau_s + True", ["LIF line 2", "notation", "True"]),
    ("v_reset = -70.0 ", "v_rest = -70.0 ", ["LIF line 8", "'v_rest'", "the first is line 6"]),  # duplicate
    ("v_reset = -70.0 ", "exp = -70.0 ", ["LIF line 8", "'exp'", "that is not reserved"]),
    ("v_reset = -70.0 ", "2v = -70.0 ", ["LIF line 8", "a name", "'2v'"]),
    ("v_reset = -70.0 ", "v_reset = 2 * v_reset ", ["LIF line 8", "v_reset -> v_reset"]),  # self-referential
    ("v_reset = -70.0 ", "v_reset = v_a : mV\nv_a = v_b : mV\nv_b = v_a ", ["LIF line 9", "v_a -> v_b -> v_a"]),
    ("tau_s = 5.0  ", "spike when i > 0\ntau_s = 5.0", ["LIF line 10", "a second one", "line 3"]),
    ("tau_s = 5.0  ", "on spike: v = v_th\ntau_s = 5.0", ["LIF line 10", "a second one", "line 4"]),
]


@pytest.mark.parametrize(("piece", "wrong", "words"), MISTAKES, ids=[repr(wrong) for _, wrong, _ in MISTAKES])
def test_a_mistake_is_named_with_its_line_and_word(piece: str, wrong: str, words: list[str]) -> None:
    assert GOOD.count(piece) == 1
    with pytest.raises(InputError) as raised:
        NeuronModel(GOOD.replace(piece, wrong), name="LIF")
    message = str(raised.value)
    assert "\n" not in message
    assert not [word for word in words if word not in message], message


def test_every_mistake_of_the_table_is_one() -> None:
    assert NeuronModel(GOOD, name="LIF").name == "LIF"


def test_a_rate_in_hertz_does_not_count_as_one_per_ms() -> None:
    text = "dn/dt = rate : 1\nrate = 5.0 : Hz"
    with pytest.raises(InputError, match=re.escape("1 Hz is 0.001/ms; convert with a parameter of unit 1/(ms*Hz)")):
        NeuronModel(text)
    assert NeuronModel("dn/dt = rate * second : 1\nrate = 5.0 : Hz\nsecond = 0.001 : 1/(ms*Hz)").values["rate"] == 5.0


def test_zero_fits_every_unit() -> None:
    assert check("dv/dt = 0 : mV\nspike when v > 0\non spike: v = 0", "zero").states == ("v",)


def test_noise_has_the_unit_of_one_over_the_root_of_time() -> None:
    with pytest.raises(InputError, match="expected unit mV/ms in"):
        check("dv/dt = -v / tau + sigma * xi : mV\ntau = 1.0 : ms\nsigma = 1.0 : mV", "noisy")
    assert check("dv/dt = -v / tau + sigma * xi : mV\ntau = 1.0 : ms\nsigma = 1.0 : mV/sqrt(ms)", "noisy").states


def test_noise_outside_a_derivative_is_unknown() -> None:
    with pytest.raises(InputError, match="'xi'"):
        check("dv/dt = 0 : 1\nspike when v > xi", "noisy")


def test_a_definition_stands_for_its_expression() -> None:
    text = "dv/dt = -leak : mV\nleak = rate * v : mV/ms\nrate = 1 / tau : 1/ms\ntau = 4.0 : ms"
    assert evaluate(check(text, "nested").derivatives["v"], {"v": 8.0, "tau": 4.0}) == -2.0


def test_a_shared_variable_reads_neurons_only_through_a_reduction() -> None:
    with pytest.raises(InputError, match=r"line 2: expected only .* outside sum\(\.\.\.\), got 'v'"):
        check("dv/dt = 0 : 1\ntotal = sum(v) + v : 1, shared", "pool")
    assert check("dv/dt = 0 : 1\ntotal = sum(v) + 1 : 1, shared", "pool").shared.keys() == {"total"}


def test_a_text_without_a_state_is_refused() -> None:
    with pytest.raises(InputError, match="at least one state"):
        check("tau = 1.0 : ms", "empty")
