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
# # A first spiking network
#
# Ten minutes with the simulator: two populations that excite and inhibit each other, their activity, a check of
# the neuron against its closed form, the log of a run, and a custom neuron model. Times are in ms, potentials in
# mV, currents in pA, resistances in GOhm, rates in Hz.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import neurosim as ns
from neurosim.equations import NeuronModel
from neurosim.neurons import LIF

# %% [markdown]
# ## Build
#
# A population has a name, a size and a neuron model. `LIF` is the leaky integrate-and-fire neuron: a spike of weight
# `w` adds `w` to its synaptic current, which decays with `tau_s`; the potential `v` follows the current with `tau_m`,
# and at `v_th` the neuron spikes and is held at `v_reset` for `t_ref`. The model shows its equations and its defaults.

# %%
print(LIF().text)

# %% [markdown]
# Initial potentials are random, so that not all neurons spike at once. Each pair of neurons is connected with a
# probability of 10 %; inhibitory weights are negative, and five times as strong because there are four times fewer
# inhibitory neurons. Delays may be a number or a distribution. `drive` gives every neuron its own external Poisson
# train. Synapses are sampled when the network runs.

# %%
WEIGHT, BALANCE = 200.0, 5.0  # pA; how much stronger inhibition is

net = ns.Network(seed=1)
start = {"v": ns.Uniform(-65.0, -50.0)}
exc = net.population("exc", 800, LIF(), initial=start)
inh = net.population("inh", 200, LIF(), initial=start)
for post in (exc, inh):
    net.connect(exc, post, ns.FixedProbability(0.1), weight=WEIGHT, delay=ns.Uniform(1.0, 2.0))
    net.connect(inh, post, ns.FixedProbability(0.1), weight=-BALANCE * WEIGHT, delay=0.8)
    net.drive(post, rate=3000.0, weight=WEIGHT)

net.record([exc, inh], "spikes")
net.record([exc, inh], "rate", every=5.0)
net.record(exc, "v", neurons=[0])

# %% [markdown]
# ## Run
#
# One second in steps of 0.1 ms. The first run of a network compiles its code, which takes some seconds and is cached.
# Records go to memory, or to a file if you name one. Spikes are rare: a dense product would visit each synapse in each
# step.

# %%
LOG = Path("runs/logs/first_network.h5")  # below the folder that you work in
run = net.run(1000.0, dt=0.1, log=LOG, overwrite=True)

times, neurons, _ = run.spikes("exc")  # arrays, in the order of time; the third is for batches
for population in (exc, inh):
    rate = len(run.spikes(population).times) / population.size
    print(f"{population.name}: {population.size} neurons, {rate:.1f} Hz, on {run.backend}")
    traffic = run.traffic(population)
    print(f"  silent in {traffic.sparsity:.2%} of all steps: {traffic.events:.1e} synapses of {traffic.dense:.1e}")

# %% [markdown]
# ## Raster and rates
#
# Every dot is a spike. Single neurons look random, but the population's rate, in bins of 5 ms, rises and falls by 5 Hz
# (standard deviation), where 800 independent neurons of that rate would vary by 1.4 Hz: neurons share inputs, and
# excite each other before inhibition answers.

# %%
figure, (upper, lower) = plt.subplots(2, sharex=True, layout="constrained", figsize=(8, 5), height_ratios=(2, 1))
run.plot.raster("exc", axes=upper)
upper.set(xlabel="")
for population in (exc, inh):
    rates = run.rates(population)
    lower.plot(rates.times, rates.values[:, 0], label=population.name)
lower.set(xlabel="time (ms)", ylabel="rate (Hz)")
lower.legend()
plt.show()

# %% [markdown]
# ## Inside one neuron
#
# On average, drive, excitation and inhibition hold the potential of neuron 0 some millivolts below the threshold of
# -50 mV; when it spikes (dotted) is decided by fluctuations. After a spike it is held at -65 mV for 2 ms.

# %%
figure, axes = plt.subplots(layout="constrained", figsize=(8, 3))
run.plot.states("exc", "v", axes=axes)  # the numbers: run.states("exc", "v")
for spike in times[neurons == 0]:
    axes.axvline(spike, color="black", linestyle=":")
plt.show()

# %% [markdown]
# ## The same seed, the same spikes
#
# The network's seed decides synapses, initial values and drive, whatever the machine or the number of threads. The
# `reference` backend is plain NumPy; the compiled one must give the same spikes bit for bit. `run(seed=...)` keeps the
# synapses and changes the drive.

# %%
SHORT = 200.0
once = net.run(SHORT).spike_hash()
others = {
    "again": net.run(SHORT),
    "in plain NumPy": net.run(SHORT, backend="reference"),
    "with another drive": net.run(SHORT, seed=2),
}
for how, other in others.items():
    print(f"{how}: {'the same' if other.spike_hash() == once else 'other'} spikes")

