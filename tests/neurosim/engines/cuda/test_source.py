"""Every CUDA text compiles for two generations of devices, without a warning; no GPU is needed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import neurosim.neurons
import neurosim.rules
from neurosim.engines.cuda.source import kernel_source
from neurosim.equations import CompiledModel, CompiledRule, NeuronModel, SynapticRule, compile_model, compile_rule
from neurosim.rules.triplet_stdp import VISUAL_CORTEX
from tests.neurosim.engines.cuda.compilers import assert_nvrtc_takes, by_nvcc
from tests.neurosim.engines.cuda_networks import COMPETING
from tests.neurosim.engines.networks import NOISY
from tests.neurosim.engines.plastic_rules import CELL, RULES

SIGNALS = ("gate", "reward")
MAX_REGISTERS = 128  # of a thread, so that 4 blocks of 128 run on a multiprocessor side by side


def models_of(precision: str) -> list[CompiledModel]:
    """Every neuron, and models with noise and with shared variables."""
    neurons = [getattr(neurosim.neurons, name)() for name in neurosim.neurons.__all__]
    texts = [NeuronModel(NOISY, name="noisy"), NeuronModel(COMPETING, name="competing")]
    models = [compile_model(model, 0.1, precision) for model in (*neurons, *texts)]
    assert len({model.hash[:16] for model in models}) == len(models)
    return models


def rules_of(precision: str) -> list[CompiledRule]:
    """Every rule for synapses of spiking neurons, and those that read states and have events of every kind."""
    cell = compile_model(NeuronModel(CELL, name="cell"), 0.1, precision)
    rules = [*RULES.values()]
    for make in (getattr(neurosim.rules, name) for name in neurosim.rules.__all__):
        known = inspect.signature(make).parameters.values()
        values = VISUAL_CORTEX if make.__name__.endswith("TripletSTDP") else {}
        rule = make(**values, **{p.name: 2.0 for p in known if p.default is p.empty and p.kind is p.KEYWORD_ONLY})
        rules += [rule] if isinstance(rule, SynapticRule) else []
    assert len(rules) > 8
    return [compile_rule(rule, cell, cell, "i", SIGNALS, 0.1, precision) for rule in rules]


def whole(precision: str, wide: bool) -> str:
    """The text of all models and rules, and of states that are sent."""
    return kernel_source(models_of(precision), precision, wide, wide, rules_of(precision), SIGNALS, graded=True)


def test_the_text_includes_nothing_and_leaves_no_hole() -> None:
    text = whole("float32", False)
    assert "#include" not in text
    assert "//=" not in text
    assert text.count("return advance<Kind") == len(models_of("float32"))


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_neuron_and_rule_compiles(architecture: str, precision: str, tmp_path: Path) -> None:
    wide = architecture == "sm_90"  # both widths of synapses and of offsets
    printed = by_nvcc(whole(precision, wide), tmp_path, "-cubin", f"-arch={architecture}", "-Xptxas", "-v")
    used = [int(line.split("Used ")[1].split()[0]) for line in printed.splitlines() if "Used " in line]
    assert len(used) == 4 + 6 + 2
    assert max(used) <= MAX_REGISTERS


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_no_operation_is_fused_approximate_or_flushes_small_numbers(precision: str, tmp_path: Path) -> None:
    by_nvcc(whole(precision, False), tmp_path, "-ptx", "-arch=sm_90")
    instructions = (tmp_path / "kernels.out").read_text()
    assert "div.rn" in instructions
    assert not re.findall(r"\bfma\.|\.ftz|\.approx|\.full\b", instructions)


@pytest.mark.parametrize(("architecture", "precision"), [("sm_80", "float32"), ("sm_90", "float64")])
def test_the_compiler_of_the_engine_takes_the_text_without_headers(architecture: str, precision: str) -> None:
    assert_nvrtc_takes(whole(precision, precision == "float64"), architecture)
