"""A network for Brian2, C++ standalone: the first line of stdin says which, every further line runs it; see peers.py.

Runs in .venv-peers and needs a C++ compiler. Answers one line of JSON each: what was built, then the time of the loop
(without the warm-up) and the rate. Each run is the same program from the start with other random numbers. Neurons lie
in one group, as Brian2 runs them fastest; synapses are drawn here, in the order of their sources.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what compilers say goes to stderr

import brian2  # noqa: E402
import numpy as np  # noqa: E402
from brian2 import Gohm, Hz, ms, mV, nS, pA, pF, second  # noqa: E402

UNITS = (("tau", ms), ("t_ref", ms), ("v_", mV), ("e_", mV), ("r_m", Gohm), ("g_", nS), ("c_m", pF), ("i_", pA))
STATES = {  # Brian2 calls neurons i
    "v": ("v", "volt", mV),
    "i": ("i_s", "amp", pA),
    "i_e": ("i_e", "amp", pA),
    "i_i": ("i_i", "amp", pA),
    "g_e": ("g_e", "siemens", nS),
    "g_i": ("g_i", "siemens", nS),
}
EQUATIONS = {
    "LIF": (
        """dv/dt = (v_rest - v + r_m * (i_s + i_ext)) / tau_m : volt (unless refractory)
        di_s/dt = -i_s / tau_s : amp""",
        "exact",
    ),
    "LIFTwoCurrents": (
        """dv/dt = (v_rest - v + r_m * (i_e + i_i + i_ext)) / tau_m : volt (unless refractory)
        di_e/dt = -i_e / tau_e : amp
        di_i/dt = -i_i / tau_i : amp""",
        "exact",
    ),
    "LIFConductance": (
        """dv/dt = (g_l * (v_rest - v) + g_e * (e_e - v) + g_i * (e_i - v) + i_ext) / c_m : volt (unless refractory)
        dg_e/dt = -g_e / tau_e : siemens
        dg_i/dt = -g_i / tau_i : siemens""",
        "exponential_euler",
    ),
    "LIFDelta": ("dv/dt = (v_rest - v + r_m * i_ext) / tau_m : volt (unless refractory)", "exact"),
}


def unit_of(name: str) -> Any:
    """The unit of a parameter, by the beginning of its name."""
    return next(unit for start, unit in UNITS if name.startswith(start))


def draw(value: Any, n: int, rng: np.random.Generator) -> Any:
    """``n`` numbers of one of our distributions; a number as it is."""
    if not isinstance(value, dict):
        return value
    if value["kind"] == "Uniform":
        return rng.uniform(value["low"], value["high"], n)
    found = rng.normal(value["mean"], value["sd"], n)
    if value["clip"]:
        return np.clip(found, value["low"], value["high"])
    while (out := np.flatnonzero((found < value["low"]) | (found > value["high"]))).size:
        found[out] = rng.normal(value["mean"], value["sd"], len(out))
    return found


def pairs(builder: dict[str, Any], n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Sources and targets of a projection."""
    if builder["kind"] == "AllToAll":
        return np.repeat(np.arange(n_pre), n_post), np.tile(np.arange(n_post), n_pre)
    if builder["kind"] == "FixedTotalNumber":
        return rng.integers(n_pre, size=builder["n"]), rng.integers(n_post, size=builder["n"])
    if builder["kind"] == "FixedInDegree":
        return rng.integers(n_pre, size=n_post * builder["k"]), np.repeat(np.arange(n_post), builder["k"])
    joined = [np.flatnonzero(rng.random(n_post) < builder["p"]) for _ in range(n_pre)]
    return np.repeat(np.arange(n_pre), [len(posts) for posts in joined]), np.concatenate(joined)


