"""STDP against its source: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919.

The weights of a neuron with many Poisson inputs go to one of the bounds, the faster the inputs the fewer to the upper
one, so that the neuron's rate follows that of its inputs much less than it does with the weights of the start.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from neurosim.connectivity import AllToAll, Uniform
from neurosim.neurons import LIFConductance
from neurosim.rules import PairSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson

DT = 0.5  # ms
# Song, Miller & Abbott: conductances in units of the leak's, here 10 nS
EXCITATORY, INHIBITORY, CELLS = 1000, 200, 4
W_MAX, W_INHIBITORY, INHIBITORY_RATE = 0.15, 0.5, 10.0  # nS, nS, Hz
RATES = (10.0, 20.0, 40.0)  # of the inputs, Hz
LEARNING, MEASURED = 2_000_000.0, 50_000.0  # ms
NEURON = LIFConductance(
    v_rest=-70.0, v_th=-54.0, v_reset=-60.0, e_e=0.0, e_i=-70.0, tau_e=5.0, tau_i=5.0, c_m=200.0, g_l=10.0, t_ref=0.0
)
BOUND = 0.2  # of w_max; a weight nearer than this to 0 or to w_max is at its bound
LEAST_AT_BOUNDS, LEAST_OF_EACH = 0.8, 0.05  # fractions of the weights
LARGEST_GAIN = 0.5  # d log rate / d log input rate once STDP has settled


def song(rate: float) -> dict[str, Any]:
    """Weights and rate after learning with inputs at ``rate`` Hz, and the rate before, weights uniform."""
    net = Network(seed=1)
    excitation = net.population("excitation", EXCITATORY, Poisson(rate))
    inhibition = net.population("inhibition", INHIBITORY, Poisson(INHIBITORY_RATE))
    cells = net.population("cells", CELLS, NEURON)
    rule, weight = PairSTDP(w_max=W_MAX), Uniform(0.0, W_MAX)
    net.connect(excitation, cells, AllToAll(), to="g_e", weight=weight, delay=DT, rule=rule, name="plastic")
    net.connect(inhibition, cells, AllToAll(), to="g_i", weight=W_INHIBITORY, delay=DT)
    net.record(cells, "spikes")
    simulation = net.compile(dt=DT)
    before = output_rate(simulation, 2000.0)
    output_rate(simulation, LEARNING)
    after = output_rate(simulation, MEASURED)
    w = simulation.get("plastic", "w") / W_MAX
    return {
        "input_rate": rate,
        "first_rate": round(before, 2),
        "rate": round(after, 2),
        "weak": round(float((w < BOUND).mean()), 3),
        "strong": round(float((w > 1 - BOUND).mean()), 3),
    }


def output_rate(simulation: Simulation, ms: float) -> float:
    """The mean rate of the neurons in Hz over the next ``ms``."""
    simulation.forget()
    simulation.run(ms)
    return len(simulation.spikes("cells").times) / CELLS / ms * 1000.0


def gain(rates: list[float]) -> float:
    """d log rate / d log input rate."""
    return float(np.log(rates[-1] / rates[0]) / np.log(RATES[-1] / RATES[0]))


def main() -> int:
    """Print the results as JSON; 1 if one violates its bounds."""
    settled = [song(rate) for rate in RATES]
    heaps = all(
        each["weak"] + each["strong"] >= LEAST_AT_BOUNDS and min(each["weak"], each["strong"]) >= LEAST_OF_EACH
        for each in settled
    )
    fewer = bool(np.all(np.diff([each["strong"] for each in settled]) < 0))
    gains = {name: round(gain([each[name] for each in settled]), 3) for name in ("first_rate", "rate")}
    good = heaps and fewer and 0 < gains["rate"] <= LARGEST_GAIN <= gains["first_rate"]
    print(json.dumps({"settled": settled, "gains": gains, "good": good}))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
