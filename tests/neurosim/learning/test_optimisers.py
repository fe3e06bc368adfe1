"""Optimisers against closed forms, hand-computed tables and the formulas of their papers."""

from __future__ import annotations

import math
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import Params, to_host
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.learning.optimisers import (
    BLOCK,
    Adam,
    Clip,
    EarlyStopping,
    Momentum,
    Nesterov,
    Optimiser,
    OptimiserState,
    Penalty,
    Rate,
    Step,
    Transform,
    by_name,
    global_norm,
    limit_norm,
    mirrored,
    schedule,
    step,
)

PLAIN = by_name("sgd", momentum=0.0)
EVERY = (PLAIN, by_name("sgd"), by_name("nesterov"), by_name("adam"), by_name("adamw", decay=0.2))
every_optimiser = pytest.mark.parametrize("optimiser", EVERY, ids=["plain", "momentum", "nesterov", "adam", "adamw"])


def after(name: str, directions: list[list[float]], rate: float = 0.1, **how: Any) -> list[float]:
    """The weights (1, n), from 1, after a step along each direction; momentum 0 unless ``how`` sets another."""
    params = {"layer.w": np.ones((1, len(directions[0])))}
    state: OptimiserState = {}
    optimiser = by_name(name, **{"momentum": 0.0, **how})
    for direction in directions:
        step(params, {"layer.w": np.array([direction])}, state, rate=rate, optimiser=optimiser)
    return [float(value) for value in params["layer.w"][0]]


def through(
    transform: Transform, directions: list[Any], rate: float = 0.1, w: float = 1.0
) -> tuple[list[float], float]:
    """What a transform makes of directions of one weight, one after the other, and what it leaves of the weight."""
    memory, values = [np.zeros(1) for _ in transform.memory], np.array([w])
    answers = []
    for number, d in enumerate(directions, start=1):
        direction = np.array([float(d)])
        answers.append(float(transform(direction, values, memory, Step(rate, number, {"layer.w": direction}))[0]))
        assert direction.tolist() == [d]  # only read
    return answers, float(values[0])


def test_clip_shortens_what_is_longer_than_its_norm() -> None:
    assert through(Clip(2.0), [8.0, -4.0, 1.0, 0.0]) == ([2.0, -2.0, 1.0, 0.0], 1.0)


def test_penalty_points_from_the_weight_to_zero() -> None:
    assert through(Penalty(0.5), [0.0, 1.0], w=3.0) == ([-1.5, -0.5], 3.0)


def test_rate_multiplies_by_the_learning_rate() -> None:
    assert through(Rate(), [2.0, -1.0], rate=0.5) == ([1.0, -0.5], 1.0)


def test_momentum_adds_up_what_fades() -> None:
    assert through(Momentum(0.5), [2.0, 1.0, 0.0]) == ([2.0, 2.0, 1.0], 1.0)


def test_nesterov_moves_the_weight_at_once_and_returns_the_rest() -> None:
    """v = 2, 2: the weight takes 2, then 1; mu v = 1, then 1 remain."""
    assert through(Nesterov(0.5), [2.0, 1.0]) == ([1.0, 1.0], 4.0)


def test_adam_divides_the_mean_by_the_root_of_the_mean_square() -> None:
    """With b1 = b2 = 1/2, d = 1 then 3: m' = 1, 7/3; s' = 1, 19/3 (weights 1/3 and 2/3 of the last two)."""
    answers, w = through(Adam(beta1=0.5, beta2=0.5, eps=1e-12), [1.0, 3.0])
    assert answers == pytest.approx([0.1, 0.1 * (7 / 3) / math.sqrt(19 / 3)])
    assert w == 1.0


def test_followers_receive_the_transpose_of_a_change() -> None:
    w, follower = np.array([[1.0, 2.0]]), np.array([[10.0], [20.0]])
    with mirrored(w, [follower]):
        w += np.array([[0.5, 1.0]])
        w *= 2
    assert follower.tolist() == [[10 + 2], [20 + 4]]


