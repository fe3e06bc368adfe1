"""What a rule of one's own is told when its direction does not return what the study needs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.core.arrays import Params
from neurosim.core.errors import InputError
from neurosim.learning.rule import RuleState, Stats, check_direction
from neurosim.rules import Backprop

NAMES = "hidden1.w, hidden1.b, output.w, output.b"


class MyRule(Backprop):
    """Backprop whose updates are changed before they are returned."""

    def direction(self, network: Any, state: Any, batch: Any) -> Any:
        return self.altered(*super().direction(network, state, batch))

    def altered(self, updates: Params, state: RuleState, stats: Stats) -> Any:
        return updates, state, stats


def renamed(updates: Params, **names: str) -> Params:
    return {names.get(name.replace(".", "_"), name): value for name, value in updates.items()}


ALTERED = {
    "without": (
        lambda updates, state, stats: ({"output.w": updates["output.w"]}, state, stats),
        f"expected updates named as the parameters ({NAMES}), got none for hidden1.w; return zeros for weights that "
        "stay",
    ),
    "misnamed": (
        lambda updates, state, stats: (renamed(updates, hidden1_w="hidden.w", output_b="bias"), state, stats),
        f"expected updates named as the parameters ({NAMES}), got none for hidden1.w and the unknown bias, hidden.w; "
        "return zeros for weights that stay",
    ),
    "transposed": (
        lambda updates, state, stats: (updates | {"output.w": updates["output.w"].T}, state, stats),
        "expected output.w of shape (128, 10), as its parameter, got (10, 128)",
    ),
    "a list": (
        lambda updates, state, stats: (updates | {"output.w": updates["output.w"].tolist()}, state, stats),
        "expected output.w of shape (128, 10), as its parameter, got list",
    ),
    "two values": (lambda updates, state, stats: (updates, stats), "got 2 values (dict, Stats)"),
    "swapped": (lambda updates, state, stats: (state, updates, stats), "got 3 values (RuleState, dict, Stats)"),
    "updates alone": (lambda updates, state, stats: updates, "got one value (dict)"),
    "nothing": (lambda *_: None, "got None"),
}


@pytest.mark.parametrize("altered", ALTERED)
def test_what_a_direction_does_wrong_is_the_cells_error_before_it_trains(
    altered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, message = ALTERED[altered]
    monkeypatch.setattr(MyRule, "altered", staticmethod(function))
    module: Any = ModuleType("mylab")
    module.MyRule = MyRule
    monkeypatch.setitem(sys.modules, "mylab", module)
    study = ns.compare(["mylab:MyRule"], epochs=1, seeds=1, limit=100, log=tmp_path / "log")
    (cell,) = study.cells
    full = message if message.startswith("expected") else f"expected updates, state and stats, {message}"
    assert (cell["status"], cell["error"]) == ("failed", f"MyRule.direction: {full}")
    assert len(ns.open_run(study.logs[0]).table("metrics/epoch")["step"]) == 0


def test_only_the_first_answer_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("neurosim.learning.training.check_direction", lambda *given: asked.append(given))
    ns.compare("backprop", epochs=2, seeds=1, limit=200, log=tmp_path / "log")
    assert len(asked) == 1


def test_weights_of_the_rule_itself_may_move_and_biases_may_stay() -> None:
    params = {name: np.ones((2, 3)) for name in ("hidden1.w", "feedback.output", "hidden1.b")}
    updates = {name: params[name] for name in ("hidden1.w", "feedback.output")}
    check_direction(MyRule(), (updates, RuleState(), Stats(1.0, 0)), params, ("hidden1.w",))
    updates["feedback.hidden1"] = params["hidden1.w"]
    with pytest.raises(InputError, match=r"MyRule\.direction: .*, got the unknown feedback\.hidden1; return"):
        check_direction(MyRule(), (updates, RuleState(), Stats(1.0, 0)), params, ("hidden1.w",))
