"""Diehl & Cook's rule: STDP of nearest spikes with a triplet term, and labelling by the strongest response.

    dx/dt = -x / tau_x            x = 1         at a spike of the presynaptic neuron     w - nu_pre y1
    dy1/dt = -y1 / tau_1          y1 = y2 = 1   at a spike of the postsynaptic neuron    w + nu_post x y2
    dy2/dt = -y2 / tau_2

y2 is read as it was before the spike, so that a first spike changes nothing. A neuron has the class to which it
responded most in training; the predicted class is the one whose neurons have the highest mean spike count. Limit: none.
Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, with the constants of the program that the authors
published; a triplet rule in the manner of Pfister & Gerstner (2006), J. Neurosci. 26:9673.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.core.arrays import Array
from neurosim.equations import SynapticRule
from neurosim.learning.rule import Locality
from neurosim.rules.stdp import Labelled

TEXT = """
dx/dt = -x / tau_x       : 1, pre
dy1/dt = -y1 / tau_1     : 1, post
dy2/dt = -y2 / tau_2     : 1, post
on pre:  send w; w = clip(w - nu_pre * y1, w_min, w_max); x = 1
on post: w = clip(w + nu_post * x * y2, w_min, w_max); y1 = 1; y2 = 1

tau_x = 20.0             : ms
tau_1 = 20.0             : ms
tau_2 = 40.0             : ms
nu_pre                   : w
nu_post                  : w
"""


@dataclass(frozen=True, kw_only=True)
class DiehlCook(Labelled):
    """Diehl & Cook's rule for weights in [0, 1]; the head of this file describes it.

    Parameters
    ----------
    nu_pre : float
        Depression at a presynaptic spike.
    nu_post : float
        Potentiation at a postsynaptic spike.

    References
    ----------
    Diehl & Cook (2015), Front. Comput. Neurosci. 9:99.

    Examples
    --------
    >>> DiehlCook(nu_post=0.02).synapses.values["nu_post"]
    0.02
    """

    name: ClassVar[str] = "diehl_cook"
    native: ClassVar[str] = "diehl_cook"
    locality: ClassVar[Locality] = Locality(pre=("spike", "x"), post=("spike", "y1", "y2"), memory="none")

    nu_pre: float = 1e-4
    nu_post: float = 1e-2

    @property
    def synapses(self) -> SynapticRule:
        """The rule of one synapse."""
        return SynapticRule(TEXT, name="DiehlCook", w_min=0.0, w_max=1.0, nu_pre=self.nu_pre, nu_post=self.nu_post)

    def answers(self, counts: Array, response: Array) -> Array:
        """Mean spike counts of the neurons of each class; see `votes`."""
        return votes(counts, response)


def votes(counts: Array, response: Array) -> Array:
    """Spike counts (..., cells), averaged over the neurons of each class; neurons that never responded have none.

    >>> votes(np.array([3.0, 1.0, 2.0]), np.array([[0.5, 0.4, 0.0], [0.1, 0.3, 0.9]])).tolist()
    [2.0, 2.0]
    """
    mine = (response.argmax(axis=0) == np.arange(len(response))[:, np.newaxis]) & (response.max(axis=0) > 0)
    means: Array = counts @ (mine / np.maximum(mine.sum(axis=1, keepdims=True), 1)).T
    return means
