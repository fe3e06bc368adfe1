"""Files entered, calls and crossings of seven paths through neurosim, counted at run time, beside their targets.

    python runs/call_paths.py              a table
    python runs/call_paths.py --json       the same as JSON
    python runs/call_paths.py --root DIR   of another checkout

Ours is what lies in the package (rules and networks with it), not the modules that it generates. A call is an entry
into a function, lambda or comprehension, a resumption of a generator, the execution of a module; the body of a class is
none. A crossing is a call whose nearest caller of ours lies in another file, or that has none. Compiled code is seen
where Python enters it; other threads are not. Each path runs in a process of its own, and is counted when it runs for
the second time, so that code is loaded; `compare` and `minibatch` are counted the first time, as a user waits for them.
Only public names are used: the script measures any version.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import CodeType, FrameType, MappingProxyType
from typing import Any, NamedTuple

import neurosim as ns

REPOSITORY = Path(__file__).resolve().parents[1]
FUNCTION = 0x1 | 0x2  # flags of code: optimised, with variables of its own; those of modules and class bodies have none
SPIKING = ("connectivity", "engines", "equations", "kernels", "neurons", "simulation")  # packages and modules
BATCH = 32
NEURON = """
dv/dt = (v_rest - v + i) / tau : mV
di/dt = -i / tau_s             : mV, input
spike when v >= v_th
on spike: v = v_rest

tau = 15.0                     : ms
tau_s = 3.0                    : ms
v_rest = -60.0                 : mV
v_th = -52.0                   : mV
"""


class Target(NamedTuple):
    """The most that a path may take."""

    files: int
    calls: int
    crossings: int


TARGETS = MappingProxyType(
    {
        "compile_stdp": Target(52, 3600, 640),
        "minibatch": Target(13, 700, 215),
        "compare": Target(70, 8000, 1850),
        "get": Target(10, 200, 40),
        "compile_static": Target(40, 1000, 200),
        "step": Target(10, 50, 20),
        "source": Target(5, 250, 25),
    }
)


class Counter:
    """Counts the calls of code in ``folder`` that this thread makes within its `with` block."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: by default that of the package."""
        self._prefix = f"{folder or Path(ns.__file__).parent}{os.sep}"
        self._files: set[str] = set()
        self._calls = self._crossings = 0

    def __enter__(self) -> Counter:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    @property
    def counts(self) -> dict[str, int]:
        """Files entered, calls and crossings so far."""
        return {"files": len(self._files), "calls": self._calls, "crossings": self._crossings}

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call" or not self._is_ours(code) or not (code.co_flags & FUNCTION or code.co_name == "<module>"):
            return
        caller = frame.f_back
        while caller is not None and not self._is_ours(caller.f_code):
            caller = caller.f_back
        self._files.add(code.co_filename)
        self._calls += 1
        self._crossings += caller is None or caller.f_code.co_filename != code.co_filename

    def _is_ours(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self._prefix)


def compile_stdp() -> dict[str, Any]:
    """Declare and compile one PairSTDP projection."""
    return second(lambda: compiled(declared(plastic=True)))


def minibatch() -> dict[str, Any]:
    """One minibatch of temporal_derivative with random feedback, from one call of the rule to the next."""
    from neurosim.rules import TemporalDerivative

    counter, direction, calls = Counter(), TemporalDerivative.direction, []

    def watched(self: Any, network: Any, state: Any, batch: Any) -> Any:
        if len(batch.x) == BATCH:  # the probe that alignment is measured on is larger
            calls.append(batch)
            if len(calls) == 2:
                counter.__enter__()
            elif len(calls) == 3:
                counter.__exit__()
        return direction(self, network, state, batch)

    TemporalDerivative.direction = watched  # type: ignore[method-assign]
    rule, settings = "temporal_derivative:feedback=random", {"batch": BATCH}
    ns.compare(rule, network="mlp", data="digits", epochs=1, seeds=1, limit=4 * BATCH, settings=settings)
    return counter.counts


def compare() -> dict[str, Any]:
    """A study of one epoch and seed; the neurons have been imported before."""
    import neurosim.neurons  # noqa: F401

    return studied()


def compare_cold() -> dict[str, Any]:
    """The same, with nothing of ours imported before."""
    return studied()


def get() -> dict[str, Any]:
    """A trace of a projection, read for the first time in a simulation."""
    simulations = iter([compiled(declared(plastic=True)) for _ in range(2)])
    return second(lambda: next(simulations).get("in_to_out", "x"))


