"""State files and a log of an earlier commit are still read; runs/oracles/state_files.py made them."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, make_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.connectivity.row_sources import AllRows
from neurosim.connectivity.rows import Pair, Rows
from neurosim.core.errors import InputError
from neurosim.equations.program import ir
from neurosim.neurons import LIF
from neurosim.simulation.state import _PARTS
from runs.oracles import state_files

STORED = Path(__file__).parents[2] / "reference"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    with np.load(STORED / "state_expected.npz") as stored:
        return dict(stored)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("written_by", ["reference", "cpu"])
def test_a_stored_state_goes_on_with_the_same_spikes_and_weights(
    backend: str, written_by: str, expected: dict[str, Any]
) -> None:
    simulation = state_files.network().compile(backend=backend, batch=2)
    simulation.restore(STORED / f"state_{written_by}.h5")
    found = state_files.found(state_files.go_on(simulation))
    assert len(found["cells_times"]) > 100
    assert len(found["others_times"]) > 100
    for name, values in found.items():
        np.testing.assert_array_equal(values, expected[name])


def test_the_stored_log_opens_and_holds_its_spikes(tmp_path: Path, expected: dict[str, Any]) -> None:
    (tmp_path / "log.h5").write_bytes(gzip.decompress((STORED / "state_log.h5.gz").read_bytes()))
    log = ns.open_run(tmp_path / "log.h5")
    assert log.status == "finished"
    spikes = log.spikes("cells")
    assert len(spikes.times) > 20
    np.testing.assert_array_equal(spikes.times, expected["log_times"])
    np.testing.assert_array_equal(spikes.neurons, expected["log_neurons"])
    assert log.states("cells", "v").values.shape == (40, 1, 10)


def test_all_hashes_are_those_that_were_stored() -> None:
    """Of each model, rule and builder: whatever the names of classes and fields are by now."""
    assert state_files.hashes() == json.loads((STORED / "state_hashes.json").read_text())


def test_a_hash_covers_every_field_of_what_it_names_but_the_threads() -> None:
    for part, (word, names) in _PARTS.items():
        assert {each.name for each in fields(part)} - {"threads"} == set(names.split()), word


def test_what_has_no_word_is_refused() -> None:
    unknown = make_dataclass("Unknown", [], bases=(AllRows,), frozen=True, eq=False)

    class Mine:
        def check(self, pair: Pair) -> None: ...

        def expected_synapses(self, pair: Pair) -> float:
            return 1.0

        def rows(self, pair: Pair) -> Rows:
            rows: Rows = unknown(pair, False)
            return rows

    net = ns.Network()
    net.population("a", 3, ns.Poisson(1.0))
    net.population("b", 3, LIF())
    net.connect("a", "b", Mine(), weight=1.0, delay=1.0)
    with pytest.raises(InputError, match=r"state: expected a network of Plan, .* got Unknown"):
        net.compile(backend="reference").snapshot()
    with pytest.raises(TypeError, match="expected a part of a program, got list"):
        ir.written(ir.Operation("a", "real", "+", ["b"]))  # type: ignore[arg-type]


def test_a_program_is_written_as_its_dataclasses_were_shown() -> None:
    lines = (ir.Load("v", "x", 0), ir.Operation("t", "real", "add", ("v", 1.5)))
    program = ir.Program(
        ("v",), (), (), (), 0, (ir.Reduction("s", "sum", lines, "t"),), ("s",), (), lines, ((0, "t"),), None, 3
    )
    assert ir.written(program) == (
        "Program(states=('v',), inputs=(), scalars=(), arrays=(), noise=0, prologue=(Reduction(result='s', "
        "operator='sum', body=(Load(result='v', room='x', row=0), Operation(result='t', kind='real', operator='add', "
        "operands=('v', 1.5))), value='t'),), shared=('s',), signals=(), body=(Load(result='v', room='x', row=0), "
        "Operation(result='t', kind='real', operator='add', operands=('v', 1.5))), stores=((0, 't'),), spike=None, "
        "counter=3)"
    )
