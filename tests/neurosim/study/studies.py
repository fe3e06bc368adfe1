"""What tests of a study share: a small study, and scripts that run in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import neurosim as ns
from neurosim.core.arrays import resolve_backend
from neurosim.datasets import Dataset
from neurosim.study.components import find_component
from neurosim.study.run_plan import RunPlan, plan_run

ROOT = Path(__file__).resolve().parents[3]
RULES = ("backprop", "feedback_alignment", "temporal_derivative", "temporal_derivative:feedback=kolen_pollack")


def small(rules: Any, folder: Path, **options: Any) -> ns.Study:
    """A study of two epochs, one seed and 200 samples, unless ``options`` say otherwise."""
    given: dict[str, Any] = {"epochs": 2, "seeds": 1, "limit": 200, "log": folder} | options
    return ns.compare(rules, **given)


def printed_by(script: str, folder: Path) -> Any:
    """The JSON that the script prints, run in the folder by a fresh interpreter."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def planned(rule: str, network: str, data: Dataset, **settings: Any) -> RunPlan:
    """The run of a rule with seed 0 on the CPU."""
    found = find_component("rules", rule), find_component("networks", network)
    return plan_run(*found, data, 0, settings, {}, resolve_backend("cpu"))
