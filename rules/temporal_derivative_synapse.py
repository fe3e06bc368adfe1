"""Temporal-derivative learning of spiking neurons: a synapse changes as fast as its postsynaptic neuron's rate does.

    q = f - s      df/dt = -f / tau_f     f + 1 / tau_f   at a postsynaptic spike
                   ds/dt = -s / tau_s     s + 1 / tau_s   at a postsynaptic spike
                   dx/dt = -x / tau_p     x + 1 / tau_p   at a presynaptic spike

The fast and the slow trace of a neuron's own spikes both estimate its rate; where the rate changes slowly, their
difference is (tau_s - tau_f) times its derivative. The weight changes by eta q at a presynaptic spike, or, if the
presynaptic spike leaves a trace, by eta times the integral of x q, which becomes the former as tau_p goes to 0. No
spike times are compared. Yet one pair of spikes leaves a window: the postsynaptic one later by t, it is

    t > 0    eta exp(-t / tau_p) (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s))
    t < 0    eta (exp(t / tau_f) / (tau_p + tau_f) - exp(t / tau_s) / (tau_p + tau_s))

whose area is zero. As tau_f goes to 0, q becomes tau_s ds/dt, and the window that of `neurosim.rules.PairSTDP` with
tau_plus = tau_p, tau_minus = tau_s, a_plus : a_minus = tau_s : tau_p.

Source: Hinton (2007), "How to do backpropagation in a brain", talk at the NIPS Deep Learning Workshop: a synapse
driven by the presynaptic rate times the rate of change of the postsynaptic rate has the window of spike timing.
The integral is taken in advance: traces decay in a known way, so a spike finds at once what it adds to all of it.
These are rules for synapses, given to ``connect(rule=)``; the rule of a study is `neurosim.rules.TemporalDerivative`.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

AT_SPIKES = """
df/dt = -f / tau_f    : 1, post
ds/dt = -s / tau_s    : 1, post
on pre:  send w; w = clip(w + eta * (f / tau_f - s / tau_s), w_min, w_max)
on post: f = f + 1; s = s + 1

eta                   : w*ms
tau_f                 : ms
tau_s                 : ms
"""

TRACED = """
dx/dt = -x / tau_p    : 1, pre
df/dt = -f / tau_f    : 1, post
ds/dt = -s / tau_s    : 1, post
on pre:  send w; w = clip(w + eta * (f / (tau_p + tau_f) - s / (tau_p + tau_s)), w_min, w_max); x = x + 1
on post: w = clip(w + eta * x * (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s)), w_min, w_max); f = f + 1; s = s + 1

eta                   : w*ms
tau_p                 : ms
tau_f                 : ms
tau_s                 : ms
"""


def TemporalDerivativeSynapse(
    *, w_max: float, w_min: float = 0.0, eta: float | None = None, tau_f: float = 10.0, tau_s: float = 200.0
) -> SynapticRule:
    """The change eta q at each presynaptic spike, q the fast minus the slow estimate of the postsynaptic rate.

    ``w_max`` and ``w_min`` are in the unit of the weights, ``eta`` (default: 0.05 w_max) in ms times that unit;
    ``tau_f`` and ``tau_s``, over which the two estimates are taken, are in ms.

    >>> TemporalDerivativeSynapse(w_max=2.0).values["eta"]
    0.1
    """
    rate = 0.05 * w_max if eta is None else eta
    return SynapticRule(
        AT_SPIKES, name="TemporalDerivativeSynapse", w_max=w_max, w_min=w_min, eta=rate, tau_f=tau_f, tau_s=tau_s
    )


def TracedDerivativeSynapse(
    *,
    w_max: float,
    w_min: float = 0.0,
    eta: float | None = None,
    tau_p: float = 20.0,
    tau_f: float = 10.0,
    tau_s: float = 200.0,
) -> SynapticRule:
    """The change eta times the integral of x q: x the presynaptic trace, q as in `TemporalDerivativeSynapse`.

    ``w_max`` and ``w_min`` are in the unit of the weights, ``eta`` (default: 0.05 w_max) in ms times that unit;
    ``tau_p``, the time of the trace, and ``tau_f`` and ``tau_s``, over which the postsynaptic rate is estimated, are
    in ms.

    >>> TracedDerivativeSynapse(w_max=2.0).values["tau_p"]
    20.0
    """
    rate = 0.05 * w_max if eta is None else eta
    return SynapticRule(
        TRACED,
        name="TracedDerivativeSynapse",
        w_max=w_max,
        w_min=w_min,
        eta=rate,
        tau_p=tau_p,
        tau_f=tau_f,
        tau_s=tau_s,
    )
