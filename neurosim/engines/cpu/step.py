"""Prints the loop over time for a network's shape: the set of its models and rules, whatever their sizes and values.

Numba caches only functions that live in a file and call functions of files. So the part that calls models and rules is
printed as a flat module, which is cached under the hash of its text; the rest is `loop.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from neurosim.engines.cpu.templates import fill, read_blocks, sources_digest
from neurosim.engines.layout.rule_names import signalled
from neurosim.equations import CompiledModel, CompiledRule, load_module

_TIME = "(np.{real}(step * {dt!r}), np.{real}((step + 1) * {dt!r})),"  # the times at which a step begins and ends


def load_loop(
    models: Sequence[CompiledModel],
    rules: Sequence[CompiledRule] = (),
    signals: Sequence[str] = (),
    graded: bool = False,
) -> Callable[..., Any]:
    """The function ``run`` for networks of ``models`` and ``rules``, of which kind k is number k.

    With rules, the last arguments are `addresses` and `PlasticArrays.scratch_sizes`;
    ``signals`` are the network's. If some projections send states (``graded``), their data comes before these.
    """
    loop: Callable[..., Any] = load_module(_print_loop(models, rules, signals, graded)).run
    return loop


def _print_loop(
    models: Sequence[CompiledModel], rules: Sequence[CompiledRule], signals: Sequence[str], graded: bool
) -> str:
    blocks = read_blocks("step")
    imports = [
        f"from {load_module(model.source('numba')).__name__} import update as update_{kind}"
        for kind, model in enumerate(models)
    ]
    optional = dict.fromkeys(blocks, "")
    arguments, freed, barriers = "", "", 1
    if graded:
        imports.append("from neurosim.engines.cpu.graded import note, receive")
        arguments += ", graded"
        optional |= {name: blocks[name] for name in ("receive", "note")}
    if rules:
        module = load_module(_print_plastic_step(rules, signals)).__name__
        imports.append(f"from {module} import post_phases, pre_phases")
        arguments += ", plastic, scratch_sizes"
        freed = " + own_fading.size + own_scratch.size"
        optional |= {name: blocks[name] for name in ("scratch", "pre_phases", "post_phases")}
        if any(side == "pre" for rule in rules for side, _ in rule.states.values()):
            barriers = 3
            optional |= {name: blocks[name] for name in ("wait_before", "wait_after")}
    updates = [
        fill(
            blocks["model"],
            {},
            kind=kind,
            noise=model.noise,
            states=len(model.states),
            inputs=len(model.inputs),
            scalars=len(model.program.scalars),
            arrays=len(model.program.arrays),
            time=_TIME.format(real=model.precision, dt=model.dt) if model.program.reads_time else "",
        )
        for kind, model in enumerate(models)
    ]
    return fill(
        blocks["head"] + "\n",
        optional | {"imports": "\n".join(imports), "models": "\n".join(updates)},
        digest=sources_digest(),
        arguments=arguments,
        freed=freed,
        noise=max((model.noise for model in models), default=0),
        barriers=barriers,
    )


def _print_plastic_step(rules: Sequence[CompiledRule], signals: Sequence[str]) -> str:
    """The module with ``pre_phases`` and ``post_phases`` for parts of ``rules``, by number, and ``signals``."""
    from neurosim.engines.cpu.events import located, print_events

    blocks, imports = read_blocks("plastic_step"), []
    for kind, rule in enumerate(rules):
        names = ["on_pre_phase", "on_post_phase", "retire_spikes", "apply_patches"]
        names += ["on_signal_phase"] if signalled(rule) else []
        module = load_module(print_events(rule, signals)).__name__
        imports.append(f"from {module} import {', '.join(f'{name} as {name}_{kind}' for name in names)}")

    def calls(name: str, kinds: Iterable[int] = range(len(rules))) -> str:
        return "\n".join(fill(blocks[name], {}, kind=kind) for kind in kinds)

    modulated = [kind for kind, rule in enumerate(rules) if signalled(rule)]
    holes = {name: calls(name) for name in ("apply_patches", "on_pre_phase", "on_post_phase")}
    holes |= {"imports": "\n".join(imports), "on_signal_phase": calls("on_signal_phase", modulated)}
    holes["on_signal_phases"] = blocks["on_signal_phases"] if modulated else ""
    return located(fill(blocks["head"] + "\n", holes, phases=1 + len(signals)))
