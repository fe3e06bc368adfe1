"""All results that a change of form must not change by one bit: spikes of benchmarks, weights and measures of studies.

    python runs/same_bits.py > before.json                  of this checkout
    python runs/same_bits.py --root DIR --compare before.json   of another one: what differs, exit status 1 if any
    python runs/same_bits.py --part weights                 studies alone; spikes: benchmarks alone

Everything runs through the command, in processes of their own that import the checkout; the studies cover every rule
that `neurosim list rules` shows. What is measured in seconds or bytes is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
OF_BENCH = ("spike_hash", "spikes", "rates_hz", "syn_events", "neurons", "synapses")
VOLATILE = ("wall_s", "training_s", "peak_rss_mb", "log", "device")  # keys of a run that may differ
Command = Callable[..., str]  # words after `python -m` -> what is printed


class Bench(NamedTuple):
    """A network of spikes, the words that keep it short, and those that make it feasible for the reference engine."""

    name: str
    words: str
    reference: str


class Study(NamedTuple):
    """Rules that are trained on digits together, and the words that keep it short."""

    rules: str
    words: str


THREADS = (1, 2, 3)
BENCHES = (
    Bench("cuba", "--seconds 0.4", "--seconds 0.1"),
    Bench("coba", "--seconds 0.4", "--seconds 0.1"),
    Bench("brunel", "--seconds 0.05", "--seconds 0.02 --scale 0.1"),
    Bench("microcircuit", "--seconds 0.1 --scale 0.1", "--seconds 0.02 --scale 0.02"),
    Bench("stdp", "--seconds 0.2", "--seconds 0.02 --scale 0.1"),
)
DERIVATIVES = ",".join(
    f"temporal_derivative{options}"
    for options in (
        "", ":feedback=random", ":feedback=kolen_pollack", ":form=weak", ":feedback=random:centred=true",
        ":feedback=random:gate=always",
    )
)  # fmt: skip
SHORT = "--network mlp:hidden=32 --limit 256 --epochs 2 --seeds 2"
MIRRORED = "backprop,temporal_derivative:feedback=kolen_pollack,feedback_alignment:feedback=kolen_pollack"
SPIKING = "--network spiking_mlp:hidden=16 --limit 64 --epochs 1 --seeds 1"
STUDIES = MappingProxyType(
    {
        "mlp": Study(f"backprop,feedback_alignment,feedback_alignment:feedback=kolen_pollack,{DERIVATIVES}", SHORT),
        "deep": Study(
            "backprop,feedback_alignment,temporal_derivative:feedback=random",
            "--network mlp:hidden=32x16:activation=relu --limit 256 --epochs 2 --seeds 1",
        ),
        "normalised": Study(
            "backprop",
            "--network mlp:hidden=32:batch_norm=true:dropout=0.2:input_dropout=0.1 --limit 256 --epochs 2 --seeds 1",
        ),
        "sgd": Study(MIRRORED, f"{SHORT} --set momentum=0"),
        "momentum": Study(MIRRORED, f"{SHORT} --set momentum=0.5"),
        "nesterov": Study(MIRRORED, f"{SHORT} --set optimiser=nesterov"),
        "adam": Study(MIRRORED, f"{SHORT} --set optimiser=adam --set rate=0.003"),
        "bounded": Study(MIRRORED, f"{SHORT} --set clip_norm=0.5 --set l2=0.001 --set decay=0.01 --set max_norm=1.0"),
        "schedule": Study("backprop", f"{SHORT} --set schedule=step --set warmup=0.2 --set standardise=true"),
        "events": Study("backprop,temporal_derivative", f"{SHORT} --set products=events --set precision=float64"),
        "chosen": Study("backprop", f"{SHORT} --tune rate=0.1,0.3 --set early_stopping=1"),
        "cnn": Study("backprop", "--network cnn:channels=4x8:hidden=16 --limit 128 --epochs 1 --seeds 2"),
        "spiking": Study(
            "temporal_derivative_spiking,temporal_derivative_spiking:feedback=random,"
            "temporal_derivative_spiking:feedback=kolen_pollack:centred=false",
            SPIKING,
        ),
        "stdp": Study("stdp", "--network winner_take_all:cells=20 --limit 100 --epochs 1 --seeds 1"),
        "diehl_cook": Study("diehl_cook", "--network diehl_cook:excitatory=20 --limit 20 --epochs 1 --seeds 1"),
    }
)


def command_of(root: Path) -> Command:
    """Runs ``python -m`` with the checkout ``root`` first on the path, in an empty folder."""
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}

    def command(*words: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            line = [sys.executable, "-m", *words]
            done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    return command


def spikes(command: Command) -> Iterator[tuple[str, dict[str, Any]]]:
    """The results of each benchmark, by its name with threads or backend."""
    for bench in BENCHES:
        runs = [(f"threads={n}", f"{bench.words} --backend cpu --threads {n}") for n in THREADS]
        for label, words in (*runs, ("reference", f"{bench.reference} --backend reference")):
            found = json.loads(command("neurosim.bench", bench.name, "--json", *words.split()))
            yield f"{bench.name} {label}", {name: found[name] for name in OF_BENCH}


def weights(command: Command) -> Iterator[tuple[str, dict[str, Any]]]:
    """The results of each run of each study, weights by their sha256."""
    listed = set(re.findall(r"^(\w+):", command("neurosim", "list", "rules"), re.MULTILINE))
    studied = {rule.partition(":")[0] for study in STUDIES.values() for rule in study.rules.split(",")}
    if listed != studied:
        raise SystemExit(f"studies: expected one of each rule, got {sorted(studied)} of {sorted(listed)}")
    for name, study in STUDIES.items():
        words = ("--rules", study.rules, "--data", "digits", "--log", "log", "--json", "-", *study.words.split())
        for cell in json.loads(command("neurosim", "compare", *words)):
            kept = {key: value for key, value in cell.items() if key not in VOLATILE}
            yield f"{name}: {cell['rule']} seed {cell['seed']}", kept


PARTS = MappingProxyType({"spikes": spikes, "weights": weights})


def measured(parts: tuple[str, ...], root: Path) -> dict[str, Any]:
    """The results of ``parts`` in the checkout ``root``; each is named on stderr when it is there."""
    found: dict[str, Any] = {}
    for part in parts:
        found[part] = {}
        for name, result in PARTS[part](command_of(root)):
            print(part, name, file=sys.stderr, flush=True)
            found[part][name] = result
    return found


def differences(before: Any, after: Any, name: str = "") -> list[str]:
    """A line for each value that differs or is missing in one of them."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        same = json.dumps(before) == json.dumps(after)
        return [] if same else [f"{name}: {json.dumps(before)} before, {json.dumps(after)} now"]
    lines = []
    for key in dict.fromkeys((*before, *after)):
        inner = f"{name} / {key}" if name else key
        if key in before and key in after:
            lines += differences(before[key], after[key], inner)
        else:
            lines.append(f"{inner}: {'not there before' if key in after else 'no longer there'}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Hashes and measures that a refactoring must not change.")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="the checkout to measure; default: this one")
    parser.add_argument("--part", choices=tuple(PARTS), help="measure this part only")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="print what differs from this earlier output")
    options = parser.parse_args()
    parts = (options.part,) if options.part else tuple(PARTS)
    before = json.loads(options.compare.read_text("utf-8")) if options.compare else None
    found = measured(parts, options.root.resolve())
    if before is None:
        print(json.dumps(found, indent=1))
        return 0
    lines = differences({part: before.get(part, {}) for part in parts}, found)
    print("\n".join([*lines, f"{len(lines)} differences in {sum(map(len, found.values()))} results"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
