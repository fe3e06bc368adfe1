"""Short-term plasticity: the recursion by hand, regular trains in closed form, and what the sources say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy import exp

from neurosim.core.errors import InputError
from neurosim.rules import ShortTermPlasticity
from neurosim.rules.short_term_plasticity import DEPRESSING, FACILITATING
from neurosim.simulation.simulation import Simulation
from tests.rules.spike_trains import DT, paired

SETS = [DEPRESSING, FACILITATING, {"use": 0.2, "tau_rec": 300.0, "tau_facil": 200.0}]
GRID = 2.0**-13  # of what is sent, for w_max = 1
FAR = [[1e6]]  # the targets never spike


def sent(simulation: Simulation) -> np.ndarray:
    """What arrived, one value per step."""
    values: np.ndarray = simulation.states("post", "i").values
    return values.reshape(-1)


def responses(chosen: Mapping[str, Any], times: list[float]) -> np.ndarray:
    """What a synapse of weight 1 sends at each of these times."""
    simulation = paired(ShortTermPlasticity(w_max=1.0, **chosen), [times], FAR, weight=1.0, record=True)
    simulation.run(times[-1] + DT)
    return sent(simulation).take(np.rint(np.array(times) / DT).astype(int) - 1)


@pytest.mark.parametrize("chosen", SETS, ids=["depressing", "facilitating", "mixed"])
def test_resources_and_their_use_go_spike_by_spike(chosen: Mapping[str, float]) -> None:
    times = [10.0, 15.5, 60.0, 61.0, 61.5, 200.0, 450.0]
    simulation = paired(ShortTermPlasticity(w_max=1.0, **chosen), [times], FAR, weight=0.75, record=True)
    u, r, last = 0.0, 1.0, 0.0
    for time in times:
        u = u * exp(-(time - last) / chosen["tau_facil"]) if chosen["tau_facil"] else 0.0
        r = 1 - (1 - r) * exp(-(time - last) / chosen["tau_rec"])
        u += chosen["use"] * (1 - u)
        expected = 0.75 * u * r
        r *= 1 - u
        simulation.run(time - last)
        assert simulation.get("plastic", "u")[0] == pytest.approx(u, rel=1e-12)
        assert simulation.get("plastic", "r")[0] == pytest.approx(r, rel=1e-12)
        assert sent(simulation)[-1] == pytest.approx(expected, abs=0.51 * GRID)
        last = time
    assert np.count_nonzero(sent(simulation)) == len(times)
    assert simulation.get("plastic", "w")[0] == 0.75


def steady(chosen: Mapping[str, float], rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u just after and r just before a spike of a regular train at ``rate`` Hz, after many."""
    period = 1000.0 / rate
    facil = exp(-period / chosen["tau_facil"]) if chosen["tau_facil"] else 0.0 * rate
    rec = exp(-period / chosen["tau_rec"])
    u = chosen["use"] / (1 - (1 - chosen["use"]) * facil)
    return u, (1 - rec) / (1 - (1 - u) * rec)


@pytest.mark.parametrize("chosen", SETS, ids=["depressing", "facilitating", "mixed"])
def test_regular_trains_reach_the_steady_state_of_the_closed_form(chosen: Mapping[str, float]) -> None:
    dt, stop, rates = 2.5, 20_000.0, np.array([5.0, 20.0, 40.0, 100.0])
    trains = [list(np.arange(stop, stop / 4, -1000.0 / rate)) for rate in rates]
    rule = ShortTermPlasticity(w_max=1.0, **chosen)
    simulation = paired(rule, trains, FAR, weight=1.0, record=True, dt=dt)
    simulation.run(stop)
    u, r = steady(chosen, rates)
    np.testing.assert_allclose(simulation.get("plastic", "u"), u, rtol=1e-6)
    np.testing.assert_allclose(simulation.get("plastic", "r"), r * (1 - u), rtol=1e-6)
    assert sent(simulation)[-1] == pytest.approx((u * r).sum(), abs=2 * GRID)


def test_the_depressing_set_depresses_and_recovers() -> None:
    """Tsodyks & Markram: each response is smaller; 3 s later (tau_rec is 800 ms) a spike finds nearly all again."""
    found = responses(DEPRESSING, [*np.arange(50.0, 550.0, 50.0), 3500.0])
    assert found[0] == pytest.approx(0.5, abs=GRID)
    assert np.all(np.diff(found[:10]) <= 0)
    assert found[9] < 0.15 * found[0]
    assert found[10] > 0.97 * found[0]


def test_the_facilitating_set_facilitates() -> None:
    """A later response is several times the first; after a pause of ten tau_facil the synapse has forgotten it."""
    found = responses(FACILITATING, [*np.arange(50.0, 550.0, 50.0), 10_500.0])
    assert found[0] == pytest.approx(0.04, abs=GRID)
    assert np.all(np.diff(found[:5]) > 0)
    assert found[:10].max() > 3 * found[0]
    assert found[10] == pytest.approx(found[0], abs=GRID)


def test_a_depressed_synapse_forgets_the_rate_and_a_facilitating_one_prefers_one() -> None:
    """Tsodyks, Pawelzik & Markram (1998): the drive rate * u * r saturates at 1 / tau_rec; the response of a
    facilitating synapse is largest near 1 / sqrt(use tau_facil tau_rec), 15.8 Hz."""
    dt, stop, rates = 2.5, 8_000.0, np.array([2.0, 5.0, 16.0, 50.0, 100.0, 200.0])
    trains = [list(np.arange(stop, 50.0, -dt * round(1000.0 / rate / dt))) for rate in rates]

    def reached(chosen: Mapping[str, Any]) -> np.ndarray:
        simulation = paired(ShortTermPlasticity(w_max=1.0, **chosen), trains, FAR, weight=1.0, dt=dt)
        simulation.run(stop)
        u, left = simulation.get("plastic", "u"), simulation.get("plastic", "r")
        return np.asarray(u * left / (1 - u))

    depressed, facilitated = reached(DEPRESSING), reached(FACILITATING)
    assert rates[-2:] * depressed[-2:] == pytest.approx(1000.0 / 800.0, rel=0.02)
    assert rates[0] * depressed[0] < 0.6 * 1000.0 / 800.0
    assert np.argmax(facilitated) == 2
    assert np.all(np.diff(depressed) < 0)


def test_a_negative_time_of_facilitation_is_refused() -> None:
    with pytest.raises(InputError, match=r"ShortTermPlasticity\.tau_facil: expected a value > 0 in ms, got -1"):
        ShortTermPlasticity(w_max=1.0, use=0.5, tau_rec=100.0, tau_facil=-1.0)
