"""The form of the file, as programs that know SONATA, NeXus, netCDF or only HDF5 expect it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.layout import Layout, Report, Sparse
from neurosim.runlog.schema import image
from neurosim.runlog.writer import RunLog


def opened(tmp_path: Path, layout: Layout) -> Any:
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        log.append("metrics/epoch", step=4, loss=0.5, correct=3, phase="train")
        log.spikes("exc", [0.5, 1.5], [3, 4])
        log.report("exc", [[1.0, 2.0]] * 4)
    return h5py.File(tmp_path / "run.h5", "r")


def test_spikes_have_the_form_of_sonata(tmp_path: Path, layout: Layout) -> None:
    with opened(tmp_path, layout) as file:
        assert file.attrs["magic"] == 0x0A7A
        assert file.attrs["magic"].dtype == file.attrs["version"].dtype == np.uint32
        assert file.attrs["version"].tolist() == [0, 1]
        group = file["spikes/exc"]
        assert group["timestamps"].dtype == np.float64
        assert group["timestamps"].attrs["units"] == "ms"
        assert group["node_ids"].dtype == np.uint64
        names = h5py.check_enum_dtype(group.attrs.get_id("sorting").dtype)
        assert names == {"none": 0, "by_id": 1, "by_time": 2}
        assert group["timestamps"].compression is group["node_ids"].compression is None


@pytest.mark.parametrize(
    ("batches", "order"),
    [
        ([[0.0, 1.0], [1.0, 2.0]], "by_time"),
        ([[0.0, 2.0], [1.0]], "none"),
        ([[2.0, 1.0], [3.0]], "none"),
        ([], "by_time"),
    ],
)
def test_sorting_is_claimed_only_where_it_holds(tmp_path: Path, batches: list[list[float]], order: str) -> None:
    with RunLog.create(tmp_path / "run.h5", Layout(spikes={"exc": 4})) as log:
        for times in batches:
            log.spikes("exc", times, np.zeros(len(times), int))
    with h5py.File(tmp_path / "run.h5", "r") as file:
        value = file["spikes/exc"].attrs["sorting"]
    assert value == {"none": 0, "by_time": 2}[order]


def test_reports_have_the_form_of_sonata(tmp_path: Path, layout: Layout) -> None:
    with opened(tmp_path, layout) as file:
        group = file["report/exc"]
        assert group["data"].dtype == np.float32
        assert group["data"].shape == (4, 2)
        assert group["data"].attrs["units"] == "mV"
        assert group["data"].compression is None
        assert group["mapping/time"][...].tolist() == [10.0, 12.0, 0.5]
        assert group["mapping/time"].attrs["units"] == "ms"
        assert group["mapping/node_ids"][...].tolist() == [7, 9]
        assert group["mapping/index_pointers"][...].tolist() == [0, 1, 2]
        assert group["mapping/element_ids"].dtype == np.uint32


def test_tables_can_be_plotted_and_carry_their_scale(tmp_path: Path, layout: Layout) -> None:
    with opened(tmp_path, layout) as file:
        table = file[file.attrs["default"]]
        assert table.attrs["NX_class"] == "NXdata"
        assert table.attrs["axes"].tolist() == ["step"]
        assert [table.attrs["signal"], *table.attrs["auxiliary_signals"]] == ["loss", "correct", "phase"]
        assert table["loss"].dims[0][0] == table["step"]
        assert table["step"].is_scale
        assert table["loss"].attrs["units"] == "nat"


def test_a_closed_log_stays_within_the_format_of_hdf5_1_10(tmp_path: Path, layout: Layout) -> None:
    opened(tmp_path, layout).close()
    content = (tmp_path / "run.h5").read_bytes()
    assert content[8] == 3  # superblock of HDF5 1.10; 2.0 would write 4 under "latest"
    assert content[11] == 0  # no flag of an open writer


def test_a_report_of_synapses_is_one_of_neurons_with_the_ends_of_each(tmp_path: Path) -> None:
    ids = np.array([5, 7], np.int32)
    with RunLog.create(
        tmp_path / "run.h5", Layout(reports={"p.w": Report("w", "pA", ids, step=1.0, ends=(ids - 5, ids + 1))})
    ) as log:
        log.report("p.w", [[1.0, 2.0]])
    with h5py.File(tmp_path / "run.h5", "r") as file:
        group = file["report/p.w"]
        assert set(group) == {"data", "mapping", "pre", "post"}
        assert [group[name][...].tolist() for name in ("pre", "post", "mapping/node_ids")] == [[0, 2], [6, 8], [5, 7]]
        assert group["data"].shape == (1, 2)


def test_the_ends_of_reported_synapses_are_as_many_as_these() -> None:
    ids = np.arange(3)
    report = Report("w", "pA", ids, step=1.0, ends=(ids, ids[1:]))
    with pytest.raises(InputError, match=r"log/report/p\.w\.post: expected 3 whole numbers, got int64 of shape \(2,\)"):
        image(Layout(reports={"p.w": report}))


def test_synapses_need_whole_numbers_of_one_length() -> None:
    ids = np.arange(3)
    with pytest.raises(InputError, match=r"log/weights/p\.post: expected 3 whole numbers, got float64 of shape \(2,\)"):
        image(Layout(weights={"p": Sparse(ids, np.zeros(2), ids, {"w": "f4"})}))


def test_empty_populations_and_projections_are_allowed() -> None:
    none = np.zeros(0, int)
    layout = Layout(
        weights={"p": Sparse(none, none, none, {"w": "f4"}), "q": {"w": ((0, 5), "f4")}},
        reports={"exc": Report("v", "mV", none, step=1.0)},
        spikes={"exc": 0},
    )
    assert image(layout)[:4] == b"\x89HDF"


def test_a_matrix_larger_than_a_chunk_may_be_is_cut() -> None:
    layout = Layout(weights={"p": {"w": ((70_000, 70_000), "f8")}})
    assert len(image(layout)) < 20_000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"attributes": {"status": "x"}}, "log.attributes: expected names that the format does not use, got 'status'"),
        ({"attributes": {"rule": None}}, "log/.rule: expected a text or a number, got None"),
        ({"attributes": {"seed": 2**64}}, "log/.seed: expected a text or a number that HDF5 holds"),
        ({"provenance": {"git": {"commit": "a\0b"}}}, "log/provenance/git.commit: expected a text or a number"),
        ({"provenance": {"a/b": {}}}, "log/provenance: expected a name without '/'"),
    ],
)
def test_attributes_and_provenance_that_hdf5_cannot_hold_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        image(Layout(**given))
    assert str(error.value).startswith(message)
