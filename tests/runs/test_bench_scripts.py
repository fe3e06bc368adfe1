"""The benchmark scripts: what they measure is what they say, and when they fail. No test looks at time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.cli.bench_spiking import Timing, measure
from neurosim.study.components import known

BENCH = Path(__file__).resolve().parents[2] / "runs" / "bench"
SCRIPTS = ("harness", "custom", "neighbour", "startup", "scaling", "peers", "diehl_cook", "all", "against")
Capture = pytest.CaptureFixture[str]
Script = Callable[[str], Any]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """A script by its name, as a module that is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(BENCH))
    before = {name: sys.modules.pop(name) for name in SCRIPTS if name in sys.modules}
    yield import_module
    for name in SCRIPTS:
        sys.modules.pop(name, None)
    sys.modules.update(before)


def verdict(module: Any, monkeypatch: pytest.MonkeyPatch, capsys: Capture, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the last line of a script that is given ``words``."""
    monkeypatch.setattr(sys, "argv", ["script", *words])
    status = module.main()
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_network_is_timed_in_a_process_of_its_own(script: Script) -> None:
    found = script("harness").bench("custom:Mine", "--seconds", "0.05", "--no-record")
    assert (found["neurons"], found["spike_hash"]) == (4000, None)
    assert found["synapses"] == pytest.approx(0.02 * 4000**2, rel=0.01)


def test_a_refused_benchmark_ends_the_script(script: Script) -> None:
    with pytest.raises(SystemExit, match="exit 2"):
        script("harness").bench("cuba", "--seconds", "-1")


def test_a_ratio_is_the_median_over_the_turns(script: Script) -> None:
    assert script("harness").side_by_side([2.0, 9.0, 30.0], [1.0, 3.0, 1.0]) == 3.0


@pytest.mark.parametrize(("mine", "status"), [(1.1, 0), (1.2, 1)])
def test_a_users_network_may_take_15_percent_longer(
    mine: float, status: int, script: Script, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    module = script("custom")
    found = {"custom:Mine": {"rtf": mine, "rate_hz": 5.5}, "cuba": {"rtf": 1.0, "rate_hz": 5.6}}
    monkeypatch.setattr(module, "bench", lambda name, *words: found[name])
    code, measured = verdict(module, monkeypatch, capsys)
    assert (code, measured["ratio"]) == (status, mine)


@pytest.mark.parametrize(("new", "seen", "status"), [(3.9, 0.29, 0), (4.1, 0.29, 1), (3.9, 0.31, 1)])
def test_a_new_model_has_4_seconds_and_a_known_one_a_third(
    new: float, seen: float, status: int, script: Script, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    module, met = script("startup"), set[str]()

    def bench(name: str, *words: str, environment: dict[str, str] | None = None) -> dict[str, float]:
        cache = (environment or {}).get("NEUROSIM_CACHE", "")
        found = seen if cache in met else new
        met.add(cache)
        return {"compile_s": found, "build_s": 1.0}

    monkeypatch.setattr(module, "bench", bench)
    code, found = verdict(module, monkeypatch, capsys, "--processes", "3")
    assert (code, found["compile_s"]) == (status, {"new": new, "seen": seen})


@pytest.mark.parametrize(("ns", "quiet", "status"), [(1.4, 1.1, 0), (1.6, 1.1, 1), (1.4, 1.3, 1)])
def test_an_event_is_held_against_the_floor_and_silence_against_no_synapses(
    ns: float, quiet: float, status: int, script: Script, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    module = script("scaling")

    def bench(name: str, *words: str) -> dict[str, Any]:
        return {"ns_per_event": ns, "synapses": 1, "rtf": 1.0 if "joined=false" in name else quiet}

    monkeypatch.setattr(module, "bench", bench)
    monkeypatch.setattr(module.Floor, "ns_per_event", lambda self: 1.0)
    code, found = verdict(module, monkeypatch, capsys, "--sizes", "10", "100")
    assert (code, [each["ratio"] for each in found["sizes"]]) == (status, [ns, ns])


def test_the_fan_has_16_spikes_in_a_mean_step_and_silent_targets(script: Script) -> None:
    script("scaling")
    found = measure("scaling:Fan:neurons=100", Timing(seconds=1.0, threads=1))
    assert found["synapses"] == 100 * 100
    # 100 sources, each spikes in a step with probability 1 - exp(-16 / 100); 5 standard deviations of 10^4 steps
    mean = 100 * 10_000 * (1 - np.exp(-0.16))
    assert found["spikes"] == pytest.approx(mean, abs=5 * np.sqrt(mean))
    assert measure("scaling:Fan:neurons=100:silent=true", Timing(seconds=0.01))["spikes"] == 0
    assert measure("scaling:Fan:neurons=100:joined=false", Timing(seconds=0.01))["synapses"] == 0


def test_the_floor_adds_every_weight(script: Script) -> None:
    floor = script("scaling").Floor(50)
    floor.slots[:] = 0
    script("scaling").add_all(floor.codes, floor.slots)
    assert np.array_equal(floor.slots, np.bincount(floor.codes & (2**17 - 1), minlength=50))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be bound to processors here")
def test_the_neighbour_spins_on_its_processor_and_ends_with_the_block(script: Script) -> None:
    module = script("neighbour")
    with module.busy(min(os.sched_getaffinity(0))) as spinning:
        assert spinning.poll() is None
    assert spinning.poll() is not None


RATES = {"rate_hz": 5.0, "synapses": 1000, "neurons": 10, "dt": 0.1, "record": True, "plastic_updates_per_s": 0.0}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"rate_hz": 5.4}, None),
        ({"synapses": 1005}, None),
        ({"rate_hz": 5.7}, "rate_hz differs"),
        ({"synapses": 1100}, "synapses differs"),
        ({"neurons": 11}, "neurons differs"),
        ({"dt": 0.05}, "dt differs"),
        ({"record": False}, "one of the two does not record"),
    ],
)
def test_a_ratio_of_unlike_runs_is_void(change: dict[str, Any], reason: str | None, script: Script) -> None:
    found = script("peers").void(RATES, {**RATES, **change})
    assert (found is None) if reason is None else found.startswith(reason)


def test_the_fastest_peer_counts(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    module = script("peers")

    class Peer:
        def __init__(self, label: str, rtf: float) -> None:
            self.label, self.built, self.rtf = label, {**RATES, "version": "1"}, rtf

        def run(self) -> dict[str, float]:
            return {"rtf": self.rtf, "rate_hz": 5.0}

    monkeypatch.setattr(module, "bench", lambda *words: {**RATES, "rtf": 0.5, "threads": 1})
    found = module.compare("cuba", [Peer("slow", 4.0), Peer("fast", 1.0)], 1.0, 1, 3)
    assert (found["fastest"]["peer"], found["fastest"]["ratio"]) == ("fast", 2.0)


def test_a_described_network_is_plain_data_with_all_that_a_peer_needs(script: Script) -> None:
    described = script("peers").described
    for name, _ in script("peers").NETWORKS:
        if name.partition(":")[0] in known("spiking_networks"):
            assert json.loads(json.dumps(described(name, 1)))["populations"]
    cuba = described("cuba", 1)
    assert [each["size"] for each in cuba["populations"]] == [3200, 800]
    assert cuba["populations"][0]["initial"]["v"] == {"kind": "Uniform", "low": -60.0, "high": -50.0}
    assert cuba["projections"][0]["builder"] == {"kind": "FixedProbability", "p": 0.02, "allow_autapses": True}


@pytest.mark.parametrize("peer", ["nest", "brian2"])
def test_a_peer_builds_and_runs_the_described_network(peer: str, script: Script) -> None:
    module = script("peers")
    if not module.PYTHON.exists():
        pytest.skip("NEST and Brian2 are not installed; make peers")
    running = module.Peer(peer, 1, module.described("cuba:scale=0.05", 1), 0.05, 1)
    found = running.run()
    running.close()
    assert (running.built["neurons"], running.built["dt"], running.built["record"]) == (200, 0.1, True)
    assert running.built["synapses"] == pytest.approx(200 * 80, rel=0.05)  # 80 each, as in the full network
    assert 0 < found["rate_hz"] < 50


class Shown:
    """Stands for one of the two networks that are shown images."""

    def __init__(self, label: str, images_per_s: float, pixel_spikes: float = 1000.0) -> None:
        self.label, self.built = label, {"version": "1"}
        self._found = {"images_per_s": images_per_s, "pixel_spikes": pixel_spikes}

    def run(self) -> dict[str, float]:
        return self._found

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("theirs", "pixel_spikes", "status"), [((9.0, 10.0), 1040.0, 0), ((9.0, 11.0), 1040.0, 1), ((9.0, 10.0), 1060.0, 1)]
)
def test_bindsnet_is_15_times_slower_with_the_threads_that_suit_it_and_as_many_pixel_spikes(
    theirs: tuple[float, float],
    pixel_spikes: float,
    status: int,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    module = script("diehl_cook")
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(module, "Ours", lambda images, seed: Shown("ours", 150.0))
    monkeypatch.setattr(module, "BindsNet", lambda threads, *_: Shown(str(threads), theirs[threads - 1], pixel_spikes))
    code, found = verdict(module, monkeypatch, capsys, "--rounds", "2")
    assert (code, found["fastest"]["peer"], found["fastest"]["ratio"]) == (status, "2", round(150 / theirs[1], 3))


def small(module: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, float]:
    """Eight images for ten cells, and the pixels' spikes that an image has in the mean if they are Poisson."""
    monkeypatch.setattr(module, "CELLS", 10)
    images = module.drawn(8, 1)
    return images, float(
        (1 - np.exp(-images * 0.128)).sum() * 250 / 8
    )  # 128 Hz, 250 steps of 1 ms, at most one in each


def test_our_images_are_shown_once_with_as_many_spikes_as_their_rates_say(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = script("diehl_cook")
    images, mean = small(module, monkeypatch)
    found = module.Ours(images, 1).run()
    assert found["pixel_spikes"] == pytest.approx(mean, abs=5 * np.sqrt(mean / 8))
    assert found["cell_spikes"] >= 5


def test_bindsnet_shows_the_same_images_for_as_long(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    module = script("diehl_cook")
    if not module.PYTHON.exists():
        pytest.skip("BindsNET is not installed; make peers")
    images, mean = small(module, monkeypatch)
    running = module.BindsNet(1, images, 1)
    found = running.run()
    running.close()
    assert found["pixel_spikes"] == pytest.approx(mean, rel=0.05)  # it draws intervals of whole steps


@pytest.mark.parametrize(("codes", "status"), [((0, 0), 0), ((0, 1), 1), ((3, 0), 0)])
def test_all_results_go_to_one_file_and_one_failure_fails(
    codes: tuple[int, int], status: int, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module, left = script("all"), list(codes)

    def run(command: list[str], **_: Any) -> Any:
        return subprocess.CompletedProcess(command, left.pop(0), json.dumps({"bench": Path(command[1]).stem}))

    out = tmp_path / "results" / "here.json"
    monkeypatch.setattr(sys, "argv", ["all.py", "--only", "startup", "custom", "--out", str(out)])
    with monkeypatch.context() as patch:
        patch.setattr(module, "collect", lambda seed: ORIGIN)
        patch.setattr(module.subprocess, "run", run)
        assert module.main() == status
    written = json.loads(out.read_text())
    assert written["git"] == ORIGIN["git"]
    assert [each["result"]["bench"] for each in written["benchmarks"].values()] == ["startup", "custom"]
    assert [each["verdict"] == "not run" for each in written["benchmarks"].values()] == [code == 3 for code in codes]


ORIGIN = {"started": "now", "versions": {}, "git": {"commit": "abc"}, "machine": {"cpu": "A CPU"}}


def test_a_device_is_named_by_its_processor(script: Script) -> None:
    assert script("all").device("AMD EPYC(tm) 9B45", 2) == "amd-epyc-tm-9b45-2-cores"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.97, 1.02, "no slower"),
        (0.9, 1.02, "no slower"),
        (1.0, 1.04, "slower"),
        (0.98, 1.05, "undecided"),
        (1.04, 1.2, "slower"),
    ],
)
def test_an_interval_decides_whether_a_checkout_is_slower(script: Script, low: float, high: float, words: str) -> None:
    assert script("against").verdict(low, high) == words


def test_the_interval_of_a_ratio_holds_it_and_is_a_point_without_spread(script: Script) -> None:
    against = script("against")
    assert against.interval(np.full(9, 2.1), np.full(9, 2.0)) == (1.05, 1.05, 1.05)
    ratio, low, high = against.interval(np.linspace(1.0, 1.2, 9), np.linspace(0.9, 1.1, 9))
    assert low < ratio == 1.1 < high


def test_another_checkout_is_measured_in_turns(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    asked = []

    def timed(name: str, *words: str, environment: dict[str, str]) -> dict[str, Any]:
        asked.append(environment["PYTHONPATH"])
        return {"rtf": 1.2 if asked[-1].endswith("old") else 1.0, "spike_hash": asked[-1][-3:]}

    against = script("against")
    monkeypatch.setattr(against, "bench", timed)
    status, found = verdict(against, monkeypatch, capsys, "/old", "--rounds", "2", "--names", "cuba")
    assert [place == "/old" for place in asked] == [False, True, True, False]
    assert found["benchmarks"]["cuba"]["ratio"] == pytest.approx(1 / 1.2, abs=1e-4)
    assert (status, found["benchmarks"]["cuba"]["equal_spikes"]) == (1, False)  # the stand-in's spikes differ
