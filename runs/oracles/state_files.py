"""Files of a network as neurosim wrote them at commit ea36dc1, for tests/reference: they must stay readable.

    state_reference.h5, state_cpu.h5   the state after 40 ms, saved on each backend
    state_expected.npz                 spikes and weights of the 60 ms that follow, on the reference
    state_log.h5.gz                    the log of another, small network; its spikes are in state_expected.npz too
    state_hashes.json                  the hashes of all models, rules and builders

Run it once, with that commit as the package and nothing else; later versions are tested against these files:
    PYTHONPATH=<checkout of ea36dc1> python runs/oracles/state_files.py
"""

from __future__ import annotations

import gzip
import json
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np

import neurosim as ns
from neurosim import connectivity as con
from neurosim import neurons, rules
from neurosim.equations import SynapticRule, compile_model

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "reference"
BEFORE, AFTER = 40.0, 60.0  # ms
SPIKING, LEARNING = ("cells", "others"), ("pairs", "rewarded")
TRIPLETS = ("a2_plus", "a3_plus", "a2_minus", "a3_minus", "tau_x", "tau_y")
LINE = np.arange(20) / 20.0
BUILDERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "one to one": (con.OneToOne(), {"weight": 30.0}),
    "all to all": (con.AllToAll(allow_autapses=False), {"weight": con.Normal(8.0, 2.0)}),
    "probability": (con.FixedProbability(0.3), {"weight": con.Uniform(2.0, 20.0), "delay": con.Uniform(0.1, 8.0)}),
    "certain": (con.FixedProbability(1.0), {"weight": con.LogNormal(2.0, 0.4)}),
    "never": (con.FixedProbability(0.0), {"weight": 1.0}),
    "in degree": (con.FixedInDegree(4), {"weight": 5.0, "delay": con.Uniform(0.5, 2.0)}),
    "out degree": (con.FixedOutDegree(3, allow_multapses=False), {"weight": -6.0}),
    "total number": (con.FixedTotalNumber(50), {"weight": np.linspace(1.0, 9.0, 50)}),
    "listed": (con.FromArrays([0, 1, 1], [2, 0, 5], [8.0, 9.0, 7.0], [0.3, 0.2, 1.0]), {"delay": None}),
    "gaussian": (con.SpatialKernel(LINE, LINE, con.Gaussian(0.2), p=0.8, wrap=(1.0,)), {"weight": 6.0}),
    "exponential": (con.SpatialKernel(LINE, LINE, con.Exponential(0.2), cutoff=0.5), {"weight": -5.0}),
}

GRADED: dict[str, Any] = (
    {"graded": ns.Graded("v", bound=2.0)} if hasattr(ns, "Graded") else {"graded": "v", "bound": 2.0}  # of ea36dc1
)


def network() -> ns.Network:
    """Twenty neurons with all builders between them, and others that learn, that get a state and that are told."""
    net = ns.Network(5)
    net.population("told", 4, ns.SpikeTimes([1.0, 3.0, 39.0, 44.5, 60.0], [0, 1, 3, 2, 0]))
    net.population("noise", 20, ns.Poisson(150.0))
    net.population("cells", 20, neurons.LIF(), {"v": ns.Uniform(-65.0, -52.0)})
    net.population("others", 10, neurons.ALIF())
    net.population("leak", 6, neurons.LeakyIntegrator())
    net.signal("reward")
    for name, (builder, values) in BUILDERS.items():
        net.connect("cells", "cells", builder, **{"delay": 1.5, **values}, name=name)
    net.connect("told", "leak", con.AllToAll(), weight=0.5, delay=0.4)
    net.connect("leak", "cells", con.AllToAll(), **GRADED, weight=20.0, delay=ns.Uniform(0.2, 1.0), name="sent")
    pairs = rules.PairSTDP(w_max=160.0, a_plus=3.0)
    net.connect(
        "noise",
        "cells",
        con.AllToAll(),
        weight=ns.Uniform(40.0, 120.0),
        delay=0.3,
        rule=pairs,
        copies="shared",
        name="pairs",
    )
    rewarded = rules.RewardSTDP(w_max=900.0)
    net.connect(
        "cells", "others", con.FixedProbability(0.7), weight=500.0, delay=ns.Uniform(0.1, 1.2), dendritic_delay=0.6,
        rule=rewarded, copies="sample", name="rewarded",
    )  # fmt: skip
    net.drive("cells", 4000.0, 40.0, name="drive")
    net.record(SPIKING, "spikes")
    return net


