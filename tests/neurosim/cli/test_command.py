"""The command line: what scripts rely on, and one line on stderr with exit code 2 for every mistake of a user."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import neurosim
from neurosim.cli.command import main
from neurosim.cli.doctor import Finding
from neurosim.core.errors import DeviceError, InputError
from neurosim.datasets import names
from neurosim.runlog import write_index
from tests.neurosim.cli.command_line import Capture, refused

COMMANDS = (
    "compare", "run", "report", "info", "recover", "list", "data", "data list", "data path", "data fetch", "doctor",
)  # fmt: skip


def test_the_version_is_printed(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"neurosim {neurosim.__version__}\n"


def test_without_a_command_it_prints_the_help(capsys: Capture) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert [command for command in COMMANDS if command.split()[0] not in listed] == []


@pytest.mark.parametrize("command", [*COMMANDS, "bench"])
def test_the_help_of_a_command_has_an_example_of_it(command: str, capsys: Capture) -> None:
    assert main([*command.split(), "--help"]) == 0
    _, _, example = capsys.readouterr().out.partition("Example")
    assert f"  neurosim {command}" in example


def test_help_needs_none_of_the_heavy_libraries() -> None:
    script = "import sys; from neurosim.cli.command import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) & {"numpy", "scipy", "h5py", "pydantic", "rich", "matplotlib"} == set()


def test_the_module_is_the_command_and_its_exit_code_the_process_s(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "neurosim", "info", str(tmp_path / "absent.h5")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("command", ["info", "recover", "report"])
def test_a_log_that_is_missing_or_damaged_is_refused(command: str, tmp_path: Path, capsys: Capture) -> None:
    more = ["-o", str(tmp_path / "page.html")] if command == "report" else []
    assert "does not exist" in refused(capsys, command, tmp_path / "absent.h5", *more)
    (tmp_path / "damaged.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\x07" * 200)
    assert "damaged.h5" in refused(capsys, command, tmp_path / "damaged.h5", *more)
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("data path digist", ["data: expected one of", "did you mean 'digits'?"]),
        ("data fetch digist", ["data: expected one of", "did you mean 'digits'?"]),
        ("data fetch digits", ["digits.fetch: expected a set that comes in files"]),
        ("bench laiers", ["bench: expected one of", "layers"]),
        ("bench layers --scale 0", ["bench.scale: expected a number > 0"]),
        ("bench", ["Missing argument 'NAME'", "neurosim bench --help"]),
        ("cmpare", ["No such command 'cmpare'", "neurosim --help"]),
    ],
)
def test_every_other_mistake_is_one_line_too(line: str, words: list[str], capsys: Capture) -> None:
    answer = refused(capsys, *line.split())
    assert [word for word in words if word not in answer] == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError(13, "Permission denied", "x.h5"), "x.h5: expected a readable and writable path"),
        (OSError(28, "No space left on device"), "expected a readable and writable path, got: No space left"),
        (MemoryError("Unable to allocate 7 GiB"), "MemoryError: Unable to allocate 7 GiB"),
        (OSError("Unable to open file\n(truncated)"), "OSError: Unable to open file (truncated)"),
        (InputError("svhn: expected a file\nthat is whole"), "svhn: expected a file that is whole"),
        (DeviceError("backend: the GPU failed"), "backend: the GPU failed"),
    ],
)
def test_what_the_machine_refuses_is_one_line(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("neurosim.datasets.available", fail)
    assert refused(capsys, "data", "list").startswith(line)


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.datasets.available", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["data", "list"])


@pytest.mark.parametrize("line", ["--debug data path digist", "data path digist --debug"])
def test_debug_shows_the_traceback_before_the_line(line: str, capsys: Capture) -> None:
    assert main(line.split()) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.splitlines()[-1].startswith("data: expected one of")


def test_any_other_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosim.datasets.available", stop)
    assert main(["data", "list"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_a_study_without_a_finished_cell_says_so(tmp_path: Path, capsys: Capture) -> None:
    write_index(tmp_path / "index.json", [])
    assert main(["info", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no run has finished\n"


def test_the_data_sets_are_listed(capsys: Capture) -> None:
    assert main(["data", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(names())
    assert main(["data", "list", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == list(names())
    assert main(["data", "path", "digits"]) == 0
    assert capsys.readouterr().out == "embedded\n"


def test_a_benchmark_prints_one_line_of_json(capsys: Capture) -> None:
    assert main(["bench", "layers", "--scale", "0.002", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), json.loads(lines[0])["bench"]) == (1, "layers")


def test_the_doctor_exits_with_1_if_something_is_broken(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for status, code in (("ok", 0), ("absent", 0), ("broken", 1)):
        monkeypatch.setattr("neurosim.cli.doctor.examine", lambda s=status: [Finding("data", "digits", s, "why")])
        assert main(["doctor"]) == code
        assert f"{status:7} digits" in capsys.readouterr().out
        assert main(["doctor", "--json"]) == code
        assert json.loads(capsys.readouterr().out)[0]["status"] == status
