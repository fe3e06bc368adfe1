"""The shapes that the rooms of the house agree on: Layer, Rule, Network and Simulation.

A protocol says what is called and what comes back; nothing inherits from it. CONTRIBUTING.md walks seven
learning rules through these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from neurosim.arrays import Array
from neurosim.meter import UNMETERED, Meter
from neurosim.rng import Draw, Stream

Shape: TypeAlias = tuple[int, ...]
Params: TypeAlias = dict[str, Array]
"""A named tree, kept flat: "hidden.w" -> array."""

NetworkT = TypeVar("NetworkT", contravariant=True)
SpecT = TypeVar("SpecT", contravariant=True)


class Layer(Protocol):
    """A differentiable map without state: three functions and a declaration.

    A layer of ours names it as its base, for the answers of a layer without parameters.

    >>> import numpy as np
    >>> from neurosim.layers import Linear
    >>> layer, params = Linear(1), {"w": np.array([[2.0], [3.0]]), "b": np.array([1.0])}
    >>> y, cache = layer.fprop(params, np.array([[1.0, 10.0]]))
    >>> y.tolist(), layer.bprop(params, cache, np.array([[1.0]])).tolist()
    ([[33.0]], [[2.0, 3.0]])
    >>> {name: g.tolist() for name, g in layer.grad(cache, np.array([[1.0]])).items()}
    {'w': [[1.0], [10.0]], 'b': [1.0]}
    """

    synaptic: ClassVar[bool] = False
    """Whether the layer is a set of synapses: it has a weight ``w`` with axes (pre, post, ...)."""
    elementwise: ClassVar[bool] = False
    """Whether each output depends on the input at the same place alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output sample; ValueError if samples of ``shape`` do not fit."""
        return shape

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """Fresh parameters for samples of ``shape``."""
        return {}

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The output for ``x`` (batch, ...) and a cache; ``draw`` is None at inference."""
        ...

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for x, given ``g``, the gradient for the output."""
        ...

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for the parameters."""
        return {}

    def statistics(self, params: Params, cache: Any) -> Params:
        """New values of parameters that follow the data instead of a gradient (running means)."""
        return {}


@dataclass(frozen=True)
class Batch:
    """A minibatch: inputs (batch, ...), targets (batch, n_out), the draw of this step, and the meter."""

    x: Array
    targets: Array
    draw: Draw | None = None
    meter: Meter = UNMETERED


@dataclass
class RuleState:
    """What a rule keeps besides the network's parameters.

    ``params`` are trained like the network's (feedback weights). A name in ``mirrors`` receives the transpose
    (first two axes) of the final increment of the network parameter it maps to, and the same decay.
    ``memory`` is whatever else the rule must remember between minibatches.
    """

    params: Params = field(default_factory=dict)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stats:
    """What a minibatch showed: mean ``loss`` and the number of ``correct`` answers (numbers or 0-d arrays).

    ``assign`` holds parameters to set as they are (running means of batch norm).
    """

    loss: Any
    correct: Any
    assign: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Locality:
    """What one synapse reads: variables of its own pre and post unit, of its feedback, and global scalars.

    ``memory`` says what a synapse must remember between the moments of a presentation ("none", "eligibility").
    """

    pre: tuple[str, ...]
    post: tuple[str, ...]
    feedback: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    memory: str = "none"


