"""What a learning rule is: what the trainer asks of it, what it answers, and the base of rules of rate networks.

A rule of one's own needs no base; `RateRule` and `neurosim.learning.LocalRule` save writing. CONTRIBUTING.md walks
seven learning rules through the protocol.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from neurosim.core.arrays import Array, Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.layers.losses import Loss, softmax_cross_entropy
from neurosim.layers.meter import UNMETERED, Meter

if TYPE_CHECKING:  # rate rules run without any spiking code
    from neurosim.equations import SynapticRule

NetworkT = TypeVar("NetworkT", contravariant=True)
SpecT = TypeVar("SpecT", contravariant=True)


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
    """A learning rule: the direction in which the weights of a network should move, given a minibatch.

    The trainer owns optimiser, clipping, decay and schedule. A rule may have a ``loss``, on which its gradient is
    taken where the two are compared; see `loss_of`.

    >>> import numpy as np
    >>> from neurosim.layers import Linear, Node, RateNetwork, Stack
    >>> from neurosim.core.rng import Stream
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
        """The network it trains where the requested one is not among ``networks``; None: then it is impossible."""

    @property
    def locality(self) -> Locality | None:
        """What a synapse reads; None for a rule that is not split into phases and a local part."""

    def init(self, spec: SpecT, rng: Stream, dtype: str = "float32") -> RuleState:
        """The rule's own parameters and memory for a network of this specification."""

    def direction(self, network: NetworkT, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """The change of each parameter, averaged over the minibatch; added, it should lower the loss.

        Synapses that learn by themselves return no changes; their new weights are in the ``assign`` of the stats.
        """

    def predict(self, network: NetworkT, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """Scores (batch, n_classes)."""


@runtime_checkable
class SpikingRule(Protocol):
    """What a rule of a spiking network also has: the text of its synapses, in place of a local part."""

    @property
    def synapses(self) -> SynapticRule:
        """What one synapse does; its text can name nothing but its own two neurons and signals."""

    @property
    def transports_weights(self) -> bool:
        """Whether the feedback connections have the weights of the forward ones."""


@dataclass(frozen=True, kw_only=True)
class RateRule(ABC):
    """Base of the rules that train a `RateNetwork`: no parameters of its own, scores by one forward pass."""

    loss: Loss = field(default_factory=softmax_cross_entropy)

    networks: ClassVar[tuple[str, ...]] = ("mlp",)
    native: ClassVar[str | None] = None
    locality: ClassVar[Locality | None] = None

    def init(self, spec: Stack, rng: Stream, dtype: str = "float32") -> RuleState:
        """Nothing to keep."""
        return RuleState()

    @abstractmethod
    def direction(self, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """See `Rule.direction`."""

    def predict(self, network: RateNetwork, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """The scores of a forward pass."""
        return network.spec.fprop(network.params, x, None, meter)[0]


def loss_of(rule: Rule[Any, Any]) -> Loss:
    """The loss of a rule; cross-entropy for one that has none, such as STDP."""
    return getattr(rule, "loss", None) or softmax_cross_entropy()


def observe(loss: Loss, scores: Array, targets: Array, assign: Params | None = None) -> Stats:
    """What a minibatch showed: the mean loss and how many samples score highest where the target does.

    Both stay on the device as 0-d arrays, so that a step does not wait for the GPU.
    """
    correct = (scores.argmax(axis=-1) == targets.argmax(axis=-1)).sum()
    return Stats(loss=loss.value(scores, targets).mean(), correct=correct, assign=assign or {})


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
