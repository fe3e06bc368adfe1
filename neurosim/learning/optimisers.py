"""From the directions of a rule to new weights: a chain of small transforms, then max-norm, decay and mirrors.

One step, in this order (d is the direction of a parameter, which points downhill; penalties and decay touch weights
alone, the parameters whose names end in ".w"):

    d <- d min(1, clip_norm / |all d|)           d <- d - l2 W           W <- W + increment(d)
    |incoming weights of each unit| <= max_norm          W <- (1 - decay) W

    sgd:       v <- mu v + rate d         increment = v
    nesterov:  v <- mu v + rate d         increment = mu v + rate d
    adam:      m <- b1 m + (1 - b1) d     s <- b2 s + (1 - b2) d^2     increment = rate m' / (sqrt s' + eps)
               with the unbiased m' = m / (1 - b1^t) and s' = s / (1 - b2^t) at step t
    adamw:     adam, with W <- (1 - rate decay) W before the increment instead of (1 - decay) W after it

Sources: Sutskever et al. (2013), ICML, "On the importance of initialization and momentum" (Nesterov's form);
Kingma & Ba (2015), arXiv:1412.6980, algorithm 1; Pascanu, Mikolov & Bengio (2013), arXiv:1211.5063 (clipping);
Srivastava et al. (2014), JMLR 15:1929 (max-norm); Loshchilov & Hutter (2019), arXiv:1711.05101 (decay apart from
l2; multiplied by the rate in adamw alone: algorithm 2); Kolen & Pollack (1994), ICNN (mirrors).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeAlias

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import InputError, one_of

OptimiserState: TypeAlias = dict[str, Any]
"""The state of an optimiser: "velocity/hidden1.w" -> array, and "steps", the number of steps taken; {} at first."""

BLOCK = 2**16  # entries that NumPy works on at a time, so that scratch stays in the cache


@dataclass(frozen=True)
class Step:
    """What is common to all parameters in one step: the learning rate, its number (from 1), all directions."""

    rate: float
    number: int
    updates: Params

    @cached_property
    def norm(self) -> Array:
        """The Euclidean norm of all directions together."""
        return global_norm(self.updates)


class Transform(Protocol):
    """One link of the chain from the direction of a parameter to its increment."""

    memory: ClassVar[tuple[str, ...]] = ()
    """Names of the arrays that it keeps for each parameter, of its shape, which begin as zeros."""
    weights_only: ClassVar[bool] = False
    """Whether it leaves biases and other parameters alone."""

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """``d`` transformed, for the values ``w``; ``memory`` is updated in place, ``d`` is only read."""
        ...


@dataclass(frozen=True)
class Clip(Transform):
    """Scales all directions down where their common norm exceeds ``norm``."""

    norm: float

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """``d`` times min(1, norm / |all d|)."""
        scaled: Array = d * (self.norm / namespace(step.norm).maximum(step.norm, self.norm))
        return scaled


@dataclass(frozen=True)
class Penalty(Transform):
    """The direction of a penalty of ``l2`` / 2 |W|^2 on weights."""

    weights_only = True

    l2: float

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """``d`` - l2 ``w``."""
        return d - self.l2 * w


@dataclass(frozen=True)
class Rate(Transform):
    """Multiplies by the learning rate: plain gradient descent."""

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """``d`` times the rate."""
        return d * step.rate


@dataclass(frozen=True)
class Momentum(Transform):
    """Adds up directions, which decay by ``mu`` per step."""

    memory = ("velocity",)

    mu: float = 0.9

    def __post_init__(self) -> None:
        _check_fraction("sgd.momentum", self.mu)

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """The velocity v = mu v + ``d``."""
        (velocity,) = memory
        velocity *= self.mu
        velocity += d
        return velocity


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum that looks ahead: the weights are where the velocity will have carried them."""

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """``d`` is applied at once; the rest of the increment is mu v."""
        velocity = super().__call__(d, w, memory, step)
        w += d
        return velocity * self.mu


