"""Leaky integrate-and-fire neuron whose potential jumps at each input spike.

Equations and parameters: Brunel (2000), J. Comput. Neurosci. 8:183, with potentials relative to rest; r_m: ours.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (v_rest - v + r_m * i_ext) / tau_m : mV, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

tau_m = 20.0                               : ms
r_m = 0.1                                  : GOhm
v_rest = 0.0                               : mV
v_th = 20.0                                : mV
v_reset = 10.0                             : mV
t_ref = 2.0                                : ms
i_ext = 0.0                                : pA   # constant current
"""


def LIFDelta(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire; a spike of weight w mV adds w to ``v``, or is lost while the neuron is refractory.

    Its state is the potential ``v`` in mV, which is also the input.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``: membrane time constant in ms; 20
        - ``r_m``: membrane resistance in GOhm; 0.1
        - ``v_rest``, ``v_th``, ``v_reset``: rest, threshold and reset in mV; 0, 20, 10
        - ``t_ref``: refractory time in ms; 2
        - ``i_ext``: constant current in pA; 0

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
    Brunel (2000), J. Comput. Neurosci. 8:183.

    Examples
    --------
    >>> LIFDelta(t_ref=0.5).values["t_ref"]
    0.5
    """
    return NeuronModel(TEXT, name="LIFDelta", integrator=integrator, **values)
