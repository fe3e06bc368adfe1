"""Locality tested: a rule in two parts, a view that raises on undeclared variables, and a metamorphic test.

A local rule has ``phases`` (global: the schedule, the gate, the drive of the top layer) and ``local`` (the updates of
one synapse group). Phases offers every variable of a group's units by ``visit``; ``local`` receives a
`View` of the declared ones only. `audit` perturbs every array that was not declared, in place, calls ``local``
again, and names each group whose update changed by a single bit; and it perturbs the declared variables of all units
but two, whose synapse must not change. What ``phases`` computes is not restricted: `reads_forward_weights` tests
whether it used forward weights for feedback (weight transport), the violation that it can hide most easily.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias

from neurosim.core.arrays import Array, Params, namespace, to_host
from neurosim.layers import Group, RateNetwork
from neurosim.layers.layer import Batch
from neurosim.layers.meter import CountingMeter, Meter, Purpose
from neurosim.learning.rule import Locality, RateRule, Rule, RuleState, SpikingRule, Stats


class LocalityError(RuntimeError):
    """A rule read a variable that it had not declared."""


class Declared(Mapping[str, Any]):
    """Variables by name; only the declared ones can be read."""

    def __init__(self, owner: str, names: tuple[str, ...], values: Mapping[str, Any]) -> None:
        self._owner = owner
        self._values = {name: values[name] for name in names}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            known = ", ".join(self._values) or "nothing"
            raise LocalityError(f"{self._owner}: expected one of the declared variables ({known}), got {name!r}")
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class View:
    """What the synapses of one group may read, and the one product that they compute.

    Reading a variable that is not declared raises a `neurosim.learning.locality.LocalityError`.

    Parameters
    ----------
    pre, post : mapping of array
        The declared variables of presynaptic and postsynaptic units, (batch, units) each.
    feedback : mapping of array
        The declared variables of the feedback at the postsynaptic units.
    signals : mapping of float
        The declared global scalars.
    group : Group
        The synapses.
    meter : Meter
        Counts the product.
    """

    pre: Declared
    post: Declared
    feedback: Declared
    signals: Declared
    group: Group
    meter: Meter

    def mean_product(self, pre: Array, post: Array) -> Params:
        """Presynaptic times postsynaptic value at each synapse, averaged over the samples of the batch.

        Parameters
        ----------
        pre : array (batch, n_pre, ...)
            A value of each presynaptic unit.
        post : array (batch, n_post, ...)
            A value of each postsynaptic unit.

        Returns
        -------
        dict of array
            By the full names of the group's weights and biases; a bias is a synapse from a unit that is always 1.
        """
        return self.group.synapses.grad(pre, post / len(post), self.meter)


Visit = Callable[..., None]
"""``visit(group, pre=..., post=..., feedback=..., signals=...)``: offer all variables of a group's units."""


