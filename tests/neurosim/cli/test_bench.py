"""The benchmark door: names, ranges, one line of JSON. No test looks at time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from neurosim.cli import bench
from neurosim.cli.bench_layers import IMAGES
from neurosim.core.errors import InputError

SMALL = 200 / IMAGES  # two minibatches


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"bench: expected one of .*cuba.*layers.*, got 'layer'; did you mean"):
        bench.run("layer")


@pytest.mark.parametrize("options", [{"scale": 0.0}, {"scale": float("inf")}, {"threads": 0}, {"backend": "gpu"}])
@pytest.mark.parametrize("name", ["layers", "cuba"])
def test_options_out_of_range_are_refused(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        bench.run(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("layers", {"seconds": 1.0}, "bench.seconds: expected none, got 1.0; 'layers' runs no spiking network"),
        ("layers", {"record": False}, "bench.record: expected none, got False; 'layers' runs no spiking network"),
        ("cuba", {"drive": "dc"}, "spiking_networks.cuba: expected one of delay, scale, got 'drive'"),
        ("cuba", {"seconds": 0.0}, "bench.seconds: expected at least 0.1 ms, got 0 ms"),
        ("cuba", {"repeat": 0}, "bench.repeat: expected a whole number >= 1, got 0"),
        ("cuba", {"seed": -1}, "bench.seed: expected a whole number in [0, 2**64), got -1"),
        ("microcircuit", {"drive": "ac"}, "spiking_networks.microcircuit.drive: expected one of dc, poisson, got 'ac'"),
    ],
)
def test_what_a_benchmark_does_not_have_is_refused_in_one_line(name: str, options: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        bench.run(name, **options)
    assert str(caught.value).startswith(line)


def test_a_benchmark_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["layers", "--json", "--scale", str(SMALL)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    measured = json.loads(out)
    assert measured["images"] == 200
    assert measured["images_per_s"] == pytest.approx(200 / measured["sim_s"], rel=0.01)
    keys = {"bench", "backend", "threads", "seed", "build_s", "sim_s", "images_per_s", "peak_rss_mb", "commit"}
    assert keys <= set(measured)


def test_without_json_there_is_a_line_for_each_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["cuba", "--scale", "0.05", "--seconds", "0.01", "--no-record", "--repeat", "2"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (lines["bench"], lines["neurons"], lines["record"], lines["repeat"]) == ("cuba", "200", "False", "2")


def test_a_mistake_on_the_command_line_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["nope"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("bench: expected one of")
    assert captured.err.count("\n") == 1


def test_a_network_is_timed_without_the_libraries_of_studies() -> None:
    absent = "import sys; sys.modules.update(dict.fromkeys(('pydantic', 'typer', 'rich', 'pooch', 'matplotlib')))"
    words = ["cuba", "--scale", "0.05", "--seconds", "0.01", "--json"]
    code = f"{absent}; from neurosim.cli.bench import main; sys.exit(main({words}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout)["neurons"] == 200
