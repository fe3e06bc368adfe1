"""The neurons of machine learning: adaptive threshold, soft reset, readout, parrot."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.equations import compile_model
from neurosim.neurons import ALIF, LeakyIntegrator, Parrot, SoftResetIF
from tests.neurosim.equations.alone import Alone

pytestmark = pytest.mark.usefixtures("generated_folder")


def test_a_soft_reset_loses_nothing_so_the_rate_is_a_rectified_line() -> None:
    drives = np.array([-0.5, 0.0, 0.25, 0.5, 1.0])
    population = Alone(compile_model(SoftResetIF(i_ext=drives), 1.0, "float64"), 5)
    spikes = sum(population.step().astype(int) for _ in range(100))
    assert np.asarray(spikes).tolist() == [0, 0, 25, 50, 100]


def test_what_exceeds_the_threshold_stays() -> None:
    neuron = Alone(compile_model(SoftResetIF(), 1.0, "float64"))
    assert neuron.step(v=3)[0]
    assert neuron["v"][0] == 2.0
    assert [bool(neuron.step()[0]) for _ in range(3)] == [True, True, False]


def test_a_spike_raises_the_threshold_by_beta_for_the_time_of_its_decay() -> None:
    model = ALIF(tau_m=1e9, tau_a=50.0, v_th=1.0, beta=1.5, t_ref=0.0)

    def fires(wait: int) -> bool:
        """Whether an input of 2 fires, so many ms after a first spike; the potential is 0 again after that."""
        neuron = Alone(compile_model(model, 1.0, "float64"))
        assert neuron.step(v=1)[0]
        assert neuron["a"][0] == 1.0
        for _ in range(wait - 1):
            assert not neuron.step()[0]
        return bool(neuron.step(v=2)[0])

    first = next(wait for wait in range(1, 200) if fires(wait))
    assert first == math.ceil(50.0 * math.log(1.5))  # 1 + 1.5 exp(-t / 50) = 2


def test_a_spike_lowers_the_potential_of_alif_by_v_th() -> None:
    neuron = Alone(compile_model(ALIF(v_th=1.0), 1.0, "float64"))
    assert neuron.step(v=3)[0]
    assert (neuron["v"][0], neuron["a"][0], neuron.ref[0]) == (2.0, 1.0, 2)


def test_a_readout_forgets_with_tau_m_and_never_spikes() -> None:
    readout = Alone(compile_model(LeakyIntegrator(tau_m=20.0, bias=0.5), 1.0, "float64"))
    readout.step(v=4)
    first = 4.0 + 0.5 * -math.expm1(-1.0 / 20.0)
    assert readout["v"][0] == pytest.approx(first, rel=1e-14)
    assert not readout.spike_steps(10)
    assert readout["v"][0] == pytest.approx(0.5 + (first - 0.5) * math.exp(-10.0 / 20.0), rel=1e-13)


def test_a_parrot_repeats_in_the_step_of_arrival_and_once() -> None:
    parrot = Alone(compile_model(Parrot(), 0.1))
    assert [bool(parrot.step(i=weight)[0]) for weight in (0, 1, 0, 5, -1, 2)] == [False, True, False, True, False, True]
