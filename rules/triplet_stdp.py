"""STDP of triplets of spikes: the change by a pair depends on how long ago the same neuron spiked before.

    dr1/dt = -r1 / tau_plus    dr2/dt = -r2 / tau_x    traces of the presynaptic neuron
    do1/dt = -o1 / tau_minus   do2/dt = -o2 / tau_y    traces of the postsynaptic neuron
    w - w_0 o1 (a2_minus + a3_minus r2)                at a presynaptic spike, r2 as just before it
    w + w_0 r1 (a2_plus + a3_plus o2)                  at a postsynaptic spike, o2 as just before it

A spike adds 1 to the traces of its neuron (`TripletSTDP`: all pairs and triplets), or sets them to 1
(`NearestTripletSTDP`). Potentiation therefore grows with the rate, as in experiments; with a pair rule it does not.

Source: Pfister & Gerstner (2006), J. Neurosci. 26:9673, eq. 2 to 4. The sets of parameters are those of its tables 3
(fitted to Sjostrom, Turrigiano & Nelson 2001, Neuron 32:1149) and 4 (hippocampal culture); each set holds for one
way of pairing. The minimal sets leave out one pair and one triplet term; where a3_minus = 0, tau_x has no effect and is
that of the full set.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from neurosim.equations import SynapticRule

TEXT = """
dr1/dt = -r1 / tau_plus   : 1, pre
dr2/dt = -r2 / tau_x      : 1, pre
do1/dt = -o1 / tau_minus  : 1, post
do2/dt = -o2 / tau_y      : 1, post
on pre:  send w; w = clip(w - w_0 * o1 * (a2_minus + a3_minus * r2), w_min, w_max); r1 = {r1}; r2 = {r2}
on post: w = clip(w + w_0 * r1 * (a2_plus + a3_plus * o2), w_min, w_max); o1 = {o1}; o2 = {o2}

tau_plus = 16.8           : ms
tau_minus = 33.7          : ms
tau_x                     : ms
tau_y                     : ms
a2_plus                   : 1
a3_plus                   : 1
a2_minus                  : 1
a3_minus                  : 1
w_0 = w_max               : w, parameter
w_min = 0.0               : w
"""
ALL = TEXT.format(r1="r1 + 1", r2="r2 + 1", o1="o1 + 1", o2="o2 + 1")
NEAREST = TEXT.format(r1="1", r2="1", o1="1", o2="1")
NAMES = ("a2_plus", "a3_plus", "a2_minus", "a3_minus", "tau_x", "tau_y")


def _set(*values: float) -> Mapping[str, float]:
    return MappingProxyType(dict(zip(NAMES, values, strict=True)))


VISUAL_CORTEX = _set(5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0)
VISUAL_CORTEX_MINIMAL = _set(0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0)
VISUAL_CORTEX_NEAREST = _set(8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0)
VISUAL_CORTEX_NEAREST_MINIMAL = _set(0.0, 5e-2, 8e-3, 0.0, 714.0, 40.0)
HIPPOCAMPUS = _set(6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0)
HIPPOCAMPUS_MINIMAL = _set(5.3e-3, 8e-3, 3.5e-3, 0.0, 946.0, 40.0)
HIPPOCAMPUS_NEAREST = _set(4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575.0, 47.0)


def TripletSTDP(*, w_max: float, **values: float | None) -> SynapticRule:
    """STDP of all pairs and triplets of spikes.

    A postsynaptic spike adds w_0 r1 (a2_plus + a3_plus o2) to the weight, a presynaptic one subtracts w_0 o1
    (a2_minus + a3_minus r2): r1 and r2 are traces of the presynaptic neuron, o1 and o2 of the postsynaptic one.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a2_plus, a3_plus, a2_minus, a3_minus
        Amplitudes of pairs and triplets, relative to w_0; those of one of the sets of this file, or your own.
    tau_x, tau_y
        Time constants of the slow traces r2 and o2 in ms; from the same set.
    tau_plus, tau_minus
        Time constants of the fast traces r1 and o1 in ms; 16.8 and 33.7 by default.
    w_0
        The weight that amplitudes are relative to, in the unit of the weights; w_max by default.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown or a missing parameter, or a value that is not allowed.

    Examples
    --------
    >>> TripletSTDP(w_max=32.0, **VISUAL_CORTEX).values["tau_y"]
    125.0
    """
    return SynapticRule(ALL, name="TripletSTDP", w_max=w_max, **values)


def NearestTripletSTDP(*, w_max: float, **values: float | None) -> SynapticRule:
    """STDP of pairs and triplets of nearest spikes.

    The changes are those of `TripletSTDP`, but a spike sets the traces of its neuron to 1 instead of adding 1.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a2_plus, a3_plus, a2_minus, a3_minus
        Amplitudes of pairs and triplets, relative to w_0; those of a set fitted to nearest spikes, or your own.
    tau_x, tau_y
        Time constants of the slow traces r2 and o2 in ms; from the same set.
    tau_plus, tau_minus
        Time constants of the fast traces r1 and o1 in ms; 16.8 and 33.7 by default.
    w_0
        The weight that amplitudes are relative to, in the unit of the weights; w_max by default.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown or a missing parameter, or a value that is not allowed.

    Examples
    --------
    >>> NearestTripletSTDP(w_max=32.0, **VISUAL_CORTEX_NEAREST).values["tau_y"]
    40.0
    """
    return SynapticRule(NEAREST, name="NearestTripletSTDP", w_max=w_max, **values)