class LocalRule(RateRule):
    """Base of rules that are split: `phases` and `local` make a direction.

    CONTRIBUTING.md has an example.

    Parameters
    ----------
    loss : Loss
        Value and error signal; default: softmax and cross-entropy.
    """

    locality: ClassVar[Locality]
    """What `local` may read."""

    @abstractmethod
    def phases(self, network: RateNetwork, state: RuleState, batch: Batch, visit: Visit) -> Stats:
        """Run the presentation and visit each synapse group.

        Parameters
        ----------
        network : RateNetwork
            Specification and parameters.
        state : RuleState
            The rule's own parameters and memory.
        batch : Batch
            A minibatch.
        visit : callable
            ``visit(group, pre=..., post=..., feedback=..., signals=...)`` offers variables of a group's units by name.

        Returns
        -------
        Stats
            Loss and correct answers.
        """

    @abstractmethod
    def local(self, view: View) -> Params:
        """The updates of a group's synapses.

        Parameters
        ----------
        view : View
            The declared variables at one visit.

        Returns
        -------
        dict of array
            By the full names of the group's parameters.
        """

    def direction(self, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """The updates of all groups, summed over visits; see `neurosim.learning.Rule`."""
        updates: Params = {}

        def visit(group: Group, **offered: Mapping[str, Any]) -> None:
            for name, value in self.local(_view(self, group, offered, batch.meter)).items():
                updates[name] = updates[name] + value if name in updates else value

        stats = self.phases(network, state, batch, visit)
        return updates, state, stats


def audit(rule: LocalRule, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[str, ...]:
    """The names of the groups whose update depends on something undeclared; empty for a local rule.

    Every parameter of the network and the rule, the batch, and every variable of every group that any visit
    offered is perturbed in place, except the arrays that the declaration names, and then restored.
    """
    batch = replace(batch, x=batch.x.copy(), targets=batch.targets.copy())  # data sets are read-only
    visits: list[tuple[Group, Mapping[str, Mapping[str, Any]]]] = []
    rule.phases(network, state, batch, lambda group, **offered: visits.append((group, offered)))
    known = [*network.params.values(), *state.params.values(), batch.x, batch.targets]
    known += [v for _, offered in visits for named in offered.values() for v in named.values() if _is_array(v)]
    leaky = []
    for group, offered in visits:
        view = _view(rule, group, offered, Meter())
        declared = [v for part in (view.pre, view.post, view.feedback) for v in part.values() if _is_array(v)]
        before = {name: to_host(value).copy() for name, value in rule.local(view).items()}
        with _Perturbed([array for array in known if not any(_overlap(array, d) for d in declared)]):
            after = {name: to_host(value).copy() for name, value in rule.local(view).items()}
        if any(before[name].tobytes() != after[name].tobytes() for name in before) or _reads_neighbours(rule, view):
            leaky.append(group.name)
    return tuple(leaky)


def _reads_neighbours(rule: LocalRule, view: View) -> bool:
    """Whether the synapse of two chosen units changes when the declared variables of all other units are perturbed.

    Only for variables (batch, units) and weights (pre, post): synapses that share weights have no two units.
    """
    sides = (view.pre, 0), (view.post, 1), (view.feedback, 1)
    arrays = [(value, axis) for part, axis in sides for value in part.values() if _is_array(value)]
    before = {name: to_host(value).copy() for name, value in rule.local(view).items()}
    weight = before.get(view.group.weight)
    if weight is None or weight.ndim != 2 or any(a.ndim != 2 or a.shape[1] != weight.shape[x] for a, x in arrays):
        return False
    place = weight.shape[0] // 2, weight.shape[1] // 2
    others = [part for array, axis in arrays for part in (array[:, : place[axis]], array[:, place[axis] + 1 :])]
    with _Perturbed([part for part in others if part.size]):
        after = {name: to_host(value).copy() for name, value in rule.local(view).items()}
    pairs = [(place if value.ndim == 2 else place[1:], name) for name, value in before.items()]
    return any(before[name][at].tobytes() != after[name][at].tobytes() for at, name in pairs)


Evidence: TypeAlias = Literal["product", "perturbation", "declaration"]
"""How weight transport was detected: see `weight_transport`."""


def weight_transport(
    rule: Rule[Any, Any], network: Any, state: RuleState, batch: Batch, meter: CountingMeter
) -> Evidence | None:
    """How weight transport was detected, feedback by forward weights, which no synapse can do; None if it was not.

    product: one of the feedback products that ``meter`` counted in training read the array of forward weights.
    perturbation: updates change with the forward weights, see `reads_forward_weights`. declaration: a spiking rule,
    whose simulated products are not counted, declares it. None of them covers all cases: the weak form of
    temporal_derivative runs a second forward pass, which defeats the perturbation.
    """
    if meter.reads_forward_weights(state.params):
        return "product"
    if isinstance(rule, SpikingRule):
        return "declaration" if rule.transports_weights else None
    return "perturbation" if reads_forward_weights(rule, network, state, batch) else None


def reads_forward_weights(rule: Rule[Any, Any], network: RateNetwork, state: RuleState, batch: Batch) -> bool | None:
    """Whether updates below the output change when the forward weights do, after the forward pass has used them.

    The weights of all groups but the first are perturbed in place after their forward products. If the updates then
    change, feedback used forward weights. None where this cannot decide: the rule runs a second forward pass, or one
    without the meter.
    """
    batch = replace(batch, x=batch.x.copy(), targets=batch.targets.copy())
    groups = network.spec.groups
    if len(groups) < 2:
        return False
    plain = _Tripwire([], len(groups))
    before, _, _ = rule.direction(network, deepcopy(state), replace(batch, meter=plain))
    if plain.forward != len(groups):
        return None
    saved = {group.weight: network.params[group.weight].copy() for group in groups[1:]}
    try:
        wired = _Tripwire([network.params[name] for name in saved], len(groups))
        after, _, _ = rule.direction(network, deepcopy(state), replace(batch, meter=wired))
    finally:
        for name, value in saved.items():
            network.params[name][...] = value
    lower = [group.weight for group in groups[:-1]]
    return any(to_host(before[name]).tobytes() != to_host(after[name]).tobytes() for name in lower)


class _Tripwire(Meter):
    """Computes products, and perturbs the given arrays after the forward product number ``count``."""

    def __init__(self, arrays: list[Array], count: int) -> None:
        self._arrays, self._count, self.forward = arrays, count, 0

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        """``a @ b``."""
        result = super().matmul(purpose, a, b)
        if purpose in ("forward", "settling"):
            self.forward += 1
            if self.forward == self._count:
                for array in self._arrays:
                    array *= -3
                    array += 1
        return result


class _Perturbed:
    """Within the block, each array holds other numbers; afterwards the original ones, bit for bit."""

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays

    def __enter__(self) -> None:
        self._saved = [array.copy() for array in self._arrays]
        for array in self._arrays:
            array *= -3
            array += 1

    def __exit__(self, *_: object) -> None:
        for array, saved in zip(reversed(self._arrays), reversed(self._saved), strict=True):
            array[...] = saved


def _view(rule: LocalRule, group: Group, offered: Mapping[str, Mapping[str, Any]], meter: Meter) -> View:
    names = rule.locality
    kinds = {"pre": names.pre, "post": names.post, "feedback": names.feedback, "signals": names.signals}
    parts = {
        kind: Declared(f"{type(rule).__name__}.local({group.name}).{kind}", declared, offered.get(kind, {}))
        for kind, declared in kinds.items()
    }
    arrays = [name for name, value in parts["signals"].items() if _is_array(value)]
    if arrays:
        raise LocalityError(f"{type(rule).__name__}.signals: expected global scalars, got arrays {arrays}")
    return View(**parts, group=group, meter=meter)


def _is_array(value: Any) -> bool:
    return getattr(value, "ndim", 0) > 0


def _overlap(a: Array, b: Array) -> bool:
    xp = namespace(a)
    return xp is namespace(b) and bool(xp.may_share_memory(a, b))
