"""What cannot be meant is answered by an `InputError` of one line: no traceback of another kind, no silent guess."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.cli import main
from neurosim.neurons import LIF, AdEx
from neurosim.rules import InhibitorySTDP, PairSTDP, TripletSTDP

INF, NAN = float("inf"), float("nan")
HUGE = "1" + "0" * 5000
MASKED = np.ma.array([1.0, 2.0], mask=[False, True])
DATE = np.datetime64("2026-12-01")
NUMBERS: tuple[Any, ...] = ("1.0", b"1", None, [1.0, "2"], 1 + 2j, DATE, NAN, np.zeros((2, 2)), object())


def network(**record: Any) -> ns.Network:
    """Ten sources and four neurons."""
    net = ns.Network(seed=1)
    noise, cells = net.population("noise", 10, ns.Poisson(100.0)), net.population("cells", 4, LIF())
    net.connect(noise, cells, ns.AllToAll(), weight=10.0, name="p")
    net.record(noise, "spikes")
    if record:
        net.record(cells, **record)
    return net


def run(net: ns.Network, ms: Any = 1.0, **options: Any) -> ns.Simulation:
    simulation = net.compile(**{"backend": "reference"} | options)
    simulation.run(ms)
    return simulation


def text(term: str) -> ns.NeuronModel:
    return ns.NeuronModel(f"dv/dt = -{term} / tau : 1, input\ntau = 10.0 : ms")


def timed(time: Any) -> None:
    net = ns.Network()
    net.population("source", 1, ns.SpikeTimes([time], [0]))
    run(net)


def of_all(
    what: str, call: Callable[[Any], object], values: Sequence[Any] = NUMBERS
) -> dict[str, Callable[[], object]]:
    """A row for each of the ``values`` that are no number."""
    return {f"{what} of {value!r:.20}": partial(call, value) for value in values}


ROWS: dict[str, Callable[[], object]] = {
    "a huge exponent": lambda: text("v**99999"),
    "a number of 310 digits": lambda: text("v * 1" + "0" * 309),
    "a number beyond float64": lambda: text("v * 1e999"),
    "no text": lambda: ns.NeuronModel(None),  # type: ignore[arg-type]
    "no text of a rule": lambda: ns.SynapticRule(5),  # type: ignore[arg-type]
    "a run of 1e308 ms": lambda: run(network(), 1e308),
    "a run of 10**20 ms": lambda: run(network(), 10**20),
    "a run of a huge int": lambda: run(network(), int(HUGE[:400])),
    "a bin of 1e308 ms": lambda: run(network(variables="v", every=1e308)),
    "a variable that is a number": lambda: network(variables=5),
    "a precision that is a number": lambda: run(network(), precision=32),
    "a backend that is a number": lambda: run(network(), backend=5),
    "a sample that is not there": lambda: run(network()).spike_hash(-1),
    "one sample too many": lambda: run(network()).spike_hash(1),
    "a probability as text": lambda: ns.FixedProbability("0.1"),  # type: ignore[arg-type]
    "a flag that is nan": lambda: ns.AllToAll(NAN),  # type: ignore[arg-type]
    "a flag that is 1": lambda: ns.FixedInDegree(3, allow_autapses=1),  # type: ignore[arg-type]
    "a matrix of texts": lambda: ns.FromArrays.of([["a", "b"]]),
    "no matrix": lambda: ns.FromArrays.of([1.0, 2.0]),
    "bounds as text": lambda: ns.Uniform("0", 1),  # type: ignore[arg-type]
    "a bound of None": lambda: ns.Normal(0.0, 1.0, low=None),  # type: ignore[arg-type]
    "times as text": lambda: ns.SpikeTimes(["1.0"], [0]),
    "a time of 1e308 ms": lambda: timed(1e308),
    "masked times": lambda: ns.SpikeTimes(MASKED, [0, 1]),
    "masked values of a parameter": lambda: LIF(v_th=MASKED),
    "a path that is a number": lambda: ns.open_run(5),  # type: ignore[arg-type]
    "a state beyond float32": lambda: run(network()).set("cells", "v", 1e39),
    "complex states": lambda: run(network()).set("cells", "v", np.array([1 + 2j, 0, 0, 0])),
    "weights as text": lambda: run(network()).set("p", "w", "12"),
    "an infinite change": lambda: PairSTDP(w_max=1.0, a_plus=INF),
    "a bound as text": lambda: PairSTDP(w_max="5"),  # type: ignore[arg-type]
    "a negative rate": lambda: InhibitorySTDP(w_max=1.0, eta=0.01, target_rate=-5.0),
    "a negative slope factor": lambda: AdEx(delta_t=-1.0),
    "a slope factor of 0": lambda: AdEx(delta_t=np.array([1.0, 0.0])),
    **of_all("a rate", ns.Poisson, [value for value in NUMBERS if np.ndim(value) < 2]),
    **of_all("a drive", lambda value: network().drive("cells", value, 1.0)),
    **of_all("a parameter", lambda value: LIF(tau_m=value)),
    **of_all("a value of a rule", lambda value: TripletSTDP(w_max=value)),
    **of_all("a size", lambda value: ns.Network().population("x", value, LIF())),
    **of_all("a seed", lambda value: ns.Network(seed=value)),
    **of_all("a step", lambda value: network().compile(dt=value)),
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.filterwarnings("error")
def test_an_input_that_cannot_be_meant_is_refused_in_one_line(row: str) -> None:
    with pytest.raises(ns.InputError) as raised:
        ROWS[row]()
    message = str(raised.value)
    assert "\n" not in message
    assert "expected" in message
    assert len(message) < 400


def test_a_dense_matrix_gives_the_synapses_of_its_entries() -> None:
    builder = ns.FromArrays.of(np.array([[0.0, 2.0], [3.0, 0.0]]))
    assert [np.asarray(each).tolist() for each in (builder.pre, builder.post, builder.weight)] == [
        [0, 1],
        [1, 0],
        [2, 3],
    ]


def test_a_path_with_a_null_byte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ns.InputError, match=r"^log: expected a folder that can be created, got .*null byte") as raised:
        ns.compare(["backprop"], data="xor", epochs=1, log=f"{tmp_path}/a\0b")
    assert "\0" not in str(raised.value)


def test_an_index_that_tells_too_little_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = {"data": "xor", "seed": 0, "status": "ok"}
    content = {"format": "neurosim-index", "format_version": "1.0", "entries": [cell]}
    (tmp_path / "index.json").write_text(json.dumps(content))
    assert main(["info", str(tmp_path)]) == 2
    assert "without log, network, rule" in capsys.readouterr().err
