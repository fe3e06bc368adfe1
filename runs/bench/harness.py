"""Shared by the benchmark scripts: a network timed in a fresh process, and a verdict as one line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
NOT_RUN = 3  # exit status where the machine lacks what a benchmark needs


def bench(name: str, *words: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The result of ``neurosim bench NAME`` in its own process; networks of these scripts can be named too."""
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "neurosim.bench", name, "--json", *words]
    surroundings = {**os.environ, "PYTHONPATH": path, **(environment or {})}
    done = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[2:])}: exit {done.returncode}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


class Companion:
    """A script beside this one, in its own process and environment, that answers each line with a line of JSON."""

    def __init__(self, label: str, python: Path, script: str, task: Mapping[str, Any]) -> None:
        """Start it; its first input line is the ``task``, the answer to which is ``built``."""
        self.label = label
        self._process = subprocess.Popen(
            [str(python), str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.built = self.ask(json.dumps(task))

    def ask(self, line: str) -> dict[str, Any]:
        """The answer to ``line``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.label}: exit {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def side_by_side(ours: list[float], theirs: list[float]) -> float:
    """The median ratio of alternating measurements, so that other load affects both alike."""
    return round(median(a / b for a, b in zip(ours, theirs, strict=True)), 3)


def conclude(name: str, ok: bool, **measured: Any) -> int:
    """Print the verdict; the exit status, 1 where a bound is missed."""
    load = round(os.getloadavg()[0], 2)
    print(json.dumps({"bench": name, **measured, "processors": os.cpu_count(), "load": load, "ok": ok}), flush=True)
    return 0 if ok else 1