@dataclass(frozen=True)
class Adam(Transform):
    """Adaptive moments, with the learning rate; the first step has the size of the rate in every entry."""

    memory = ("mean", "square")

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _check_fraction("adam.beta1", self.beta1)
        _check_fraction("adam.beta2", self.beta2)
        if not self.eps > 0.0:
            raise InputError(f"adam.eps: expected a number > 0, got {self.eps}")

    def __call__(self, d: Array, w: Array, memory: Sequence[Array], step: Step) -> Array:
        """The mean of the directions over the root of their mean square, both unbiased, times the rate."""
        mean, square = memory
        mean *= self.beta1
        mean += d * (1.0 - self.beta1)
        square *= self.beta2
        square += d * d * (1.0 - self.beta2)
        spread = namespace(w).sqrt(square / (1.0 - self.beta2**step.number))
        spread += self.eps
        increment: Array = mean / spread
        increment *= step.rate / (1.0 - self.beta1**step.number)
        return increment


@dataclass(frozen=True)
class Optimiser:
    """A ``chain`` from directions to increments, the bound of incoming weights, and the decay of weights."""

    chain: tuple[Transform, ...]
    max_norm: float | None = None
    decay: float = 0.0  # per step, after increment and bound
    rate_decay: float = 0.0  # per step and learning rate, before the increment


def by_name(
    name: str,
    momentum: float = 0.9,
    clip_norm: float | None = None,
    l2: float = 0.0,
    decay: float = 0.0,
    max_norm: float | None = None,
) -> Optimiser:
    """The optimiser called ``name``: sgd, nesterov (both with ``momentum``), adam or adamw; clipping and penalties.

    Raises:
        InputError: an unknown name.
    """
    known: dict[str, tuple[Transform, ...]] = {
        "sgd": (Rate(), Momentum(momentum)) if momentum else (Rate(),),
        "nesterov": (Rate(), Nesterov(momentum)) if momentum else (Rate(),),
        "adam": (Adam(),),
        "adamw": (Adam(),),
    }
    if name not in known:
        raise one_of("optimiser", name, known)
    before: tuple[Transform, ...] = () if clip_norm is None else (Clip(clip_norm),)
    chain = (*before, *((Penalty(l2),) if l2 else ()), *known[name])
    return Optimiser(chain, max_norm, rate_decay=decay) if name == "adamw" else Optimiser(chain, max_norm, decay)


def step(
    params: Params,
    updates: Params,
    state: OptimiserState,
    *,
    rate: float,
    optimiser: Optimiser,
    mirrors: Mapping[str, str] | None = None,
    rule_params: Params | None = None,
) -> None:
    """Change ``params``, ``rule_params`` and ``state`` in place.

    ``updates`` holds directions for parameters of either tree and is only read; one without stays as it is. A rule
    parameter that ``mirrors`` maps to a weight follows that weight; it has no update of its own.

    Raises:
        InputError: an update for a parameter that does not exist, has another shape, or mirrors another.

    >>> import numpy as np
    >>> w = {"output.w": np.array([[1.0, 2.0]])}
    >>> step(w, {"output.w": np.array([[1.0, -1.0]])}, {}, rate=0.5, optimiser=Optimiser((Rate(),)))
    >>> w["output.w"].tolist()
    [[1.5, 1.5]]
    """
    leaves, mirrors = {**params, **(rule_params or {})}, mirrors or {}
    _check(leaves, updates, mirrors)
    state["steps"] = state.get("steps", 0) + 1
    now = Step(rate, state["steps"], updates)
    for name, direction in updates.items():
        w, is_weight = leaves[name], name.endswith(".w")
        chain: list[tuple[Transform, list[Array]]] = []
        for transform in optimiser.chain:
            if is_weight or not transform.weights_only:
                chain.append((transform, [_kept(state, f"{word}/{name}", w) for word in transform.memory]))
        followers = [leaves[mirror] for mirror, source in mirrors.items() if source == name] if mirrors else []
        if is_weight and optimiser.rate_decay:
            _shrink((w, *followers), optimiser.rate_decay * rate)
        with mirrored(w, followers) if followers else nullcontext():
            for rows in _blocks(w):
                change, values = direction[rows], w[rows]
                for transform, memory in chain:
                    change = transform(change, values, [array[rows] for array in memory], now)
                values += change
            if is_weight and optimiser.max_norm is not None:
                limit_norm(w, optimiser.max_norm)
        if is_weight and optimiser.decay:
            _shrink((w, *followers), optimiser.decay)


@contextmanager
def mirrored(w: Array, followers: Sequence[Array]) -> Iterator[None]:
    """Within the block ``w`` changes; each follower receives the transpose (first two axes) of the whole change.

    A follower holds its difference from ``w`` meanwhile: no copy, and the same for any optimiser. With a decay of both,
    the difference shrinks by 1 - decay in each step, whatever the data.
    """
    for follower in followers:
        follower -= w.swapaxes(0, 1)
    yield
    for follower in followers:
        follower += w.swapaxes(0, 1)


