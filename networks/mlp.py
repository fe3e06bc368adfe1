"""The multilayer perceptron: fully connected layers with one nonlinearity between them.

The plain network in which all rate rules can be compared; sizes as in the tables of the literature, for instance
784-256-10 on Fashion-MNIST.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neurosim.layers import Linear, Node, Stack, hard_sigmoid, relu, sigmoid, tanh
from neurosim.protocols import Shape


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """``hidden`` layer sizes and their ``activation``; the output is linear (its loss has the softmax).

    >>> [group.name for group in Mlp(hidden=(16, 8)).build((8, 8), 10).groups]
    ['hidden1', 'hidden2', 'output']
    """

    hidden: tuple[int, ...] = (128,)
    activation: Literal["relu", "tanh", "sigmoid", "hard_sigmoid"] = "tanh"

    def build(self, sample_shape: Shape, n_classes: int) -> Stack:
        """The stack for samples of this shape; ReLU layers have weights of gain sqrt 2 (He et al. 2015)."""
        activation = {"relu": relu, "tanh": tanh, "sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid}[self.activation]
        gain = math.sqrt(2.0) if self.activation == "relu" else 1.0
        nodes = []
        for i, size in enumerate(self.hidden, start=1):
            nodes += [Node(f"hidden{i}", Linear(size, gain=gain)), Node(f"{self.activation}{i}", activation())]
        return Stack((math.prod(sample_shape),), (*nodes, Node("output", Linear(n_classes))))