def group_of(populations: list[dict[str, Any]], rng: np.random.Generator) -> Any:
    """All populations, which have one model, as one group in its initial state; i_ext may differ."""
    text, method = EQUATIONS[populations[0]["model"]]
    sizes = [population["size"] for population in populations]
    values = dict(populations[0]["values"])
    currents = [population["values"]["i_ext"] for population in populations]
    assert all({**population["values"], "i_ext": 0} == {**values, "i_ext": 0} for population in populations)
    if len(set(currents)) > 1:
        text += "\n i_ext : amp (constant)"
        del values["i_ext"]
    group = brian2.NeuronGroup(
        sum(sizes),
        text,
        threshold="v >= v_th",
        reset="v = v_reset",
        refractory=values["t_ref"] * ms,
        method=method,
        namespace={name: value * unit_of(name) for name, value in values.items()},
    )
    if len(set(currents)) > 1:
        group.i_ext = np.repeat(currents, sizes) * pA
    for state in populations[0]["initial"]:
        drawn = [np.broadcast_to(draw(each["initial"][state], each["size"], rng), each["size"]) for each in populations]
        name, _, unit = STATES[state]
        setattr(group, name, np.concatenate(drawn) * unit)
    return group


def synapses_of(network: dict[str, Any], group: Any, first: dict[str, int], dt: float, rng: Any) -> tuple[Any, int]:
    """One object for the synapses of an input that share a fixed weight, or have weights of their own; their number."""
    sizes = {population["name"]: population["size"] for population in network["populations"]}
    kinds: dict[Any, list[dict[str, Any]]] = {}
    for each in (each for each in network["projections"] if not each["rule"]):
        fixed = [None if isinstance(each[key], dict) else each[key] for key in ("weight", "delay")]
        kinds.setdefault((each["to"], *fixed), []).append(each)
    made, count = [], 0
    for (to, weight, delay), projections in kinds.items():
        columns: list[tuple[Any, ...]] = []
        for each in projections:
            pre, post = pairs(each["builder"], sizes[each["pre"]], sizes[each["post"]], rng)
            n = len(pre)
            drawn = [np.broadcast_to(draw(each[key], n, rng), n) for key in ("weight", "delay")]
            columns.append((pre + first[each["pre"]], post + first[each["post"]], *drawn))
        pre, post, weights, delays = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.lexsort((post, pre))
        state, word, unit = STATES[to]
        jump = f"{state}_post += w" + " * int(not_refractory_post)" * (to == "v")
        if weight is None:
            synapses = brian2.Synapses(group, group, f"w : {word}", on_pre=jump)
        else:
            synapses = brian2.Synapses(group, group, on_pre=jump, namespace={"w": weight * unit})
        synapses.connect(i=pre[order], j=post[order])
        if weight is None:
            synapses.w = weights[order] * unit
        steps = np.maximum(np.round(delays[order] / dt), 1) - 1  # a step passes before the next update in any case
        synapses.delay = (steps if delay is None else steps[0]) * dt * ms
        made.append(synapses)
        count += len(order)
    return made, count


def plastic_of(network: dict[str, Any], parts: dict[str, Any], dt: float, rng: Any) -> tuple[list[Any], int]:
    """One object for each projection with pair STDP, traces decayed at events; their number of synapses."""
    made, count = [], 0
    for each in (each for each in network["projections"] if each["rule"]):
        pre, post, values = parts[each["pre"]], parts[each["post"]], each["rule"]["values"]
        state, word, unit = STATES[each["to"]]
        assert each["rule"]["name"] == "PairSTDP"
        synapses = brian2.Synapses(
            pre,
            post,
            f"""w : {word}
            dx/dt = -x / tau_plus : 1 (event-driven)
            dy/dt = -y / tau_minus : 1 (event-driven)""",
            on_pre=f"{state}_post += w; w = clip(w - a_minus * y, w_min, w_max); x += 1",
            on_post="w = clip(w + a_plus * x, w_min, w_max); y += 1",
            delay={"pre": (each["delay"] - dt) * ms, "post": each["dendritic_delay"] * ms},
            namespace={name: value * (ms if name.startswith("tau") else unit) for name, value in values.items()},
        )
        i, j = pairs(each["builder"], len(pre), len(post), rng)
        synapses.connect(i=i, j=j)
        synapses.w = draw(each["weight"], len(i), rng) * unit
        made.append(synapses)
        count += len(i)
    return made, count


