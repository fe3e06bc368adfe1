"""The parts of a network as they were declared: what `neurosim.simulation.Network` hands out and keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_number
from neurosim.core.errors import InputError, one_of
from neurosim.equations import NeuronModel, SynapticRule

SPIKES, RATE = "spikes", "rate"


@dataclass(frozen=True, eq=False)
class Population:
    """``size`` neurons of one ``model`` (equations, or a source); ``initial`` maps states to where they start."""

    name: str
    size: int
    model: Any
    initial: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        model = repr(self.model) if isinstance(self.model, NeuronModel) else in_words(self.model)
        return f"Population({self.name!r}, {self.size}, {model})"


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses from ``pre`` to the input ``to`` of ``post``, as ``builder`` draws them, changed by ``rule`` if any.

    ``dendritic_delay`` is in ms; ``copies`` says whether the samples of a batch have synapses of their own. Where they
    send the state ``graded`` instead of spikes, ``bound`` is the largest value of it, ``w_max`` the largest weight.
    """

    name: str
    pre: Population
    post: Population
    builder: Any
    to: str
    weight: Any
    delay: Any
    rule: SynapticRule | None = None
    dendritic_delay: float = 0.0
    copies: str | None = None
    graded: str | None = None
    bound: float = 1.0
    w_max: float | None = None

    def __repr__(self) -> str:
        drawn = ", ".join(f"{name}={in_words(getattr(self, name))}" for name in ("builder", "weight", "delay"))
        kind = "" if self.rule is None else f", rule={self.rule!r}"
        kind += "" if self.graded is None else f", graded={self.graded!r}"
        return f"Projection({self.name!r}, {self.pre.name!r} -> {self.post.name!r}, to={self.to!r}, {drawn}{kind})"


@dataclass(frozen=True, eq=False)
class Drive:
    """Poisson events at ``rate`` Hz, each of ``weight``, independently for each neuron, into the input ``to``."""

    name: str
    population: Population
    rate: float
    weight: float
    to: str


@dataclass(frozen=True, eq=False)
class GlobalSignal:
    """A value that synaptic rules and neurons read, one per sample of a batch."""

    name: str


@dataclass(frozen=True, eq=False)
class Record:
    """One thing to keep of a ``part``: spikes, rate, or a variable of some neurons or synapses, ``every`` so many ms.

    ``of`` holds their numbers (None: all).
    """

    part: Population | Projection
    variable: str
    every: float | None
    of: npt.NDArray[np.int64] | None


def in_words(value: Any) -> str:
    """``value`` on one line; of an array only its shape."""
    if isinstance(value, NeuronModel | SynapticRule):
        inner = ", ".join(f"{name}={in_words(given)}" for name, given in value.values.items())
        return f"{value.name}({inner})"
    if isinstance(value, np.ndarray | list | tuple):
        return f"array of shape {np.shape(value)}"
    if is_dataclass(value) and not isinstance(value, type):
        inner = ", ".join(f"{each.name}={in_words(getattr(value, each.name))}" for each in fields(value) if each.init)
        return f"{type(value).__name__}({inner})"
    return repr(value)


def check_graded(pre: Population, rule: object, graded: str | None, bound: Any, w_max: Any) -> None:
    """InputError unless ``pre`` has the state ``graded``, and its bounds are numbers > 0; see `Network.connect`."""
    if graded is None:
        for name, value, default in (("bound", bound, 1.0), ("w_max", w_max, None)):
            if value != default:
                raise InputError(f"connect.{name}: expected {default} without graded=, got {value!r}")
        return
    if rule is not None:
        raise InputError(f"connect.graded: expected None with a rule, which sends at spikes, got {graded!r}")
    if not isinstance(pre.model, NeuronModel):
        raise InputError(f"connect.graded: expected a population with states, got {pre.name!r}, a source")
    if graded not in (states := pre.model.equations.states):
        raise one_of("connect.graded", str(graded), states)
    check_number("connect.bound", bound, least=0.0)
    if w_max is not None:
        check_number("connect.w_max", w_max, least=0.0)
