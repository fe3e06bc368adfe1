"""Layers of rate networks: stateless ``fprop``, ``bprop`` and ``grad``."""

from neurosim.layers.batch_norm import BatchNorm
from neurosim.layers.conv2d import Conv2d
from neurosim.layers.dropout import Dropout
from neurosim.layers.elementwise import Elementwise, activation, clipped, hard_sigmoid, relu, sigmoid, tanh
from neurosim.layers.flatten import Flatten
from neurosim.layers.linear import Linear
from neurosim.layers.pool2d import AvgPool2d, MaxPool2d
from neurosim.layers.stack import Group, Node, RateNetwork, Stack

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Elementwise",
    "Flatten",
    "Group",
    "Linear",
    "MaxPool2d",
    "Node",
    "RateNetwork",
    "Stack",
    "activation",
    "clipped",
    "hard_sigmoid",
    "relu",
    "sigmoid",
    "tanh",
]
