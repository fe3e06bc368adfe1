"""A mistake in the text of a synaptic rule is one line with the rule, the line, the word and what was expected."""

from __future__ import annotations

import pytest

from neurosim.core.errors import InputError
from neurosim.equations import SynapticRule, compile_model, compile_rule
from neurosim.equations.text.rule_equations import check_rule
from neurosim.neurons import LIF

GOOD = """
dx/dt = -x / tau_plus   : 1, pre
dy/dt = -y / tau_minus  : 1, post
dc/dt = (c_0 - c) / tau_c : 1
r : 1
gain = 2 * (y + c)      : 1
on start: c = c_0; r = 1
on pre: send w * r; r = r - u * r; w = clip(w - a * y, w_min, w_max); x = x + 1
on post: c = c + gain * x + (v_post - theta) / theta; y = y + 1
on reward: w = clip(w + a * c * reward, w_min, w_max)
every pause: w = w * 0.5
tau_plus = 20.0         : ms
tau_minus = 20.0        : ms
tau_c = 1000.0          : ms
pause = 10.0            : ms
c_0 = 0.25              : 1
u = 0.5                 : 1
a = 0.01                : w
theta = 5.0             : mV
w_min = 0.0             : w
"""
SIGNALS = ("reward", "gate")


def compiled(text: str) -> None:
    lif = compile_model(LIF(), 0.1)
    compile_rule(SynapticRule(text, name="rule", w_max=1.0), None, lif, lif.inputs[0], SIGNALS, 0.1)


def test_a_rule_of_all_forms_is_understood() -> None:
    rule = check_rule(GOOD, "rule")
    assert rule.variables == {"w": "synaptic", "x": "pre", "y": "post", "c": "synaptic", "r": "synaptic"}
    assert [event.name for event in rule.events] == ["pre", "post", "reward", "every"]
    assert rule.signals == ("reward",)
    assert rule.states == ("v_post",)
    assert rule.parameters["w_max"] is None
    compiled(GOOD)


