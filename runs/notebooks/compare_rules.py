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
# # Comparing learning rules
#
# A learning rule says how each weight of a network changes. Here four rules train the same network on the same
# handwritten digits, from the same initial weights and with the same order of samples, so that only the rule differs.
#
# - **backprop** sends the error at the output back through the transposed forward weights and follows the exact
#   gradient of the loss. It is the reference: accurate, but a synapse would have to know the weights of other synapses.
# - **temporal_derivative** drives the output toward the target and lets feedback connections carry the change down;
#   each synapse multiplies its input by how fast the unit behind it changes (Hinton 2007). With symmetric feedback its
#   direction is that of backprop as the drive becomes weak.
# - **temporal_derivative:feedback=random** is the same rule with fixed random feedback weights. No synapse has to know
#   another one's weight, and the forward weights have to come to terms with the feedback.
# - **feedback_alignment** is backprop with fixed random weights on the way down (Lillicrap et al. 2016). It shows what
#   random feedback alone costs.

# %%
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import neurosim as ns
from neurosim.report import figures, read
from neurosim.study.progress import auto

SMALL = os.environ.get("NEUROSIM_NOTEBOOK_SMALL") == "1"  # a quick run, for tests
RULES = ["backprop", "temporal_derivative", "temporal_derivative:feedback=random", "feedback_alignment"]

study = ns.compare(
    rules=RULES,
    network="mlp:activation=relu",
    data="digits",
    epochs=2 if SMALL else 15,
    seeds=2 if SMALL else 3,
    log=Path(tempfile.mkdtemp()) / "compare_rules",
    progress=auto(),
)

# %% [markdown]
# ## The table
#
# Means and standard deviations over seeds. The column *vs backprop* compares seed by seed, in percentage points: where
# its 95 % interval includes zero, these seeds do not tell the rule and backprop apart.

# %%
print(study.table())

# %% [markdown]
# ## Learning
#
# Each cell of the study left a log; `read` collects them. Every figure is a function of these records and returns
# matplotlib's axes, so that you can change it. Lines are means over seeds, bands reach from the lowest to the highest.

# %%
records = read([study.folder])
figures.accuracy(records)
plt.show()

# %% [markdown]
# ## Alignment with the gradient
#
# Take the direction in which a rule moves the weights of a layer, and the direction in which the loss falls fastest.
# The alignment is the cosine of the angle between the two: 1 means that the rule follows the gradient, 0 that it moves
# at right angles to it. Any positive value lets small steps lower the loss. Epoch 0 is the untrained network, where
# random feedback knows nothing of the forward weights.

# %%
for group in figures.columns(records, "alignment"):
    figures.alignment(records, group)
    plt.show()

# %% [markdown]
# ## What it costs
#
# An operation is a product whose factors are both non-zero, counted while the network trained: forward, feedback,
# settling and the changes of weights. A rule at the top left gives much for little.

# %%
figures.tradeoff(records)
plt.show()

# %% [markdown]
# ## Activity
#
# Zeros are free: only active units cause operations downstream. The rule decides how many there are.

# %%
for layer in figures.columns(records, "activity"):
    figures.activity(records, layer)
    plt.show()

# %% [markdown]
# ## One page for all of it
#
# The report holds the figures above, confusion matrices, the audit of locality and all settings in one HTML file.

# %%
page = study.report()
print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB, in the folder of the logs")
