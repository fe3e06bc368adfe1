"""The window of spike timing: pairs against their closed forms, ramps of 400 000 trials against their expectation, and
what synapses of a trained network changed, regressed on spikes, against its closed form and with spikes shuffled."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout, which holds runs

from runs.stdp_emergence import FAST, POST, PRE, PROTOCOLS, SLOW, TRIALS, expected, pairs, promised, ramps, window
from runs.trained_window import trained_window

LARGEST_ERROR = 1e-9
LEAST_CORRELATION = 0.98
LEAST_OF_TRAINED = 0.9  # correlation of the regressed kernel
LARGEST_SHUFFLED = 0.1  # root mean square of the mean shuffled kernel, over the jump of a spike
LARGEST_EXPLAINED = 0.02  # part of the squared change that a shuffled kernel accounts for
CLOSE = 5.0  # ms; nearer to 0 the noise may turn the sign


def main() -> int:
    """Print the results as JSON; 1 if one violates its bound."""
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
    trained = trained_window(PROTOCOLS.trained)
    alike = float(np.corrcoef(trained.kernel, promised(trained.lags))[0, 1])
    shuffled = float(np.sqrt(np.mean(trained.shuffled.mean(axis=0) ** 2)))
    by_chance = float(trained.explained_shuffled.max())
    flat = shuffled < LARGEST_SHUFFLED and by_chance < LARGEST_EXPLAINED
    good = alike > LEAST_OF_TRAINED and flat
    good &= signs and max(largest.values()) < LARGEST_ERROR and min(correlation.values()) > LEAST_CORRELATION
    seen = {
        "largest_error_of_pairs": largest,
        "trials": TRIALS,
        "correlation": {name: round(value, 5) for name, value in correlation.items()},
        "least_correlation": LEAST_CORRELATION,
        "signs": signs,
        "trained": {
            "correlation": round(alike, 5),
            "least_correlation": LEAST_OF_TRAINED,
            "explained": round(trained.explained, 6),
            "explained_by_shuffled": round(by_chance, 5),
            "shuffled": round(shuffled, 4),
            "flat": flat,
        },
        "good": good,
    }
    print(json.dumps(seen))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
