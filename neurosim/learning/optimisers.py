"""From the directions of a rule to new weights: clipping, penalties, momentum, Adam, decay, feedback mirrors.

One step, in this order (d is the direction of a leaf, which points downhill; penalties and decay touch weights alone,
the leaves whose names end in ".w"):

    d <- d min(1, clip_norm / |all d|)           d <- d - l2 W           W <- W + increment(d)
    |incoming weights of each unit| <= max_norm          W <- (1 - decay) W

    Sgd:   v <- mu v + rate d         increment = v, or mu v + rate d with Nesterov's look-ahead
    Adam:  m <- b1 m + (1 - b1) d     s <- b2 s + (1 - b2) d^2     increment = rate m' / (sqrt s' + eps)
           with the unbiased m' = m / (1 - b1^t) and s' = s / (1 - b2^t) at step t

Sources: Sutskever et al. (2013), ICML, "On the importance of initialization and momentum" (Nesterov's form);
Kingma & Ba (2015), arXiv:1412.6980, algorithm 1; Pascanu, Mikolov & Bengio (2013), arXiv:1211.5063 (clipping);
Srivastava et al. (2014), JMLR 15:1929 (max-norm); Loshchilov & Hutter (2019), arXiv:1711.05101 (decay apart from
l2; here per step, not multiplied by the rate); Kolen & Pollack (1994), ICNN (mirrors).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import InputError, one_of

Slots: TypeAlias = dict[str, Any]
"""What an optimiser remembers: "velocity/hidden1.w" -> array, and "steps", the number of steps taken."""

BLOCK = 2**16  # entries that NumPy works on at a time, so that scratch stays in the cache


class Optimiser(Protocol):
    """How directions become increments. Its memory lives in the slots, so that it can be saved."""

    def init(self, params: Params) -> Slots:
        """Empty slots for these leaves; a leaf that shows up later gets its own then."""

    def memory(self, slots: Slots, name: str, like: Array) -> tuple[Array, ...]:
        """The arrays kept for the leaf ``name``, of the shape of ``like``."""

    def move(self, w: Array, d: Array, memory: tuple[Array, ...], rate: float, steps: int) -> None:
        """Add the increment to ``w`` in place; ``steps`` counts this one."""


@dataclass(frozen=True, kw_only=True)
class Sgd:
    """Gradient descent with ``momentum`` mu, and Nesterov's look-ahead if ``nesterov``."""

    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        _check_fraction("sgd.momentum", self.momentum)

    def init(self, params: Params) -> Slots:
        """Slots with velocities 0; none without momentum."""
        return _fresh(self, params)

    def memory(self, slots: Slots, name: str, like: Array) -> tuple[Array, ...]:
        """The velocity of the leaf, if there is momentum."""
        return (_slot(slots, f"velocity/{name}", like),) if self.momentum else ()

    def move(self, w: Array, d: Array, memory: tuple[Array, ...], rate: float, steps: int) -> None:
        """Add the increment to ``w`` in place."""
        increment = d * rate
        if memory:
            (velocity,) = memory
            velocity *= self.momentum
            velocity += increment
            if self.nesterov:
                w += increment
                increment = velocity * self.momentum
            else:
                increment = velocity
        w += increment


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Adaptive moments; the first step has the size ``rate`` in every entry."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _check_fraction("adam.beta1", self.beta1)
        _check_fraction("adam.beta2", self.beta2)
        if not self.eps > 0.0:
            raise InputError(f"adam.eps: expected a number > 0, got {self.eps}")

    def init(self, params: Params) -> Slots:
        """Slots with moments 0."""
        return _fresh(self, params)

    def memory(self, slots: Slots, name: str, like: Array) -> tuple[Array, ...]:
        """The running mean and the running square of the leaf's directions."""
        return _slot(slots, f"mean/{name}", like), _slot(slots, f"square/{name}", like)

    def move(self, w: Array, d: Array, memory: tuple[Array, ...], rate: float, steps: int) -> None:
        """Add the increment to ``w`` in place."""
        mean, square = memory
        mean *= self.beta1
        mean += d * (1.0 - self.beta1)
        square *= self.beta2
        square += d * d * (1.0 - self.beta2)
        spread = namespace(w).sqrt(square / (1.0 - self.beta2**steps))
        spread += self.eps
        increment = mean / spread
        increment *= rate / (1.0 - self.beta1**steps)
        w += increment