def compile_static() -> dict[str, Any]:
    """Compile two populations and a static projection."""
    net = declared(plastic=False)
    return second(lambda: compiled(net))


def step() -> dict[str, Any]:
    """One step of time."""
    simulation = compiled(declared(plastic=False))
    return second(lambda: simulation.run(0.1))


def source() -> dict[str, Any]:
    """The text of one neuron model for Numba."""
    from neurosim.equations import compile_model

    model = compile_model(ns.NeuronModel(NEURON), 0.1)
    return second(lambda: model.source("numba"))


def declared(plastic: bool) -> ns.Network:
    """A Poisson population that reaches one of LIF neurons by PairSTDP or static synapses, both recorded."""
    from neurosim.neurons import LIF
    from neurosim.rules import PairSTDP

    net = ns.Network(seed=1)
    populations = net.population("in", 10, ns.Poisson(20.0)), net.population("out", 10, LIF())
    net.connect(*populations, ns.AllToAll(), weight=0.5, rule=PairSTDP(w_max=1.0) if plastic else None)
    net.record(populations, "spikes")
    return net


def compiled(net: ns.Network) -> ns.Simulation:
    return net.compile(dt=0.1, backend="cpu")


def second(work: Callable[[], object]) -> dict[str, Any]:
    """The counts of ``work`` when it is done for the second time."""
    work()
    with Counter() as counter:
        work()
    return counter.counts


def studied() -> dict[str, Any]:
    """The counts of a study, how many of our modules it loads, and which of spiking code are loaded then."""
    before = modules()
    with Counter() as counter:
        ns.compare("backprop", network="mlp", data="digits", epochs=1, seeds=1)
    after = modules()
    spiking = sorted(name for name in after if name.startswith(tuple(f"neurosim.{part}" for part in SPIKING)))
    return {**counter.counts, "modules_loaded": len(after - before), "spiking_modules": spiking}


def modules() -> set[str]:
    """The names of our modules that are loaded."""
    return {name for name in sys.modules if name.partition(".")[0] == "neurosim"}


PATHS = MappingProxyType(
    {
        path.__name__: path
        for path in (compile_stdp, minibatch, compare, compare_cold, get, compile_static, step, source)
    }
)


def measured(path: str, root: Path) -> dict[str, Any]:
    """The counts of ``path`` in the checkout ``root``, from a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    environment["PYTHONHASHSEED"] = "0"
    command = [sys.executable, str(Path(__file__).resolve()), "--only", path]
    with tempfile.TemporaryDirectory() as folder:  # of the study's logs
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def judged(counts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each path with a target: its counts, the targets, and whether all are met.

    A study has to load nothing of spiking code as well, in a process that had imported nothing.
    """
    rows = []
    for path, target in TARGETS.items():
        row = {"path": path, **counts[path], "targets": target._asdict()}
        row["ok"] = all(row[name] <= most for name, most in row["targets"].items())
        if path == "compare":
            row["cold"] = dict(counts["compare_cold"])
            row["spiking_modules"] = row["cold"].pop("spiking_modules")
            row["ok"] = row["ok"] and not row["spiking_modules"]
        rows.append(row)
    return rows


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as text."""
    form = "{:15} {:>5} {:>7} {:>9}   {:>18}   {}"
    lines = [form.format("path", "files", "calls", "crossings", "targets", "ok")]
    for row in rows:
        targets = ", ".join(map(str, row["targets"].values()))
        counts = [row[name] for name in Target._fields]
        lines.append(form.format(row["path"], *counts, targets, "yes" if row["ok"] else "no"))
        if "cold" in row:
            lines.append(form.format("  cold", *(row["cold"][name] for name in Target._fields), "", ""))
            loaded = f"{row['modules_loaded']} modules loaded, {row['cold']['modules_loaded']} cold"
            lines.append(f"  {loaded}, {len(row['spiking_modules'])} of them of spiking code")
    return "\n".join(line.rstrip() for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Count files, calls and crossings of seven paths.")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="the checkout to measure; default: this one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", choices=tuple(PATHS), help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.only:
        print(json.dumps(PATHS[options.only]()))
        return 0
    rows = judged({path: measured(path, options.root.resolve()) for path in PATHS})
    print(json.dumps(rows, indent=1) if options.json else table(rows))
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
