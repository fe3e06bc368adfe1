"""The specification of the engine, in plain NumPy: obvious and slow. Every other engine must equal it bit for bit."""

from neurosim.engines.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