def step(
    params: Params,
    updates: Params,
    slots: Slots,
    *,
    rate: float,
    optimiser: Optimiser,
    clip_norm: float | None = None,
    l2: float = 0.0,
    decay: float = 0.0,
    max_norm: float | None = None,
    mirrors: Mapping[str, str] | None = None,
    rule_params: Params | None = None,
) -> Array | None:
    """Change ``params``, ``rule_params`` and ``slots`` in place; the norm of all updates (0-d) if it is clipped.

    ``updates`` holds directions for leaves of either tree and is only read; a leaf without one stays as it is.
    A rule parameter that ``mirrors`` maps to a weight follows that weight: it receives the transpose (first two axes)
    of its final change, so that their difference shrinks by 1 - decay per step, whatever the data. It has no update
    of its own, and the clipping counts its weight once.

    Raises:
        InputError: an update for a leaf that does not exist, has another shape, or mirrors another.

    >>> import numpy as np
    >>> w = {"output.w": np.array([[1.0, 2.0]])}
    >>> plain = Sgd(momentum=0.0)
    >>> step(w, {"output.w": np.array([[1.0, -1.0]])}, plain.init(w), rate=0.5, optimiser=plain)
    >>> w["output.w"].tolist()
    [[1.5, 1.5]]
    """
    leaves = {**params, **(rule_params or {})}
    mirrors = mirrors or {}
    _check(leaves, updates, mirrors)
    norm = None if clip_norm is None else global_norm(updates)
    scale = None if norm is None else clip_norm / namespace(norm).maximum(norm, clip_norm)
    slots["steps"] += 1
    for name, direction in updates.items():
        w, is_weight = leaves[name], name.endswith(".w")
        reflections = [leaves[mirror] for mirror, source in mirrors.items() if source == name]
        # A mirror holds the difference from its weight while that one moves: no copy, and the same for any optimiser.
        for reflection in reflections:
            reflection -= w.swapaxes(0, 1)
        memory = optimiser.memory(slots, name, w)
        for rows in _blocks(w):
            d = direction[rows]
            if scale is not None:
                d = d * scale
            if l2 and is_weight:
                d = d - l2 * w[rows]
            optimiser.move(w[rows], d, tuple(slot[rows] for slot in memory), rate, slots["steps"])
        if max_norm is not None and is_weight:
            limit_norm(w, max_norm)
        for reflection in reflections:
            reflection += w.swapaxes(0, 1)
        if decay and is_weight:
            for leaf in (w, *reflections):
                leaf *= 1.0 - decay
    return norm


def global_norm(updates: Params) -> Array:
    """The Euclidean norm of all leaves together, a 0-d array on their device; the GPU is not waited for."""
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

    patience: int | None = 10  # epochs without a better value; None never stops, and still knows the best
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


def by_name(name: str, momentum: float = 0.9) -> Optimiser:
    """The optimiser called ``name``: sgd or nesterov, both with ``momentum``, or adam.

    Raises:
        InputError: an unknown name.
    """
    known: dict[str, Optimiser] = {
        "sgd": Sgd(momentum=momentum),
        "nesterov": Sgd(momentum=momentum, nesterov=True),
        "adam": Adam(),
    }
    if name not in known:
        raise one_of("optimiser", name, known)
    return known[name]


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


def _fresh(optimiser: Optimiser, params: Params) -> Slots:
    slots: Slots = {"steps": 0}
    for name, values in params.items():
        optimiser.memory(slots, name, values)
    return slots


def _slot(slots: Slots, key: str, like: Array) -> Array:
    if key not in slots:
        slots[key] = namespace(like).zeros_like(like)
    return slots[key]  # type: ignore[no-any-return]


def _blocks(w: Array) -> Iterator[Any]:
    """Slices of rows that together are ``w``; all of it at once on a GPU, where each launch costs."""
    if w.size <= BLOCK or namespace(w).__name__ != "numpy":
        yield ...
        return
    rows = max(1, BLOCK * len(w) // w.size)
    for start in range(0, len(w), rows):
        yield slice(start, start + rows)


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