def begun(**options: Any) -> ns.Simulation:
    """After the first 40 ms, with everything set that a state keeps."""
    simulation = network().compile(batch=2, **options)
    simulation.set("one to one", "w", np.linspace(10.0, 40.0, 20))
    simulation.set("in degree", "delay", 2.5)
    simulation.run(BEFORE - 10.0)
    simulation.set("noise", "rate", 200.0)
    simulation.run(10.0)
    return simulation


def go_on(simulation: ns.Simulation) -> ns.Simulation:
    """Through the last 60 ms, with a reward on the way."""
    simulation.set("reward", "value", [1.0, -0.5])
    simulation.run(AFTER)
    return simulation


def found(simulation: ns.Simulation) -> dict[str, Any]:
    """The recorded spikes after the first 40 ms, and the weights."""
    values = {name: simulation.get(name, "w") for name in LEARNING}
    for name in SPIKING:
        spikes = simulation.spikes(name)
        late = spikes.times > BEFORE + simulation.dt / 2
        values |= {f"{name}_{field}": column[late] for field, column in spikes._asdict().items()}
    return values


def hashes() -> dict[str, str]:
    """Those of all models, rules and builders that are part of neurosim, by name."""
    values = {}
    for name in neurons.__all__:
        for precision in ("float32", "float64"):
            values[f"{name} {precision}"] = compile_model(getattr(neurons, name)(), 0.1, precision).hash
    for name in rules.__all__:
        if rule := rule_of(getattr(rules, name)):
            values[name] = of_network(weight=1.0, delay=0.5, dendritic_delay=0.2, rule=rule)
    for name, (builder, options) in BUILDERS.items():
        values[name] = of_network(builder, **{"delay": 1.5, **options})
    values["state"] = of_network(weight=0.5, delay=0.5, **GRADED)
    return values


def rule_of(make: Any) -> SynapticRule | None:
    """A rule between spiking neurons, all of whose arguments without a default are 10; None for another."""
    taken = signature(make).parameters
    needed = [name for name, each in taken.items() if each.default is Parameter.empty and name != "values"]
    if "w_max" not in needed:
        return None
    triplets = TRIPLETS if make.__name__.endswith("TripletSTDP") else ()
    rule = make(**dict.fromkeys((*needed, *triplets), 10.0))
    return rule if isinstance(rule, SynapticRule) else None


def of_network(builder: Any = None, **options: Any) -> str:
    """The hash of two populations with one projection."""
    net = ns.Network(1)
    net.population("a", 20, neurons.LeakyIntegrator() if "graded" in options else neurons.LIF())
    net.population("b", 20, neurons.LIF())
    net.signal("reward")
    net.connect("a", "b", builder or con.AllToAll(), name="p", **options)
    return net.compile(backend="reference").snapshot().network


def logged(log: Path | None = None) -> ns.Simulation:
    """Ten neurons that learn, of which a log keeps spikes, states and rates."""
    net = ns.Network(3)
    net.population("noise", 10, ns.Poisson(200.0))
    net.population("cells", 10, neurons.LIF())
    net.connect("noise", "cells", con.AllToAll(), weight=700.0, delay=0.5, rule=rules.PairSTDP(w_max=999.0), name="w")
    net.record("cells", "spikes")
    net.record("cells", "v", every=1.0)
    simulation = net.compile(backend="reference", log=log, overwrite=True)
    simulation.run(BEFORE)
    return simulation


if __name__ == "__main__":
    for backend in ("reference", "cpu"):
        begun(backend=backend).save(FOLDER / f"state_{backend}.h5")
    log = FOLDER / "state_log.h5"
    with logged(log):
        kept = {f"log_{name}": column for name, column in logged().spikes("cells")._asdict().items()}
    np.savez_compressed(FOLDER / "state_expected.npz", **found(go_on(begun(backend="reference"))), **kept)
    (FOLDER / "state_log.h5.gz").write_bytes(gzip.compress(log.read_bytes(), mtime=0))  # chunks are all but empty
    log.unlink()
    (FOLDER / "state_hashes.json").write_text(json.dumps(hashes(), indent=1) + "\n")