def test_plain_descent_on_a_quadratic_shrinks_by_one_minus_rate_times_curvature() -> None:
    params = {"layer.w": np.array([[1.0, -2.0]])}
    state: OptimiserState = {}
    curvature = np.array([1.0, 3.0])
    for _ in range(20):
        step(params, {"layer.w": -curvature * params["layer.w"]}, state, rate=0.1, optimiser=PLAIN)
    np.testing.assert_allclose(params["layer.w"][0], [0.9**20, -2 * 0.7**20], rtol=1e-12)


def test_momentum_on_a_quadratic_follows_its_second_order_recurrence() -> None:
    """w_(t+1) = (1 + mu - rate c) w_t - mu w_(t-1) (Polyak 1964): powers of the roots of its polynomial."""
    mu, rate, curvature, steps = 0.5, 0.1, 2.0, 15
    root = np.roots([1.0, -(1 + mu - rate * curvature), mu])
    weights = np.linalg.solve(np.array([[1, 1], root]), [1.0, 1 - rate * curvature])  # w_0 = 1 and w_1
    params = {"w": np.ones(1)}
    optimiser = by_name("sgd", mu)
    state: OptimiserState = {}
    for _ in range(steps):
        step(params, {"w": -curvature * params["w"]}, state, rate=rate, optimiser=optimiser)
    assert params["w"][0] == pytest.approx((weights * root**steps).sum().real, rel=1e-12)


def test_nesterov_equals_the_look_ahead_of_sutskever() -> None:
    """With theta the point before the look-ahead: v = mu v - rate grad(theta + mu v), theta += v; W = theta + mu v."""
    mu, rate, curvature = 0.9, 0.05, 2.0
    theta, v = 1.0, 0.0
    params = {"w": np.ones(1)}
    optimiser = by_name("nesterov", mu)
    state: OptimiserState = {}
    for _ in range(10):
        v = mu * v - rate * curvature * (theta + mu * v)
        theta += v
        step(params, {"w": -curvature * params["w"]}, state, rate=rate, optimiser=optimiser)
        assert params["w"][0] == pytest.approx(theta + mu * v, rel=1e-12)


def test_adams_first_step_has_the_size_of_the_rate() -> None:
    found = after("adam", [[1e-3, -50.0, 7.0]], rate=0.01)
    assert found == pytest.approx([1.01, 0.99, 1.01], rel=1e-6)


def directions_of(n: int) -> list[list[float]]:
    """Six directions of ``n`` weights."""
    return [[float(value) for value in Stream(7, "d").normal(n, t)] for t in range(6)]


def test_adamw_follows_algorithm_2_of_its_paper() -> None:
    """theta - eta (alpha m' / (sqrt s' + eps) + lambda theta), with alpha = 1 and eta the rate (Loshchilov 2019)."""
    rate, decay, directions = 0.02, 0.3, directions_of(3)
    expected = []
    for i in range(3):
        theta, m, s = 1.0, 0.0, 0.0
        for t, d in enumerate((direction[i] for direction in directions), start=1):
            m, s = 0.9 * m - 0.1 * d, 0.999 * s + 0.001 * d**2  # the gradient is -d
            theta -= rate * (m / (1 - 0.9**t) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8) + decay * theta)
        expected.append(theta)
    assert after("adamw", directions, rate=rate, decay=decay) == pytest.approx(expected, rel=1e-12)


def test_adamw_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    rate, decay, directions = 0.02, 0.3, directions_of(3)
    w = torch.ones(1, 3, dtype=torch.float64, requires_grad=True)
    peer = torch.optim.AdamW([w], lr=rate, weight_decay=decay)
    for direction in directions:
        w.grad = -torch.tensor([direction], dtype=torch.float64)
        peer.step()
    assert after("adamw", directions, rate=rate, decay=decay) == pytest.approx(w.detach()[0].tolist(), rel=1e-12)


