"""Index files: whole or absent, plain JSON, and refused where they are something else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.index import log_paths, read_index, write_index


def test_entries_come_back_as_plain_data(tmp_path: Path) -> None:
    entry = {"log": "é.h5", "accuracy": np.float32(0.5), "loss": float("nan"), "layers": np.arange(3), "ok": True}
    write_index(tmp_path / "index.json", [entry])
    wanted = {"log": "é.h5", "accuracy": 0.5, "loss": None, "layers": [0, 1, 2], "ok": True}
    assert read_index(tmp_path / "index.json") == read_index(tmp_path) == [wanted]


def test_an_index_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.json"
    write_index(path, [{"log": "a.h5"}])

    def die(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_index(path, [{"log": "a.h5"}, {"log": "b.h5"}])
    assert read_index(path) == [{"log": "a.h5"}]


def test_logs_are_found_beside_their_index(tmp_path: Path) -> None:
    write_index(tmp_path / "index.json", [{"log": "a.h5"}, {"log": None}, {}, {"log": "parts/b.h5"}])
    assert log_paths(tmp_path) == [tmp_path / "a.h5", tmp_path / "parts/b.h5"]
    assert log_paths(tmp_path / "c.h5") == [tmp_path / "c.h5"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "index: expected JSON"),
        ("[1]", "index: expected a JSON file of format neurosim-index"),
        ('{"format": "neurosim-index"}', "index: expected a JSON file of format neurosim-index"),
        (
            '{"format": "neurosim-index", "format_version": "1.0", "entries": [3]}',
            "index: expected a JSON file of format neurosim-index",
        ),
        (
            '{"format": "neurosim-index", "format_version": "2.0", "entries": []}',
            "index: expected version 1.0, got 2.0",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(InputError) as error:
        read_index(tmp_path)
    assert str(error.value).startswith(message)


def test_an_index_without_logs_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="index: expected a file that can be read"):
        log_paths(tmp_path)
    write_index(tmp_path / "index.json", [{"log": None}])
    with pytest.raises(InputError, match="expected entries that name a log"):
        log_paths(tmp_path)


def test_values_that_json_lacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="index: expected texts, numbers, lists and dictionaries"):
        write_index(tmp_path / "index.json", [{"rule": object()}])
    assert os.listdir(tmp_path) == []
