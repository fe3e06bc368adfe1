"""Is it faster than NEST and Brian2? The same networks, declared once, on all three, alternating, in one run.

    make peers                                                 builds .venv-peers and runs this
    python runs/bench/peers.py [--quick | --full] [--networks cuba ...] [--rounds 3]

Each peer runs with one thread and with two; the faster is reported. Ours runs as `neurosim bench` does by default.
Times are those of the loop over time with every spike recorded, after a warm-up. A ratio (theirs / ours, the median
over the rounds) is void if rates differ by more than 10 %, or neurons, synapses, dt or recording differ.
Where synapses learn, the ratio is that of plastic updates per second (ours / theirs), and the rates are those of each
population. --full is the microcircuit at full scale on NEST alone, then ours: 14.5 GB, 3 minutes.
Prints one line of JSON; exits 1 if the ratio of the fastest is below its bound (LEAST) or void, 3 without .venv-peers.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from statistics import median
from typing import Any

from harness import HERE, NOT_RUN, Companion, bench, conclude, side_by_side

from neurosim.cli.bench_spiking import DT, WARM_UP
from neurosim.study.components import known, resolve_component

PYTHON = HERE.parents[1] / ".venv-peers" / "bin" / "python"
RATES_DIFFER, SYNAPSES_DIFFER, ROUNDING = 0.1, 0.01, 1e-9
PEERS = (("nest", 1), ("nest", 2), ("brian2", 1), ("brian2", 2))
NETWORKS = (  # biological seconds
    ("cuba", 10.0),
    ("coba", 3.0),
    ("brunel", 1.0),
    ("microcircuit:scale=0.1", 5.0),
    ("stdp", 2.0),
)
LEAST = {  # of the ratio theirs / ours of the fastest peer; of plastic updates per second, ours / theirs
    "cuba": 3.3,
    "coba": 6.5,
    "brunel": 1.0,
    "microcircuit:scale=0.1": 8.0,
    "microcircuit": 80.0,
    "stdp": 5.0,
}
FULL = "microcircuit"
FULL_S, OTHER_S = 1.0, 1.0
QUICK = 0.2  # of those seconds


def described(name: str, seed: int) -> dict[str, Any]:
    """One of our networks as plain data, from which a peer builds the same."""
    net = resolve_component("spiking_networks", name)[1].build(seed)
    return {
        "populations": [
            {
                "name": each.name,
                "size": each.size,
                "model": getattr(each.model, "name", type(each.model).__name__),
                "values": dict(getattr(each.model, "values", vars(each.model))),
                "initial": {state: plain(value) for state, value in each.initial.items()},
            }
            for each in net.populations
        ],
        "projections": [
            {
                "pre": each.pre.name,
                "post": each.post.name,
                "to": each.to,
                "builder": plain(each.builder),
                "weight": plain(each.weight),
                "delay": plain(each.delay),
                "dendritic_delay": each.dendritic_delay,
                "rule": each.rule and {"name": each.rule.name, "values": dict(each.rule.values)},
            }
            for each in net.projections
        ],
        "drives": [
            {"population": each.population.name, "rate": each.rate, "weight": each.weight, "to": each.to}
            for each in net.drives
        ],
    }


def plain(value: Any) -> Any:
    """A number as it is; a builder or distribution as its kind and its fields."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__, **dataclasses.asdict(value)}
    return value


def updates_per_hz(network: dict[str, Any]) -> dict[str, float]:
    """By population, the plastic updates that one spike of each of its neurons makes; all pairs must be joined."""
    sizes = {each["name"]: each["size"] for each in network["populations"]}
    found: dict[str, float] = {}
    for each in network["projections"]:
        if each["rule"]:
            assert each["builder"]["kind"] == "AllToAll"
            for side in ("pre", "post"):
                found[each[side]] = found.get(each[side], 0.0) + sizes[each["pre"]] * sizes[each["post"]]
    return found


class Peer(Companion):
    """A network in a peer's own process, which runs it again at every call."""

    def __init__(self, peer: str, threads: int, network: dict[str, Any], seconds: float, seed: int) -> None:
        """Build and warm up."""
        task = {"network": network, "threads": threads, "seconds": seconds, "seed": seed, "dt": DT, "warm_up": WARM_UP}
        self._updates = updates_per_hz(network)
        super().__init__(f"{peer}, {threads} thread{'s' * (threads > 1)}", PYTHON, f"peers_{peer}.py", task)

    def run(self) -> dict[str, Any]:
        """sim_s, rtf, rate_hz, rates_hz by population and plastic_updates_per_s of one run."""
        found = self.ask("run")
        updates = sum(n * found["rates_hz"][name] for name, n in self._updates.items())
        return {**found, "plastic_updates_per_s": updates / found["rtf"]}


