"""Equations as text: checked, made flat, printed as NumPy, Numba and CUDA C."""

from neurosim.equations.compiled import CompiledModel, compile_model
from neurosim.equations.model import NeuronModel
from neurosim.equations.modules import load_module, load_update
from neurosim.equations.synaptic import SynapticRule
from neurosim.equations.synaptic_compiled import CompiledEvent, CompiledRule, Decay, compile_rule

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
