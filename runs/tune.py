"""Find the settings that the study commits: learning rate and decay per rule, by validation data alone.

Every rule gets the same trials: seven learning rates, then four decays at the best rate. A trial trains on the
training set less a validation split (a different one per seed) and is scored by the mean validation accuracy over
the seeds; the test set is not read. Prints the trials as JSON; --write puts the winners into settings.toml.

    python runs/tune.py --data digits --seeds 10 --write
    python runs/tune.py --data fashion-mnist --seeds 1 --write
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from statistics import mean
from typing import Any

import neurosim
from neurosim.core.arrays import resolve_backend
from neurosim.core.toml import to_toml
from neurosim.datasets import Dataset, load, validation_split
from neurosim.learning.training import Training, TrainingError
from neurosim.study.components import find_component
from neurosim.study.run import samples_of
from neurosim.study.run_plan import plan_run

RULES = (
    "backprop",
    "feedback_alignment",
    "temporal_derivative",
    "temporal_derivative:feedback=random",
    "temporal_derivative:feedback=kolen_pollack",
)
RATES = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
DECAYS = (0.0, 1e-5, 1e-4, 1e-3)
SETTINGS = Path(neurosim.__file__).with_name("learning") / "settings.toml"


def validation_accuracy(rule_text: str, network: str, data: Dataset, seeds: int, values: dict[str, float]) -> float:
    """The mean over seeds of the accuracy on the validation split; 0 where training failed."""
    rule, asked, reached = find_component("rules", rule_text), find_component("networks", network), []
    for seed in range(seeds):
        plan = plan_run(rule, asked, data, seed, values, {}, resolve_backend("cpu"))
        fit, held = validation_split(data.y_train, plan.settings.validation, seed)
        fit_samples, held_samples = (
            samples_of(plan, plan.settings, data.x_train[part], data.y_train[part], data.x_train[fit])
            for part in (fit, held)
        )
        training = Training(plan.rule, plan.spec, plan.settings, seed)
        try:
            training.run(fit_samples, plan.settings.epochs, lambda epoch: None)
        except TrainingError:
            return 0.0
        reached.append(training.accuracy(held_samples))
    return mean(reached)


def tune(rule: str, network: str, data: Dataset, seeds: int) -> dict[str, Any]:
    """All trials of one rule, and the best values."""
    trials: list[dict[str, float]] = []
    best = {"decay": 0.0}  # independent of the committed settings
    for name, candidates in (("rate", RATES), ("decay", DECAYS)):
        for value in candidates:
            values = {key: best[key] for key in ("rate", "decay") if key in best} | {name: value}
            trials.append(values | {"accuracy": validation_accuracy(rule, network, data, seeds, values)})
            print(rule, trials[-1], file=sys.stderr, flush=True)
        best = max(trials, key=lambda trial: trial["accuracy"])
    return {"rule": rule, "best": best, "trials": trials}


def write(network: str, data: str, results: list[dict[str, Any]]) -> None:
    """Write the best values into settings.toml; its head comment stays."""
    text = SETTINGS.read_text()
    header = text[: text.index("\n[") + 1]
    tables = tomllib.loads(text)
    place = tables.setdefault(network, {}).setdefault(data, {})
    for result in results:
        won = {key: result["best"][key] for key in ("rate", "decay")}
        place[result["rule"]] = place.get(result["rule"], {}) | won
    SETTINGS.write_text(header + to_toml(tables))


def main() -> None:
    """Parse the arguments, tune, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--network", default="mlp")
    parser.add_argument("--rules", default=",".join(RULES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    data = load(given.data)
    results = [tune(rule, given.network, data, given.seeds) for rule in given.rules.split(",")]
    print(
        json.dumps({"network": given.network, "data": given.data, "seeds": given.seeds, "results": results}, indent=1)
    )
    if given.write:
        write(given.network, given.data, results)


if __name__ == "__main__":
    main()
