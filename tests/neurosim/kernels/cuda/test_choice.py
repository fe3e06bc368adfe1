"""When a network runs on a GPU without being asked to, and networks that are run there by the public interface."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neurosim.connectivity import FixedProbability
from neurosim.doctor import examine
from neurosim.equations import NeuronModel
from neurosim.kernels.engines import GAINING, choose_engine
from neurosim.network import Network
from neurosim.neurons import LIF
from neurosim.sources import Poisson
from tests.neurosim.kernels.cpu.networks import plan_of
from tests.neurosim.kernels.cuda.fake_cupy import Host
from tests.neurosim.kernels.cuda.networks import COMPETING, learning, sending

Install = Callable[[Host], Host]


@pytest.mark.parametrize(
    ("host", "size", "batch", "backend", "reason"),
    [
        (Host(), GAINING, 1, "cuda", "a GPU, and work for it"),
        (Host(), GAINING // 10, 10, "cuda", "a GPU, and work for it"),
        (Host(), GAINING - 1, 1, "cpu", "too small to gain from the GPU: 19999 neurons, 20000 expected"),
        (Host(free=1000), GAINING, 1, "cpu", "too large for the GPU: "),
        (Host(devices=0), GAINING, 1, "cpu", "no GPU: the driver sees no GPU; check nvidia-smi"),
    ],
)
def test_auto_says_why(install: Install, host: Host, size: int, batch: int, backend: str, reason: str) -> None:
    install(host)
    net = Network(1)
    net.population("a", size, LIF())
    choice = choose_engine("auto", None, plan_of(net, batch))
    assert choice.backend == backend
    assert choice.reason.startswith(reason)


def test_auto_leaves_shared_variables_to_the_cpu(install: Install) -> None:
    install(Host())
    net = Network(1)
    net.population("a", GAINING, NeuronModel(COMPETING, name="competing"))
    choice = choose_engine("auto", None, plan_of(net))
    assert choice == ("cpu", choice.make, "variables shared by a population are summed by one thread")


def test_auto_leaves_synapses_with_a_rule_to_the_cpu(install: Install) -> None:
    install(Host())
    choice = choose_engine("auto", None, plan_of(learning(5), 2))
    assert choice == ("cpu", choice.make, "synapses with a rule were never timed on a GPU")


def test_auto_leaves_states_that_are_sent_to_the_cpu(install: Install) -> None:
    install(Host())
    choice = choose_engine("auto", None, plan_of(sending(5)))
    assert choice == ("cpu", choice.make, "states that are sent were never timed on a GPU")


def network() -> Network:
    """A driven population with all that can be recorded."""
    net = Network(3)
    net.population("a", 150, LIF(i_ext=350.0), {"v": -58.0})
    net.population("in", 100, Poisson(50.0))
    net.connect("in", "a", FixedProbability(0.2), weight=80.0, delay=0.8)
    net.connect("a", "a", FixedProbability(0.1), weight=-60.0, delay=1.5, name="inhibition")
    for what in ("spikes", "rate", "v"):
        net.record("a", what, every=None if what == "spikes" else 0.5)
    net.record("in", "spikes")
    return net


def test_a_network_runs_is_saved_and_goes_on_as_on_the_reference(install: Install, tmp_path: Path) -> None:
    install(Host("seeded"))
    reference, cuda = (network().compile(backend=backend, batch=2) for backend in ("reference", "cuda"))
    assert (cuda.backend, cuda.backend_reason) == ("cuda", "chosen by the user")
    for simulation in (reference, cuda):
        simulation.run(12.3)
        simulation.set("inhibition", "w", -30.0)
        simulation.present("in", np.full((3, 100), 200.0), 4.0, 1.0)
        simulation.run(5.0)
    assert [cuda.spike_hash(k) for k in range(2)] == [reference.spike_hash(k) for k in range(2)]
    assert len(cuda.spikes("a").times) > 100
    for name in ("states", "rates"):
        found, wanted = (
            sim.states("a", "v").values if name == "states" else sim.rates("a").values for sim in (cuda, reference)
        )
        assert np.array_equal(found, wanted)
    cuda.save(tmp_path / "state.h5")
    for simulation in (reference, cuda):
        simulation.restore(tmp_path / "state.h5")
        simulation.run(7.0)
    assert cuda.spike_hash() == reference.spike_hash()
    for simulation in (reference, cuda):
        simulation.reset()
        simulation.run(6.0)
    assert cuda.spike_hash() == reference.spike_hash()


def test_a_network_that_learns_is_saved_and_goes_on_as_on_the_reference(install: Install, tmp_path: Path) -> None:
    install(Host("seeded"))
    reference, cuda = (learning(5).compile(backend=backend, batch=2) for backend in ("reference", "cuda"))
    reward = np.sin(np.arange(60.0))
    for simulation in (reference, cuda):
        simulation.run(6.0, signals={"reward": reward})
        simulation.set("in_to_cells", "w", 1.5)
        simulation.run(2.0)
    reference.save(tmp_path / "state.h5")
    cuda.restore(tmp_path / "state.h5")
    for simulation in (reference, cuda):
        simulation.run(6.0, signals={"reward": reward})
    assert reference.get("in_to_cells", "w").std() > 1e-3
    for projection, variable in (("in_to_cells", "w"), ("cells_to_cells", "w"), ("cells_to_cells", "c")):
        assert np.array_equal(cuda.get(projection, variable), reference.get(projection, variable))
    assert cuda.saturations == reference.saturations


def test_the_doctor_names_the_gpu(install: Install) -> None:
    install(Host(free=80 * 10**9))
    (found,) = (finding for finding in examine() if finding.name == "cuda")
    assert found.status == "ok"
    assert found.detail.startswith("Host of the tests, 80 GB, NVRTC host")