def void(ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """Why two runs cannot be compared; None if they can."""
    for key, tolerance in (("rate_hz", RATES_DIFFER), ("synapses", SYNAPSES_DIFFER), ("neurons", 0.0), ("dt", 0.0)):
        if abs(ours[key] - theirs[key]) > tolerance * theirs[key] + ROUNDING:
            return f"{key} differs: ours {ours[key]}, theirs {theirs[key]}"
    if ours["plastic_updates_per_s"]:
        for name, rate in theirs["rates_hz"].items():
            if abs(ours["rates_hz"][name] - rate) > RATES_DIFFER * rate:
                return f"the rate of {name} differs: ours {ours['rates_hz'][name]}, theirs {rate}"
    if ours["record"] != theirs["record"]:
        return "one of the two does not record"
    return None


def compare(name: str, peers: list[Peer], seconds: float, seed: int, rounds: int) -> dict[str, Any]:
    """All on one network, alternating; the fastest way of each peer with its ratio to ours."""
    words = ("--seconds", str(seconds), "--seed", str(seed))
    ours: list[dict[str, Any]] = []
    theirs: list[list[dict[str, Any]]] = [[] for _ in peers]
    for _ in range(rounds):
        ours.append(bench(name, *words))
        for peer, runs in zip(peers, theirs, strict=True):
            runs.append({**peer.built, **peer.run()})
            print(f"{name}: {peer.label}: rtf {runs[-1]['rtf']:.4g}, ours {ours[-1]['rtf']:.4g}", file=sys.stderr)
    rtf, updates = ([run[key] for run in ours] for key in ("rtf", "plastic_updates_per_s"))
    plastic = all(updates)
    found = []
    for peer, runs in zip(peers, theirs, strict=True):
        their_rtf, their_updates = ([run[key] for run in runs] for key in ("rtf", "plastic_updates_per_s"))
        found.append(
            {
                "peer": peer.label,
                "version": peer.built["version"],
                "rtf": round(median(their_rtf), 5),
                "rate_hz": round(median(run["rate_hz"] for run in runs), 3),
                "ratio": side_by_side(updates, their_updates) if plastic else side_by_side(their_rtf, rtf),
                "plastic_updates_per_s": round(median(their_updates)),
                "void": void(ours[-1], {**runs[-1], "rate_hz": median(run["rate_hz"] for run in runs)}),
            }
        )
    return {
        "network": name,
        "seconds": seconds,
        "rtf": round(median(rtf), 5),
        "threads": ours[-1]["threads"],
        "rate_hz": ours[-1]["rate_hz"],
        "plastic_updates_per_s": round(median(updates)),
        "least": LEAST.get(name, 1.0),
        "fastest": min(found, key=lambda each: float(each["ratio"])),
        "peers": found,
    }


def contest(name: str, contestants: tuple[tuple[str, int], ...], seconds: float, options: Any) -> dict[str, Any]:
    """`compare` with peers that are started and ended here."""
    network = described(name, options.seed)
    peers: list[Peer] = []
    try:
        for peer, threads in contestants:
            peers.append(Peer(peer, threads, network, seconds, options.seed))
        return compare(name, peers, seconds, options.seed, options.rounds)
    finally:
        for each in peers:
            each.close()


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="The same networks on NEST, Brian2 and neurosim.")
    parser.add_argument("--quick", action="store_true", help="a fifth of the time, once")
    parser.add_argument("--full", action="store_true", help="the full microcircuit on NEST, two threads, once")
    parser.add_argument("--networks", nargs="+", help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not Path(PYTHON).exists():
        print('{"bench": "peers", "reason": "NEST and Brian2 are not installed; make peers"}')
        return NOT_RUN
    if options.quick or options.full:
        options.rounds = 1
    if options.full:
        results = [contest(FULL, (("nest", 2),), FULL_S, options)]
    else:
        seconds = {name: length * (QUICK if options.quick else 1) for name, length in NETWORKS}
        names = options.networks or [name for name in seconds if name.partition(":")[0] in known("spiking_networks")]
        results = [contest(name, PEERS, seconds.get(name, OTHER_S), options) for name in names]
    ok = all(each["fastest"]["ratio"] >= each["least"] and not each["fastest"]["void"] for each in results)
    return conclude("peers", ok, networks=results)


if __name__ == "__main__":
    sys.exit(main())
