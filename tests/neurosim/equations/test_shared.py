"""Shared variables: one number of the population per step, from its states at the start of the step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, compile_model
from tests.neurosim.equations.alone import Alone, alone
from tests.neurosim.equations.host import host_steps

pytestmark = pytest.mark.usefixtures("generated_folder")

SOFTMAX = """
dv/dt = -v / tau                 : 1, input
dp/dt = (exp(v - top) / total - p) * rate : 1
top = max(v)                     : 1, shared
total = sum(exp(v - top))        : 1, shared
middle = mean(v) + min(v) * gain : 1, shared
spike when v > middle
tau = 1000.0                     : ms
rate = 1.0                       : 1/ms
gain = 0.0                       : 1
"""


def test_a_softmax_readout_is_the_softmax() -> None:
    population = alone(SOFTMAX, dt=1.0, n=50, integrator="euler")
    v = np.random.default_rng(1).normal(size=50)
    population["v"][:] = v
    population.step()
    np.testing.assert_allclose(population["p"], np.exp(v) / np.exp(v).sum(), rtol=1e-13)


def test_reductions_are_those_of_numpy() -> None:
    text = "dv/dt = 0 : 1\n" + "".join(
        f"da{k}/dt = ({name}_of - a{k}) * rate : 1\n{name}_of = {name}(v) : 1, shared\n"
        for k, name in enumerate(("sum", "mean", "max", "min"))
    )
    population = alone(text + "rate = 1.0 : 1/ms", dt=1.0, n=50, integrator="euler")
    v = np.random.default_rng(1).normal(size=50)
    population["v"][:] = v
    population.step()
    found = [population[f"a{k}"][7] for k in range(4)]
    np.testing.assert_allclose(found, [v.sum(), v.mean(), v.max(), v.min()], rtol=1e-13)


def test_a_sum_is_taken_from_the_first_neuron_to_the_last() -> None:
    text = "dv/dt = 0 : 1\nda/dt = (total - a) * rate : 1\ntotal = sum(v) : 1, shared\nrate = 1.0 : 1/ms"
    population = alone(text, dt=1.0, n=4096, precision="float32", integrator="euler")
    population["v"][0], population["v"][1:] = 2.0**24, 1.0
    population.step()
    assert population["a"][0] == 2.0**24  # one by one, each 1 is lost


def test_the_targets_agree_bit_for_bit(dtype: np.dtype[np.floating], tmp_path: Path) -> None:
    gains = np.linspace(-1, 1, 1000)
    text = SOFTMAX.replace("min(v) * gain", "min(v * gain)")
    model = compile_model(NeuronModel(text, gain=gains), 1.0, dtype.name)
    populations = {target: Alone(model, 1000, target) for target in ("numpy", "numba", "cuda")}
    by_host = host_steps([model], tmp_path)
    start = np.random.default_rng(3).normal(size=(2, 1000))
    for target, population in populations.items():
        population.x[:] = start
        for _ in range(5):
            by_host(population) if target == "cuda" else population.step()
    for target in ("numba", "cuda"):
        np.testing.assert_array_equal(populations[target].x, populations["numpy"].x)
        np.testing.assert_array_equal(populations[target].mask, populations["numpy"].mask)
    assert 0 < populations["numpy"].mask.sum() < 1000


def test_a_parameter_per_neuron_outside_a_reduction_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected one value for the population outside sum\(...\)"):
        compile_model(NeuronModel(SOFTMAX, gain=[1.0, 2.0]), 1.0)


def test_a_model_with_shared_variables_says_so() -> None:
    assert set(compile_model(NeuronModel(SOFTMAX), 1.0).shared) == {"top", "total", "middle"}
