"""What printed events depend on: rules that differ in values only share them, all others do not."""

from __future__ import annotations

import pytest

from neurosim.engines.layout.rule_names import text_key
from neurosim.equations import CompiledRule, NeuronModel, SynapticRule
from neurosim.equations.compiled_model import compile_model
from neurosim.equations.compiled_rule import compile_rule

MODEL = """
dv/dt = -v / tau : mV
du/dt = -u / tau : mV
di/dt = -i / tau : mV, input
spike when v >= v_th
tau = 10.0 : ms
v_th = 1.0 : mV
"""
RULE = """
dx/dt = -x / tau : 1, pre
on pre: send w; x = x + 1
on gate: w = clip(w + gate * x * a, w_min, w_max)
every p * ms_: w = clip(w - a * v_post / scale, w_min, w_max)
tau = 20.0 : ms
ms_ = 1.0 : ms
p = 3.0 : 1
scale = 1.0 : mV
a = 0.1 : w
"""


def compiled(text: str = RULE) -> CompiledRule:
    post = compile_model(NeuronModel(MODEL, name="cell"), 0.1)
    return compile_rule(SynapticRule(text, w_min=0.0, w_max=1.0), None, post, "i", ["gate", "reward"], 0.1)


def test_rules_that_differ_in_values_share_their_text() -> None:
    assert text_key(compiled()) == text_key(compiled(RULE.replace("20.0", "30.0").replace("0.1 : w", "0.2 : w")))


@pytest.mark.parametrize(("old", "new"), [("p = 3.0", "p = 4.0"), ("v_post", "u_post"), ("gate * x", "reward * x")])
def test_rules_of_the_same_functions_but_another_text_are_told_apart(old: str, new: str) -> None:
    one, other = compiled(), compiled(RULE.replace(old, new))
    assert text_key(one) != text_key(other)
    if old == "p = 3.0":
        assert one.hash == other.hash
