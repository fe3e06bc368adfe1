"""When a network runs on a GPU without being asked to, and networks that are run there by the public interface."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.cli.doctor import examine
from neurosim.connectivity import FixedProbability
from neurosim.core.errors import InputError
from neurosim.engines.choice import GAINING, choose_engine
from neurosim.equations import NeuronModel
from neurosim.neurons import LIF
from neurosim.runlog import open_run
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.cuda.fake_cupy import Host
from tests.neurosim.engines.cuda_networks import COMPETING, learning, sending
from tests.neurosim.engines.networks import plan_of

Install = Callable[[Host], Host]


@pytest.mark.parametrize(
    ("host", "size", "batch", "backend", "reason"),
    [
        (Host(), GAINING, 1, "cuda", "a GPU, and work for it"),
        (Host(), GAINING // 10, 10, "cuda", "a GPU, and work for it"),
        (Host(), GAINING - 1, 1, "cpu", "too small to gain from the GPU: 19999 neurons, 20000 expected"),
        (Host(free=1000), GAINING, 1, "cpu", "too large for the GPU: "),
        (Host(devices=0), GAINING, 1, "cpu", "no GPU: the driver sees no GPU; check nvidia-smi"),
        (Host(), 1, 65_536, "cpu", "more samples than the GPU's grids have: 65536, 65535 at most"),
        (Host(compiler=RuntimeError("none")), GAINING, 1, "cpu", "no compiler for the GPU: backend: expected NVRTC"),
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


def backends() -> dict[str, tuple[str, str]]:
    """Status and detail of what the doctor finds of the GPU, by name."""
    found = [each for each in examine() if each.group == "backends"]
    return {each.name: (each.status, each.detail) for each in found if each.name.startswith("cuda")}


def test_the_doctor_names_the_gpu_its_driver_and_compiler_and_computes(install: Install) -> None:
    install(Host(free=80 * 10**9, driver=12090))
    assert backends() == {
        "cuda": ("ok", "Host of the tests, 80 GB, compute capability 9.0, driver of CUDA 12.9"),
        "cuda compiler": ("ok", "NVRTC host.False.None compiles for 9.0"),
        "cuda headers": ("ok", "CuPy computes with arrays"),
    }


def without_compiler(host: Host) -> None:
    host.compiler = RuntimeError("Failure finding\nlibnvrtc.so.13")


def too_old_compiler(host: Host) -> None:
    host.architectures = (75, 80, 86)


def without_headers(host: Host) -> None:
    def arange(n: int) -> None:
        raise OSError("cannot open source file cuda_fp16.h")

    monkeypatched = host.module

    def module() -> Any:
        found = monkeypatched()
        found.arange = arange
        return found

    host.module = module  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("fault", "name", "words"),
    [
        (without_compiler, "cuda compiler", "got none (Failure finding libnvrtc.so.13); install the wheel that brings"),
        (too_old_compiler, "cuda compiler", "expected compute capability 9.0 among those of NVRTC"),
        (without_headers, "cuda headers", "cannot open source file cuda_fp16.h; install the wheel with the headers"),
    ],
)
def test_the_doctor_explains_what_is_missing(
    install: Install, fault: Callable[[Host], None], name: str, words: str
) -> None:
    host = Host()
    fault(host)
    install(host)
    found = backends()
    assert [each for each, (status, _) in found.items() if status == "broken"] == [name]
    assert words in found[name][1]
    assert "pip install 'neurosim-lab[cuda13]' or '[cuda12]'" in found[name][1]


def test_two_wheels_of_cupy_are_named(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install(Host())
    monkeypatch.setattr("neurosim.cli.doctor.version", lambda name: "1.0")
    assert backends()["cuda wheel"] == ("broken", "expected one of cupy-cuda12x, cupy-cuda13x, got all; remove one")


def test_without_the_compiler_a_network_is_refused_in_one_line(install: Install) -> None:
    host = install(Host())
    without_compiler(host)
    with pytest.raises(InputError) as caught:
        network().compile(backend="cuda")
    assert str(caught.value).startswith("backend: expected NVRTC, the compiler of CUDA, got none (Failure finding lib")
    assert "\n" not in str(caught.value)


def test_more_samples_than_a_grid_has_are_refused(install: Install) -> None:
    host = install(Host())
    with pytest.raises(InputError, match=r"batch: expected at most 65535 samples on 'cuda', .* got 65536; run several"):
        network().compile(backend="cuda", batch=65536)
    assert not host.live


def test_an_interrupted_run_leaves_a_whole_log_and_a_simulation_that_goes_on(install: Install, tmp_path: Path) -> None:
    install(Host())

    def stop(done: float, total: float) -> None:
        if done < total:
            signal.raise_signal(signal.SIGINT)

    whole = network().run(150.0, backend="reference")
    simulation = network().compile(backend="cuda", log=tmp_path / "run.h5")
    with pytest.raises(KeyboardInterrupt), simulation:
        simulation.run(150.0, stop)
    log = open_run(tmp_path / "run.h5")
    assert log.status == "interrupted"
    assert 0.0 < simulation.time < 150.0
    early = whole.spikes("a").times < simulation.time + 0.05
    assert log.spikes("a").times.tolist() == whole.spikes("a").times[early].tolist()
    kept = network().compile(backend="cuda")
    with pytest.raises(KeyboardInterrupt):
        kept.run(150.0, stop)
    kept.run(150.0 - kept.time)
    assert kept.spike_hash() == whole.spike_hash()
