"""Run every benchmark and write one file of results, named by the processor, with commit and versions.

    make bench
    python runs/bench/all.py [--only scaling startup ...] [--out FILE]

Each is a process of its own. Prints a line of JSON for each; exits 1 if one missed its bound.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import HERE, NOT_RUN, bench

from neurosim.runlog.provenance import collect
from neurosim.study.components import known

SCRIPTS = ("startup", "custom", "scaling", "neighbour", "layers_vs_torch", "sparsity", "peers", "diehl_cook")
NETWORKS = (  # name, biological seconds, further options
    ("cuba", 10.0, ()),
    ("coba", 10.0, ()),
    ("brunel", 10.0, ()),
    ("stdp", 10.0, ()),
    ("microcircuit:scale=0.1", 10.0, ()),
    ("microcircuit", 2.0, ("--drive", "poisson")),
    ("microcircuit", 2.0, ("--drive", "dc")),
)
REPEAT = 3


def networks() -> dict[str, Any]:
    """Every published network with one thread and with as many as are chosen."""
    found = []
    for name, seconds, words in NETWORKS:
        if name.partition(":")[0] in known("spiking_networks"):
            length = ("--seconds", str(seconds), "--repeat", str(REPEAT), *words)
            found += [bench(name, *length, "--threads", "1"), bench(name, *length)]
    return {"verdict": "passed", "result": found}


def script(name: str) -> dict[str, Any]:
    """The verdict of a script, and its last output."""
    if name == "layers_vs_torch" and find_spec("torch") is None:
        return {"verdict": "not run", "result": "torch is not installed; pip install torch"}
    done = subprocess.run([sys.executable, str(HERE / f"{name}.py")], stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    verdict = {0: "passed", NOT_RUN: "not run"}.get(done.returncode, "failed")
    return {"verdict": verdict, "result": json.loads(lines[-1]) if lines else None}


def device(processor: str, cores: int | None) -> str:
    """A file's name for the machine: the processor and the number of its cores that are here."""
    return f"{re.sub('[^a-z0-9]+', '-', processor.lower()).strip('-') or 'unknown'}-{cores}-cores"


def main() -> int:
    """Measure, print and write; see the top of the file."""
    parser = argparse.ArgumentParser(description="All benchmarks.")
    parser.add_argument("--only", nargs="+", choices=("networks", *SCRIPTS), default=("networks", *SCRIPTS))
    parser.add_argument("--out", type=Path, help="default: runs/bench/results/<processor>.json")
    options = parser.parse_args()
    origin = collect(seed=0)
    machine = origin["machine"]
    results = {}
    for name in options.only:
        started = time.perf_counter()
        results[name] = networks() if name == "networks" else script(name)
        results[name]["wall_s"] = round(time.perf_counter() - started, 1)
        print(json.dumps({"benchmark": name, **results[name]}), flush=True)
    out = options.out or HERE / "results" / f"{device(machine['cpu'], os.cpu_count())}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {key: origin[key] for key in ("started", "versions", "git")} | {"processor": machine["cpu"]}
    out.write_text(json.dumps({**about, "benchmarks": results}, indent=1) + "\n")
    return int(any(each["verdict"] == "failed" for each in results.values()))


if __name__ == "__main__":
    sys.exit(main())
