"""What the loop over time does for plastic projections at the beginning and the end of a step.

At the beginning the pre events of all samples, in their order; at the end their post events, then what signals and the
clock do. Printed for the rules of a network, since it calls their events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from neurosim.engines.cpu.events import RuleText
from neurosim.engines.cpu.templates import sources_digest
from neurosim.engines.layout.rule_names import located, signalled
from neurosim.equations import load_module

if TYPE_CHECKING:
    from neurosim.equations import CompiledRule

_HEAD = '''"""The plastic projections of a network in a step. Printed by neurosim.engines.cpu.plastic_steps."""

import numpy as np

from neurosim.engines.layout import columns as at
from neurosim.core.jit import compiled, inlined
from neurosim.engines.cpu.loop import CLOCK, first_from
from neurosim.core.views import flat, vector
{imports}
OPENING, CLOSING = np.bool_(True), np.bool_(False)  # of NumPy: for each literal a function is compiled once more


@compiled
def mend(p, task, step, opening, log, state, chain):
    """Let the traces that were written by hand take effect: those of segments in the ``opening``, or all others."""
    for k in range(first_from(vector(p.patch_steps, 0, p.patch_steps.shape[1]), step), p.patch_steps.shape[1]):
        if p.patch_steps[k] != step:
            break
        row, sample, kind, i = p.patches[4 * k], p.patches[4 * k + 1], p.patches[4 * k + 2], p.patches[4 * k + 3]
        if (kind == on.SEGMENT_PATCH) != opening:
            continue
        if row < p.of_owner[task[at.OWNER_FROM]] or row >= p.of_owner[task[at.OWNER_TO]]:
            continue
        if sample >= task[at.SAMPLE_FROM] and sample < task[at.SAMPLE_TO]:
            states = vector(state, sample * state.shape[1], state.shape[1])
            rule = p.parts[row * on.COLUMNS + on.RULE]
{mend}

@inlined
def open_step(p, task, now, step, owners, log, log_from, slots, state, fading, chain):
    """The pre events; the number of synapses that they visit."""
    events = 0
    for sample in range(task[at.SAMPLE_FROM], task[at.SAMPLE_TO]):
        lane, lanes = (sample - task[at.SAMPLE_FROM]) * owners.shape[0], owners.shape[0]
        states = vector(state, sample * state.shape[1], state.shape[1])
        for owner in range(task[at.OWNER_FROM], task[at.OWNER_TO]):
            slot_at = sample * slots.shape[1] + owners[owner, at.SLOT_FROM]
            own_slots = vector(slots, slot_at, owners[owner, at.SLOT_TO] - owners[owner, at.SLOT_FROM])
            for row in range(p.of_owner[owner], p.of_owner[owner + 1]):
                rule = p.parts[row * on.COLUMNS + on.RULE]
{before}
    mend(p, task, step, OPENING, log, state, chain)
    return events


@inlined
def close_step(p, task, now, step, owners, log, log_from, state, chain):
    """The post events, and all that follows them."""
    for sample in range(task[at.SAMPLE_FROM], task[at.SAMPLE_TO]):
        lane = (sample - task[at.SAMPLE_FROM]) * owners.shape[0]
        states = vector(state, sample * state.shape[1], state.shape[1])
        for owner in range(task[at.OWNER_FROM], task[at.OWNER_TO]):
            for row in range(p.of_owner[owner], p.of_owner[owner + 1]):
                rule = p.parts[row * on.COLUMNS + on.RULE]
{after}
    mend(p, task, step, CLOSING, log, state, chain)
{modulating}'''

_MODULATING = """    for each in range({phases}):
        phase = CLOCK if each == {phases} - 1 else each
        for sample in range(task[at.SAMPLE_FROM], task[at.SAMPLE_TO]):
            states = vector(state, sample * state.shape[1], state.shape[1])
            for row in range(p.of_owner[task[at.OWNER_FROM]], p.of_owner[task[at.OWNER_TO]]):
                rule = p.parts[row * on.COLUMNS + on.RULE]
{calls}"""


def print_steps(rules: Sequence[CompiledRule], signals: Sequence[str]) -> str:
    """The module with ``open_step`` and ``close_step`` for parts of ``rules``, by number, and ``signals``."""
    digest = sources_digest()
    modules = [load_module(RuleText(rule, signals).module(digest)).__name__ for rule in rules]
    all_kinds = range(len(rules))
    kinds: dict[str, Sequence[int]] = dict.fromkeys(("after", "before", "mend", "settle"), all_kinds)
    kinds["modulate"] = [kind for kind in all_kinds if signalled(rules[kind])]
    imports = "".join(
        f"from {modules[kind]} import {each} as {each}_{kind}\n" for each, own in kinds.items() for kind in own
    )
    log = "p, sample, lane + owner, now, step, log, log_from"
    calls = {
        "mend": ["mend_{}(row, p, sample, kind, i, k, step, log, states, chain)"],
        "before": [
            "events += before_{}(row, p, sample, lane, lanes, now, step, log, log_from, own_slots, states, fading, "
            "chain)"
        ],
        "after": [f"after_{{}}(row, {log}, states, chain)", f"settle_{{}}(row, {log}, states)"],
        "modulate": ["modulate_{}(row, p, sample, step, phase, log, states)"],
    }
    depths = {"mend": 12, "before": 16, "after": 16, "modulate": 16}
    texts = {name: _dispatch(depths[name], lines, kinds[name]) for name, lines in calls.items()}
    modulate = texts.pop("modulate")
    modulating = _MODULATING.format(phases=1 + len(signals), calls=modulate) if modulate else ""
    return located(_HEAD.format(imports=imports, modulating=modulating, **texts))


def _dispatch(depth: int, lines: Sequence[str], kinds: Iterable[int]) -> str:
    """The calls for each of the rules of these ``kinds``, where ``rule`` is the number of one."""
    margin = " " * depth
    text = ""
    for kind in kinds:
        text += f"{margin}if rule == {kind}:\n"
        text += "".join(f"{margin}    {line.format(kind)}\n" for line in lines)
    return text
