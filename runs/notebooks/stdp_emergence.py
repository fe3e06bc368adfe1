# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A window of spike timing that nobody put in
#
# Suppose that a synapse learns from a rate of change: its weight grows where the presynaptic neuron is active while
# the postsynaptic one becomes more active, and shrinks where that one becomes less active. Hinton (2007) asked what
# neuroscientists would find if they paired single spikes at such a synapse. They would find a window of spike timing:
# potentiation when the postsynaptic spike comes later, depression when it comes earlier. No rule below compares the
# times of two spikes.
#
# The window is measured in three ways. **Pairs**: one spike before and one behind each synapse, at many lags.
# **Ramps**: rates rise or fall, spikes are random, and the changes are sorted by spike times afterwards. **Trained**: a
# network learns a task by such a rule, and what its synapses change is regressed on the lags of its own spikes. The
# numbers of the three protocols stand in `runs/configs/stdp_emergence.toml`.

# %%
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import neurosim as ns

sys.path.insert(0, str(Path(ns.__file__).resolve().parents[1]))  # the checkout, which holds runs

from runs import stdp_emergence as emergence
from runs.stdp_emergence import FAST, POST, PRE, SLOW
from runs.trained_window import trained_window

SMALL = os.environ.get("NEUROSIM_NOTEBOOK_SMALL") == "1"  # a quick run, for tests

# %% [markdown]
# ## Pairs: three ways to write a rate of change
#
# A spike leaves a trace that decays: $x$ of the presynaptic neuron, $f$ (fast) and $s$ (slow) of the postsynaptic one.
# Traces estimate rates. Three rules make a rate of change of them:
#
# - **derivative of one trace**: $\Delta w = \int x \, \dot{s} \, dt$. At a postsynaptic spike $s$ jumps up, afterwards
#   it decays, and both count.
# - **fast minus slow, with a presynaptic trace**: $\Delta w = \int x \, (f / \tau_f - s / \tau_s) \, dt$. The
#   difference of two estimates, one older than the other: smoother, and what is meant for learning from noisy spikes.
# - **fast minus slow, at presynaptic spikes**: $\Delta w = f / \tau_f - s / \tau_s$ at each presynaptic spike.
#
# This is the text of the first. Everything in it is a product of traces and an exponential decay.

# %%
print(emergence.DERIVATIVE)

# %% [markdown]
# Each lag has its own pair of neurons; the engine runs them side by side in float64. The closed forms are integrals
# of exponentials, and the measured changes have to agree with them up to rounding.

# %%
paired = emergence.pairs(spacing=20.0 if SMALL else 4.0)
for name, measured, exact in (
    ("derivative of one trace", paired.derivative, PRE * emergence.window(paired.lags, PRE, 0.0, POST)),
    ("with presynaptic trace", paired.difference, PRE * emergence.window(paired.lags, PRE, FAST, SLOW)),
    ("at presynaptic spikes", paired.at_spikes, emergence.window(paired.lags, 0.0, FAST, SLOW)),
):
    print(f"{name}: {len(paired.lags)} lags, {np.abs(measured - exact).max():.0e} from the closed form")

# %% [markdown]
# ## Ramps: no traces, no spike times
#
# The simulation of Bengio et al. (2015). In each trial the postsynaptic rate is 20 Hz at the moment of the presynaptic
# spike and rises or falls linearly around it; slopes are spread evenly about zero. Postsynaptic spikes are Poisson.
# The weight changes by the slope and by nothing else: the synapse is handed the slope, it does not estimate it.
#
# Whoever sees only spikes then sorts the trials. Given a postsynaptic spike at a lag $\Delta$, the mean slope is
# $v \Delta / r$, where $v$ is the variance of the slopes and $r$ the rate: a late spike is more likely where the rate
# rises. Counting a trial only at its nearest spike weighs this with the probability that none is closer, and
# gives $v \Delta \, e^{-2 r |\Delta|}$ per ms of lag, with extremes at $\pm 1 / 2r = \pm 25$ ms.

# %%
ramped = emergence.ramps(20_000 if SMALL else emergence.TRIALS)
expectations = emergence.expected(ramped.lags, ramped.variance)
for name, measured, error, exact in (
    ("given a spike", ramped.mean, ramped.mean_error, expectations[0]),
    ("given the nearest spike", ramped.nearest, ramped.nearest_error, expectations[1]),
):
    far = np.abs((measured - exact) / error).max()
    alike = np.corrcoef(measured, exact)[0, 1]
    print(f"{name}: correlation {alike:.4f} with the expectation, at most {far:.1f} standard errors away")

