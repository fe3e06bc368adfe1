"""Leaky integrator without spikes: the readout of a spiking network, dimensionless in everything but time.

Equations: Bellec et al. (2020), Nat. Commun. 11:3625.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (bias - v) / tau_m : 1, input

tau_m = 20.0               : ms
bias = 0.0                 : 1
"""


def LeakyIntegrator(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """A readout without spikes: an input spike of weight w adds w to ``v``, which relaxes to the bias with tau_m.

    Its state is ``v``, without a unit, which is also the input.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``: time constant in ms; 20
        - ``bias``: value of ``v`` without input; 0

    Returns
    -------
    NeuronModel
        For `neurosim.Network.population`.

    Raises
    ------
    InputError
        A parameter that the model does not have, or a value that cannot be used.

    References
    ----------
    Bellec et al. (2020), Nat. Commun. 11:3625.

    Examples
    --------
    >>> LeakyIntegrator(tau_m=10.0).values["tau_m"]
    10.0
    """
    return NeuronModel(TEXT, name="LeakyIntegrator", integrator=integrator, **values)
