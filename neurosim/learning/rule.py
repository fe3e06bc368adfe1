"""The protocol between trainer and learning rule, and the base of rules of rate networks.

A custom rule needs no base class; `RateRule` and `neurosim.learning.LocalRule` make it shorter. CONTRIBUTING.md walks
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

    Parameters
    ----------
    params : dict of array
        Parameters of the rule, such as feedback weights, which are trained like the network's.
    mirrors : mapping of str
        Parameters of the rule that receive the transpose (first two axes) of the final increment of the network
        parameter they map to, and the same decay.
    memory : dict
        Anything else that the rule remembers between minibatches.
    """

    params: Params = field(default_factory=dict)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stats:
    """The result of a rule on a minibatch, besides updates.

    Parameters
    ----------
    loss : float or 0-d array
        The mean loss; NaN for a rule without one.
    correct : int or 0-d array
        The number of correct answers.
    assign : dict of array
        Parameters to set to these values, such as the running means of batch norm.
    """

    loss: Any
    correct: Any
    assign: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Locality:
    """What one synapse reads: variables of its own pre and post unit, of its feedback, and global scalars.

    Parameters
    ----------
    pre, post : tuple of str
        Variables of its presynaptic and of its postsynaptic unit.
    feedback : tuple of str
        Variables of the feedback that arrives at its postsynaptic unit.
    signals : tuple of str
        Scalars that are the same at all synapses.
    memory : str
        What the synapse remembers between the moments of a presentation, in words ("none", "eligibility").
    """

    pre: tuple[str, ...]
    post: tuple[str, ...]
    feedback: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    memory: str = "none"


