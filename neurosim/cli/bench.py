"""Benchmarks by name; each prints one line of JSON: ``python -m neurosim.bench cuba --json``.

``layers`` trains a perceptron; every other name is a spiking network, with its options after colons.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neurosim.cli import bench_layers, bench_spiking
from neurosim.core.checks import whole_number
from neurosim.core.errors import USER_ERRORS, InputError, one_of
from neurosim.core.memory import peak_memory_mb
from neurosim.runlog.provenance import git_state
from neurosim.study.components import known

LAYERS = "layers"


def run(
    name: str,
    *,
    backend: str = "auto",
    threads: int | None = None,
    seed: int = 0,
    scale: float | None = None,
    seconds: float | None = None,
    drive: str | None = None,
    record: bool | None = None,
    repeat: int | None = None,
) -> dict[str, Any]:
    """Run the benchmark called ``name``; a dict ready for JSON; ``scale`` shrinks or grows its work.

    ``seconds`` (of biological time, 10), ``drive``, ``record`` (True) and ``repeat`` (1) are for spiking networks.

    Raises:
        InputError: an unknown name, an option out of its range, or one that the benchmark does not have.
    """
    if threads is not None:
        whole_number("bench.threads", threads, 1)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise InputError(f"bench.scale: expected a number > 0, got {scale}")
    if name == LAYERS:
        for option, value in (("seconds", seconds), ("drive", drive), ("record", record), ("repeat", repeat)):
            if value is not None:
                raise InputError(f"bench.{option}: expected none, got {value}; {LAYERS!r} runs no spiking network")
        measured = bench_layers.measure(backend, threads, seed, 1.0 if scale is None else scale)
    else:
        names = known("spiking_networks")
        if ":" not in name and name not in names:
            raise one_of("bench", name, [LAYERS, *names])
        timing = bench_spiking.Timing(
            backend=backend,
            threads=threads,
            seed=seed,
            seconds=bench_spiking.SECONDS if seconds is None else seconds,
            record=record is not False,
            repeat=1 if repeat is None else repeat,
        )
        measured = bench_spiking.measure(name, timing, scale, drive)
    return {
        **measured,
        "peak_rss_mb": measured.get("peak_rss_mb") or round(peak_memory_mb() or 0.0, 1),
        "commit": git_state(Path(__file__).parent).get("commit"),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark from the command line; exit code 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m neurosim.bench", description="Measure the speed of neurosim.")
    parser.add_argument("name", help=f"{LAYERS}, or a spiking network")
    parser.add_argument("--backend", default="auto", help="auto, reference, cpu or cuda")
    parser.add_argument("--threads", type=int, help="default: chosen by the engine, or as the environment says")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, help="amount of work; 1 is the published size")
    parser.add_argument("--seconds", type=float, help="biological seconds that are timed; default: 10")
    parser.add_argument("--drive", help="poisson or dc")
    parser.add_argument("--record", action=argparse.BooleanOptionalAction, help="keep the spikes (default)")
    parser.add_argument("--repeat", type=int, help="how often it is timed; the median counts")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = vars(parser.parse_args(arguments))
    as_json = options.pop("json")
    try:
        measured = run(**options)
    except USER_ERRORS as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(measured) if as_json else "\n".join(f"{key:21} {value}" for key, value in measured.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
