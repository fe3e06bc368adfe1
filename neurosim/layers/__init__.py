"""Layers of rate networks: stateless ``fprop``, ``bprop`` and ``grad``."""

from neurosim.layers.elementwise import Elementwise, hard_sigmoid, relu, sigmoid, tanh
from neurosim.layers.linear import Linear
from neurosim.layers.stack import Group, Node, RateNetwork, Stack

__all__ = ["Elementwise", "Group", "Linear", "Node", "RateNetwork", "Stack", "hard_sigmoid", "relu", "sigmoid", "tanh"]
