"""A network for NEST 3.10: the first line of stdin says which, every further line runs it on; see peers.py.

Runs in .venv-peers. Answers one line of JSON each: what was built, then the time of the loop and the rates. Successive
runs are successive stretches of time. NEST allows 2^27 connections of one synapse model and thread: each source
population has a model of its own. Poisson neurons are parrots, each of which repeats a train of its own. All delay of
an stdp_synapse is dendritic: with a delay d it is our synapse of axonal delay d and dendritic delay 2 d.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # NEST's greetings go to stderr

import nest  # noqa: E402

CURRENT = ("iaf_psc_exp", (("tau_m", "tau_m"), ("E_L", "v_rest"), ("V_th", "v_th"), ("V_reset", "v_reset")))
DELTA = ("iaf_psc_delta", CURRENT[1])
CONDUCTANCE = (
    "iaf_cond_exp",
    (("C_m", "c_m"), ("g_L", "g_l"), ("E_ex", "e_e"), ("E_in", "e_i"), *CURRENT[1][1:]),
)
SYNAPSES = {
    "LIF": (CURRENT, "tau_s", "tau_s"),
    "LIFTwoCurrents": (CURRENT, "tau_e", "tau_i"),
    "LIFConductance": (CONDUCTANCE, "tau_e", "tau_i"),
    "LIFDelta": (DELTA, None, None),
}
STATES = {"v": "V_m", "g_e": "g_ex", "g_i": "g_in", "i_e": "I_syn_ex", "i_i": "I_syn_in", "i": "I_syn_ex"}
RULES = {
    "AllToAll": ("all_to_all",),
    "FixedProbability": ("pairwise_bernoulli", ("p", "p")),
    "FixedTotalNumber": ("fixed_total_number", ("N", "n")),
    "FixedInDegree": ("fixed_indegree", ("indegree", "k")),
}
NEGATIVE = ("g_i",)  # receptors that NEST chooses by a weight below 0, where ours are positive


def neurons(population: dict[str, Any], dt: float) -> Any:
    """The population, in its initial state."""
    values = population["values"]
    if population["model"] == "Poisson":
        made = nest.Create("parrot_neuron", population["size"])
        nest.Connect(nest.Create("poisson_generator", params={"rate": values["rate"]}), made, syn_spec={"delay": dt})
        return made
    (model, names), tau_e, tau_i = SYNAPSES[population["model"]]
    parameters = {theirs: values[ours] for theirs, ours in names}
    parameters |= {"t_ref": values["t_ref"], "I_e": values["i_ext"]}
    if "r_m" in values:
        parameters["C_m"] = values["tau_m"] / values["r_m"]
    if tau_e:
        parameters |= {"tau_syn_ex": values[tau_e], "tau_syn_in": values[tau_i]}
    made = nest.Create(model, population["size"], parameters)
    for state, value in population["initial"].items():
        setattr(made, STATES[state], drawn(value))
    return made


def drawn(value: Any) -> Any:
    """A number, or NEST's random variable for one of our distributions."""
    if not isinstance(value, dict):
        return value
    if value["kind"] == "Uniform":
        return nest.random.uniform(value["low"], value["high"])
    normal = nest.random.normal(value["mean"], value["sd"])
    if value["clip"]:
        return nest.math.min(nest.math.max(normal, value["low"]), value["high"])
    return nest.math.redraw(normal, min=value["low"], max=value["high"]) if finite(value) else normal


def finite(value: dict[str, Any]) -> bool:
    """Whether a distribution has a bound."""
    return value["low"] > -float("inf") or value["high"] < float("inf")


def plastic(projection: dict[str, Any], post: Any, name: str) -> str:
    """The name of a synapse model that learns by additive pair STDP; the neurons get the trace of their side."""
    values = projection["rule"]["values"]
    assert projection["rule"]["name"] == "PairSTDP"
    assert values["w_min"] == 0
    assert projection["dendritic_delay"] == 2 * projection["delay"]
    post.tau_minus = values["tau_minus"]
    ours = {"lambda": values["a_plus"] / values["w_max"], "alpha": values["a_minus"] / values["a_plus"]}
    both = {"Wmax": values["w_max"], "tau_plus": values["tau_plus"], "mu_plus": 0.0, "mu_minus": 0.0}
    nest.CopyModel("stdp_synapse", name, ours | both)
    return name


def build(network: dict[str, Any], dt: float) -> tuple[dict[str, Any], int]:
    """The recorder of each population, and the number of synapses between neurons."""
    made = {population["name"]: neurons(population, dt) for population in network["populations"]}
    drawn_by_us = nest.num_connections
    for name in made:
        nest.CopyModel("static_synapse", f"from_{name}")
    for projection in network["projections"]:
        kind, post = projection["builder"]["kind"], made[projection["post"]]
        model = f"from_{projection['pre']}"
        if projection["rule"]:
            model = plastic(projection, post, f"plastic_{projection['pre']}_{projection['post']}")
        weight, delay = drawn(projection["weight"]), drawn(projection["delay"])
        if projection["to"] in NEGATIVE:
            weight = -weight
        nest.Connect(
            made[projection["pre"]],
            post,
            {"rule": RULES[kind][0], **{theirs: projection["builder"][ours] for theirs, ours in RULES[kind][1:]}},
            {"synapse_model": model, "weight": weight, "delay": delay},
        )
    synapses = nest.num_connections - drawn_by_us
    for drive in network["drives"]:
        generator = nest.Create("poisson_generator", params={"rate": drive["rate"]})
        nest.Connect(generator, made[drive["population"]], "all_to_all", {"weight": drive["weight"], "delay": dt})
    recorders = {name: nest.Create("spike_recorder") for name in made}
    for name, population in made.items():
        nest.Connect(population, recorders[name])
    return recorders, synapses


def answer(**found: Any) -> None:
    """One line of JSON."""
    print(json.dumps(found), file=answers, flush=True)


def main() -> None:
    """Build, warm up, then run at every line."""
    task = json.loads(sys.stdin.readline())
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(resolution=task["dt"], local_num_threads=task["threads"], rng_seed=task["seed"], print_time=False)
    started = time.perf_counter()
    recorders, synapses = build(task["network"], task["dt"])
    sizes = {population["name"]: population["size"] for population in task["network"]["populations"]}
    size = sum(sizes.values())
    nest.Prepare()
    nest.Run(task["warm_up"])
    build_s = time.perf_counter() - started
    answer(version=nest.__version__, neurons=size, synapses=synapses, dt=nest.resolution, record=True, build_s=build_s)
    for _ in sys.stdin:
        before = {name: recorder.n_events for name, recorder in recorders.items()}
        started = time.perf_counter()
        nest.Run(1e3 * task["seconds"])
        sim_s = time.perf_counter() - started
        spikes = {name: recorder.n_events - before[name] for name, recorder in recorders.items()}
        rates = {name: count / sizes[name] / task["seconds"] for name, count in spikes.items()}
        rate = sum(spikes.values()) / size / task["seconds"]
        answer(sim_s=sim_s, rtf=sim_s / task["seconds"], rate_hz=rate, rates_hz=rates)


if __name__ == "__main__":
    main()
