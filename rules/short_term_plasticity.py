"""Short-term depression and facilitation: a spike sends the fraction of the weight that available resources allow.

    du/dt = -u / tau_facil       u + use (1 - u) at a presynaptic spike: the fraction of resources that it uses
    dr/dt = (1 - r) / tau_rec    r (1 - u) after it: the fraction of resources that is available
    w u r is sent, with the new u and the r before the spike

A first spike sends use w. The weight itself does not change.

Source: Tsodyks, Pawelzik & Markram (1998), Neural Comput. 10:821, eq. 2.1 to 2.3, and Markram, Wang & Tsodyks (1998),
Proc. Natl. Acad. Sci. USA 95:5323. The sets of parameters are those of Tsodyks, Uziel & Markram (2000), J. Neurosci.
20:RC50: depression between pyramidal cells, facilitation from them to interneurons.
"""

from __future__ import annotations

from types import MappingProxyType

from neurosim.equations import SynapticRule

TEXT = """
du/dt = -u / tau_facil     : 1
dr/dt = (1 - r) / tau_rec  : 1
on start: r = 1
on pre: u = u + use * (1 - u); send w * u * r; r = r * (1 - u)

use                        : 1
tau_rec                    : ms
tau_facil                  : ms
w_min = 0.0                : w
"""
DEPRESSING = MappingProxyType({"use": 0.5, "tau_rec": 800.0, "tau_facil": 0.0})
FACILITATING = MappingProxyType({"use": 0.04, "tau_rec": 100.0, "tau_facil": 1000.0})
NO_FACILITATION = 1e-6  # ms: u decays to 0 within any step


def ShortTermPlasticity(
    *, w_max: float, use: float, tau_rec: float, tau_facil: float = 0.0, **values: float | None
) -> SynapticRule:
    """Short-term plasticity: each spike uses up the fraction u of the available resources, and sends it.

    Parameters
    ----------
    w_max, w_min
        Bounds of what a synapse sends that uses all of its resources, in the unit of the weights; w_min is 0 by
        default.
    use
        The fraction of 1 - u that a spike adds to u; u of a first spike.
    tau_rec
        The time constant with which resources recover in ms.
    tau_facil
        The time constant with which u decays in ms; 0, the default, is no facilitation.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown parameter, or a value that is not allowed.

    Examples
    --------
    >>> ShortTermPlasticity(w_max=100.0, **FACILITATING).values["use"]
    0.04
    """
    facilitation = tau_facil or NO_FACILITATION
    return SynapticRule(
        TEXT, name="ShortTermPlasticity", w_max=w_max, use=use, tau_rec=tau_rec, tau_facil=facilitation, **values
    )
