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
# - **backprop** propagates the output error back through the transposed forward weights and follows the exact
#   gradient of the loss. It is the reference: accurate, but a synapse would have to know the weights of other synapses.
# - **temporal_derivative** drives the output toward the target, and feedback connections propagate the change to lower
#   layers; each synapse multiplies its input by the rate of change of its postsynaptic unit (Hinton 2007). With
#   symmetric feedback its update is that of backprop in the limit of weak drive.
# - **temporal_derivative:feedback=random** is the same rule with fixed random feedback weights. No synapse has to know
#   another one's weight, and the forward weights align with the feedback.
# - **feedback_alignment** is backprop with fixed random feedback weights (Lillicrap et al. 2016). It shows the effect
#   of random feedback alone.

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
# Means and standard deviations over seeds. The column *vs backprop* compares seed by seed, in percentage points: if its
# 95 % interval includes zero, these seeds show no difference between the rule and backprop.

# %%
print(study.table())

# %% [markdown]
# ## Learning
#
# Each run of the study wrote a log; `read` collects them. Every figure is a function of these records and returns
# matplotlib's axes, so that you can change it. Lines are means over seeds, bands range from the lowest to the highest.

# %%
records = read([study.folder])
figures.accuracy(records)
plt.show()

# %% [markdown]
# ## Alignment with the gradient
#
# The alignment is the cosine of the angle between a rule's update of a layer and the negative gradient of the loss: 1
# means the same direction, 0 orthogonal. With any positive value small steps lower the loss. Epoch 0 is the untrained
# network, where random feedback is unrelated to the forward weights.

# %%
for group in figures.columns(records, "alignment"):
    figures.alignment(records, group)
    plt.show()

# %% [markdown]
# ## Cost
#
# An operation is a multiplication with two non-zero operands, counted during training: forward pass, feedback pass,
# settling and weight updates. A rule at the top left is accurate at low cost.

# %%
figures.tradeoff(records)
plt.show()

# %% [markdown]
# ## Activity
#
# Only active units cause operations downstream. Their number depends on the rule.

# %%
for layer in figures.columns(records, "activity"):
    figures.activity(records, layer)
    plt.show()

# %% [markdown]
# ## The report
#
# The report has the figures above, confusion matrices, the audit of locality and all settings in one HTML file.

# %%
page = study.report()
print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB, in the folder of the logs")
