"""Compiled rules: tables of decays against exp, constants, names, and one set of bits on three targets."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.equations import CompiledEvent, CompiledRule, SynapticRule, compile_model, compile_rule, load_module
from neurosim.neurons import LIF
from tests.neurosim.equations.host import SHIM

TEXT = """
dx/dt = -x / tau                : 1, pre
dy/dt = (rest - y) / tau        : 1, post
double                          : 1
calm = exp(-abs(v_post) / scale) : 1
on start: double = 2 * rest
on pre: double = tanh(double) + y * calm; send w * double; w = clip(w - a * y / 3, w_min, w_max); x = x + 1
on post: w = max(w + 2 * a * x * reward, w_min); y = where(y > 2, 1, y + 1)
on reward: w = w * sqrt(double * double)
every tau / 2: double = log(1 + double)
tau = 20.0                      : ms
rest = 0.25                     : 1
a = 0.3                         : w
scale = 7.0                     : mV
"""

CONSTANT = """
dx/dt = -x / tau                : 1, pre
total = sum(where(on > 0 and w > mid, w, 0 * w)) : w, post
seen                            : 1
on pre: send where(on > 0 and w > mid, 2 * w, w); seen = where(on > 1 or v_post < far, 1, 0); x = where(2 > 1, x + 1, 0)
on post: w = where(not on > 0 or x > 1, w_max, w)
on reward: w = where(reward > 1 and on > 0, w_max, where(on > 0, w, w_min))
every tau / 2: w = where(total > w and on > 0, w_min, w)
tau = 20.0                      : ms
on = 1.0                        : 1
mid = 1.0                       : w
far = 100.0                     : mV
"""


def compiled(precision: str = "float32", dt: float = 0.1, text: str = TEXT, **values: Any) -> CompiledRule:
    lif = compile_model(LIF(), dt, precision)
    rule = SynapticRule(text, **{"name": "rule", "w_min": -2.0, "w_max": 2.0, **values})
    return compile_rule(rule, None, lif, "i", ["reward", "gate"], dt, precision)


@pytest.mark.parametrize(("precision", "dt"), list(product(["float32", "float64"], [0.1, 1.0])))
def test_a_table_is_the_rounded_exponential_down_to_the_smallest_normal_number(precision: str, dt: float) -> None:
    decay = compiled(precision, dt).decays["x"]
    assert decay.table.dtype == precision
    tiny = np.finfo(precision).smallest_normal
    exact = [math.exp(-k * dt / 20.0) for k in range(len(decay.table) + 1)]
    rounding = 1000 * 2.0**-53 + (
        np.finfo(np.float32).eps if precision == "float32" else 0.0
    )  # of exp(-708), of float32
    np.testing.assert_allclose(decay.table, exact[:-1], rtol=float(rounding))
    assert decay.table[-1] >= tiny > exact[-1]
    assert decay.asymptote is None


def test_events_say_what_they_read_write_and_send() -> None:
    rule = compiled()
    assert (rule.synaptic, rule.pre, rule.post, rule.signals) == (("w", "double"), ("x",), ("y",), ("reward",))
    assert rule.states == {"v_post": ("post", LIF().equations.states.index("v"))}
    assert rule.decays["y"].asymptote == pytest.approx(0.25)
    assert rule.initial == {"x": 0.0, "y": 0.0, "double": 0.5}
    assert list(rule.events) == ["on_pre", "on_post", "on_reward", "every_0", "pre_spike", "post_spike"]
    on_pre, on_post = rule.events["on_pre"], rule.events["on_post"]
    assert set(on_pre.reads) - set(rule.constants) == {"w", "double", "y", "v_post"}
    assert set(on_post.reads) - set(rule.constants) == {"w", "x", "reward"}
    assert (on_pre.writes, on_pre.sends, on_post.writes, on_post.sends) == (("double", "w"), True, ("w",), False)
    assert (rule.events["every_0"].period, rule.events["on_reward"].signal) == (100, "reward")
    assert rule.events["pre_spike"].reads == ("x",)


def test_rules_that_differ_in_values_only_share_their_code() -> None:
    assert compiled().hash == compiled(tau=30.0, a=0.5, rest=0.0).hash != compiled("float64").hash
    assert compiled(tau=30.0).source("numba") == compiled().source("numba")


def arguments(rule: CompiledRule, event: CompiledEvent) -> list[Any]:
    """Random numbers for the variables of an event, and its constants."""
    rng, real = np.random.default_rng(5), np.dtype(rule.precision).type
    return [
        real(rule.constants[word]) if word in rule.constants else rng.uniform(0.1, 3.0, 200).astype(rule.precision)
        for word in event.reads
    ]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", ["x", "y"])
def test_a_decayed_variable_has_the_bits_of_the_function_that_is_printed(precision: str, name: str) -> None:
    rule = compiled(precision)
    decay, rng = rule.decays[name], np.random.default_rng(3)
    value, steps = rng.normal(size=1000).astype(precision), rng.integers(0, 2 * len(decay.table), 1000)
    factor = np.append(decay.table, np.zeros(len(decay.table) + 1, precision))[steps]
    printed = getattr(rule.reference, f"decay_{name}")
    (expected,) = printed(value, factor, decay.table.dtype.type(decay.asymptote or 0.0))
    found = rule.decayed(name, value, steps)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("precision", "of"), [("float32", TEXT), ("float64", TEXT), ("float32", CONSTANT)])
def test_numba_and_cuda_give_the_bits_of_numpy(precision: str, of: str, tmp_path: Path) -> None:
    rule = compiled(precision, text=of)
    reference, numba = load_module(rule.source("numpy")), load_module(rule.source("numba"))
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    c, text = {"float32": "float", "float64": "double"}[precision], SHIM + rule.source("cuda")
    events = [*rule.events.values(), *rule.sums.values()]
    for event in events:
        inner = ", ".join(f"in[{k}][n]" for k in range(len(event.reads)))
        outer = ", ".join(f"out[{k}] + n" for k in range(len(event.writes) + event.sends))
        text += f'extern "C" void {event.name}({c} **in, {c} **out) {{ for (int n = 0; n < 200; ++n) '
        text += f"rule_{rule.hash[:16]}::{event.name}({inner}, {outer}); }}\n"
    (tmp_path / "rule.cpp").write_text(text)
    flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-Wall", "-Werror", "-Wno-unused-function", "-shared", "-fPIC"]
    command = ["g++", *flags, "-o", str(tmp_path / "rule.so"), str(tmp_path / "rule.cpp")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    library = ctypes.CDLL(str(tmp_path / "rule.so"))
    for event in events:
        given = arguments(rule, event)
        expected = [np.broadcast_to(each, 200) for each in getattr(reference, event.name)(*given)]
        assert all(each.dtype == precision for each in expected)
        each_alone = [np.broadcast_to(each, 200) for each in given]
        by_numba = np.array([getattr(numba, event.name)(*row) for row in zip(*each_alone, strict=True)]).T
        into, out = [np.ascontiguousarray(each) for each in each_alone], [np.zeros(200, precision) for _ in expected]
        pointers = [(ctypes.c_void_p * len(part))(*(each.ctypes.data for each in part)) for part in (into, out)]
        library[event.name](*pointers)
        np.testing.assert_array_equal(by_numba, expected)
        np.testing.assert_array_equal(out, expected)


def test_a_part_of_a_condition_may_be_constant() -> None:
    rule = compiled(text=CONSTANT)
    w, v, x = np.array([0.5, 1.5], np.float32), np.float32(-70.0), np.array([0.5, 1.5], np.float32)
    given = {"w": w, "v_post": v, "x": x, "reward": np.float32(0.5), "total": np.float32(1.0)}
    given |= {name: np.float32(value) for name, value in rule.constants.items()}

    def done(event: CompiledEvent, **changed: Any) -> list[list[float]]:
        results = getattr(rule.reference, event.name)(*({**given, **changed}[name] for name in event.reads))
        return [np.broadcast_to(result, 2).tolist() for result in results]

    assert done(rule.events["on_pre"]) == [[1.0, 1.0], [0.5, 3.0]]
    assert done(rule.events["pre_spike"]) == [[1.5, 2.5]]
    assert done(rule.events["on_post"]) == [[0.5, 2.0]]
    assert done(rule.events["on_reward"]) == [[0.5, 1.5]]
    assert done(rule.events["on_reward"], reward=np.float32(1.5)) == [[2.0, 2.0]]
    assert done(rule.events["every_0"]) == [[-2.0, 1.5]]
    assert done(rule.sums["total"]) == [[0.0, 1.5]]


def test_values_that_cannot_be_used_are_refused_in_one_line() -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"tau": 1e9}, r"rule\.x: expected tau <= .* ms at dt = 0.1 ms, got 1e\+09 ms"),
        ({"tau": 0.0}, r"rule\.tau: expected a value > 0 in ms, got 0"),
        ({"scale": 0.0}, r"rule: expected the constants of its events to be finite, got inf"),
        ({"w_max": math.inf}, r"rule\.w_max: expected finite w_min <= w_max"),
        ({"tau": math.nan}, r"rule\.tau: expected a number, got nan"),
        ({"tua": 1.0}, r"rule\.parameter: expected one of .*, got 'tua'; did you mean 'tau'"),
    )
    for values, message in cases:
        with pytest.raises(InputError, match=message) as caught:
            compiled(**values)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", ["numpy", "numba", "cuda"])
def test_no_name_of_a_rule_ends_the_comment_that_it_stands_in(target: str) -> None:
    neurons = compile_model(LIF(), 0.1)
    texts = []
    for name in ("a", 'a"""\nimport os\n"""\\'):
        rule = SynapticRule("on pre: send w; w = 2 * w\nw_min = 0 : w\nw_max = 9 : w", name=name)
        texts.append(compile_rule(rule, neurons, neurons, "i", (), 0.1).source(target).splitlines())
    differing = [ours for theirs, ours in zip(*texts, strict=True) if theirs != ours]
    assert all("The events of" in line for line in differing)
