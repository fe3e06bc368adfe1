"""A relay neuron: it repeats input spikes, with the delay of the synapses; as NEST's parrot_neuron.

However many spikes arrive in a step, it emits one.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
i : 1, input   # what arrived in this step
spike when i > 0
"""


def Parrot(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """A relay: it spikes in each step in which input of positive weight arrives.

    Its state is the input ``i``, without a unit.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`; there is nothing to integrate.
    **values : float or array (n,)
        None: the model has no parameters.

    Returns
    -------
    NeuronModel
        For `neurosim.Network.population`.

    Raises
    ------
    InputError
        A parameter.

    Examples
    --------
    >>> Parrot().equations.states
    ('i',)
    """
    return NeuronModel(TEXT, name="Parrot", integrator=integrator, **values)
