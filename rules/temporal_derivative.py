"""Temporal-derivative learning: presynaptic activity times the rate of change of the postsynaptic unit.

While the output layer is driven toward the target and feedback weights propagate the change, each synapse integrates

    dw = (1 / amplitude) * integral of gate(t) * slow_pre * d rate_post / dt

Difference feedback (``form="difference"``, the default) transmits the deviation from a slow trace, and the forward
synapses read the slow trace, so that there are no loops and the free state is one forward pass:

    tau du_L/dt = -u_L + W_L slow_{L-1} + b_L + beta (t - p)
    tau du_l/dt = -u_l + W_l slow_{l-1} + b_l + B (s - slow)_{l+1}

with s = rate of hidden units, s_L = u_L. To first order in beta the change of u_l is beta times minus the gradient;
centred (+beta and -beta from the same state) to second order. Weak feedback (``form="weak"``) couples everything in
both directions with feedback of strength gamma, and needs a free phase that settles; gamma holds the loop gain
gamma |W| |B| at ``loop_gain`` while the weights grow. Limit: the gradient, for symmetric feedback and beta -> 0 (weak
form: loop_gain -> 0 as well).

Sources: Hinton (2007), "How to do backpropagation in a brain", talk at the NIPS deep learning workshop; Xie & Seung
(2003), Neural Computation 15:441 (weak feedback, amplitude beta gamma^k); Lee et al. (2015), arXiv:1412.7525
(differences as targets); Kolen & Pollack (1994) for learned feedback.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.layers.meter import Purpose
from neurosim.learning.locality import LocalRule, View, Visit
from neurosim.learning.passes import (
    FeedbackKind,
    LayerPass,
    feedback_weights,
    forward_pass,
    init_feedback,
    loop_norm,
    require_plain,
)
from neurosim.learning.rule import Locality, RuleState, Stats, observe


@dataclass(frozen=True, kw_only=True)
class TemporalDerivative(LocalRule):
    """Temporal-derivative learning of rate networks; the head of this file has the equations.

    Parameters
    ----------
    feedback : {"symmetric", "random", "kolen_pollack"}
        Feedback weights: W^T, random and fixed, or mirrors of the forward weights.
    form : {"difference", "weak"}
        Whether feedback transmits deviations from a slow trace, or weakened rates.
    centred : bool
        Drive in both directions and take the difference.
    beta : float
        The strength of the drive, > 0.
    steps : int
        The number of steps of the drive.
    dt : float
        Their length in time constants of the neurons, in (0, 1].
    gate : {"drive", "always"}
        When plasticity is open; with "always" also while the network relaxes again, so that nothing is learned: over a
        closed cycle a derivative integrates to zero.
    loop_gain : float
        The loop gain of weak feedback, > 0.
    settle : int
        The number of steps of the free phase of weak feedback.
    loss : Loss
        The loss whose error drives the output; softmax cross-entropy by default.

    Raises
    ------
    InputError
        A parameter is out of range.

    References
    ----------
    Hinton (2007), talk at the NIPS deep learning workshop; Xie & Seung (2003), Neural Comput. 15:441; Lee et al.
    (2015), arXiv:1412.7525.

    Examples
    --------
    >>> TemporalDerivative(feedback="random", steps=8).native
    'mlp'
    """

    feedback: FeedbackKind = "symmetric"
    form: Literal["difference", "weak"] = "difference"
    centred: bool = False
    beta: float = 0.1
    steps: int = 16
    dt: float = 0.5
    gate: Literal["drive", "always"] = "drive"
    loop_gain: float = 0.1
    settle: int = 40

    native: ClassVar[str | None] = "mlp"
    locality: ClassVar[Locality] = Locality(pre=("slow_rate",), post=("change",), signals=("amplitude",))

    def __post_init__(self) -> None:
        for name, good, expected in (
            ("beta", self.beta > 0, "a number > 0"),
            ("steps", self.steps >= 1, "a whole number >= 1"),
            ("dt", 0 < self.dt <= 1, "a number in (0, 1], in time constants"),
            ("loop_gain", self.loop_gain > 0, "a number > 0"),
            ("settle", self.settle >= 1, "a whole number >= 1"),
        ):
            if not good:
                raise InputError(f"temporal_derivative.{name}: expected {expected}, got {getattr(self, name)}")

    def init(self, spec: Stack, rng: Stream, dtype: str = "float32") -> RuleState:
        """Feedback weights as large as the forward weights; see `neurosim.learning.passes.init_feedback`."""
        require_plain("temporal_derivative", spec)
        return init_feedback(self.feedback, spec, rng, dtype)

    def phases(self, network: RateNetwork, state: RuleState, batch: Batch, visit: Visit) -> Stats:
        """Free state, drive (once or in both directions) with an open gate, then each group's synapses."""
        passes = forward_pass(network, batch)
        circuit = _Circuit(self, network, state, batch, passes)
        free = [namespace(layer.sum).zeros_like(layer.sum) for layer in passes]
        if self.form == "weak":
            for _ in range(self.settle):
                free = circuit.step(free, circuit.rates(free), None, 0.0)
        slow = circuit.rates(free)
        changes = [namespace(u).zeros_like(u) for u in free]
        for sign in (1.0, -1.0) if self.centred else (1.0,):
            now, rates = free, slow
            for drive, gate in self.schedule():
                before, old = now, rates
                now = circuit.step(now, rates, slow, sign * drive)
                rates = circuit.rates(now)
                moves = [new - last for new, last in zip([*rates[:-1], now[-1]], [*old[:-1], before[-1]], strict=True)]
                for change, move in zip(changes, moves, strict=True):
                    change += (sign * gate) * move
        for i, layer in enumerate(passes):
            pre = {"slow_rate": slow[i - 1] if i else layer.pre}
            post = {"change": changes[i], "rate": slow[i], "sum": layer.sum + free[i]}
            visit(layer.group, pre=pre, post=post, signals={"amplitude": circuit.amplitude(i)})
        return observe(self.loss, passes[-1].rate, batch.targets)

    def schedule(self) -> Iterator[tuple[float, float]]:
        """The phases of learning, step by step.

        Returns
        -------
        iterator of (float, float)
            The strength of the drive, and the gate of plasticity.
        """
        for _ in range(self.steps):
            yield self.beta, 1.0
        if self.gate == "always":
            for _ in range(4 * self.steps):
                yield 0.0, 1.0

    def local(self, view: View) -> Params:
        """Presynaptic slow rate times the gated change of the postsynaptic unit."""
        return view.mean_product(view.pre["slow_rate"], view.post["change"] / view.signals["amplitude"])


