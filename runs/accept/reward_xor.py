"""Reward-modulated STDP against its source: Florian (2007), Neural Comput. 19:1468, section 4.2, learns XOR.

The four patterns are shown for 500 ms each, in random order, 200 times; one step after each spike of the output neuron
all synapses get a reward, 1 if the answer should be 1 and -1 if it should be 0. As there, a network has learned if in
the end, while it goes on to learn, the output fires less for {1, 1} than for {0, 1} and for {1, 0}; {0, 0} is silent.
Both rules, with and without eligibility; each sample of the batch is a network with weights and inputs of its own.
"kept" says how many still answer so when nothing changes any more, by the pattern that was learned last: weights also
follow what is shown, within its 500 ms. The paper does not ask that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.rng import Stream
from neurosim.equations import SynapticRule
from neurosim.networks import FlorianXor
from neurosim.networks.florian_xor import DELAY, input_rates
from neurosim.rules import ModulatedSTDP, RewardSTDP
from neurosim.simulation.simulation import Simulation

PATTERNS = ((False, False), (False, True), (True, False), (True, True))
SHOWN, DT = 500.0, DELAY  # ms
EPOCHS, LAST, KEPT, NETWORKS, SEED = 200, 20, 3, 16, 1
TAU_Z = 25.0  # ms
GAMMA, GAMMA_Z = 0.1, 0.625  # mV, without and with eligibility
LEAST = 0.9  # fraction of the networks that learn
Make: TypeAlias = Callable[[float, float], SynapticRule]
Rates: TypeAlias = npt.NDArray[np.float64]


def mstdp(low: float, high: float) -> SynapticRule:
    """Without eligibility."""
    return ModulatedSTDP(w_min=low, w_max=high, a_plus=GAMMA)


def mstdpet(low: float, high: float) -> SynapticRule:
    """With eligibility."""
    return RewardSTDP(w_min=low, w_max=high, a_plus=GAMMA_Z / TAU_Z, a_minus=GAMMA_Z / TAU_Z, tau_c=TAU_Z)


RULES = MappingProxyType({"MSTDP": mstdp, "MSTDPET": mstdpet})


def untrained(rule: Make, networks: int, seed: int) -> Simulation:
    """A batch of networks, each with its own weights."""
    net = FlorianXor(rule=rule).build(seed)
    net.record("output", "spikes")
    simulation = net.compile(dt=DT, batch=networks)
    for projection in net.projections:
        assert projection.rule is not None
        low, high = (projection.rule.values[bound] for bound in ("w_min", "w_max"))
        w = simulation.get(projection, "w")
        for sample in range(networks):
            draw = Stream(seed, f"xor/{projection.name}", sample).uniform(w.shape[1])
            w[sample] = low + (high - low) * draw
        simulation.set(projection, "w", w)
    return simulation


def learn(simulation: Simulation, epochs: int, reward: float, seed: int) -> Rates:
    """Present all patterns for some epochs with rewards of this size; output rates in Hz (epochs, pattern, network)."""
    rates = np.empty((epochs, len(PATTERNS), simulation.batch))
    order = np.argsort(Stream(seed, "xor/order").uniform(epochs * len(PATTERNS)).reshape(epochs, -1), axis=1)
    for epoch, patterns in enumerate(order):
        for pattern in patterns:
            rates[epoch, pattern] = show(simulation, PATTERNS[pattern], reward)
    return rates


def show(simulation: Simulation, pattern: tuple[bool, bool], size: float) -> Rates:
    """Present a pattern and reward each output spike; output rates in Hz (network,)."""
    for name in ("excitation", "inhibition"):
        simulation.set(name, "rate", input_rates(*pattern))
    reward = size if pattern[0] != pattern[1] else -size
    count = np.zeros(simulation.batch)
    for _ in range(round(SHOWN / DT)):
        simulation.forget()
        simulation.run(DT)
        spikes = np.bincount(simulation.spikes("output").samples, minlength=simulation.batch)
        simulation.set("reward", "value", reward * spikes)
        count += spikes
    return count / SHOWN * 1000.0


def kept(simulation: Simulation) -> Iterator[Rates]:
    """Output rates without rewards after training, (epochs, pattern, network)."""
    for last in PATTERNS:
        show(simulation, last, 1.0)
        yield learn(simulation, KEPT, 0.0, SEED)


def has_learned(rates: Rates) -> npt.NDArray[np.bool_]:
    """Whether the mean output of each network for {1, 1} is below that for {0, 1} and {1, 0}."""
    _, second, first, both = rates.mean(axis=0)
    return np.asarray((both < second) & (both < first))


def main() -> int:
    """Print the results as JSON; 1 if one violates its bounds."""
    seen: dict[str, Any] = {}
    good = True
    for name, rule in RULES.items():
        simulation = untrained(rule, NETWORKS, SEED)
        rates = learn(simulation, EPOCHS, 1.0, SEED)
        parts = {"first": rates[:LAST], "last": rates[-LAST:]}
        fractions: dict[str, Any] = {when: float(has_learned(each).mean()) for when, each in parts.items()}
        fractions["kept"] = [float(has_learned(each).mean()) for each in kept(simulation)]
        means = {when: each.mean(axis=(0, 2)).round(1).tolist() for when, each in parts.items()}
        good &= fractions["last"] >= LEAST
        seen[name] = {"learned": fractions, "rates": means}
    print(json.dumps({**seen, "networks": NETWORKS, "epochs": EPOCHS, "least": LEAST, "good": good}))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
