"""Every CUDA text compiles for two generations of devices, without a warning; no GPU is needed."""

from __future__ import annotations

import ctypes
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import neurosim.neurons
import neurosim.rules
from neurosim.equations import CompiledModel, CompiledRule, NeuronModel, SynapticRule, compile_model, compile_rule
from neurosim.kernels.cuda.device import OPTIONS
from neurosim.kernels.cuda.source import kernel_source
from neurosim.rules.triplet_stdp import VISUAL_CORTEX
from tests.neurosim.kernels.cpu.networks import NOISY
from tests.neurosim.kernels.cpu.test_plastic import CELL, RULES
from tests.neurosim.kernels.cuda.networks import COMPETING

SIGNALS = ("gate", "reward")
LARGEST_REGISTERS = 128  # of a thread, so that 4 blocks of 128 run on a multiprocessor side by side


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
        values = VISUAL_CORTEX if any(p.kind is p.VAR_KEYWORD for p in known) else {}
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
    assert max(used) <= LARGEST_REGISTERS


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_no_operation_is_fused_approximate_or_flushes_small_numbers(precision: str, tmp_path: Path) -> None:
    by_nvcc(whole(precision, False), tmp_path, "-ptx", "-arch=sm_90")
    instructions = (tmp_path / "kernels.out").read_text()
    assert "div.rn" in instructions
    assert not re.findall(r"\bfma\.|\.ftz|\.approx|\.full\b", instructions)


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_the_compiler_of_the_engine_takes_the_text_without_headers(architecture: str) -> None:
    found = [path for folder in sys.path for path in Path(folder).glob("nvidia/c*/lib/libnvrtc.so.*")]
    if not found:
        pytest.skip("NVRTC is not installed; pip install 'neurosim-lab[nvrtc]'")
    library, program, size = ctypes.CDLL(str(found[0])), ctypes.c_void_p(), ctypes.c_size_t()
    source = whole("float32", False).encode()
    assert library.nvrtcCreateProgram(ctypes.byref(program), source, b"neurosim.cu", 0, None, None) == 0
    options = [option.encode() for option in (*OPTIONS, f"--gpu-architecture={architecture}")]
    status = library.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    assert (status, log.value.decode()) == (0, "")
    assert library.nvrtcGetCUBINSize(program, ctypes.byref(size)) == 0
    assert size.value > 0


def by_nvcc(source: str, folder: Path, *flags: str) -> str:
    """What nvcc prints, which must be no warning; it writes kernels.out."""
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    (folder / "kernels.cu").write_text(source)
    places = ["-o", str(folder / "kernels.out"), str(folder / "kernels.cu")]
    command = ["nvcc", *flags, "-Werror", "all-warnings", *OPTIONS, *places]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stderr
