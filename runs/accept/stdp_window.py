"""The window of spike timing: pairs against their closed forms, ramps of 400 000 trials against their expectation."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout, which holds runs

from runs.stdp_emergence import FAST, POST, PRE, SLOW, TRIALS, expected, pairs, ramps, window

LARGEST_ERROR = 1e-9
LEAST_CORRELATION = 0.98
CLOSE = 5.0  # ms; nearer to 0 the noise may turn the sign


def main() -> int:
    """Print the figures as JSON; 1 if one is out of its bound."""
    paired = pairs(spacing=0.5)
    errors = {
        "derivative": paired.derivative - PRE * window(paired.lags, PRE, 0.0, POST),
        "difference": paired.difference - PRE * window(paired.lags, PRE, FAST, SLOW),
        "at_spikes": paired.at_spikes - window(paired.lags, 0.0, FAST, SLOW),
    }
    largest = {name: float(np.abs(error).max()) for name, error in errors.items()}
    ramped = ramps(TRIALS)
    mean, nearest = expected(ramped.lags, ramped.variance)
    correlation = {
        "given_a_spike": float(np.corrcoef(ramped.mean, mean)[0, 1]),
        "given_the_nearest": float(np.corrcoef(ramped.nearest, nearest)[0, 1]),
    }
    away = np.abs(ramped.lags) > CLOSE
    signs = all(np.array_equal(np.sign(each[away]), np.sign(mean[away])) for each in (ramped.mean, ramped.nearest))
    good = signs and max(largest.values()) < LARGEST_ERROR and min(correlation.values()) > LEAST_CORRELATION
    seen = {
        "largest_error_of_pairs": largest,
        "trials": TRIALS,
        "correlation": {name: round(value, 5) for name, value in correlation.items()},
        "least_correlation": LEAST_CORRELATION,
        "signs": signs,
        "good": good,
    }
    print(json.dumps(seen))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
