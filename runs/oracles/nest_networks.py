"""Statistics of two networks in NEST 3.10, ten seeds each, for tests/reference/nest_networks.npz.

Written from the tables of Brunel (2000), J. Comput. Neurosci. 8:183, and of Potjans & Diesmann (2014), Cereb. Cortex
24:785, not from ours. Run it in an environment that has NEST and this package on its path: about fifteen minutes.

Kept per network, population and statistic: 800 quantiles of all seeds together, and the Kolmogorov-Smirnov distance
of each seed to the nine others, which is the spread of the same network drawn anew.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nest
import numpy as np

from neurosim.simulation.spike_statistics import correlations, firing_rates, irregularities, ks_distance

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "reference" / "nest_networks.npz"
SEEDS, QUANTILES, CORRELATED = 10, 800, 200
START, STOP = 500.0, 10_500.0  # ms


def brunel() -> dict[str, Any]:
    """Model A at a tenth of its neurons and all of their synapses, asynchronous irregular: g = 5, eta = 2."""
    cell = {"C_m": 1.0, "tau_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0}
    populations = {"exc": nest.Create("iaf_psc_delta", 1000, cell), "inh": nest.Create("iaf_psc_delta", 250, cell)}
    noise = nest.Create("poisson_generator", params={"rate": 20_000.0})
    for post in populations.values():
        post.V_m = nest.random.uniform(0.0, 20.0)
        for pre, degree, weight in (("exc", 1000, 0.1), ("inh", 250, -0.5)):
            rule = {"rule": "fixed_indegree", "indegree": degree}
            nest.Connect(populations[pre], post, rule, {"weight": weight, "delay": 1.5})
        nest.Connect(noise, post, syn_spec={"weight": 0.1, "delay": 1.5})
    return populations


def microcircuit() -> dict[str, Any]:
    """A tenth of the neurons and of their synapses, each stronger by the root of ten; a current gives back the mean."""
    k = 0.1
    names = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
    full = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
    joined = np.array(
        [
            [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
            [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
            [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
            [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
            [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
            [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
            [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
            [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
        ]
    )
    external = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
    rate = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
    mean = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
    deviation = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
    degree = np.log(1 - joined) / np.log(1 - 1.0 / np.outer(full, full)) / full[:, None]
    weight = np.tile(np.where(np.arange(8) % 2 == 0, 87.8, -351.2), (8, 1))
    weight[0, 2] *= 2
    current = 0.5e-3 * (1 - np.sqrt(k)) * ((weight * degree) @ rate + 87.8 * 8.0 * external)
    size = np.round(full * k).astype(int)
    populations = {}
    for x, name in enumerate(names):
        cell = {"C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0}
        cell |= {"tau_syn_ex": 0.5, "tau_syn_in": 0.5, "I_e": float(current[x])}
        populations[name] = nest.Create("iaf_psc_exp", int(size[x]), cell)
        populations[name].V_m = nest.random.normal(float(mean[x]), float(deviation[x]))
        noise = nest.Create("poisson_generator", params={"rate": 8.0 * float(external[x]) * k})
        nest.Connect(noise, populations[name], syn_spec={"weight": 87.8 / float(np.sqrt(k)), "delay": 1.5})
    for target, post in enumerate(names):
        for source, pre in enumerate(names):
            total = round(degree[target, source] * k * size[target])
            if total:
                w, delay = float(weight[target, source] / np.sqrt(k)), 0.75 if source % 2 else 1.5
                low, high = (0.0, np.inf) if w > 0 else (-np.inf, 0.0)
                synapse = {
                    "weight": nest.math.redraw(nest.random.normal(w, abs(0.1 * w)), min=low, max=high),
                    "delay": nest.math.redraw(nest.random.normal(delay, 0.5 * delay), min=0.05, max=np.inf),
                }
                rule = {"rule": "fixed_total_number", "N": total}
                nest.Connect(populations[pre], populations[post], rule, synapse)
    return populations


def statistics(build: Callable[[], dict[str, Any]], seed: int) -> dict[str, np.ndarray]:
    """The three distributions of each population, by "population/statistic"."""
    nest.ResetKernel()
    nest.set(resolution=0.1, rng_seed=seed, print_time=False)
    populations = build()
    recorder = nest.Create("spike_recorder", params={"start": START})
    for population in populations.values():
        nest.Connect(population, recorder)
    nest.Simulate(STOP)
    senders, times = recorder.events["senders"], recorder.events["times"]
    order = np.argsort(times, kind="stable")
    senders, times = senders[order], times[order]
    found = {}
    for name, population in populations.items():
        first, size = min(population.tolist()), len(population)
        mine = (senders >= first) & (senders < first + size)
        spikes = times[mine], senders[mine] - first
        found[f"{name}/rate"] = firing_rates(*spikes, size, START, STOP)
        found[f"{name}/cv"] = irregularities(*spikes)
        found[f"{name}/correlation"] = correlations(*spikes, min(size, CORRELATED), START, STOP)
    return found


def summary(runs: list[Mapping[str, np.ndarray]], prefix: str) -> dict[str, np.ndarray]:
    """What is kept of all seeds."""
    kept = {}
    for key in runs[0]:
        each = [run[key] for run in runs]
        others = [np.concatenate([*each[:i], *each[i + 1 :]]) for i in range(len(each))]
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        kept[f"{prefix}/{key}/pooled"] = np.quantile(np.concatenate(each), levels, method="inverted_cdf").astype(
            np.float32
        )
        spread = [ks_distance(one, rest) for one, rest in zip(each, others, strict=True)]
        kept[f"{prefix}/{key}/spread"] = np.array(spread, np.float32)
    return kept


def main() -> int:
    """Run all and write the file."""
    nest.set_verbosity("M_ERROR")
    kept: dict[str, np.ndarray] = {}
    for build in (brunel, microcircuit):
        runs = [statistics(build, seed) for seed in range(1, SEEDS + 1)]
        kept |= summary(runs, build.__name__)
    np.savez_compressed(OUTPUT, **kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
