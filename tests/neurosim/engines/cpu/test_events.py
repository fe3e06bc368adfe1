"""What is printed for a rule can be read: its variables and the columns of tables go by their names."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.cpu.events import print_events
from neurosim.engines.engine import SignalState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import SynapticRule
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.networks import plan_of

MODULATED = """
dtrace/dt = -trace / tau : 1, pre
drecent/dt = -recent / tau : 1, post
deligible/dt = -eligible / tau : w
load = sum(w) : w, post
on pre: send w; eligible = eligible - rate * recent; trace = trace + 1
on post: eligible = eligible + rate * trace * (v_post - v_0) / v_0; recent = recent + 1
on pre_phase: w = clip(w + pre_phase * eligible - rate * load / w_one, w_min, w_max)
tau = 20.0 : ms
rate = 0.1 : w
w_one = 1.0 : w
v_0 = -60.0 : mV
"""
TRACED = ("w", "trace", "recent", "eligible")


def plan(rule: SynapticRule) -> NetworkPlan:
    """Two sources and two neurons, joined by synapses with ``rule``."""
    net = Network(1)
    net.population("in", 2, Poisson(500.0))
    net.population("cells", 2, LIF(i_ext=600.0))
    if rule.text == MODULATED:
        net.signal("pre_phase")
    net.connect("in", "cells", AllToAll(), weight=0.5, rule=rule)
    return plan_of(net)


def printed(of: NetworkPlan) -> str:
    """The module of the only rule."""
    plastic = of.projections[0].plastic
    assert plastic is not None
    return print_events(plastic.rule, of.signals)


def words(text: str) -> set[str]:
    """The names in some code."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def test_the_module_of_a_rule_names_its_variables() -> None:
    names = words(printed(plan(PairSTDP(w_max=1.0))))
    assert {"s_w", "v_w", "n_w", "pre_of_x", "v_x", "n_x", "post_of_y", "v_y", "n_y", "before_y"} <= names
    names = words(printed(plan(SynapticRule(MODULATED, w_min=0.0, w_max=1.0))))
    assert {f"v_{name}" for name in TRACED} | {
        "stamp_eligible",
        "pre_of_trace",
        "post_of_recent",
        "total_load",
    } <= names


@pytest.mark.parametrize("rule", [PairSTDP(w_max=1.0), SynapticRule(MODULATED, w_min=0.0, w_max=1.0)])
def test_columns_go_by_their_names(rule: SynapticRule) -> None:
    text = printed(plan(rule))
    assert not re.search(r"part\[\d", text)
    assert "part[Plastic.DENDRITIC]" in text


def test_a_rule_has_the_functions_that_it_needs() -> None:
    def functions(rule: SynapticRule) -> set[str]:
        return {each.name for each in ast.parse(printed(plan(rule))).body if isinstance(each, ast.FunctionDef)}

    always = {"on_pre_phase", "on_post_phase", "retire_spikes", "apply_patches", "on_pre_full", "on_pre_sparse"}
    deferred = {"replay_full", "replay_sparse", "replay_segment", "replay_deferred_events"}
    assert functions(PairSTDP(w_max=1.0)) == always | deferred
    modulated = {"on_post_column", "on_signal_phase", "visit_on_pre_phase", "add_load"}
    assert functions(SynapticRule(MODULATED, w_min=0.0, w_max=1.0)) == always | modulated


def test_a_signal_may_be_called_what_a_phase_is_called() -> None:
    of = plan(SynapticRule(MODULATED, w_min=0.0, w_max=1.0))
    engines = CpuEngine(of, [], 1), ReferenceEngine(of, [])
    for engine in engines:
        engine.advance(300)
        engine.set_signal(0, SignalState(np.ones(1, np.float32), np.ones(1, bool)))
        engine.advance(200)
    found, wanted = (engine.synaptic(0).values for engine in engines)
    assert np.array_equal(found, wanted)
    assert len(np.unique(wanted)) > 2