def test_adamw_decays_weights_without_a_gradient_by_rate_times_decay() -> None:
    assert after("adamw", [[0.0]] * 4, rate=0.1, decay=0.5) == pytest.approx([0.95**4], rel=1e-14)
    assert after("adamw", [[0.5]] * 4) == after("adam", [[0.5]] * 4)  # without decay


def test_clipping_scales_all_leaves_by_their_common_norm(xp: ModuleType) -> None:
    params = {"a.w": xp.zeros((1, 2)), "a.b": xp.zeros(1), "b.w": xp.zeros((1, 1))}
    updates = {"a.w": xp.asarray([[2.0, 4.0]]), "a.b": xp.asarray([4.0]), "b.w": xp.asarray([[8.0]])}
    step(params, updates, {}, rate=1.0, optimiser=Optimiser((Clip(5.0), Rate())))
    for name, direction in updates.items():
        np.testing.assert_allclose(to_host(params[name]), to_host(direction) / 2, rtol=1e-12)


def test_clipping_leaves_small_and_zero_directions_alone() -> None:
    assert after("sgd", [[3.0, 4.0]], clip_norm=5.0) == pytest.approx([1.3, 1.4])
    assert after("sgd", [[0.0, 0.0]], clip_norm=5.0) == [1.0, 1.0]


def test_clipping_comes_before_l2() -> None:
    """Clipped to (0, 1), then minus 2 W."""
    assert after("sgd", [[0.0, 10.0]], clip_norm=1.0, l2=2.0) == pytest.approx([1 - 0.2, 1 + 0.1 - 0.2])


def test_l2_enters_the_velocity_and_decay_does_not() -> None:
    mu, rate, share = 0.5, 0.1, 0.2
    by_l2, v = 1.0, 0.0
    for _ in range(4):
        v = mu * v - rate * share * by_l2
        by_l2 += v
    none = [[0.0]] * 4
    assert after("sgd", none, momentum=mu, l2=share) == pytest.approx([by_l2])
    assert after("sgd", none, momentum=mu, decay=share) == pytest.approx([(1 - share) ** 4])


def test_penalties_touch_weights_alone() -> None:
    params = {"layer.w": np.ones((1, 1)), "layer.b": np.ones(1), "norm.gamma": np.ones(1), "norm.mean": np.ones(1)}
    updates = {name: np.zeros_like(value) for name, value in params.items() if name != "norm.mean"}
    step(params, updates, {}, rate=0.5, optimiser=by_name("sgd", 0.0, l2=0.1, decay=0.1, max_norm=0.5))
    assert {name: float(value.sum()) for name, value in params.items()} == pytest.approx(
        {"layer.w": 0.5 * 0.9, "layer.b": 1.0, "norm.gamma": 1.0, "norm.mean": 1.0}
    )


def test_max_norm_shrinks_the_weights_into_each_unit_and_leaves_short_ones(xp: ModuleType) -> None:
    w = xp.asarray([[3.0, 0.3], [4.0, 0.4]])
    limit_norm(w, 2.0)
    np.testing.assert_allclose(to_host(w), [[1.2, 0.3], [1.6, 0.4]], rtol=1e-12)


def test_max_norm_of_a_convolution_runs_over_a_units_whole_kernel() -> None:
    w = Stream(0, "w").normal((3, 5, 2, 2))
    longest = 0.5 * np.sqrt((w**2).sum(axis=(0, 2, 3))).min()
    limit_norm(w, longest)
    np.testing.assert_allclose(np.sqrt((w**2).sum(axis=(0, 2, 3))), longest, rtol=1e-12)


