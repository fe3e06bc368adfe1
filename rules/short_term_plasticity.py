"""Short-term depression and facilitation: a synapse sends the part of its weight that it has and uses.

    du/dt = -u / tau_facil       u + use (1 - u) at a presynaptic spike: the part of the resources that is used
    dr/dt = (1 - r) / tau_rec    r (1 - u) after it: what is left of the resources
    w u r is sent, with the new u and the r before the spike

So a first spike sends use w. The weight itself does not change.

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
"""
DEPRESSING = MappingProxyType({"use": 0.5, "tau_rec": 800.0, "tau_facil": 0.0})
FACILITATING = MappingProxyType({"use": 0.04, "tau_rec": 100.0, "tau_facil": 1000.0})
SHORTEST = 1e-6  # ms: u is forgotten within any step


def ShortTermPlasticity(
    *, w_max: float, use: float, tau_rec: float, tau_facil: float = 0.0, w_min: float = 0.0
) -> SynapticRule:
    """Short-term plasticity: each spike sends the part u of the resources that are left, which it uses up.

    ``use``, a fraction, is what a spike adds of 1 - u to u, and u of a first spike. ``tau_rec`` (ms) is the time in
    which resources recover, ``tau_facil`` (ms) that in which u fades; 0 is no facilitation. ``w_max`` and ``w_min``, in
    the unit of the weights, bound what a synapse sends that uses all of its resources.

    >>> ShortTermPlasticity(w_max=100.0, **FACILITATING).values["use"]
    0.04
    """
    facil = max(tau_facil, SHORTEST) if tau_facil >= 0 else tau_facil
    return SynapticRule(
        TEXT, name="ShortTermPlasticity", w_max=w_max, w_min=w_min, use=use, tau_rec=tau_rec, tau_facil=facil
    )
