"""A population without a network: the arguments of ``update``, and a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.equations import CompiledModel, NeuronModel, compile_model, load_update


class Alone:
    """``n`` neurons of one model in their initial state, with the arrays of ``update``; scale is 1."""

    def __init__(self, model: CompiledModel, n: int = 1, target: str = "numpy") -> None:
        self.model, self.n, self.steps = model, n, 0
        dtype = np.dtype(model.precision)
        self.x = np.zeros((len(model.states), n), dtype)
        for row, name in enumerate(model.states):
            self.x[row] = model.initial[name]
        self.slot = np.zeros((len(model.inputs), n), np.int32)
        self.scale = np.ones(len(model.inputs), dtype)
        self.c, self.a = model.scalars(), model.arrays(n)
        self.z = np.zeros((model.noise, n), dtype)
        self.ref, self.mask = np.zeros(n, np.uint16), np.zeros(n, np.uint8)
        self.update = load_update(model, target) if target != "cuda" else None

    @property
    def arguments(self) -> tuple[npt.NDArray[Any], ...]:
        """What ``update`` is called with."""
        return self.x, self.slot, self.scale, self.c, self.a, self.z, self.ref, self.mask

    def __getitem__(self, state: str) -> npt.NDArray[Any]:
        """The values of a state, a view."""
        row: npt.NDArray[Any] = self.x[self.model.states.index(state)]
        return row

    def step(self, **weights: Any) -> npt.NDArray[np.bool_]:
        """One step in which whole ``weights`` arrive; which neurons spiked."""
        for name, weight in weights.items():
            self.slot[self.model.inputs.index(name)] += np.asarray(weight, np.int32)
        assert self.update is not None
        real, dt = self.x.dtype.type, self.model.dt
        time = (real(self.steps * dt), real((self.steps + 1) * dt))
        some = self.update(*self.arguments, *([time] if self.model.program.reads_time else []))
        self.steps += 1
        assert bool(some) == bool(self.mask.any())
        return np.not_equal(self.mask, 0)

    def spike_steps(self, steps: int) -> list[int]:
        """Do so many steps without input; those in which neuron 0 spiked."""
        return [step for step in range(steps) if self.step()[0]]


def alone(text: str, dt: float = 0.1, precision: str = "float64", n: int = 1, **values: Any) -> Alone:
    """A population of the model with this text."""
    return Alone(compile_model(NeuronModel(text, **values), dt, precision), n)
