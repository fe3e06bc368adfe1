"""What a rule's ``direction`` returned, held against the parameters that it should move.

It is asked once, of the first answer: a rule of one's own that misnames an update would otherwise fail much later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.core.arrays import Params
from neurosim.core.errors import InputError


def check_direction(rule: Any, answer: Any, params: Params, required: tuple[str, ...]) -> None:
    """Refuse an answer of ``rule.direction`` that cannot be used, in one line that names the rule's class.

    ``params`` are those that an update may name, of the network and of the rule; ``required`` those that it must.

    Raises:
        InputError: not three values, keys that are missing or unknown, an update of another shape than its parameter.
    """
    owner = f"{type(rule).__name__}.direction"
    if not _is_answer(answer):
        raise InputError(f"{owner}: expected updates, state and stats, got {_shown(answer)}")
    updates = answer[0]
    missing = [name for name in required if name not in updates]
    unknown = [str(name) for name in updates if name not in params]
    if missing or unknown:
        got = [f"none for {', '.join(missing)}"] if missing else []
        got += [f"the unknown {', '.join(unknown)}"] if unknown else []
        raise InputError(
            f"{owner}: expected updates named as the parameters ({', '.join(params)}), got {' and '.join(got)}; "
            "return zeros for weights that stay"
        )
    for name, update in updates.items():
        shape = getattr(update, "shape", None)
        if shape != params[name].shape:
            found = shape if shape is not None else type(update).__name__
            raise InputError(f"{owner}: expected {name} of shape {params[name].shape}, as its parameter, got {found}")


def _is_answer(answer: Any) -> bool:
    """Whether these are updates by name, something with the params of a state and something with the loss of stats."""
    if not isinstance(answer, tuple | list) or len(answer) != len(("updates", "state", "stats")):
        return False
    updates, state, stats = answer
    return isinstance(updates, Mapping) and hasattr(state, "params") and hasattr(stats, "loss")


def _shown(answer: Any) -> str:
    """The kind of an answer, and of its parts."""
    if isinstance(answer, tuple | list):
        return f"{len(answer)} values ({', '.join(type(part).__name__ for part in answer)})"
    return "None" if answer is None else f"one value ({type(answer).__name__})"
