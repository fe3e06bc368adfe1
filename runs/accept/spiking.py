"""Digits, 64-128-10 spiking units, committed settings, seeds 0 to 4: accuracy and agreement with the gradient.

Symmetric feedback, random feedback, and the rate network of the same units trained by backprop.
"""

from __future__ import annotations

import json
import sys
import tempfile
from statistics import mean
from typing import Any

import neurosim as ns

RULE = "temporal_derivative_spiking"
LEAST = {RULE: 96.0, f"{RULE}:feedback=random": 94.5}
LEAST_ALIGNMENT = 0.95  # of the first layer at the end of training, for symmetric feedback
SEEDS = 5


def study(rule: str, network: str) -> list[dict[str, Any]]:
    """The cells of all seeds."""
    with tempfile.TemporaryDirectory() as folder:
        cells: list[dict[str, Any]] = ns.compare([rule], network=network, data="digits", seeds=SEEDS, log=folder).cells
    return cells


def main() -> int:
    """Print the figures as JSON; 1 if one is out of its bound."""
    cells = {rule: study(rule, "spiking_mlp") for rule in LEAST}
    cells["backprop"] = study("backprop", "mlp:activation=clipped")
    reached = {rule: [round(100 * cell["test_accuracy"], 2) for cell in found] for rule, found in cells.items()}
    aligned = [round(cell["alignment"]["hidden1"][-1], 3) for cell in cells[RULE]]
    good = all(mean(reached[rule]) >= least for rule, least in LEAST.items()) and mean(aligned) > LEAST_ALIGNMENT
    means = {rule: round(mean(found), 2) for rule, found in reached.items()}
    shown = {"test": reached, "means": means, "least": LEAST, "alignment": aligned, "least_alignment": LEAST_ALIGNMENT}
    print(json.dumps({**shown, "good": good}))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
