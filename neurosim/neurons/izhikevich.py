"""Izhikevich's simple model. Source: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569, eqs. 1 to 3, figure 2.

The paper's numbers 0.04, 5 and 140 appear here with their units. The derivative is taken at min(v, v_peak), which
changes nothing before the spike and keeps the recovery free of the upstroke's last step.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = quadratic * vm**2 + linear * vm + constant - u + i + i_ext : mV
du/dt = a * (b * vm - u)                                           : mV/ms
vm = min(v, v_peak)                                                : mV
i                                                                  : mV/ms, input   # holds for one step
spike when v >= v_peak
on spike: v = c; u = u + d
on start: v = c; u = b * c

a = 0.02                                                           : 1/ms
b = 0.2                                                            : 1/ms
c = -65.0                                                          : mV
d = 8.0                                                            : mV/ms
v_peak = 30.0                                                      : mV
quadratic = 0.04                                                   : 1/(mV*ms)
linear = 5.0                                                       : 1/ms
constant = 140.0                                                   : mV/ms
i_ext = 0.0                                                        : mV/ms
"""


def Izhikevich(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Izhikevich's model, by default the regular spiking neuron; the input ``i`` acts during one step.

    States are the potential ``v`` in mV, the recovery ``u`` in mV/ms and the input ``i`` in mV/ms.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``a``, ``b``: rate of the recovery and its sensitivity to ``v`` in 1/ms; 0.02, 0.2
        - ``c``: reset of ``v`` in mV; -65
        - ``d``: what a spike adds to ``u`` in mV/ms; 8
        - ``v_peak``: potential at which a spike is detected in mV; 30
        - ``quadratic``, ``linear``, ``constant``: coefficients of dv/dt in 1/(mV ms), 1/ms and mV/ms; 0.04, 5, 140
        - ``i_ext``: constant input in mV/ms; 0

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
    Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569, eqs. 1 to 3, figure 2.

    Examples
    --------
    >>> Izhikevich(a=0.1, d=2.0).equations.states  # the fast spiking neuron
    ('v', 'u', 'i')
    """
    return NeuronModel(TEXT, name="Izhikevich", integrator=integrator, **values)