class _Circuit:
    """The units' dynamics for one minibatch; states are lists over layers, from the first to the output.

    A state is the deviation of each sum from its value in the forward pass, so that a small change is not lost in the
    rounding of a large sum.
    """

    def __init__(
        self,
        rule: TemporalDerivative,
        network: RateNetwork,
        state: RuleState,
        batch: Batch,
        passes: tuple[LayerPass, ...],
    ) -> None:
        self._rule, self._network, self._batch, self._passes = rule, network, batch, passes
        forward, own = network.params, state.params
        self._transfers = [[node.bound(forward, batch.draw) for node in layer.group.transfer] for layer in passes]
        self._down = [feedback_weights(rule.feedback, layer.group, forward, own) for layer in passes[1:]]
        self._weak = rule.form == "weak" and len(passes) > 1
        self._gamma = rule.loop_gain / loop_norm(network, self._down) if self._weak else 1.0

    def amplitude(self, layer: int) -> Array | float:
        """A unit's change to first order, in units of minus the gradient at its sum."""
        above = len(self._passes) - 1 - layer
        return (2.0 if self._rule.centred else 1.0) * self._rule.beta * self._gamma**above

    def rates(self, state: list[Array]) -> list[Array]:
        """The transmitted value of each layer: the rate of hidden units, the sum of the linear output."""
        rates = []
        for layer, transfer, u in zip(self._passes, self._transfers, state, strict=True):
            rate = layer.sum + u
            for node in transfer:
                rate, _ = node(rate)
            rates.append(rate)
        return rates

    def step(self, state: list[Array], rates: list[Array], slow: list[Array] | None, drive: float) -> list[Array]:
        """The state one Euler step later, from the state and its `rates`.

        ``slow`` None: the free phase, which settles under its own feedback.
        """
        up: Purpose = "forward" if slow is not None else "settling"
        down: Purpose = "feedback" if slow is not None else "settling"
        top = len(state) - 1
        result = []
        for i, u in enumerate(state):
            pull = (self._bottom_up(i, rates, up) if self._weak and i else 0.0) - u
            if i < top:
                signal = self._signal(i + 1, state, rates, slow)
                pull = pull + self._batch.meter.matmul(down, signal, self._down[i].T)
            elif drive:
                pull = pull + drive * self._rule.loss.error(rates[top], self._batch.targets)
            result.append(u + self._rule.dt * pull)
        return result

    def _signal(self, layer: int, state: list[Array], rates: list[Array], slow: list[Array] | None) -> Array:
        """The feedback signal of ``layer``: deviations from the slow trace, or weakened rates."""
        if self._rule.form == "weak" or slow is None:
            return self._gamma * rates[layer]
        return state[layer] if layer == len(state) - 1 else rates[layer] - slow[layer]

    def _bottom_up(self, layer: int, rates: list[Array], purpose: Purpose) -> Array:
        """The deviation of the bottom-up input from that of the forward pass."""
        node, params = self._passes[layer].group.synapses, self._network.params
        total = self._batch.meter.matmul(purpose, rates[layer - 1], params[f"{node.owner}.w"])
        return total + params[f"{node.owner}.b"] - self._passes[layer].sum