def drives_of(network: dict[str, Any], group: Any, first: dict[str, int]) -> list[Any]:
    """Poisson input, as that of as many sources of 8 Hz."""
    sizes = {population["name"]: population["size"] for population in network["populations"]}
    made = []
    for drive in network["drives"]:
        start, sources = first[drive["population"]], max(1, round(drive["rate"] / 8.0))
        target = group[start : start + sizes[drive["population"]]]
        state, _, unit = STATES[drive["to"]]
        rate, weight = drive["rate"] / sources * Hz, drive["weight"] * unit
        made.append(brian2.PoissonInput(target, state, sources, rate, weight))
    return made


def answer(**found: Any) -> None:
    """One line of JSON."""
    print(json.dumps(found), file=answers, flush=True)


def main() -> None:
    """Build, then run the program at every line."""
    task = json.loads(sys.stdin.readline())
    brian2.prefs.logging.console_log_level = "ERROR"
    folder = tempfile.TemporaryDirectory()
    brian2.set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.devices.cpp_standalone.openmp_threads = 0 if task["threads"] == 1 else task["threads"]
    started = time.perf_counter()
    brian2.defaultclock.dt = task["dt"] * ms
    network, rng = task["network"], np.random.default_rng(task["seed"])
    populations = [each for each in network["populations"] if each["model"] != "Poisson"]
    starts = np.cumsum([0, *(population["size"] for population in populations)]).tolist()
    first = {population["name"]: start for population, start in zip(populations, starts, strict=False)}
    group = group_of(populations, rng)
    parts = {each["name"]: group[first[each["name"]] :][: each["size"]] for each in populations}
    for each in network["populations"]:
        if each["model"] == "Poisson":
            parts[each["name"]] = brian2.PoissonGroup(each["size"], rates=each["values"]["rate"] * Hz)
    synapses, count = synapses_of(network, group, first, task["dt"], rng)
    plastic, plastic_count = plastic_of(network, parts, task["dt"], rng)
    sources = {name: part for name, part in parts.items() if isinstance(part, brian2.PoissonGroup)}
    monitors = {name: brian2.SpikeMonitor(source) for name, source in sources.items()}
    monitor = brian2.SpikeMonitor(group)
    drives = drives_of(network, group, first)
    net = brian2.Network(group, *sources.values(), *synapses, *plastic, *drives, monitor, *monitors.values())
    net.run(task["warm_up"] * ms)
    net.run(task["seconds"] * second)
    device = brian2.get_device()
    device.build(directory=folder.name, compile=True, run=False)
    build_s = time.perf_counter() - started
    dt = float(brian2.defaultclock.dt / ms)
    size, total = sum(each["size"] for each in network["populations"]), count + plastic_count
    answer(version=brian2.__version__, neurons=size, synapses=total, dt=dt, record=True, build_s=build_s)
    for _ in sys.stdin:
        subprocess.run(["./main"], cwd=folder.name, stdout=subprocess.DEVNULL, check=True)
        device.has_been_run = True
        device.array_cache.clear()
        results = Path(folder.name) / "results"
        sim_s = float((results / "last_run_info.txt").read_text().split()[0])
        spikers = np.asarray(monitor.i)[np.asarray(monitor.t / ms) >= task["warm_up"]]
        spikes = dict(zip(first, np.histogram(spikers, starts)[0].tolist(), strict=True))
        for name, each in monitors.items():
            spikes[name] = int((np.asarray(each.t / ms) >= task["warm_up"]).sum())
        rates = {name: count / len(parts[name]) / task["seconds"] for name, count in spikes.items()}
        rate = sum(spikes.values()) / size / task["seconds"]
        answer(sim_s=sim_s, rtf=sim_s / task["seconds"], rate_hz=rate, rates_hz=rates)


if __name__ == "__main__":
    main()
