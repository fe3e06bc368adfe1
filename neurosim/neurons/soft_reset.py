"""Integrate-and-fire neuron without leak, reset by subtraction: its rate is that of a rectified linear unit.

Equations: Rueckauer et al. (2017), Front. Neurosci. 11:682, "reset by subtraction".
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = i_ext : 1, input
spike when v >= v_th
on spike: v = v - v_th

v_th = 1.0    : 1
i_ext = 0.0   : 1/ms   # constant drive, the bias of a unit
"""


def SoftResetIF(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Integrate-and-fire without leak; a spike subtracts v_th from ``v``, so that nothing is lost.

    Its state is ``v``, without a unit, which is also the input.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``v_th``: threshold, and what a spike subtracts from ``v``; 1
        - ``i_ext``: constant drive in 1/ms; 0

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
    Rueckauer et al. (2017), Front. Neurosci. 11:682, "reset by subtraction".

    Examples
    --------
    >>> SoftResetIF(v_th=2.0).values["v_th"]
    2.0
    """
    return NeuronModel(TEXT, name="SoftResetIF", integrator=integrator, **values)
