"""What holds for every neuron of the folder, the new ones too: the reference and the compiled texts agree."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import neurosim.neurons
from neurosim.core.errors import InputError
from neurosim.equations import CompiledModel, NeuronModel, compile_model
from neurosim.equations.text.units import MS
from tests.neurosim.equations.alone import Alone
from tests.neurosim.equations.host import host_steps
from tests.neurosim.equations.kept import generated_folder as generated_folder

pytestmark = pytest.mark.usefixtures("generated_folder")

MODULES = sorted(path.stem for path in Path(neurosim.neurons.__path__[0]).glob("*.py") if path.stem != "__init__")
N = 200
STEPS = 40


def neurons() -> list[tuple[str, Callable[..., NeuronModel]]]:
    """The public functions that the files of the folder define."""
    modules = [importlib.import_module(f"neurosim.neurons.{name}") for name in MODULES]
    return [
        (name, function)
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]


@pytest.fixture(params=neurons(), ids=[name for name, _ in neurons()])
def neuron(request: pytest.FixtureRequest) -> Any:
    """A neuron's function."""
    return request.param[1]


def varied(neuron: Callable[..., NeuronModel]) -> NeuronModel:
    """The neuron with half of its parameters different in every neuron of the population."""
    values = neuron().values
    spread = np.linspace(0.95, 1.05, N)
    return neuron(**{name: np.asarray(value) * spread for name, value in list(values.items())[::2]})


def moved(population: Alone, step: Callable[[Alone], Any], order: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """Random states, input and noise for some steps, neurons in this ``order``; the spikes (STEPS, N)."""
    rng = np.random.default_rng(7)
    population.x[:] += np.asarray(rng.normal(size=population.x.shape))[:, order]
    population.a[:] = population.a[:, order]
    population.scale[:] = 0.5
    spikes = []
    for _ in range(STEPS):
        arriving = rng.integers(-20, 60, population.slot.shape) * (rng.random(population.slot.shape) < 0.2)
        population.slot[:] = arriving[:, order]
        population.z[:] = np.asarray(rng.normal(size=population.z.shape))[:, order]
        step(population)
        spikes.append(population.mask.copy())
        assert not population.slot.any()
    return np.array(spikes)


def in_place(n: int = N) -> npt.NDArray[np.intp]:
    return np.arange(n)


def assert_same(population: Alone, reference: Alone) -> None:
    for array, expected in zip(population.arguments, reference.arguments, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(("precision", "per_neuron"), [("float32", False), ("float64", True)])
def test_numba_gives_the_bits_of_the_reference(neuron: Any, precision: str, per_neuron: bool) -> None:
    model = compile_model(varied(neuron) if per_neuron else neuron(), 0.1, precision)
    reference, compiled = Alone(model, N), Alone(model, N, "numba")
    expected = moved(reference, Alone.step, in_place())
    np.testing.assert_array_equal(moved(compiled, Alone.step, in_place()), expected)
    assert_same(compiled, reference)
    assert np.isfinite(reference.x).all()


@pytest.fixture(scope="module")
def by_host(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Alone], None]:
    """A step by the CUDA texts of all neurons, compiled for this machine at once."""
    models: dict[str, CompiledModel] = {}
    for _, neuron in neurons():
        for precision in ("float32", "float64"):
            model = compile_model(varied(neuron), 0.1, precision)
            models[model.hash] = model
    return host_steps(models.values(), tmp_path_factory.mktemp("host"))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_cuda_text_gives_the_bits_of_the_reference(
    neuron: Any, precision: str, by_host: Callable[[Alone], None]
) -> None:
    model = compile_model(varied(neuron), 0.1, precision)
    reference, other = Alone(model, N), Alone(model, N, "cuda")
    expected = moved(reference, Alone.step, in_place())
    np.testing.assert_array_equal(moved(other, by_host, in_place()), expected)
    assert_same(other, reference)


def test_permuting_the_neurons_permutes_the_results(neuron: Any) -> None:
    model = compile_model(varied(neuron), 0.1, "float32")
    order = np.random.default_rng(1).permutation(N)
    straight, permuted = Alone(model, N), Alone(model, N)
    for name, value in model.initial.items():
        permuted[name][:] = np.broadcast_to(value, N)[order]
    expected = moved(straight, Alone.step, in_place())
    np.testing.assert_array_equal(moved(permuted, Alone.step, order), expected[:, order])
    np.testing.assert_array_equal(permuted.x, straight.x[:, order])


def test_the_default_neuron_at_rest_stays_finite_and_starts_as_it_says(neuron: Any) -> None:
    population = Alone(compile_model(neuron(), 0.1, "float64"))
    for name, value in population.model.initial.items():
        assert population[name][0] == value
    population.spike_steps(200)
    assert np.isfinite(population.x).all()


def test_it_has_an_input_and_names_a_source(neuron: Any) -> None:
    model = neuron()
    assert model.equations.inputs
    documentation = str(inspect.getmodule(neuron).__doc__)
    assert any(word in documentation for word in ("(1", "(2", "NEST")), "a year or a simulator"
    assert neuron.__doc__


def test_time_constants_are_positive_and_a_wrong_name_lists_the_right_ones(neuron: Any) -> None:
    model = neuron()
    times = [value for name, value in model.values.items() if model.equations.units[name] == MS]
    assert all(float(np.min(value)) > 0 for value in times)
    with pytest.raises(InputError, match=rf"{model.name}.parameter: expected (one of|no name).*got 'tau_mm'"):
        neuron(tau_mm=1.0)


def test_the_facade_lists_exactly_the_neurons_of_the_folder() -> None:
    assert sorted(neurosim.neurons.__all__) == sorted(name for name, _ in neurons())
    assert all(neuron().name == name for name, neuron in neurons())
