"""Feedback alignment: backprop with fixed random feedback weights B instead of W^T.

    delta_L = -dC/du_L        delta_l = phi'(u_l) * (B_{l+1} delta_{l+1})        dw_l = r_{l-1} delta_l

Source: Lillicrap, Cownden, Tweed & Akerman (2016), Nature Communications 7:13276, equation 3. Kolen-Pollack: B
receives the transposed increments of W and both decay, so that they converge (Kolen & Pollack 1994; Akrout et al.
2019, arXiv:1904.05391, section 3.2). Limit: the gradient, for B = W^T.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from neurosim.core.arrays import Params
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.learning.locality import LocalRule, View, Visit
from neurosim.learning.passes import feedback_weights, forward_pass, init_feedback
from neurosim.learning.rule import Locality, RuleState, Stats, observe


@dataclass(frozen=True, kw_only=True)
class FeedbackAlignment(LocalRule):
    """Error feedback through separate weights; the head of this file has the equations.

    Parameters
    ----------
    feedback : {"random", "kolen_pollack"}
        Feedback weights: random and fixed, or mirrors of the forward weights, which converge to them by decay.
    loss : Loss
        The loss whose error is fed back; softmax cross-entropy by default.

    References
    ----------
    Lillicrap, Cownden, Tweed & Akerman (2016), Nat. Commun. 7:13276; Akrout et al. (2019), arXiv:1904.05391.

    Examples
    --------
    >>> FeedbackAlignment(feedback="kolen_pollack").networks
    ('mlp', 'cnn')
    """

    feedback: Literal["random", "kolen_pollack"] = "random"

    networks: ClassVar[tuple[str, ...]] = ("mlp", "cnn")
    locality: ClassVar[Locality] = Locality(pre=("rate",), post=("error",))

    def init(self, spec: Stack, rng: Stream, dtype: str = "float32") -> RuleState:
        """Feedback weights as large as the forward weights that they replace."""
        return init_feedback(self.feedback, spec, rng, dtype)

    def phases(self, network: RateNetwork, state: RuleState, batch: Batch, visit: Visit) -> Stats:
        """One forward pass of rates, one feedback pass of errors."""
        passes = forward_pass(network, batch)
        error = self.loss.error(passes[-1].rate, batch.targets)
        for i in range(len(passes) - 1, -1, -1):
            layer = passes[i]
            error = layer.sum_change(network.params, error, batch.meter)
            visit(layer.group, pre={"rate": layer.pre}, post={"rate": layer.rate, "sum": layer.sum, "error": error})
            if i > 0:
                weights = feedback_weights(self.feedback, layer.group, network.params, state.params)
                error = layer.send_feedback(weights, error, batch.meter)
        return observe(self.loss, passes[-1].rate, batch.targets)

    def local(self, view: View) -> Params:
        """Presynaptic rate times the postsynaptic unit's error."""
        return view.mean_product(view.pre["rate"], view.post["error"])
