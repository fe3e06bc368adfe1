"""Equations as text: checked, made flat, printed as NumPy, Numba and CUDA C."""

from neurosim.equations.compiled import CompiledModel, compile_model
from neurosim.equations.model import NeuronModel
from neurosim.equations.modules import load_module, load_update

__all__ = ["CompiledModel", "NeuronModel", "compile_model", "load_module", "load_update"]
