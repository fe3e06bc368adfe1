"""Synapses grouped by delay, so that the spikes of one earlier step find the synapses at which they arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses


@dataclass(frozen=True, eq=False)
class Due:
    """The synapses of one projection that have one ``delay`` (in steps), in rows by presynaptic neuron.

    Row i is ``start[i]`` .. ``start[i + 1]`` of ``synapse``, which holds canonical numbers, and of ``target``.
    """

    delay: int
    start: npt.NDArray[np.int64]
    synapse: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]


def by_delay(synapses: Synapses) -> list[Due]:
    """``synapses``, one `Due` for each delay that occurs."""
    pre, post, delay = (np.asarray(values, np.int64) for values in (synapses.pre, synapses.post, synapses.delay))
    found = []
    for steps in np.unique(delay):
        synapse = np.flatnonzero(delay == steps)
        synapse = synapse[np.argsort(pre[synapse], kind="stable")]
        start = np.searchsorted(pre[synapse], np.arange(synapses.n_pre + 1))
        found.append(Due(int(steps), start, synapse, post[synapse]))
    return found


def deliver(
    slot: npt.NDArray[np.int32],
    weight: npt.NDArray[np.int32],
    due: Due,
    samples: npt.NDArray[np.int32],
    neurons: npt.NDArray[np.int32],
) -> None:
    """Add the weights of the spikes (``samples``, ``neurons``) into ``slot`` (batch, n_post), in place."""
    for sample, neuron in zip(samples, neurons, strict=True):
        row = slice(due.start[neuron], due.start[neuron + 1])
        np.add.at(slot[sample], due.target[row], weight[due.synapse[row]])
