"""The state of a simulation in an HDF5 file, which depends neither on threads nor on the backend.

    attributes             format, version, network (the content hash of the plan), step, sha256 (of all that follows)
    populations/<number>   state (batch, n_states, size), refractory (batch, size), rates (batch, size) of a Poisson
                           source, and the pending spikes: steps, neurons, samples
    projections/<number>   weight and delay, if they were set since the network was built; of a projection with a rule
                           values and stamps, and pre_ and post_ steps, neurons, samples, values of its neurons; of
                           one that sends a state weights and past
    signals/<number>       values and given

The file is written whole or not at all, and read only if its hash is right; files without one are of version 0.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.row_sources import AllRows, BernoulliRows, ColumnRows, ListedRows, RandomRows
from neurosim.connectivity.rows import Pair
from neurosim.connectivity.spatial import Exponential, Gaussian, NearRows, SpatialKernel
from neurosim.connectivity.synapses import SynapsePlan
from neurosim.connectivity.values import Constant, Listed, Table
from neurosim.core.errors import InputError
from neurosim.engines.plan import GradedPlan, NetworkPlan, ScheduledSource

FORMAT, VERSION = "neurosim state", 1
KINDS = ("populations", "projections", "signals")
Arrays = dict[str, npt.NDArray[Any]]
_PARTS = MappingProxyType(
    {
        SynapsePlan: ("Plan", "pair dt rows weight delay row_ptr"),
        Pair: ("Pair", "name n_pre n_post recurrent seed"),  # the synapses are the same for any number of threads
        AllRows: ("AllRows", "pair skip diagonal by_column"),
        RandomRows: ("RandomRows", "pair size skip repeats by_column"),
        BernoulliRows: ("CoinRows", "pair p skip by_column size"),
        ColumnRows: ("ColumnRows", "pair k skip repeats by_column size"),
        ListedRows: ("ListedRows", "pair size post start first by_column"),
        NearRows: ("NearRows", "pair spec by_column here there order begin end size"),
        SpatialKernel: ("SpatialKernel", "pre post kernel p cutoff wrap allow_autapses"),
        Gaussian: ("Gaussian", "sigma"),
        Exponential: ("Exponential", "length"),
        Constant: ("Constant", "value"),
        Table: ("Table", "base slope low high rms"),
        Listed: ("Given", "values"),
        GradedPlan: ("GradedPlan", "row bound w_max limit"),
    }
)
"""The name of a class in `network_hash`, and the fields that follow it. A state file outlives names in the code:
when a class or an attribute is renamed, this name and the order stay."""


@dataclass(frozen=True)
class State:
    """The whole state of a simulation, by number of population, projection and signal.

    ``network`` is the hash of its network; see `network_hash`.
    """

    network: str
    step: int
    populations: dict[int, Arrays] = field(default_factory=dict)
    projections: dict[int, Arrays] = field(default_factory=dict)
    signals: dict[int, Arrays] = field(default_factory=dict)


def write_state(path: str | Path, state: State) -> None:
    """Write ``state`` to ``path``; an earlier state is replaced.

    Raises:
        InputError: the file cannot be written, or another one lies there.
    """
    from neurosim.runlog.disk import check_own, write_atomically

    write_atomically(check_own("save.path", path, "a state", _is_state), packed(state))


def _is_state(content: bytes) -> bool:
    import h5py

    try:
        with h5py.File(BytesIO(content), "r") as file:
            return bool(file.attrs.get("format") == FORMAT)
    except (OSError, RuntimeError, KeyError, ValueError):
        return False


def packed(state: State) -> bytes:
    """The content of the file that `write_state` writes."""
    import h5py

    content = BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs.update({"format": FORMAT, "version": VERSION, "network": state.network, "step": state.step})
        file.attrs["sha256"] = np.bytes_(_checksum(state))
        for kind in KINDS:
            for number, arrays in getattr(state, kind).items():
                for name, values in arrays.items():
                    file.create_dataset(f"{kind}/{number}/{name}", data=values)
    return content.getvalue()


def read_state(path: str | Path | BytesIO) -> State:
    """The state in ``path``, or in memory as `packed` returned it.

    Raises:
        InputError: no such file, or another format.
    """
    import h5py

    named = "bytes in memory" if isinstance(path, BytesIO) else path
    if not isinstance(path, BytesIO) and not Path(path).is_file():
        raise InputError(f"restore.state: expected a file written by save, got none at {path}")
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != FORMAT or file.attrs.get("version") != VERSION:
                raise InputError(
                    f"restore.state: expected a state of neurosim, version {VERSION}, got another: {named}"
                )
            kinds = {kind: _members(file.get(kind, {})) for kind in KINDS}
            state = State(str(file.attrs["network"]), int(file.attrs["step"]), **kinds)
            stated = _checksum(state).encode()
            if state.step < 0 or file.attrs.get("sha256", stated) != stated:
                raise ValueError("its content does not have its hash")
            return state
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())
        raise InputError(
            f"restore.state: expected a state of neurosim, got {named}, which is damaged ({reason})"
        ) from None


def _checksum(state: State) -> str:
    """The SHA-256 of the whole state."""
    digest = hashlib.sha256(f"{state.network} {state.step}".encode())
    for kind in KINDS:
        for number, arrays in sorted(getattr(state, kind).items()):
            for name, values in sorted(arrays.items()):
                array = np.asarray(values)
                digest.update(f"{kind}/{number}/{name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def network_hash(plan: NetworkPlan) -> str:
    """The SHA-256 of everything in ``plan`` but its seed: a state may be continued with other random numbers.

    Of synapses it is that of what they are drawn from, so that nothing is drawn for it.

    Raises:
        InputError: a part of the network that has no word in `_PARTS`.
    """
    digest = hashlib.sha256()

    def note(*values: object) -> None:
        for value in values:
            if is_dataclass(value):
                if type(value) not in _PARTS:
                    known = ", ".join(word for word, _ in _PARTS.values())
                    raise InputError(f"state: expected a network of {known}, got {type(value).__name__}")
                word, names = _PARTS[type(value)]
                note(word, *(getattr(value, name) for name in names.split()))
                continue
            content = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            digest.update(len(content).to_bytes(8, "little") + content)

    note(plan.dt, plan.precision, plan.batch)
    for population in plan.populations:
        note(population.name, population.size)
        if population.model:
            note(population.model.hash)
            note(*(np.asarray(value, np.float64) for value in population.model.coefficients.values()))
        if isinstance(population.source, ScheduledSource):
            note(population.source.steps, population.source.neurons)
    for slot in plan.slots:
        note(slot.population, slot.receptor, slot.scale)
    for projection in plan.projections:
        note(projection.name, projection.pre, projection.slot, projection.plan)
        if plastic := projection.plastic:
            rule = plastic.rule
            note(rule.hash, rule.bounds, plastic.dendritic_delay, plastic.copies, *rule.constants.items())
            note(*(each for decay in rule.decays.values() for each in (decay.table, decay.asymptote)))
            note(*(event.period for event in rule.events.values()))
        if projection.graded:
            note(projection.graded)
    note(*plan.signals)
    for drive in plan.drives:
        note(drive.name, drive.slot, drive.weight, drive.thresholds)
    return digest.hexdigest()


def _members(group: Mapping[str, Any]) -> dict[int, Arrays]:
    return {int(number): {name: values[...] for name, values in arrays.items()} for number, arrays in group.items()}