def global_norm(updates: Params) -> Array:
    """The Euclidean norm of all leaves together, a 0-d array on their device; without waiting for the GPU."""
    total: Any = sum(namespace(d).vdot(d, d) for d in updates.values())
    return total**0.5  # type: ignore[no-any-return]


def limit_norm(w: Array, max_norm: float) -> None:
    """Shrink in place the incoming weights of each post unit (axis 1) whose norm exceeds ``max_norm``."""
    xp = namespace(w)
    norms = xp.sqrt((w * w).sum(axis=(0, *range(2, w.ndim)), keepdims=True))
    w *= max_norm / xp.maximum(norms, max_norm)


@dataclass(frozen=True)
class EarlyStopping:
    """When to stop, and which epoch was best: a value that `after` replaces. The first of equal epochs is kept.

    >>> watch = EarlyStopping(patience=2)
    >>> for epoch, accuracy in enumerate([0.5, 0.7, 0.6, 0.7], start=1):
    ...     watch = watch.after(epoch, accuracy)
    >>> watch.best_epoch, watch.over
    (2, True)
    """

    patience: int | None = 10  # epochs without a better value; None never stops, but still finds the best
    best: float = -math.inf
    best_epoch: int = 0
    epoch: int = 0

    def after(self, epoch: int, value: float) -> EarlyStopping:
        """The watch after ``epoch``, in which the validation value (higher is better) was ``value``."""
        if value > self.best:
            return replace(self, best=value, best_epoch=epoch, epoch=epoch)
        return replace(self, epoch=epoch)

    @property
    def over(self) -> bool:
        """Whether ``patience`` epochs have passed since the best one."""
        return self.patience is not None and self.epoch - self.best_epoch >= self.patience


def schedule(name: str, progress: float, warmup: float = 0.0) -> float:
    """The part of the learning rate that applies when the fraction ``progress`` of all steps is done.

    It rises linearly over the first ``warmup`` of the steps. Over the rest it is constant, falls as a half cosine
    to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts), or falls tenfold after
    half and again after three quarters ("step").

    Raises:
        InputError: an unknown name.

    >>> [round(schedule("cosine", progress, warmup=0.2), 3) for progress in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    rest = max(0.0, progress - warmup) / (1.0 - warmup)
    known = {
        "constant": 1.0,
        "cosine": 0.5 * (1.0 + math.cos(math.pi * rest)),
        "step": 0.1 ** ((rest >= 0.5) + (rest >= 0.75)),
    }
    if name not in known:
        raise one_of("schedule", name, known)
    return progress / warmup if progress < warmup else known[name]


def _shrink(leaves: Sequence[Array], fraction: float) -> None:
    """A weight and its mirrors decay alike, each towards zero."""
    for leaf in leaves:
        leaf *= 1.0 - fraction


def _kept(state: OptimiserState, key: str, like: Array) -> Array:
    """An array of the state, zeros when it is first asked for."""
    if key not in state:
        state[key] = namespace(like).zeros_like(like)
    return state[key]  # type: ignore[no-any-return]


def _blocks(w: Array) -> list[Any]:
    """Slices of rows that together are ``w``; all of it at once on a GPU, where each launch costs."""
    if w.size <= BLOCK or namespace(w).__name__ != "numpy":
        return [...]
    rows = max(1, BLOCK * len(w) // w.size)
    return [slice(start, start + rows) for start in range(0, len(w), rows)]


def _check(leaves: Params, updates: Params, mirrors: Mapping[str, str]) -> None:
    for name, direction in updates.items():
        if name not in leaves:
            raise InputError(f"updates.{name}: expected one of {', '.join(leaves)}; a rule updates what it declares")
        if name in mirrors:
            raise InputError(f"updates.{name}: expected none, it mirrors {mirrors[name]}; drop it or the mirror")
        if direction.shape != leaves[name].shape:
            raise InputError(f"updates.{name}: expected shape {leaves[name].shape}, got {direction.shape}")


def _check_fraction(owner: str, value: float) -> None:
    if not 0.0 <= value < 1.0:
        raise InputError(f"{owner}: expected a number in [0, 1), got {value}")
