"""Two checkouts of neurosim, alternating: is the newer one slower?

    python runs/bench/against.py OLD [--rounds 9] [--names cuba coba ...]

Each round measures every benchmark once in the checkout OLD and once in this one; which of them goes first alternates.
Prints the ratio of medians, new over old (of layers: old over new images a second), with the 90 % interval of 2,000
bootstrap resamples of the rounds. "no slower": the interval lies below 1.03; "undecided": it reaches 1.03 and is wider
than 6 %. Exits 1 where a narrower one reaches 1.03, or spikes differ.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from harness import HERE, bench, conclude

NAMES = ("cuba", "coba", "microcircuit:scale=0.1", "stdp", "layers")
SECONDS = {"cuba": 100.0, "coba": 50.0, "microcircuit:scale=0.1": 30.0, "stdp": 8.0}  # biological: about a second each
LIMIT, WIDEST, RESAMPLES = 1.03, 0.06, 2000


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="This checkout against an older one.")
    parser.add_argument("old", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--names", nargs="+", default=NAMES)
    options = parser.parse_args()
    roots = {"old": options.old.resolve(), "new": HERE.parents[1]}
    found = {name: compared(name, roots, options.rounds) for name in options.names}
    ok = all(each["verdict"] in ("no slower", "undecided") and each["equal_spikes"] for each in found.values())
    commits = {label: commit(root) for label, root in roots.items()}
    return conclude("against", ok, limit=LIMIT, rounds=options.rounds, commits=commits, benchmarks=found)


def compared(name: str, roots: dict[str, Path], rounds: int) -> dict[str, Any]:
    """The times of one benchmark in both checkouts, and the verdict."""
    words = ("--seconds", str(SECONDS[name])) if name in SECONDS else ()
    runs: dict[str, list[dict[str, Any]]] = {label: [] for label in roots}
    for number in range(rounds):
        for label in sorted(roots, reverse=number % 2 == 1):
            runs[label].append(bench(name, *words, environment={"PYTHONPATH": str(roots[label])}))
    times = {label: np.array([run.get("rtf") or 1.0 / run["images_per_s"] for run in runs[label]]) for label in runs}
    ratio, low, high = interval(times["new"], times["old"])
    return {
        "ratio": ratio,
        "interval": [low, high],
        "verdict": verdict(low, high),
        "equal_spikes": len({run.get("spike_hash") for label in runs for run in runs[label]}) == 1,
        **{label: [float(f"{value:.4g}") for value in times[label]] for label in times},
    }


def interval(new: Any, old: Any) -> tuple[float, float, float]:
    """The ratio of the medians and the 5 % and 95 % quantiles of its bootstrap over rounds."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(new), (RESAMPLES, len(new)))
    ratios = np.median(new[draws], axis=1) / np.median(old[draws], axis=1)
    low, high = np.quantile(ratios, (0.05, 0.95))
    return round(float(np.median(new) / np.median(old)), 4), round(float(low), 4), round(float(high), 4)


def verdict(low: float, high: float) -> str:
    """Whether the newer code is slower, no slower, or undecided, by its interval."""
    if high < LIMIT:
        return "no slower"
    return "undecided" if high - low > WIDEST and low < LIMIT else "slower"


def commit(root: Path) -> str:
    """The commit of a checkout; "" if git does not know it."""
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