class Spec(Protocol):
    """A network without its parameters, as a study trains it."""

    @property
    def aligned(self) -> tuple[str, ...]:
        """The synapse groups for which `gradient` returns the exact direction."""

    @property
    def active(self) -> tuple[str, ...]:
        """The layers whose activity a meter receives at inference."""

    @property
    def spiking(self) -> Mapping[str, int]:
        """The populations whose spikes a study logs for some test samples, with their sizes."""

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Draw initial parameters.

        Parameters
        ----------
        rng : Stream
            Random numbers, with one child for each layer.
        dtype : {"float32", "float64"}
            Of the parameters.

        Returns
        -------
        dict of array
            By name ("hidden1.w"), on the host.
        """

    def network(self, params: Params, backend: str = "auto") -> Any:
        """Join the specification with parameters.

        Parameters
        ----------
        params : dict of array
            By name; the study changes them in place. On the host for a spiking network.
        backend : str
            What simulates a spiking network: auto, cpu, cuda or reference.

        Returns
        -------
        object
            The network that a rule trains, and that predicts.
        """

    def gradient(self, params: Params, batch: Batch, loss: Any) -> Params:
        """The direction of steepest descent of a loss.

        Parameters
        ----------
        params : dict of array
            By name.
        batch : Batch
            A minibatch.
        loss : Loss
            Value and error signal.

        Returns
        -------
        dict of array
            Minus the gradient for the parameters of the groups in ``aligned``; empty where there is none.
        """


class Rule(Protocol[SpecT, NetworkT]):
    """A learning rule: the direction in which the weights of a network should change, given a minibatch.

    The trainer owns optimiser, clipping, decay and schedule. A rule may have a ``loss``, on which its gradient is
    taken where the two are compared; see `neurosim.learning.rule.loss_of`.

    Examples
    --------
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
        """Draw what the rule keeps for a network.

        Parameters
        ----------
        spec : Spec
            The network's specification.
        rng : Stream
            Random numbers.
        dtype : {"float32", "float64"}
            Of the rule's parameters.

        Returns
        -------
        RuleState
            The rule's own parameters and memory.
        """

    def direction(self, network: NetworkT, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """The change of each parameter, averaged over a minibatch; a small step along it should lower the loss.

        Synapses that learn by themselves return no changes; their new weights are in the ``assign`` of the stats.

        Parameters
        ----------
        network : RateNetwork or a spiking network
            Specification and parameters, which it may not change.
        state : RuleState
            What `init` or the last call returned.
        batch : Batch
            A minibatch.

        Returns
        -------
        updates : dict of array
            By parameter, of its shape: those of the network and of ``state.params``.
        state : RuleState
            For the next call.
        stats : Stats
            Loss and correct answers.
        """

    def predict(self, network: NetworkT, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """Score the classes.

        Parameters
        ----------
        network : RateNetwork or a spiking network
            Specification and parameters.
        state : RuleState
            After training.
        x : array (batch, ...)
            Samples.
        meter : Meter
            Counts the products.

        Returns
        -------
        array (batch, n_classes)
            The largest score is the answer.
        """


@runtime_checkable
class SpikingRule(Protocol):
    """What a rule of a spiking network also has: the text of its synapses, instead of a local part."""

    @property
    def synapses(self) -> SynapticRule:
        """The rule of one synapse; its text can only name its own two neurons and signals."""

    @property
    def transports_weights(self) -> bool:
        """Whether the feedback connections have the weights of the forward ones."""


@dataclass(frozen=True, kw_only=True)
class RateRule(ABC):
    """Base of rules that train a `RateNetwork`: no parameters of its own, scores by one forward pass.

    Parameters
    ----------
    loss : Loss
        Value and error signal; default: softmax and cross-entropy.
    """

    loss: Loss = field(default_factory=softmax_cross_entropy)

    networks: ClassVar[tuple[str, ...]] = ("mlp",)
    native: ClassVar[str | None] = None
    locality: ClassVar[Locality | None] = None

    def init(self, spec: Stack, rng: Stream, dtype: str = "float32") -> RuleState:
        """Draw what the rule keeps for a network.

        Parameters
        ----------
        spec : Stack
            The network's specification.
        rng : Stream
            Random numbers.
        dtype : {"float32", "float64"}
            Of the rule's parameters.

        Returns
        -------
        RuleState
            Empty.
        """
        return RuleState()

    @abstractmethod
    def direction(self, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """See `Rule.direction`."""

    def predict(self, network: RateNetwork, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """Score the classes by a forward pass.

        Parameters
        ----------
        network : RateNetwork
            Specification and parameters.
        state : RuleState
            After training.
        x : array (batch, ...)
            Samples.
        meter : Meter
            Counts the products.

        Returns
        -------
        array (batch, n_classes)
            The largest score is the answer.
        """
        return network.spec.fprop(network.params, x, None, meter)[0]


def loss_of(rule: Rule[Any, Any]) -> Loss:
    """The loss of a rule; cross-entropy for one that has none, such as STDP."""
    return getattr(rule, "loss", None) or softmax_cross_entropy()


def observe(loss: Loss, scores: Array, targets: Array, assign: Params | None = None) -> Stats:
    """Summarise a minibatch; results stay on the device, so that a step does not wait for the GPU.

    Parameters
    ----------
    loss : Loss
        Value and error signal.
    scores, targets : array (batch, n_classes)
        What the network answered, and what it should.
    assign : dict of array, optional
        Parameters to set to these values.

    Returns
    -------
    Stats
        The mean loss, and the number of samples whose largest score is at the largest target, as 0-d arrays.
    """
    correct = (scores.argmax(axis=-1) == targets.argmax(axis=-1)).sum()
    return Stats(loss=loss.value(scores, targets).mean(), correct=correct, assign=assign or {})


def check_direction(rule: Any, answer: Any, params: Params, required: tuple[str, ...]) -> None:
    """Raise an `InputError` that names the rule's class unless ``rule.direction`` returned what the trainer can use.

    ``params`` are those that updates may name, of the network and of the rule; ``required`` those that they must.

    It returns three values; no name is missing or unknown; each update has the shape of its parameter.
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
    """Whether these are updates by name, an object with ``params`` and one with ``loss``."""
    if not isinstance(answer, tuple | list) or len(answer) != len(("updates", "state", "stats")):
        return False
    updates, state, stats = answer
    return isinstance(updates, Mapping) and hasattr(state, "params") and hasattr(stats, "loss")


def _shown(answer: Any) -> str:
    """The type of an answer, and of its parts."""
    if isinstance(answer, tuple | list):
        return f"{len(answer)} values ({', '.join(type(part).__name__ for part in answer)})"
    return "None" if answer is None else f"one value ({type(answer).__name__})"
