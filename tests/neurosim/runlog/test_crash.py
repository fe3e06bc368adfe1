"""kill -9 at any moment, and a full disk: what was flushed is there, and the file opens or can be repaired."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.runlog.access import is_live
from neurosim.runlog.reader import open_run
from neurosim.runlog.repair import recover
from neurosim.runlog.summary import info

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")

COMMON = """
import json, os, random, signal, sys, time
from pathlib import Path
import numpy as np
from neurosim.core.errors import InputError
from neurosim.runlog.layout import Layout, Report
from neurosim.runlog.writer import RunLog

LAYOUT = Layout(
    tables={"t": {"value": "f8"}}, arrays={"a": ((3,), "f8")}, weights={"p": {"w": ((20, 10), "f8")}},
    spikes={"exc": 100}, reports={"exc": Report("v", "mV", np.arange(5), step=1.0)})

def work(path, rows, acknowledge, **options):
    with RunLog.create(path, LAYOUT, **options) as log:
        for step in range(rows):
            log.append("t", step=step, value=step / 2)
            log.snapshot("p", step=step, w=np.random.default_rng(step).random((20, 10)))
            log.spikes("exc", [step, step + 0.5], [step % 100, step % 7])
            log.report("exc", np.full(5, step))
            log.write("a", np.full(3, step))
            log.flush()
            acknowledge(step + 1)

def child(path, rows, setup=lambda: None, **options):
    reader, pipe = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            setup()
            work(path, rows, lambda n: os.write(pipe, n.to_bytes(4, "little")), **options)
        except InputError as error:
            os.write(2, f"{error}\\n".encode())
            os._exit(2)
        os._exit(0)
    os.close(pipe)
    return pid, reader

def acknowledged(reader):
    with os.fdopen(reader, "rb") as stream:
        return int.from_bytes(stream.read()[-4:], "little")

folder = Path(sys.argv[1])
"""

RANDOM_MOMENTS = """
moments, flushed = random.Random(7), []
for k in range(20):
    pid, reader = child(folder / f"{k}.h5", 100_000)
    rounds = moments.randrange(8) if k % 2 else 0  # half of them are killed some time after their n-th flush
    seen = [os.read(reader, 4) for _ in range(rounds)]
    time.sleep(moments.uniform(0.0, 0.03))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    flushed.append(max(acknowledged(reader), rounds))
print(json.dumps(flushed))
"""

NAMED_POINTS = """
flushed = {}
for overwrite in (False, True):
    for point, count in POINTS:
        seen = []
        def stop(name):
            seen.append(name)
            if seen.count(point) == count:
                os.kill(os.getpid(), signal.SIGKILL)
        path = folder / f"{point}{count}{overwrite}.h5"
        if overwrite:
            path.write_bytes(b"old")
        pid, reader = child(path, 3, overwrite=overwrite, on_point=stop)
        assert os.WIFSIGNALED(os.waitpid(pid, 0)[1]), (point, count)
        flushed[path.name] = acknowledged(reader)
print(json.dumps(flushed))
"""

POINTS = [("created", 1), ("renamed", 1), ("close", 1), ("closed", 1)]
POINTS += [(point, count) for point in ("flush", "flush: rows", "flush: done") for count in (1, 3)]

FULL_DISK = """
import resource
outcome = {}
for limit in LIMITS:
    path = folder / str(limit) / "run.h5"
    setup = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    pid, reader = child(path, 100_000, setup)
    outcome[str(limit)] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), acknowledged(reader)
print(json.dumps(outcome))
"""
LIMITS = [1_000, 20_000, 90_000, 150_000, 300_000, 600_000, 2_000_000]


def run_script(script: str, folder: Path) -> tuple[Any, str]:
    done = subprocess.run([sys.executable, "-c", COMMON + script, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def check_rows(path: Path, flushed: int) -> int:
    """Everything in the log is what the writer made, in order and without gaps; how many rounds are there."""
    run = open_run(path)
    table = run.table("t")
    rows = len(table["step"])
    assert rows >= flushed
    np.testing.assert_array_equal(table["step"], np.arange(rows))
    np.testing.assert_array_equal(table["value"], np.arange(rows) / 2)
    steps = run.weight_steps("p")
    assert len(steps) >= flushed
    for step in steps[-2:]:
        np.testing.assert_array_equal(run.weights("p", step=step), np.random.default_rng(step).random((20, 10)))
    spikes = run.spikes("exc")
    assert len(spikes.times) >= 2 * flushed
    np.testing.assert_array_equal(spikes.times, np.arange(len(spikes.times)) / 2)
    np.testing.assert_array_equal(spikes.neurons[::2], np.arange(len(spikes.times) // 2) % 100)
    values = run.report("exc").values
    assert len(values) >= flushed
    np.testing.assert_array_equal(values, np.repeat(np.arange(len(values))[:, None], 5, axis=1))
    if flushed:
        assert run.array("a")[0] >= flushed - 1
    return rows


def check_killed(path: Path, flushed: int) -> None:
    assert not is_live(path)
    said = info(path)
    rows = check_rows(path, flushed)
    assert said["rows"]["t"] == rows
    closed = not said["status"].endswith("(not closed)")
    assert said["advice"] == ("" if closed else f"neurosim recover {path}")
    assert recover(path).repaired is not closed
    assert check_rows(path, flushed) == rows
    assert open_run(path).status == ("finished" if closed else "recovered")
    with h5py.File(path, "r") as file:  # as any program opens it
        assert file["t/value"].dims[0][0] == file["t/step"]


def test_a_kill_at_any_moment_loses_no_flushed_row(tmp_path: Path) -> None:
    flushed, _ = run_script(RANDOM_MOMENTS, tmp_path)
    assert sum(n > 0 for n in flushed[1::2]) > 5
    for k, rows in enumerate(flushed):
        path = tmp_path / f"{k}.h5"
        if path.exists():
            check_killed(path, rows)
        else:
            assert rows == 0


def test_a_kill_at_each_named_point_loses_no_flushed_row(tmp_path: Path) -> None:
    flushed, _ = run_script(NAMED_POINTS.replace("POINTS:", f"{POINTS}:"), tmp_path)
    for name, rows in flushed.items():
        path = tmp_path / name
        if path.exists() and path.read_bytes() != b"old":
            check_killed(path, rows)
        else:
            assert rows == 0
            assert "created" in name or ("True" in name and "flush" in name and "1" in name)
            assert path.exists() == name.endswith("True.h5")


def test_a_full_disk_ends_in_one_line_and_keeps_what_was_flushed(tmp_path: Path) -> None:
    outcome, errors = run_script(FULL_DISK.replace("LIMITS:", f"{LIMITS}:"), tmp_path)
    assert len(errors.splitlines()) == len(LIMITS)
    rounds = 0
    for (limit, (code, flushed)), error in zip(outcome.items(), errors.splitlines(), strict=True):
        path = tmp_path / limit / "run.h5"
        assert code == 2
        assert error == f"log: expected free disk space for {path}, got 'File too large'; what was flushed is kept"
        if not path.exists():
            assert flushed == 0
            assert list(path.parent.iterdir()) == []
            continue
        assert check_rows(path, flushed) == flushed
        assert open_run(path).status == "failed"
        assert h5py.is_hdf5(path)
        with h5py.File(path, "r") as file:
            assert len(file["t/value"]) == flushed
        rounds += flushed
    assert rounds > 0