@every_optimiser
@pytest.mark.parametrize("max_norm", [None, 0.8])
@pytest.mark.parametrize("shape", [(6, 5), (3, 4, 2, 2)])
def test_a_mirror_approaches_its_weight_by_the_decay_whatever_the_data(
    xp: ModuleType, optimiser: Optimiser, max_norm: float | None, shape: tuple[int, ...]
) -> None:
    params: Params = {"output.w": xp.asarray(Stream(0, "w").normal(shape))}
    feedback: Params = {"feedback.output": xp.asarray(Stream(0, "b").normal((shape[1], shape[0], *shape[2:])))}
    state: OptimiserState = {}
    chain = (Clip(1.0), Penalty(0.01), *optimiser.chain)
    bounded = replace(optimiser, chain=chain, max_norm=max_norm, decay=0.01)
    kept = 0.99 * (1 - 0.1 * optimiser.rate_decay)  # by both decays in one step
    mirrors = {"feedback.output": "output.w"}
    difference = to_host(params["output.w"].swapaxes(0, 1) - feedback["feedback.output"])
    for t in range(1, 101):
        updates = {"output.w": xp.asarray(Stream(1, "d").normal(shape, t))}
        step(params, updates, state, rate=0.1, optimiser=bounded, mirrors=mirrors, rule_params=feedback)
        found = to_host(params["output.w"].swapaxes(0, 1) - feedback["feedback.output"])
        np.testing.assert_allclose(found, kept**t * difference, rtol=0, atol=1e-10)


def test_a_mirror_receives_the_increment_itself() -> None:
    params, feedback = {"o.w": np.zeros((2, 1))}, {"back": np.array([[10.0, 20.0]])}
    step(
        params, {"o.w": np.array([[1.0], [2.0]])}, {}, rate=0.5, optimiser=PLAIN,
        mirrors={"back": "o.w"}, rule_params=feedback,
    )  # fmt: skip
    assert feedback["back"].tolist() == [[10.5, 21.0]]


def test_rule_parameters_are_trained_like_the_networks() -> None:
    params, own = {"o.w": np.zeros((1, 1))}, {"inverse.w": np.ones((1, 1))}
    decaying = by_name("sgd", momentum=0.0, decay=0.5)
    step(params, {"inverse.w": np.array([[2.0]])}, {}, rate=0.5, optimiser=decaying, rule_params=own)
    assert own["inverse.w"].tolist() == [[1.0]]
    assert params["o.w"].tolist() == [[0.0]]  # it had no update, so it does not decay


@every_optimiser
def test_blocks_of_a_large_leaf_are_trained_like_small_leaves(optimiser: Optimiser) -> None:
    n = 1000
    rows = 2 * BLOCK // n + 1
    params = {"large.w": Stream(0, "w").normal((rows, n))}
    small = {f"{i}.w": params["large.w"][i : i + 1].copy() for i in range(rows)}
    state: OptimiserState = {}
    small_state: OptimiserState = {}
    penalised = replace(optimiser, chain=(Penalty(0.1), *optimiser.chain), decay=0.1)
    for t in range(3):
        d = Stream(0, "d").normal((rows, n), t)
        step(params, {"large.w": d}, state, rate=0.1, optimiser=penalised)
        pieces = {f"{i}.w": d[i : i + 1] for i in range(rows)}
        step(small, pieces, small_state, rate=0.1, optimiser=penalised)
    assert np.concatenate(list(small.values())).tobytes() == params["large.w"].tobytes()


@every_optimiser
def test_the_precision_is_kept_and_updates_are_only_read(
    xp: ModuleType, dtype: np.dtype[Any], optimiser: Optimiser
) -> None:
    params = {"a.w": xp.ones((3, 4), dtype), "scalar": xp.ones((), dtype)}
    full = replace(optimiser, chain=(Clip(0.5), Penalty(0.1), *optimiser.chain), max_norm=0.5, decay=0.1)
    arrays, updates = dict(params), {"a.w": xp.ones((3, 4), dtype), "scalar": xp.ones((), dtype)}
    state: OptimiserState = {}
    for _ in range(2):
        step(params, updates, state, rate=0.1, optimiser=full)
    kept = [*params.values(), *(slot for slot in state.values() if not isinstance(slot, int))]
    assert {array.dtype for array in kept} == {dtype}
    assert all(params[name] is array for name, array in arrays.items())  # in place
    assert all((to_host(direction) == 1).all() for direction in updates.values())
    assert float(params["scalar"]) != 1.0


