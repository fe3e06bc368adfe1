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
# The window is measured in two ways. **Pairs**: one spike before and one behind each synapse, at many lags. **Ramps**:
# rates rise or fall, spikes are random, and the changes are sorted by spike times afterwards.

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

# %%
emergence.draw(plt.figure(figsize=(10, 7), layout="constrained"), paired, ramped)
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
# **Top right.** The difference of two traces has zero area as well, but another form: since a spike raises the fast
# trace at once, postsynaptic spikes up to 22 ms *before* the presynaptic one still potentiate (32 ms without a
# presynaptic trace, where later ones can do nothing at all). Measured by pairs, a synapse that learns in this way
# would not look like the textbook window. Dashed is another fit to the same data, of zero area by construction; it
# crosses zero at a negative lag too, but at -6 ms.
#
# **Bottom.** Ramps give a curve of the right signs that is zero at lag zero and whose width is set by the firing rate,
# not by any time constant of a synapse. The sharp jump of the top left comes from traces alone. On the left is
# what a spike at some lag says about the slope: it grows without end; only counting the nearest spike, on the right,
# makes a window of it. Units are the fastest slope, 20 Hz in 102 ms.
#
# **Not shown.** In all four panels lags or slopes were imposed. Whether the same window appears in a network that
# learns a task in this way, when its changes of weight are regressed on the lags of its spikes, is a measurement of its
# own, which has not been made here.

# %%
first, last = np.flatnonzero(np.abs(paired.lags) == 0.5)  # ms
up, down = paired.derivative[last] * np.exp(0.5 / PRE), paired.derivative[first] * np.exp(0.5 / POST)  # at lag 0
for name, ratio in (("measured", -up / down), ("fits", -emergence.UP / emergence.DOWN)):
    print(f"{name}: potentiation is {ratio:.2f} times depression, its area {ratio * PRE / POST:.2f} times")
for name, tau in (("with presynaptic trace", PRE), ("at presynaptic spikes", 0.0)):
    zero = np.log((tau + SLOW) / (tau + FAST)) / (1 / FAST - 1 / SLOW)
    print(f"{name}: the closed form is zero at -{zero:.1f} ms")