# what replaces which piece of the good text, and what the message must hold
MISTAKES = [
    ("-x / tau_plus", "-x * x / tau_plus", ["rule line 1", "dx/dt = (a - x) / tau", "-x * x / tau_plus"]),
    ("-x / tau_plus", "y / tau_plus", ["rule line 1", "dx/dt = (a - x) / tau"]),
    ("-x / tau_plus", "-x / tau_plus / u / y", ["rule line 1", "constant"]),
    ("-x / tau_plus", "-x / u", ["rule line 1", "unit 1/ms", "dx/dt"]),
    ("-x / tau_plus", "x / tau_plus", ["rule.x", "tau > 0", "-20"]),
    ("tau_plus = 20.0 ", "tau_plus = -20.0 ", ["rule.tau_plus", "a value > 0 in ms", "-20"]),
    (": 1, pre", ": 1, per", ["rule line 1", "'per'", "did you mean 'pre'?"]),
    (": 1, pre", ": 1, pre, post", ["rule line 1", "one of the flags", "pre, post"]),
    ("r : 1", "r = 1.0 : 1, pre", ["rule line 4", "the flag pre", "'r'"]),
    ("r : 1", "dw/dt = -w / tau_c : w", ["rule line 4", "the weight", "'w'"]),
    ("r : 1", "reward : 1", ["rule line 9", "name of an event", "'reward'"]),
    ("w * r; r", "w; s", ["rule line 7", "variable", "'s'", "c, r, w, x, y"]),
    ("r = r - u * r", "v_post = theta", ["rule line 7", "'v_post'", "c, r, w, x, y"]),
    ("r = r - u * r", "u = 1.0", ["rule line 7", "'u'", "a constant", "c, r, w, x, y"]),
    ("r = r - u * r", "reward = 1.0", ["rule line 7", "'reward'", "a signal"]),
    ("r = r - u * r", "q = 1.0", ["rule line 7", "variable", "c, r, w, x, y", "'q'"]),
    ("r = r - u * r", "q = q + 1.0", ["rule line 7", "c, r, w, x, y", "'q'", "only read", "'q : unit'"]),
    ("r = r - u * r", "gain = 1.0", ["rule line 7", "'gain'", "a definition"]),
    ("r = r - u * r", "y = 1.0", ["rule line 7", "'y'", "'on post' only", "'on pre'"]),
    ("r = r - u * r", "r + 1", ["rule line 7", "'name = expression'", "'r + 1'"]),
    ("r = r - u * r", "send w", ["rule line 7", "one 'send expression'", "a second"]),
    ("send w * r", "send r", ["rule line 7", "unit w", "what is sent", "unit 1"]),
    ("send w * r; ", "", ["rule line 1", "one 'send expression' in 'on pre'", "none"]),
    ("c = c + gain * x +", "send w; c = c +", ["rule", "send"]),
    ("w = w * 0.5", "x = 1.0", ["rule line 10", "'x'", "'on pre' only", "'every'"]),
    ("x = x + 1", "x = x + y", ["rule line 7", "the new x", "'y'", "reward"]),
    ("x = x + 1", "x = x + w / a", ["rule line 7", "the new x", "'w'"]),
    ("y = y + 1", "y = y + v_post / theta", ["rule line 8", "the new y", "'v_post'"]),
    ("send w * r; r = r", "x = x + 1; send w * x; r = r", ["rule line 7", "'x'", "before"]),
    ("- a * y,", "- a * (y + 1 * tau_c),", ["rule line 7", "unit 1", "unit ms"]),
    ("+ (v_post - theta) / theta", "+ v_post", ["rule line 8", "unit 1", "unit mV", "'v_post'"]),
    ("v_post", "g_post", ["rule line 8", "'g_post'", "v_post"]),
    ("v_post", "v_pre", ["rule line 8", "'v_pre'", "v_post"]),
    ("* reward,", "* rewrd,", ["rule line 9", "'rewrd'", "did you mean 'reward'?"]),
    ("on reward", "on rewad", ["rule line 9", "'rewad'", "did you mean 'reward'?"]),
    ("on reward", "on post", ["rule line 9", "one line 'on post'", "line 8"]),
    ("every pause", "every u", ["rule line 10", "unit ms", "unit 1"]),
    ("every pause", "every pause * reward", ["rule line 10", "'reward'"]),
    ("pause = 10.0", "pause = 0.05", ["rule.every", "multiple of dt"]),
    ("on start: c = c_0", "on start: c = y", ["rule line 6", "an initial value", "'y'"]),
    ("on start: c = c_0", "on start: w = a", ["rule line 6", "'w'", "weight="]),
    ("on post:", "on post", ["rule line 8", "'on post: ...'"]),
    ("gain = 2", "gain = gain", ["rule line 5", "gain -> gain"]),
    ("w_min = 0.0             : w", "w_min = 0.0 : 1", ["rule line 19", "w_min", ": w'"]),
    ("w_min = 0.0", "w_min = 2.0", ["rule.w_max", "w_min <= w_max", "2"]),
    ("theta = 5.0             : mV", "theta : mV", ["rule.theta", "a value in mV", "none"]),
]


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES)
def test_a_mistake_is_named_in_one_line(old: str, new: str, words: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        compiled(GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


# lines that are added to the good text, and what the message must hold
SUMS = [
    ("total = sum(w) : w", ["rule line 20", "'total = sum(expression) : unit, post'", "flagged neither"]),
    ("total = sum(w) : w, pre", ["rule line 20", "'sum(w)' flagged pre"]),
    ("total = sum(w) : 1, post", ["rule line 20", "unit 1", "unit w"]),
    ("total = 2 * sum(w) : w, post", ["rule line 20", "sum(expression)", "'2 * sum(w)'"]),
    ("total = sum(w * x) : w, post", ["rule line 20", "a sum over synapses", "'x'"]),
    ("total = sum(w * v_post / theta) : w, post", ["rule line 20", "a sum over synapses", "'v_post'"]),
    ("total = sum(w) : w, post\ntwice = sum(total) : w, post", ["rule line 21", "a sum over synapses", "'total'"]),
    ("total = sum(w) : w, post\nevery total: w = w", ["rule line 21", "unit ms"]),
    ("total = sum(w) : w, post\nevery pause: total = a", ["rule line 21", "'total'", "a definition"]),
    ("total = sum(w, r) : w, post", ["rule line 20", "sum(expression)", "'sum(w, r)'"]),
]


@pytest.mark.parametrize(("lines", "words"), SUMS)
def test_a_sum_that_cannot_be_taken_is_refused_in_one_line(lines: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        compiled(f"{GOOD.strip()}\n{lines}")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("event", ["on pre: send w * r;", "on post:"])
def test_a_spike_sees_no_sum(event: str) -> None:
    """At a spike the synapses of a neuron change one after the other."""
    text = GOOD.replace(event, f"{event} r = total / a;", 1) + "total = sum(w) : w, post"
    with pytest.raises(
        InputError, match=r"rule line [78]: expected sums in 'every' and 'on signal' only, .*'total' in 'on p"
    ):
        compiled(text)


def test_a_sum_is_read_by_definitions_at_signals_and_by_the_clock() -> None:
    text = GOOD.replace("w = w * 0.5", "w = w * share").replace("a * c * reward", "a * c * reward * share", 1)
    text += "total = sum(w * r) : w, post\nshare = a / total : 1"
    rule = check_rule(text, "rule")
    assert rule.variables == check_rule(GOOD, "rule").variables
    assert list(rule.sums) == ["total"]
    assert rule.parameters == check_rule(GOOD, "rule").parameters
    compiled(text)


def test_a_declared_unit_of_the_weight_must_be_that_of_the_input() -> None:
    lif = compile_model(LIF(), 0.1)
    rule = SynapticRule("w : nS\non pre: send w", name="rule", w_min=0.0, w_max=1.0)
    with pytest.raises(InputError, match=r"rule\.w: expected the unit of the input 'i', pA, got nS"):
        compile_rule(rule, None, lif, "i", (), 0.1)
    compile_rule(SynapticRule("w : pA\non pre: send w", w_min=0.0, w_max=1.0), None, lif, "i", (), 0.1)


def test_only_what_a_postsynaptic_spike_does_may_forbid_to_do_it_later() -> None:
    lif = compile_model(LIF(), 0.1)

    def family(text: str) -> str:
        rule = SynapticRule(f"on pre: send w\n{text}", w_min=0.0, w_max=1.0)
        return compile_rule(rule, lif, lif, "i", ("reward",), 0.1).family

    assert family("one = 1.0 : mV\non post: w = w * 2") == "pre_only"
    assert family("one = 1.0 : mV\non post: w = w * v_post / one") == "two_sided"
    assert family("on post: w = w * reward") == "two_sided"
    assert family("on reward: w = w * 2") == "two_sided"
    assert family("pause = 1.0 : ms\nevery pause: w = w * 2") == "two_sided"


def test_a_default_may_follow_from_other_parameters_and_be_overridden() -> None:
    text = "on pre: send w; w = w + b\nb = 2 * a : w, parameter\na = 0.5 * w_max : w, parameter\nw_min = 0 : w"
    assert SynapticRule(text, w_max=3.0).values["b"] == 3.0
    assert SynapticRule(text, w_max=3.0, a=4.0).values["b"] == 8.0
    assert SynapticRule(text, w_max=3.0, a=4.0, b=1.0).values["b"] == 1.0
    with pytest.raises(InputError, match=r"b -> a -> b|a -> b -> a"):
        SynapticRule(text.replace("0.5 * w_max", "b"), w_max=3.0)