def test_the_norm_stays_on_the_device(xp: ModuleType, dtype: np.dtype[Any]) -> None:
    norm = global_norm({"a": xp.full((2, 2), 1.0, dtype), "b": xp.full(12, 1.0, dtype)})
    assert (norm.shape, norm.dtype, float(norm)) == ((), dtype, 4.0)


@pytest.mark.parametrize(
    ("updates", "named"),
    [
        ({"nope.w": np.zeros((2, 1))}, "updates.nope.w: expected one of o.w, back"),
        ({"back": np.zeros((1, 2))}, "updates.back: expected none, it mirrors o.w"),
        ({"o.w": np.zeros((1, 2))}, r"updates.o.w: expected shape \(2, 1\), got \(1, 2\)"),
    ],
)
def test_updates_that_fit_no_leaf_are_refused_before_anything_moves(updates: Params, named: str) -> None:
    params, feedback = {"o.w": np.ones((2, 1))}, {"back": np.ones((1, 2))}
    with pytest.raises(InputError, match=named):
        step(
            params, updates, {}, rate=1.0, optimiser=PLAIN, rule_params=feedback, mirrors={"back": "o.w"}
        )  # fmt: skip
    assert params["o.w"].tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("make", [lambda: Momentum(1.0), lambda: Adam(beta1=-0.1), lambda: Adam(beta2=1.0)])
def test_fractions_outside_their_range_are_refused(make: Any) -> None:
    with pytest.raises(InputError, match=r"expected a number in \[0, 1\)"):
        make()


def test_optimisers_have_names() -> None:
    assert by_name("sgd", 0.5) == Optimiser((Rate(), Momentum(0.5)))
    assert by_name("nesterov", 0.5, clip_norm=2.0) == Optimiser((Clip(2.0), Rate(), Nesterov(0.5)))
    assert by_name("adam", l2=0.1, decay=0.2, max_norm=3.0) == Optimiser((Penalty(0.1), Adam()), 3.0, 0.2)
    assert by_name("adamw", l2=0.1, decay=0.2) == Optimiser((Penalty(0.1), Adam()), rate_decay=0.2)
    with pytest.raises(InputError, match="optimiser: expected one of adam, adamw, nesterov, sgd"):
        by_name("rmsprop")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ("cosine", [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0]),
        ("step", [1, 1, 0.1, 0.01, 0.01]),
    ],
)
def test_schedules_at_the_quarters(name: str, expected: list[float]) -> None:
    assert [schedule(name, quarter / 4) for quarter in range(5)] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("name", ["constant", "cosine", "step"])
def test_warm_up_rises_linearly_to_the_whole_rate(name: str) -> None:
    assert [schedule(name, p, warmup=0.25) for p in (0.0, 0.0625, 0.125, 0.25)] == pytest.approx([0, 0.25, 0.5, 1])


def test_an_unknown_schedule_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="schedule: expected one of constant, cosine, step, got 'linear'"):
        schedule("linear", 0.5)


def test_training_stops_when_patience_has_passed_since_the_best_epoch() -> None:
    watch, stopped = EarlyStopping(patience=3), None
    for epoch, value in enumerate([0.1, 0.6, 0.5, 0.6, 0.4, 0.9], start=1):
        watch = watch.after(epoch, value)
        if watch.over:
            stopped = epoch
            break
    assert (stopped, watch.best_epoch, watch.best) == (5, 2, 0.6)


def test_without_patience_training_runs_on_and_the_best_is_known() -> None:
    watch = EarlyStopping(patience=None)
    for epoch, value in enumerate([0.1, 0.6, *[0.2] * 50], start=1):
        watch = watch.after(epoch, value)
    assert (watch.over, watch.best_epoch) == (False, 2)


def test_a_value_that_is_no_number_is_never_the_best() -> None:
    watch = EarlyStopping(patience=2).after(1, 0.5).after(2, math.nan).after(3, math.nan)
    assert (watch.best_epoch, watch.over) == (1, True)
