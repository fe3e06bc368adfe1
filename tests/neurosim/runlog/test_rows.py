"""The bound on what HDF5 will take from the disk: the writer's safety rests on it."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.runlog.rows import growth, write_rows
from neurosim.runlog.schema import COMPRESSED, LIBVER


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("chunk", [(1,), (2, 3), (256,), (1, 20, 30), (1, 7, 30)])
def test_a_file_never_grows_by_more_than_was_foretold(tmp_path: Path, chunk: tuple[int, ...], compressed: bool) -> None:
    rng = np.random.default_rng(len(chunk))
    rest = (20, 30)[: len(chunk) - 1]
    options = COMPRESSED if compressed else {}
    with h5py.File(tmp_path / "file.h5", "w", libver=LIBVER) as file:
        data = file.create_dataset("x", (0, *rest), "f8", maxshape=(None, *rest), chunks=chunk, **options)
        file.swmr_mode = True
        rows = 0
        for added in [1, 1, 1, 700, 3, 1, 90, *rng.integers(1, 300, 20)]:
            before, bound = file.id.get_filesize(), growth(data, rows, int(added))
            write_rows(data, rows, rng.random((added, *rest)))  # random bits: they do not compress
            rows += int(added)
            file.flush()
            assert file.id.get_filesize() - before <= bound
