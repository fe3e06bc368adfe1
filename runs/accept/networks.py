"""Spiking networks against other simulators and published rates.

Brunel's network and the microcircuit, at a tenth, ten seeds of 10 s: for each population and each of rate,
irregularity and correlation, the Kolmogorov-Smirnov distance to NEST's ten runs is at most the median of the
distances of each of those from the others. CUBA and COBA, ten seeds of 10 s: rates of the peers, and activity that
lasts. The full microcircuit over 10 s: rates within 5 % of the authors'.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from neurosim.networks import Brunel, Coba, Cuba, Microcircuit
from neurosim.networks.microcircuit import POPULATIONS, RATES
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.spike_statistics import correlations, firing_rates, irregularities, ks_distance

STORED = Path(__file__).resolve().parents[2] / "tests" / "reference" / "nest_networks.npz"
START, STOP = 500.0, 10_500.0  # ms
SEEDS, CORRELATED = 10, 200  # runs, neurons
LATE = 10.0  # ms before the end, within which an active network spikes
FIRING_BY_THEMSELVES = ((Cuba(), 5.5, 5.8), (Coba(), 17.0, 20.0))  # with the lowest and highest mean rate of peers, Hz
LARGEST_ERROR = 0.05  # of a population's rate in the full microcircuit


def beyond_the_spread(seeds: Iterable[int], bound: Callable[[Any], Any]) -> dict[str, list[float]]:
    """The statistics whose distance from NEST's, over all ``seeds`` together, is beyond the ``bound`` of its own runs.

    Each with the distance and what the bound (maximum, median) makes of the distances of NEST's runs from each other.
    """
    stored = dict(np.load(STORED))
    found: dict[str, list[Any]] = {}
    for seed in seeds:
        for name, spec in (("brunel", Brunel(scale=0.1)), ("microcircuit", Microcircuit(scale=0.1))):
            for key, values in statistics(*run(spec, seed)).items():
                found.setdefault(f"{name}/{key}", []).append(values)
    pairs = {}
    for key, values in found.items():
        pooled = stored[f"{key}/pooled"]
        distance = ks_distance(np.concatenate(values).astype(pooled.dtype), pooled)
        pairs[key] = [distance, float(bound(stored[f"{key}/spread"]))]
    return {key: pair for key, pair in pairs.items() if pair[0] > pair[1]}


def run(spec: Any, seed: int) -> tuple[Network, Simulation]:
    """The network and its simulation until STOP, with recorded spikes."""
    net = spec.build(seed)
    net.record(net.populations, "spikes")
    return net, net.run(STOP)


def statistics(net: Network, simulation: Simulation) -> dict[str, Any]:
    """The distributions of each population after START, by "population/statistic"."""
    found = {}
    for each in net.populations:
        times, neurons, _ = simulation.spikes(each)
        late = times > START
        spikes = times[late], neurons[late]
        found[f"{each.name}/rate"] = firing_rates(*spikes, each.size, START, STOP)
        found[f"{each.name}/cv"] = irregularities(*spikes)
        found[f"{each.name}/correlation"] = correlations(*spikes, min(each.size, CORRELATED), START, STOP)
    return found


def mean_rates(net: Network, simulation: Simulation) -> dict[str, float]:
    """The rate of each population after START in Hz."""
    late = {each: int((simulation.spikes(each).times > START).sum()) for each in net.populations}
    return {each.name: n / each.size / (STOP - START) * 1e3 for each, n in late.items()}


def last_spike(net: Network, simulation: Simulation) -> float:
    """The time in ms of the last spike of all."""
    return max(float(simulation.spikes(each).times.max(initial=0.0)) for each in net.populations)


def main() -> int:
    """Print the results as JSON; 1 if one violates its bounds."""
    seen: dict[str, Any] = {"beyond_the_spread_of_nest": beyond_the_spread(range(SEEDS), np.median)}
    good = not seen["beyond_the_spread_of_nest"]
    for spec, lowest, highest in FIRING_BY_THEMSELVES:
        runs = [run(spec, seed) for seed in range(SEEDS)]
        sizes = [each.size for each in runs[0][0].populations]
        rate = mean(float(np.average(list(mean_rates(*each).values()), weights=sizes)) for each in runs)
        last = min(last_spike(*each) for each in runs)
        good &= lowest <= rate <= highest and last > STOP - LATE
        seen[type(spec).__name__.lower()] = {"rate": round(rate, 3), "last_spike_ms": last}
    rates = mean_rates(*run(Microcircuit(), 0))
    errors = {name: rates[name] / published - 1 for name, published in zip(POPULATIONS, RATES, strict=True)}
    good &= max(map(abs, errors.values())) <= LARGEST_ERROR
    seen["microcircuit_rates"] = {name: round(rate, 3) for name, rate in rates.items()}
    seen["microcircuit_errors"] = {name: round(error, 4) for name, error in errors.items()}
    print(json.dumps({**seen, "good": good}))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