class Spec(Protocol):
    """What a study trains: a network without its parameters."""

    @property
    def aligned(self) -> tuple[str, ...]:
        """The synapse groups of which `gradient` knows the exact direction."""

    @property
    def active(self) -> tuple[str, ...]:
        """The layers whose activity inference shows to a meter."""

    @property
    def spiking(self) -> Mapping[str, int]:
        """The populations whose spikes a study logs for some test samples, with their sizes."""

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Fresh parameters on the host."""

    def network(self, params: Params, backend: str = "auto") -> Any:
        """The network that a rule trains and asks for answers; the study changes ``params`` in place.

        Where it spikes, ``backend`` simulates it, and ``params`` and samples are on the host.
        """

    def gradient(self, params: Params, batch: Batch, loss: Any) -> Params:
        """The direction in which ``loss`` falls fastest; empty where there is no gradient."""


class Rule(Protocol[SpecT, NetworkT]):
    """A learning rule: which way the weights of a network should move, given a minibatch.

    The study owns optimiser, clipping, decay and schedule; the rule only points.

    >>> import numpy as np
    >>> from neurosim.layers import Linear, Node, RateNetwork, Stack
    >>> from neurosim.rng import Stream
    >>> from neurosim.rules.backprop import Backprop
    >>> spec = Stack((2,), (Node("output", Linear(2, bias=False)),))
    >>> network = RateNetwork(spec, {"output.w": np.zeros((2, 2))})
    >>> rule = Backprop()
    >>> state = rule.init(spec, Stream(0, "rule"))
    >>> batch = Batch(x=np.array([[1.0, 0.0]]), targets=np.array([[0.0, 1.0]]))
    >>> updates, state, stats = rule.direction(network, state, batch)
    >>> updates["output.w"].tolist()
    [[-0.5, 0.5], [0.0, 0.0]]
    """

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks it can train."""

    @property
    def native(self) -> str | None:
        """The network it trains where the asked one is not among ``networks``; None: then it is impossible."""

    @property
    def limit(self) -> str:
        """The limit in which its direction is the gradient, or "none"."""

    @property
    def locality(self) -> Locality | None:
        """What a synapse reads; None for a rule that is not split into phases and a local part."""

    @property
    def final(self) -> bool:
        """Whether its updates are added as they are (STDP), without optimiser and schedule."""

    def init(self, spec: SpecT, rng: Stream, dtype: str = "float32") -> RuleState:
        """The rule's own parameters and memory for a network of this specification."""

    def direction(self, network: NetworkT, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """The change of each parameter, averaged over the minibatch; added, it should lower the loss."""

    def predict(self, network: NetworkT, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """Scores (batch, n_classes)."""


class Simulation(Protocol):
    """A compiled network of spiking neurons. Times are in ms, never steps.

    >>> def mean_rate(sim: "Simulation", population: str, n: int) -> float:
    ...     sim.run(1000.0)
    ...     times, neurons, samples = sim.spikes(population)
    ...     return len(times) / n
    >>> class Silent:
    ...     def run(self, ms): pass
    ...     def spikes(self, population): return [], [], []
    >>> mean_rate(Silent(), "exc", 100)
    0.0
    """

    def run(self, ms: float, **signals: Array) -> None:
        """Advance by ``ms``; a keyword sets a signal per step."""

    def reset(self) -> None:
        """Back to time 0 and the initial state."""

    def set(self, what: str, variable: str, values: Array) -> None:
        """Write a variable of a population or projection; synapses in canonical order (pre, post, ordinal)."""

    def get(self, what: str, variable: str) -> Array:
        """A copy of a variable, in the order that `set` takes."""

    def present(self, samples: Array, ms: float, rest: float = 0.0, **signals: Array) -> None:
        """Show each sample for ``ms`` followed by ``rest``, and write the trials."""

    def spikes(self, population: str) -> tuple[Array, Array, Array]:
        """Times (ms, float64, on the grid (n + 1) dt), neurons and samples of the recorded spikes."""

    def save(self, path: Path) -> None:
        """Write the state; it depends neither on the thread count nor on the backend."""

    def restore(self, path: Path) -> None:
        """Read a state written by `save`."""


class Network(Protocol):
    """A network of spiking neurons under construction; ``compile`` turns it into a `Simulation`.

    >>> def pair(net: "Network", lif: object, all_to_all: object) -> object:
    ...     a, b = net.population("a", 1, lif), net.population("b", 1, lif)
    ...     return net.connect(a, b, all_to_all, weight=1.0, delay=1.5)
    >>> class Recorder:
    ...     def population(self, name, size, model): return name
    ...     def connect(self, pre, post, builder, **how): return pre, post, how["delay"]
    >>> pair(Recorder(), None, None)
    ('a', 'b', 1.5)
    """

    def population(self, name: str, size: int, model: Any) -> Any:
        """``size`` neurons of one model."""

    def connect(
        self,
        pre: Any,
        post: Any,
        builder: Any,
        *,
        to: str | None = None,
        weight: Any = 1.0,
        delay: Any = 1.0,
        dendritic_delay: Any = 0.0,
        rule: Any = None,
        name: str | None = None,
    ) -> Any:
        """A projection: synapses drawn by ``builder``, delays in ms, plastic by the synaptic rule ``rule``."""

    def signal(self, name: str, size: int = 1) -> Any:
        """A global variable that equations and rules may read: reward, gate, target."""

    def record(self, what: Any, variables: str | Sequence[str], every: float | None = None) -> None:
        """Keep spikes, or variables each ``every`` ms, of a population or projection."""

    def compile(
        self,
        dt: float,
        backend: str = "auto",
        threads: int | None = None,
        batch: int = 1,
        precision: str = "float32",
        seed: int = 0,
    ) -> Simulation:
        """The simulation of this network at the time step ``dt`` (ms)."""