# %% [markdown]
# ## A trained network
#
# A perceptron of spiking units, 64-128-10, learns handwritten digits by `temporal_derivative_spiking`: while the
# readout is driven toward the target, a synapse adds `open * q` of its postsynaptic unit at each presynaptic spike,
# where $q$ is a fast trace ($\tau_f$ = 20 ms) less its slow copy ($\tau_s$ = 800 ms). It is driven away from the target
# as well, with `open` = -1. After two epochs, samples are shown once more, and three things are kept: the spikes of the
# inputs, those of hidden units, and the change that each synapse made in both drives.
#
# Now forget the rule. For each synapse and sample, count pairs of spikes by their lag, in the drive toward the target
# less those in the drive away from it, in bins of 5 ms, and find by ridge regression by how much one pair at each lag
# must change the weight. The closed form is the third of those above, with the constants of this network.
#
# Three things had to be settled. The target is the class of another sample, since a trained network is hardly driven
# toward what it already knows. The traces still hold spikes from before the gate opened; they are the same in both
# drives, so the difference is free of them. And the drive shifts hidden spikes by less than a bin: a pair between the
# centres of two bins counts in both, in proportion. Each row is divided by its number of presynaptic spikes.
#
# The control is the same regression with the hidden spikes of another sample and unit.

# %%
protocol = emergence.PROTOCOLS.trained
if SMALL:
    protocol = protocol.model_copy(update={"epochs": 1, "samples": 160, "trials": 60, "shuffles": 2})
trained = trained_window(protocol)
closed = emergence.promised(trained.lags)
print(f"trained network: the kernel correlates {np.corrcoef(trained.kernel, closed)[0, 1]:.4f} with its closed form,")
print(f"is at most {np.abs(trained.kernel - closed).max():.3f} of a spike's jump away, and explains")
print(f"{trained.explained:.2%} of the squared change; shuffled, at most {trained.explained_shuffled.max():.2%}")

# %%
emergence.draw(plt.figure(figsize=(14, 7), layout="constrained"), paired, ramped, trained)
plt.show()

# %% [markdown]
# ## What the figure shows, and what it does not
#
# **Top left.** Two exponentials of opposite sign that jump at lag zero, as in the data of Bi & Poo (1998) from
# hippocampal cultures. The time constants were put in: the trace before the synapse decays with 16.8 ms, the one
# behind it with 33.7 ms, which are those of exponentials fitted to these data. What follows without a choice are the
# signs, that potentiation decays with the trace before and depression with the one behind the synapse, and the ratio
# of the two amplitudes, 33.7 / 16.8 = 2.01: a derivative integrates to nothing, so both sides have the same area. The
# dashed fits have the amplitudes 0.777 and -0.273 that are commonly quoted (here divided by the first), a ratio of
# 2.85: in them potentiation has 1.4 times the area of depression. The rule predicts the form and a zero area, not
# these amplitudes.
#
# **Top centre.** The difference of two traces has zero area as well, but another form: since a spike raises the fast
# trace at once, postsynaptic spikes up to 22 ms *before* the presynaptic one still potentiate (32 ms without a
# presynaptic trace, where later ones can do nothing at all). Measured by pairs, a synapse that learns in this way
# would not look like the textbook window. Dashed is another fit to the same data, of zero area by construction; it
# crosses zero at a negative lag too, but at -6 ms.
#
# **Bottom left and centre.** Ramps give a curve of the right signs that is zero at lag zero and whose width is set by
# the firing rate, not by any time constant of a synapse. The sharp jump of the top left comes from traces alone. On
# the left is what a spike at some lag says about the slope: it grows without end; only counting the nearest spike, in
# the centre, makes a window of it. Units are the fastest slope, 20 Hz in 102 ms.
#
# **Right.** What the synapses of a trained network did is what their rule says: the regression, which is told spike
# times and changes and nothing else, finds the kernel of $q$ at presynaptic spikes. It jumps at lag zero, but from
# full strength down to nothing: only postsynaptic spikes *before* the presynaptic one count, with the sign opposite to
# the textbook's. The closed form has its depression beyond 76 ms, 2 % of the jump at most, which a drive of 80 ms does
# not reach. Below is the control: no kernel, only the noise of the regression, larger at long lags, where pairs are
# few.
#
# This verifies the implementation, end to end: engine, delays, gate, traces. It proves no biology, and training has no
# part in the form: a rule that is linear in postsynaptic spikes has one kernel, in any network and at any time.
#
# **Not shown.** That a brain learns in this way, or that the window of the top left would be seen in this network: its
# rule is the smoother difference of traces without a presynaptic one, since that is what learns from noisy spikes.

# %%
first, last = np.flatnonzero(np.abs(paired.lags) == 0.5)  # ms
up, down = paired.derivative[last] * np.exp(0.5 / PRE), paired.derivative[first] * np.exp(0.5 / POST)  # at lag 0
for name, ratio in (("measured", -up / down), ("fits", -emergence.UP / emergence.DOWN)):
    print(f"{name}: potentiation is {ratio:.2f} times depression, its area {ratio * PRE / POST:.2f} times")
for name, tau in (("with presynaptic trace", PRE), ("at presynaptic spikes", 0.0)):
    zero = np.log((tau + SLOW) / (tau + FAST)) / (1 / FAST - 1 / SLOW)
    print(f"{name}: the closed form is zero at -{zero:.1f} ms")
