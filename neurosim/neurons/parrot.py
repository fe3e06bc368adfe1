"""A neuron that repeats what it receives, with its synapses' delay: a relay, as NEST's parrot_neuron.

However many spikes arrive in a step, it emits one.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
i : 1, input   # what arrived in this step
spike when i > 0
"""


def Parrot(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """A relay: it spikes in each step in which input of positive weight arrives."""
    return NeuronModel(TEXT, name="Parrot", integrator=integrator, **values)
