"""A small convolutional network: blocks of convolution, nonlinearity and pooling, then fully connected layers.

The architecture of LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86:2278), with borders padded so that only
pooling shrinks the images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neurosim.core.arrays import Shape
from neurosim.core.checks import whole_number
from neurosim.core.errors import InputError
from neurosim.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Node, Stack, activation


@dataclass(frozen=True, kw_only=True)
class Cnn:
    """A convolutional network in the manner of LeNet-5.

    Parameters
    ----------
    channels : tuple of int
        The number of channels of each block of convolution, nonlinearity and pooling.
    kernel : int
        Height and width of the kernels; odd.
    pool : int
        Height and width of the pooling windows.
    pooling : {"max", "avg"}
        The kind of pooling.
    hidden : tuple of int
        Sizes of the fully connected hidden layers.
    activation : {"relu", "tanh", "sigmoid", "hard_sigmoid"}
        The nonlinearity of all hidden layers.

    Raises
    ------
    InputError
        The kernel is even, or a size is no whole number >= 1.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Proc. IEEE 86:2278.

    Examples
    --------
    >>> net = Cnn(channels=(4, 8), hidden=(16,)).build((28, 28), 10)
    >>> [group.name for group in net.groups], [shape for node, shape in net.shapes() if node.name == "flatten"]
    (['conv1', 'conv2', 'hidden1', 'output'], [(8, 7, 7)])
    """

    channels: tuple[int, ...] = (16, 32)
    kernel: int = 5
    pool: int = 2
    pooling: Literal["max", "avg"] = "max"
    hidden: tuple[int, ...] = (128,)
    activation: Literal["relu", "tanh", "sigmoid", "hard_sigmoid"] = "relu"

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"cnn.kernel: expected an odd number >= 1, got {self.kernel}")
        whole_number("cnn.pool", self.pool, 1)

    def build(self, sample_shape: Shape, n_classes: int) -> Stack:
        """The stack for images.

        Parameters
        ----------
        sample_shape : tuple of int
            (height, width) or (channels, height, width).
        n_classes : int
            The number of classes.

        Returns
        -------
        Stack
            The layers without parameters.

        Raises
        ------
        InputError
            The samples are not images, or are too small for this number of poolings.
        """
        if len(sample_shape) not in (2, 3):
            raise InputError(
                f"cnn.build: expected images (height, width) or (channels, height, width), got samples of shape "
                f"{sample_shape}; use the network mlp"
            )
        images = sample_shape if len(sample_shape) == 3 else (1, *sample_shape)
        shrink = self.pool ** len(self.channels)
        if min(images[1:]) < shrink:
            raise InputError(
                f"cnn.build: expected images of at least {shrink} x {shrink} for {len(self.channels)} poolings, got "
                f"{images[1]} x {images[2]}; use fewer channels or a smaller pool"
            )
        gain = math.sqrt(2.0) if self.activation == "relu" else 1.0
        pooling = MaxPool2d if self.pooling == "max" else AvgPool2d
        nodes = []
        for i, channels in enumerate(self.channels, start=1):
            nodes += [
                Node(f"conv{i}", Conv2d(channels, self.kernel, padding=self.kernel // 2, gain=gain)),
                Node(f"conv{i}_{self.activation}", activation(self.activation)),
                Node(f"pool{i}", pooling(self.pool)),
            ]
        nodes.append(Node("flatten", Flatten()))
        for i, size in enumerate(self.hidden, start=1):
            nodes += [
                Node(f"hidden{i}", Linear(size, gain=gain)),
                Node(f"{self.activation}{i}", activation(self.activation)),
            ]
        return Stack(images, (*nodes, Node("output", Linear(n_classes))))
