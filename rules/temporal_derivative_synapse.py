"""Temporal-derivative learning of spiking neurons: the weight changes with the derivative of the postsynaptic rate.

    q = f - s      df/dt = -f / tau_f     f + 1 / tau_f   at a postsynaptic spike
                   ds/dt = -s / tau_s     s + 1 / tau_s   at a postsynaptic spike
                   dx/dt = -x / tau_p     x + 1 / tau_p   at a presynaptic spike

The fast and the slow trace of a neuron's own spikes both estimate its rate; where the rate changes slowly, their
difference is (tau_s - tau_f) times its derivative. The weight changes by eta q at a presynaptic spike, or, if the
presynaptic spike leaves a trace, by eta times the integral of x q, which becomes the former as tau_p goes to 0. No
spike times are compared, yet the change by one pair of spikes is an STDP window; with the postsynaptic spike later by t
it is

    t > 0    eta exp(-t / tau_p) (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s))
    t < 0    eta (exp(t / tau_f) / (tau_p + tau_f) - exp(t / tau_s) / (tau_p + tau_s))

whose area is zero. As tau_f goes to 0, q becomes tau_s ds/dt, and the window that of `neurosim.rules.PairSTDP` with
tau_plus = tau_p, tau_minus = tau_s, a_plus : a_minus = tau_s : tau_p.

Source: Hinton (2007), "How to do backpropagation in a brain", talk at the NIPS Deep Learning Workshop: a synapse
driven by the presynaptic rate times the rate of change of the postsynaptic rate has the window of spike timing.
The integral is evaluated in closed form at each spike, because the decay of the traces is known.
These are rules for ``connect(rule=)``; the one for ``compare(rules=...)`` is `neurosim.rules.TemporalDerivative`.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

AT_SPIKES = """
df/dt = -f / tau_f    : 1, post
ds/dt = -s / tau_s    : 1, post
on pre:  send w; w = clip(w + eta * (f / tau_f - s / tau_s), w_min, w_max)
on post: f = f + 1; s = s + 1

relative_eta = 0.05   : ms
eta = relative_eta * w_max : w*ms, parameter
tau_f = 10.0          : ms
tau_s = 200.0         : ms
w_min = 0.0           : w
"""

TRACED = """
dx/dt = -x / tau_p    : 1, pre
df/dt = -f / tau_f    : 1, post
ds/dt = -s / tau_s    : 1, post
on pre:  send w; w = clip(w + eta * (f / (tau_p + tau_f) - s / (tau_p + tau_s)), w_min, w_max); x = x + 1
on post: w = clip(w + eta * x * (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s)), w_min, w_max); f = f + 1; s = s + 1

relative_eta = 0.05   : ms
eta = relative_eta * w_max : w*ms, parameter
tau_p = 20.0          : ms
tau_f = 10.0          : ms
tau_s = 200.0         : ms
w_min = 0.0           : w
"""


def TemporalDerivativeSynapse(*, w_max: float, **values: float | None) -> SynapticRule:
    """Temporal-derivative learning at presynaptic spikes: each adds eta q to the weight.

    q is the fast minus the slow estimate of the postsynaptic rate.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    eta
        The learning rate, in ms times the unit of the weights; relative_eta w_max by default.
    relative_eta
        The learning rate relative to w_max, in ms; 0.05 by default.
    tau_f, tau_s
        Time constants of the fast and the slow estimate in ms; 10 and 200 by default.

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
    >>> TemporalDerivativeSynapse(w_max=2.0).values["eta"]
    0.1
    """
    return SynapticRule(AT_SPIKES, name="TemporalDerivativeSynapse", w_max=w_max, **values)


def TracedDerivativeSynapse(*, w_max: float, **values: float | None) -> SynapticRule:
    """Temporal-derivative learning with a presynaptic trace: the weight changes by eta times the integral of x q.

    x is the presynaptic trace, q as in `TemporalDerivativeSynapse`.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    eta
        The learning rate, in ms times the unit of the weights; relative_eta w_max by default.
    relative_eta
        The learning rate relative to w_max, in ms; 0.05 by default.
    tau_p
        The time constant of the presynaptic trace in ms; 20 by default.
    tau_f, tau_s
        Time constants of the fast and the slow estimate of the postsynaptic rate in ms; 10 and 200 by default.

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
    >>> TracedDerivativeSynapse(w_max=2.0).values["tau_p"]
    20.0
    """
    return SynapticRule(TRACED, name="TracedDerivativeSynapse", w_max=w_max, **values)
