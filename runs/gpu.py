"""What only a GPU can show: the same spikes as on the CPU, and how fast. Writes runs/bench/results/<device>.json.

    make gpu PYTHON=python3

Uses the interpreter that it is given (with NumPy, SciPy, h5py, Numba, SymPy and CuPy), installs nothing and needs no
network. Small networks of every kind run on all engines, published ones on the CPU and the GPU, with equal hashes of
all spikes; what a step is made of is timed alone; then networks are timed without recording, with the board's energy
where NVML (pynvml) tells it; then dense layers, beside PyTorch where that sees the GPU; and compute-sanitizer, where it
is installed, looks at the kernels. Parts run in a process of their own, which another one follows where the GPU failed
or the process died, so that every part is tried; what would begin after 8 minutes is left out, what is not done after 9
is given up. Exits 1 if a part failed or spikes differ; without a usable GPU it says why, lists the parts and exits 2.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the checkout, which need not be installed

import numpy as np  # noqa: E402

from neurosim.cli import bench_layers  # noqa: E402
from neurosim.core.arrays import cuda_problem  # noqa: E402
from neurosim.core.errors import DeviceError, InputError, one_line  # noqa: E402
from neurosim.engines.cpu.engine import CpuEngine  # noqa: E402
from neurosim.engines.cuda.device import allocate_exactly, gpu_facts, nvrtc_version  # noqa: E402
from neurosim.engines.cuda.engine import CudaEngine  # noqa: E402
from neurosim.engines.engine import SignalState  # noqa: E402
from neurosim.engines.plan import NetworkPlan  # noqa: E402
from neurosim.engines.reference import ReferenceEngine  # noqa: E402
from neurosim.neurons import LIF  # noqa: E402
from neurosim.runlog.provenance import collect  # noqa: E402
from neurosim.simulation.network import Network  # noqa: E402
from neurosim.study.components import resolve_component  # noqa: E402
from runs.bench.layers_vs_torch import compared  # noqa: E402
from runs.gpu_floors import floors  # noqa: E402
from tests.neurosim.engines.cuda_networks import competing, every_neuron, learning, sending  # noqa: E402
from tests.neurosim.engines.networks import everything, plan_of  # noqa: E402

PACKAGES = ("cupy-cuda13x", "cupy-cuda12x", "numba", "sympy", "nvidia-ml-py")
DT, WARM_UP_MS = 0.1, 500.0
LATEST_START_S, LATEST_END_S = 480.0, 540.0
SMALL_STEPS, SANITIZED_STEPS = 1000, 20
RESULT = "result: "  # prefix of the line with the outcome of a part
WORKER, SANITIZED = "worker", "sanitized"  # with these arguments this script starts itself
TOOLS = ("memcheck", "racecheck", "synccheck")
FINDINGS = 99  # the exit status of compute-sanitizer if it reports an error
REFUSAL = "Device not supported"  # its message on a device that it does not support
EQUAL = (
    ("cuba", 10.0), ("coba:scale=0.5", 1.0), ("brunel:scale=0.1", 1.0), ("izhikevich", 1.0), ("stdp:scale=0.1", 0.5),
    ("florian_xor", 1.0), ("microcircuit:scale=0.1", 1.0), ("microcircuit", 1.0),
)  # fmt: skip  # name, biological seconds
TIMED = ("cuba", "coba", "brunel", "microcircuit:drive=dc", "microcircuit:drive=poisson")
TIMED_S = 10.0


@dataclass(frozen=True)
class Part:
    """One check; ``run`` returns its record, in which ``equal`` False is a failure."""

    name: str
    run: Callable[[], dict[str, Any]]


def parts() -> list[Part]:
    """All checks, the most informative first."""
    small: tuple[tuple[str, Callable[[], NetworkPlan]], ...] = (
        ("everything", partial(everything, 1)),
        ("everything, batch of 3", partial(everything, 3, 3)),
        ("everything, float64", partial(everything, 2, 1, "float64")),
        ("every neuron", lambda: plan_of(every_neuron(7))),
        ("shared variables", lambda: plan_of(competing(5), 2)),
        ("synapses with rules, batch of 2", lambda: plan_of(learning(5), 2)),
        ("states that are sent, batch of 2", lambda: plan_of(sending(6), 2)),
    )
    found = [Part(f"equal: {name}", partial(same_on_all_engines, make)) for name, make in small]
    found += [Part(f"equal: {text}, {seconds:g} s", partial(same_hash, text, seconds)) for text, seconds in EQUAL]
    found.append(Part("timed: what a step is made of", floors))
    found.append(Part(f"timed: one neuron, {TIMED_S:g} s", partial(timed, one_neuron, TIMED_S)))
    found += [
        Part(f"timed: {text}, {TIMED_S:g} s", partial(timed, partial(published, text), TIMED_S)) for text in TIMED
    ]
    found.append(Part("timed: layers, one epoch of 60,000 images", partial(bench_layers.measure, "cuda", None, 0, 1.0)))
    found.append(Part("timed: layers beside PyTorch", beside_torch))
    return found + [Part(f"sanitized: {tool}", partial(sanitized, tool)) for tool in TOOLS]


def same_on_all_engines(make: Callable[[], NetworkPlan]) -> dict[str, Any]:
    """Spikes, states, counters and learnt synapses of the reference, the CPU and the GPU, compared bit for bit."""
    plan = make()
    everyone = range(len(plan.populations))
    engines: list[Any] = [kind(plan, everyone) for kind in (ReferenceEngine, CpuEngine, CudaEngine)]
    for engine in engines:
        for steps in (SMALL_STEPS // 2, SMALL_STEPS - SMALL_STEPS // 2):
            for number in range(len(plan.signals)):
                engine.set_signal(
                    number, SignalState(np.ones(plan.batch, plan.precision), np.ones(plan.batch, np.bool_))
                )
            engine.advance(steps)
    reference, *others = engines
    wanted, differences = reference.take_spikes(), []
    for engine in others:
        found = engine.take_spikes()
        for number in everyone:
            pairs = [
                *zip(found[number], wanted[number], strict=True),
                (engine.state(number), reference.state(number)),
                (engine.refractory(number), reference.refractory(number)),
            ]
            if not all(np.array_equal(a, b) for a, b in pairs):
                differences.append(f"{type(engine).__name__}: {plan.populations[number].name}")
        for number, projection in enumerate(plan.projections):
            kept = "synaptic" if projection.plastic else "graded" if projection.graded else None
            if kept:
                pairs = [*zip(getattr(engine, kept)(number), getattr(reference, kept)(number), strict=True)]
                pairs.append((engine.saturations(number), reference.saturations(number)))
                if not all(np.array_equal(a, b) for a, b in pairs):
                    differences.append(f"{type(engine).__name__}: {projection.name}")
    spikes = sum(len(events.steps) for events in wanted.values())
    return {"equal": not differences, "differences": differences, "steps": SMALL_STEPS, "spikes": spikes}


def same_hash(text: str, seconds: float) -> dict[str, Any]:
    """The hash of all spikes on the CPU and on the GPU, with both run times."""
    found: dict[str, Any] = {}
    for backend in ("cpu", "cuda"):
        net = published(text)
        net.record(net.populations, "spikes")
        started = time.perf_counter()
        simulation = net.compile(dt=DT, backend=backend)
        built = time.perf_counter()
        simulation.run(1e3 * seconds)
        times = {"build_s": round(built - started, 3), "sim_s": round(time.perf_counter() - built, 3)}
        spikes = sum(len(simulation.spikes(population).times) for population in net.populations)
        found[backend] = {"spike_hash": simulation.spike_hash(), "spikes": spikes, **times}
    return {"equal": found["cpu"]["spike_hash"] == found["cuda"]["spike_hash"], **found}


def published(text: str) -> Network:
    """A network of the package by its name and options."""
    net: Network = resolve_component("spiking_networks", text)[1].build(0)
    return net


def one_neuron() -> Network:
    """A minimal network, whose step takes the time of its launches."""
    net = Network(0)
    net.population("a", 1, LIF())
    return net


def timed(make: Callable[[], Network], seconds: float) -> dict[str, Any]:
    """Run time of a network on the GPU after a warm-up, without recording, and the energy of the board."""
    net = make()
    started = time.perf_counter()
    simulation = net.compile(dt=DT, backend="cuda")
    build_s = time.perf_counter() - started
    simulation.run(WARM_UP_MS)
    before, begun = board_energy(), time.perf_counter()
    simulation.run(1e3 * seconds)
    sim_s = time.perf_counter() - begun
    after = board_energy()
    energy = None if before is None or after is None else after - before
    steps = round(1e3 * seconds / DT)
    return {
        "backend": "cuda",
        "build_s": round(build_s, 3),
        "sim_s": round(sim_s, 4),
        "bio_s": seconds,
        "rtf": round(sim_s / seconds, 6),
        "us_per_step": round(1e6 * sim_s / steps, 3),
        "energy_j": energy,
        "mean_power_w": None if energy is None else round(energy / sim_s, 1),
    }


def beside_torch() -> dict[str, Any]:
    """The same perceptron trained by neurosim and by PyTorch on the same GPU, alternating."""
    try:
        import torch
    except ImportError:
        return {"absent": "PyTorch is not installed"}
    if not torch.cuda.is_available():
        return {"absent": f"PyTorch {torch.__version__} sees no GPU"}
    return compared(3, 60_000, "cuda")


def sanitized(tool: str) -> dict[str, Any]:
    """The report of a tool of compute-sanitizer on some steps of small networks, with kernels of every kind."""
    program = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
    if program is None:
        return {"absent": "compute-sanitizer is not installed"}
    options = ["--tool", tool, "--error-exitcode", str(FINDINGS)]
    options += ["--report-api-errors", "no"] if tool == "memcheck" else []  # CuPy asks newer drivers for functions
    done = subprocess.run([program, *options, sys.executable, __file__, SANITIZED], capture_output=True, text=True)
    found = {"status": done.returncode, "output": (done.stdout + done.stderr)[-2000:]}
    if REFUSAL in done.stdout + done.stderr:
        return {"absent": "compute-sanitizer does not know this device", **found}
    return {"equal": done.returncode == 0, **found}


def under_sanitizer() -> int:
    """Some steps of small networks on the GPU alone; the exit status."""
    allocate_exactly()
    for net, batch in ((competing(5), 2), (learning(5), 2), (sending(6), 2)):
        plan = plan_of(net, batch)
        engine = CudaEngine(plan, range(len(plan.populations)))
        engine.advance(SANITIZED_STEPS)
        print(plan.populations[0].name, sum(len(events.steps) for events in engine.take_spikes().values()), "spikes")
    return 0


def board_energy() -> float | None:
    """The energy in J that the board has used since its driver was loaded; None if NVML does not report it."""
    try:
        import pynvml

        pynvml.nvmlInit()
        return 1e-3 * float(pynvml.nvmlDeviceGetTotalEnergyConsumption(pynvml.nvmlDeviceGetHandleByIndex(0)))
    except Exception:  # NVML has its own exception classes, and its absence is no failure
        return None


def tried(part: Part) -> tuple[dict[str, Any], bool]:
    """The record of a part, or why it failed; whether further parts may run in this process."""
    started, goes_on = time.perf_counter(), True
    try:
        with redirect_stdout(sys.stderr):
            found = part.run()
        verdict = "not run" if "absent" in found else "passed" if found.get("equal", True) else "failed"
    except Exception as error:  # on a new device anything may fail; the other parts still run
        found, verdict = {"error": f"{type(error).__name__}: {one_line(error)[:500]}"}, "failed"
        goes_on = not isinstance(error, DeviceError)  # after it every call of CUDA fails in this process
    return {"verdict": verdict, **found, "wall_s": round(time.perf_counter() - started, 2)}, goes_on


def work(first: int, spent_s: float) -> int:
    """Run the parts from number ``first`` on until the time limit, one line of JSON each; the exit status."""
    started = time.perf_counter() - spent_s
    for part in parts()[first:]:
        if time.perf_counter() - started > LATEST_START_S:
            break
        found, goes_on = tried(part)
        print(RESULT + json.dumps(found), flush=True)
        if not goes_on:
            break
    return 0


def worker(first: int, spent_s: float) -> list[str]:
    """The command that runs the parts from number ``first`` on."""
    return [sys.executable, __file__, WORKER, str(first), str(spent_s)]


def outcomes(names: list[str], started: float) -> Iterator[dict[str, Any]]:
    """The record of each part in ``names`` as soon as it is complete; time counts from ``started``."""
    done = 0
    while done < len(names):
        spent_s = time.perf_counter() - started
        if spent_s > LATEST_START_S:
            yield {"verdict": "not run", "error": f"{spent_s:.0f} s were spent before"}
            done += 1
            continue
        with subprocess.Popen(worker(done, spent_s), stdout=subprocess.PIPE, text=True) as process:
            limit = threading.Timer(LATEST_END_S - spent_s, process.kill)  # Python waits for a kernel that does not end
            limit.daemon = True
            limit.start()
            before = done
            for line in process.stdout or ():
                if line.startswith(RESULT):  # a library may print something else
                    yield json.loads(line.removeprefix(RESULT))
                    done += 1
            limit.cancel()
        if done < len(names) and (process.returncode or done == before):
            late = time.perf_counter() - started >= LATEST_END_S
            why = f"the process ended with status {process.returncode}"
            yield {"verdict": "failed", "error": f"given up after {LATEST_END_S:.0f} s" if late else why}
            done += 1


def main() -> int:
    """Run all parts; the exit status."""
    started = time.perf_counter()
    if problem := cuda_problem():
        print(f"gpu: expected a usable GPU, got none: {problem}", file=sys.stderr)
        print("nothing was run; on a machine with a GPU, these are tried in turn:")
        print(*(f"  {part.name}" for part in parts()), sep="\n")
        return 2
    try:
        compiler = list(nvrtc_version())
    except InputError as error:
        print(f"gpu: {error}", file=sys.stderr)
        return 2
    about = {**collect(0, "cuda"), "gpu": {**gpu_facts(), "nvrtc": compiler}, "packages": packages()}
    results = {}
    folder = ROOT / "runs" / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{re.sub(r'[^a-z0-9]+', '-', about['gpu']['name'].lower()).strip('-')}.json"
    names = [part.name for part in parts()]
    for name, found in zip(names, outcomes(names, started), strict=True):
        results[name] = found
        print(json.dumps({name: found}), flush=True)
        out.write_text(json.dumps({**about, "results": results}, indent=1) + "\n")
    print(f"written to {out.relative_to(ROOT)} on Python {platform.python_version()}")
    return int(any(result["verdict"] == "failed" for result in results.values()))


def packages() -> dict[str, str]:
    """The versions of the installed `PACKAGES`."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    if SANITIZED in sys.argv:
        sys.exit(under_sanitizer())
    sys.exit(work(int(sys.argv[-2]), float(sys.argv[-1])) if WORKER in sys.argv else main())
