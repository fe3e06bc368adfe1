"""Membrane potentials in NEST 3.10 under given spikes, for tests/reference/nest_traces.npz.

One neuron of each model, from rest on, gets two spike trains with a delay of 1 ms and a constant current; its
potential in mV at the end of each step of 0.1 ms, and its spike times, are kept. Adaptive solvers run with a tolerance
of 1e-12. Run it in an environment that has NEST.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nest
import numpy as np

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "reference" / "nest_traces.npz"
EXCITATORY = (5.0, 12.3, 13.1, 13.2, 30.0, 41.7, 60.0, 60.4, 61.0, 77.7, 90.0, 90.1, 104.5)  # ms
INHIBITORY = (20.0, 30.0, 47.1, 61.3, 85.9, 86.0, 110.2)
STOP = 120.0

MICROCIRCUIT = {"C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0, "I_e": 340.0}
LEAK = {"C_m": 200.0, "g_L": 10.0, "E_L": -60.0, "V_th": -50.0, "V_peak": -50.0, "V_reset": -60.0, "t_ref": 5.0}
CASES: tuple[tuple[str, str, dict[str, Any], float, float], ...] = (  # name, model, parameters, both weights
    ("exponential", "iaf_psc_exp", MICROCIRCUIT | {"tau_syn_ex": 0.5, "tau_syn_in": 0.5}, 1024.0, -512.0),
    ("alpha", "iaf_psc_alpha", MICROCIRCUIT | {"tau_syn_ex": 2.0, "tau_syn_in": 2.0}, 128.0, -64.0),
    (
        "two_currents",
        "iaf_psc_exp",
        {"C_m": 200.0, "tau_m": 20.0, "E_L": -49.0, "V_m": -60.0, "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0}
        | {"tau_syn_ex": 5.0, "tau_syn_in": 10.0},
        64.0,
        -64.0,
    ),
    (
        "delta",
        "iaf_psc_delta",
        {"C_m": 200.0, "tau_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0, "I_e": 185.0},
        2.0,
        -1.0,
    ),
    (
        "conductances",
        "aeif_cond_exp",
        LEAK | {"E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "Delta_T": 0.0, "a": 0.0, "b": 0.0},
        4.0,
        -16.0,
    ),
    (
        "adaptive_exponential",
        "aeif_psc_exp",
        {"C_m": 281.0, "g_L": 30.0, "E_L": -70.6, "V_th": -50.4, "Delta_T": 2.0, "tau_w": 144.0, "a": 4.0, "b": 80.5}
        | {"tau_syn_ex": 5.0, "tau_syn_in": 5.0, "V_peak": 20.0, "I_e": 256.0},
        256.0,
        -128.0,
    ),
    ("izhikevich", "izhikevich", {"V_th": 30.0, "V_m": -65.0, "U_m": -13.0}, 16.0, -8.0),
)


def trace(model: str, parameters: dict[str, Any], excitatory: float, inhibitory: float) -> tuple[Any, Any]:
    """The potential after each step, and the spike times."""
    nest.ResetKernel()
    nest.set(resolution=0.1, print_time=False)
    neuron = nest.Create(model, params={"V_m": parameters.get("E_L"), **parameters})
    if "gsl_error_tol" in neuron.get():
        neuron.gsl_error_tol = 1e-12
    for times, weight in ((EXCITATORY, excitatory), (INHIBITORY, inhibitory)):
        source = nest.Create("spike_generator", params={"spike_times": list(times)})
        nest.Connect(source, neuron, syn_spec={"weight": weight, "delay": 1.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neuron)
    nest.Connect(neuron, recorder)
    nest.Simulate(STOP + 1.0)
    times, values = meter.events["times"], meter.events["V_m"]
    spikes = recorder.events["times"]
    kept = times < STOP + 0.05
    assert abs(times[0] - 0.1) < 1e-6, "the first sample is that of the first step"
    return values[kept], spikes[spikes < STOP + 0.05]


def main() -> int:
    """Run all and write the file."""
    kept: dict[str, Any] = {"excitatory": np.array(EXCITATORY), "inhibitory": np.array(INHIBITORY)}
    for name, model, parameters, excitatory, inhibitory in CASES:
        kept[f"{name}/v"], kept[f"{name}/spikes"] = trace(model, parameters, excitatory, inhibitory)
        kept[f"{name}/weights"] = np.array([excitatory, inhibitory])
    np.savez_compressed(OUTPUT, **kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