# %% [markdown]
# ## The log
#
# An HDF5 file with the records, all choices behind the run, the equations, versions and the commit. It can be opened
# during the run, and survives a crash. `neurosim info runs/logs/first_network.h5` shows its content. A log is read as a
# run is: `spikes`, `states`, `rates`, `plot.raster("exc")`.

# %%
logged = ns.open_run(LOG)
print(f"{LOG}: {logged.status}, seed {logged.attributes['seed']}, dt {logged.attributes['dt']} ms")
print(f"{len(logged.spikes('exc').times)} spikes of exc, reports {logged.reports()}, tables {logged.tables()}")
print(logged.config["projection"]["inh_to_exc"])

# %% [markdown]
# ## Is it right? The f-I curve
#
# A parameter may have a value for each neuron, so one run measures the whole curve: 35 neurons, each with its own
# constant current $I$. Between two spikes a neuron rests for `t_ref`, then climbs from reset to threshold:
#
# $$T(I) = t_{ref} + \tau_m \ln \frac{R I}{R I - (v_{th} - v_{rest})}, \qquad v_{reset} = v_{rest}.$$
#
# Steps of 0.1 ms carry `v` exactly, but a spike is detected at the end of its step: an interval is
# longer than the closed form by less than one step. So few neurons need no compiler: `backend="reference"`.

# %%
current = np.arange(300.0, 1000.0, 20.0)
curve = ns.Network()
neuron = LIF(i_ext=current)
curve.record(curve.population("lif", len(current), neuron), "spikes")
measured = curve.run(500.0, dt=0.1, backend="reference").spikes("lif")

value = neuron.values
fires = value["r_m"] * current > value["v_th"] - value["v_rest"]
push = value["r_m"] * current[fires]
exact = value["t_ref"] + value["tau_m"] * np.log(push / (push - (value["v_th"] - value["v_rest"])))
interval = np.array([np.diff(measured.times[measured.neurons == each]).mean() for each in np.flatnonzero(fires)])
late = interval - exact
print(f"intervals are longer than the closed form by {late.min():.4f} to {late.max():.4f} ms")

figure, axes = plt.subplots(layout="constrained", figsize=(8, 3))
axes.plot(current[fires], 1000.0 / exact, label="closed form")
axes.plot(current[fires], 1000.0 / interval, ".", label="measured")
axes.plot(current[~fires], np.bincount(measured.neurons, minlength=len(current))[~fires], ".", label="no spike")
axes.set(xlabel="current (pA)", ylabel="rate (Hz)")
axes.legend()
plt.show()

# %% [markdown]
# ## A custom neuron model
#
# A model is a text: one line per variable with its unit, then the spike condition and the reset, then parameters.
# `input` marks the variable to which synapses add. This model adapts: each spike adds `b` to an inhibitory current.

# %%
TEXT = """
dv/dt = (v_rest - v + r_m * (i + i_ext - a)) / tau_m : mV
di/dt = -i / tau_s                                   : pA, input
da/dt = -a / tau_a                                   : pA
spike when v >= v_th
on spike: v = v_rest; a = a + b
on start: v = v_rest

tau_m = 10.0    : ms
tau_s = 0.5     : ms
tau_a = 100.0   : ms
r_m = 0.04      : GOhm
v_rest = -65.0  : mV
v_th = -50.0    : mV
b = 60.0        : pA
i_ext = 700.0   : pA
"""

own = ns.Network()
cell = own.population("cell", 1, NeuronModel(TEXT, name="adapting"))
own.record(cell, ["spikes", "v", "a"])
adapted = own.run(300.0, backend="reference")
print("intervals (ms):", np.diff(adapted.spikes("cell").times).round(1))

figure, rows = plt.subplots(2, sharex=True, layout="constrained", figsize=(8, 4))
for axes, variable in zip(rows, ("v", "a"), strict=True):
    adapted.plot.states("cell", variable, axes=axes)
rows[0].set(xlabel="")
plt.show()

# %% [markdown]
# Units are checked, and an error names the line. Here a resistance is missing:

# %%
try:
    NeuronModel(TEXT.replace("r_m * (i + i_ext - a)", "(i + i_ext - a)"), name="adapting")
except ns.InputError as error:
    print(error)

# %% [markdown]
# ## Where to go next
#
# - `neurosim/neurons/` holds the models, each a text like the one above: copy one and change it.
# - `networks/` holds published networks, each a page long: `from neurosim.networks import Brunel`, then
#   `Brunel(g=5.0).build(seed=1)` is a network like `net`; `record` what you want to see and `run`.
# - `neurosim bench cuba --seconds 1` measures how fast your machine runs one of them.
# - `compare_rules.py`, beside this file, compares learning rules on one network.
