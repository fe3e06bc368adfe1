"""Digits, committed settings: accuracy, and each rule's paired difference to backprop (64-128-10, seeds 0 to 19).

And `stdp` with 100 spiking neurons, seeds 0 to 4.
"""

from __future__ import annotations

import json
import sys
import tempfile
from statistics import mean

import neurosim as ns
from neurosim.report.statistics import paired

LARGEST_LOSS = {  # points below backprop, in the mean over seeds
    "temporal_derivative": 0.5,
    "temporal_derivative:feedback=kolen_pollack": 1.0,
    "feedback_alignment": 1.0,
}
LEAST = 96.5
LEAST_STDP = 85.0


def main() -> int:
    """Print the results as JSON; 1 if one violates its bound."""
    with tempfile.TemporaryDirectory() as folder:
        study = ns.compare(["backprop", *LARGEST_LOSS], network="mlp", data="digits", seeds=20, log=f"{folder}/rates")
        spiking = ns.compare(["stdp"], network="winner_take_all", data="digits", seeds=5, log=f"{folder}/spikes")
    stdp = [100 * cell["test_accuracy"] for cell in spiking.cells]
    reached: dict[str, dict[int, float]] = {}
    for cell in study.cells:
        reached.setdefault(cell["rule"], {})[cell["seed"]] = 100 * cell["test_accuracy"]
    backprop = mean(reached["backprop"].values())
    good = backprop >= LEAST and mean(stdp) >= LEAST_STDP
    differences = {}
    for rule, bound in LARGEST_LOSS.items():
        found = paired(reached[rule], reached["backprop"])
        good &= found.mean >= -bound
        interval = [round(found.low, 3), round(found.high, 3)]
        differences[rule] = {"mean": round(found.mean, 3), "interval_95": interval, "bound": -bound}
    shown = {
        "seeds": 20,
        "backprop": round(backprop, 3),
        "least": LEAST,
        "differences": differences,
        "stdp": [round(each, 2) for each in stdp],
        "stdp_mean": round(mean(stdp), 2),
        "least_stdp": LEAST_STDP,
        "good": good,
    }
    print(json.dumps(shown))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
