"""Equations as text: checked, made flat, printed as NumPy, Numba and CUDA C."""

from neurosim.equations.compiled_model import CompiledModel, compile_model, load_update
from neurosim.equations.compiled_rule import CompiledRule, Decay, compile_rule
from neurosim.equations.neuron_model import NeuronModel
from neurosim.equations.print.modules import load_module
from neurosim.equations.program.rule_lowering import CompiledEvent
from neurosim.equations.synaptic_rule import SynapticRule

__all__ = [
    "CompiledEvent",
    "CompiledModel",
    "CompiledRule",
    "Decay",
    "NeuronModel",
    "SynapticRule",
    "compile_model",
    "compile_rule",
    "load_module",
    "load_update",
]
