"""The parts of a network as `neurosim.simulation.Network` declares, returns and compiles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_number
from neurosim.equations import NeuronModel, SynapticRule

SPIKES, RATE = "spikes", "rate"


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons of one model, as `Network.population` returns them.

    Parameters
    ----------
    name : str
        Without "/".
    size : int
        The number of neurons.
    model : NeuronModel, Poisson or SpikeTimes
        Equations, or a source of spikes.
    initial : mapping
        Initial values of states: numbers, arrays (size,) or distributions, in their units.
    """

    name: str
    size: int
    model: Any
    initial: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        model = repr(self.model) if isinstance(self.model, NeuronModel) else in_words(self.model)
        return f"Population({self.name!r}, {self.size}, {model})"

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the model's states; a source has none."""
        return self.model.equations.states if isinstance(self.model, NeuronModel) else ()


@dataclass(frozen=True)
class Graded:
    r"""Transmission of a state instead of spikes: synapses send weight times state in every step.

    Parameters
    ----------
    state : str
        The state of the presynaptic model that is sent.
    bound : float
        The state is clipped to -bound .. bound, in the state's unit; `Simulation.saturations` counts how often.
    w_max : float, optional
        The largest \|weight\| that may be set later, in the unit of the input; default: the largest one drawn.

    Raises
    ------
    InputError
        ``bound`` or ``w_max`` is not a number > 0.

    Examples
    --------
    >>> import neurosim as ns
    >>> net = ns.Network()
    >>> leaky = ns.NeuronModel("dq/dt = -q / tau : 1, input\nspike when q > 1e9\ntau = 10.0 : ms", name="leaky")
    >>> net.population("a", 2, leaky, {"q": 0.5}), net.population("b", 2, leaky)
    (Population('a', 2, leaky()), Population('b', 2, leaky()))
    >>> net.connect("a", "b", ns.OneToOne(), weight=0.1, graded=ns.Graded("q", bound=2.0, w_max=4.0)).graded.bound
    2.0
    """

    state: str
    bound: float = 1.0
    w_max: float | None = None

    def __post_init__(self) -> None:
        check_number("Graded.bound", self.bound, least=0.0)
        if self.w_max is not None:
            check_number("Graded.w_max", self.w_max, least=0.0)


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses between two populations, as `Network.connect` returns them.

    Parameters
    ----------
    name : str
        Without "/".
    pre, post : Population
        Sources and targets.
    builder : Builder
        Which neurons are connected.
    to : str
        The input of the postsynaptic model.
    weight : number, distribution or array
        In the unit of the input.
    delay : number, distribution or array
        In ms.
    rule : SynapticRule, optional
        Changes the weights.
    dendritic_delay : float
        In ms: the rule sees postsynaptic spikes later by so much.
    copies : {"sample", "shared"}, optional
        Whether each sample of a batch has its own synapses.
    graded : Graded, optional
        The state that is transmitted instead of spikes.
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
    graded: Graded | None = None

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={in_words(getattr(self, name))}" for name in ("builder", "weight", "delay"))
        parts += "" if self.rule is None else f", rule={self.rule!r}"
        parts += "" if self.graded is None else f", graded={self.graded!r}"
        return f"Projection({self.name!r}, {self.pre.name!r} -> {self.post.name!r}, to={self.to!r}, {parts})"


@dataclass(frozen=True, eq=False)
class Drive:
    """Independent Poisson input to each neuron of a population, as `Network.drive` returns it.

    Parameters
    ----------
    name : str
        Without "/".
    population : Population
        The neurons that receive it.
    rate : float
        Events per second and neuron, in Hz.
    weight : float
        What each event adds, in the unit of the input.
    to : str
        The input of the model.
    """

    name: str
    population: Population
    rate: float
    weight: float
    to: str


@dataclass(frozen=True, eq=False)
class GlobalSignal:
    """A value that synaptic rules and neurons read, one per sample of a batch, as `Network.signal` returns it.

    Parameters
    ----------
    name : str
        As equations read it.
    """

    name: str


@dataclass(frozen=True, eq=False)
class Record:
    """A record of a ``part``: spikes, rate, or a variable, ``every`` ms.

    ``of`` holds the numbers of the neurons or synapses recorded (None: all).
    """

    part: Population | Projection
    variable: str
    every: float | None
    of: npt.NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Declaration:
    """A network ready to be compiled: all its parts, in the order of declaration, and its seed."""

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    drives: tuple[Drive, ...]
    signals: tuple[GlobalSignal, ...]
    records: tuple[Record, ...]
    seed: int


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
