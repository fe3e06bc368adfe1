"""The multilayer perceptron: fully connected layers with one nonlinearity between them.

The plain network in which all rate rules can be compared; sizes as in the tables of the literature, for instance
784-256-10 on Fashion-MNIST.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neurosim.core.arrays import Shape
from neurosim.layers import BatchNorm, Dropout, Linear, Node, Stack, activation


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """A multilayer perceptron with a linear output (its loss has the softmax).

    Parameters
    ----------
    hidden : tuple of int
        Sizes of the hidden layers.
    activation : {"relu", "tanh", "sigmoid", "hard_sigmoid", "clipped"}
        The nonlinearity of the hidden layers.
    dropout, input_dropout : float
        The probabilities with which a rate, or an input, is dropped in training.
    batch_norm : bool
        Normalise the sums of the hidden layers, whose biases this replaces.

    Examples
    --------
    >>> [group.name for group in Mlp(hidden=(16, 8)).build((8, 8), 10).groups]
    ['hidden1', 'hidden2', 'output']
    >>> [node.name for node in Mlp(hidden=(16,), batch_norm=True, dropout=0.5).build((8, 8), 10).nodes]
    ['hidden1', 'norm1', 'tanh1', 'dropout1', 'output']
    """

    hidden: tuple[int, ...] = (128,)
    activation: Literal["relu", "tanh", "sigmoid", "hard_sigmoid", "clipped"] = "tanh"
    dropout: float = 0.0
    input_dropout: float = 0.0
    batch_norm: bool = False

    def build(self, sample_shape: Shape, n_classes: int) -> Stack:
        """The stack for samples of this shape; ReLU layers have weights of gain sqrt 2 (He et al. 2015).

        Parameters
        ----------
        sample_shape : tuple of int
            The shape of one sample.
        n_classes : int
            The number of classes.

        Returns
        -------
        Stack
            The layers without parameters.
        """
        gain = math.sqrt(2.0) if self.activation == "relu" else 1.0
        nodes = [Node("input_dropout", Dropout(self.input_dropout))] if self.input_dropout else []
        for i, size in enumerate(self.hidden, start=1):
            nodes.append(Node(f"hidden{i}", Linear(size, bias=not self.batch_norm, gain=gain)))
            if self.batch_norm:
                nodes.append(Node(f"norm{i}", BatchNorm()))
            nodes.append(Node(f"{self.activation}{i}", activation(self.activation)))
            if self.dropout:
                nodes.append(Node(f"dropout{i}", Dropout(self.dropout)))
        return Stack((math.prod(sample_shape),), (*nodes, Node("output", Linear(n_classes))))
