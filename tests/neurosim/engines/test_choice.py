"""Which engine a name stands for."""

from __future__ import annotations

import pytest

from neurosim.core.arrays import cuda_problem
from neurosim.core.errors import InputError
from neurosim.engines.choice import check_backend, choose_engine
from neurosim.neurons import LIF
from neurosim.simulation.network import Network
from tests.neurosim.engines.networks import plan_of


@pytest.mark.parametrize(("asked", "found"), [("auto", "cpu"), ("cpu", "cpu"), ("reference", "reference")])
def test_auto_is_the_compiled_engine_for_a_small_network(asked: str, found: str) -> None:
    net = Network(1)
    net.population("a", 10, LIF())
    choice = choose_engine(asked, None, plan_of(net))
    assert choice.backend == found
    assert choice.reason.startswith(("no GPU: ", "too small to gain") if asked == "auto" else "chosen by the user")


def test_an_unknown_backend_lists_the_known_ones() -> None:
    expected = "backend: expected one of auto, cpu, cuda, reference, got 'gpu'; did you mean 'cuda'"
    with pytest.raises(InputError, match=expected):
        check_backend("gpu")


@pytest.mark.skipif(cuda_problem() is None, reason="there is a GPU")
def test_without_a_gpu_cuda_is_refused_before_anything_is_built() -> None:
    net = Network(1)
    net.population("a", 10, LIF())
    with pytest.raises(InputError, match=r"^backend: expected a usable GPU for 'cuda', got none: .*; "):
        net.compile(backend="cuda")
