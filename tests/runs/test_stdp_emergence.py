"""Ramps against their expectation with its standard error, sorting against brute force, curves against their areas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure

from neurosim.core.time_steps import MS_PER_S
from runs.stdp_emergence import (
    BIN,
    FAST,
    POST,
    PRE,
    RATE,
    REACH,
    SLOW,
    by_lag,
    draw,
    expected,
    pairs,
    promised,
    ramps,
    window,
    zero_area_fit,
)
from runs.trained_window import Regressed, grid

Reals = npt.NDArray[np.float64]
TRIALS = 20_000


def in_steps() -> tuple[Reals, Reals]:
    """The mean slope given a spike, and slope times the probability that the nearest spike is there, for steps of 1 ms
    in which a neuron spikes or not."""
    slope, lag = np.linspace(-1.0, 1.0, 2001)[:, None], np.arange(-REACH, REACH + 1)
    rate = RATE / MS_PER_S * (1 + slope * lag / REACH)
    spikes = 1 - np.exp(-rate)
    silent = np.exp(-RATE / MS_PER_S * (2 * np.abs(lag) - 1)) * np.exp(-rate[:, ::-1])  # closer, and on the other side
    nearest = spikes * np.where(lag == 0, 1.0, silent)
    binned = [each.reshape(-1, BIN).sum(axis=1) for each in (np.mean(slope * spikes, 0), np.mean(spikes, 0))]
    return binned[0] / binned[1], np.mean(slope * nearest, axis=0).reshape(-1, BIN).mean(axis=1)


def test_ramps_leave_what_is_expected_within_their_standard_errors() -> None:
    """82 bins: none beyond 4.5 standard errors (one run in 2000), their squares 1 in the mean to within 4.5 of its own
    errors. A linear mean correlates to 0.99; the noisier nearest to what signal and error make of it."""
    found = ramps(TRIALS)
    for values, errors, exact in zip(
        (found.mean, found.nearest), (found.mean_error, found.nearest_error), in_steps(), strict=True
    ):
        away = (values - exact) / errors
        assert np.abs(away).max() < 4.5
        assert abs(np.mean(away**2) - 1) < 4.5 * np.sqrt(2 / len(away))
        promised = np.std(exact) / np.hypot(np.std(exact), np.sqrt(np.mean(errors**2)))
        assert np.corrcoef(values, exact)[0, 1] > promised - 0.03
    assert np.corrcoef(found.mean, found.lags)[0, 1] > 0.99


def test_the_expectation_is_that_of_short_steps() -> None:
    lags = np.arange(-REACH + BIN // 2, REACH, BIN).astype(float)
    for short, stepped in zip(expected(lags, 1 / 3), in_steps(), strict=True):
        np.testing.assert_allclose(short, stepped, rtol=0, atol=0.01 * short.max())


def test_spikes_are_sorted_as_by_hand() -> None:
    """Trial by trial: in trial 1 two spikes are equally near; trial 3 has one in each bin, nearest that at 0; trial 4
    has none."""
    change = np.array([0.5, -1.0, 2.0, 7.0, 4.0])
    each_bin = range(-REACH + BIN // 2, REACH, BIN)
    spikes = [(-40, 0), (3, 0), (4, 0), (90, 0), (-20, 1), (20, 1), (60, 1), (-1, 2), (30, 2)]
    spikes += [(lag, 3) for lag in each_bin]
    found = by_lag(change, np.array([lag for lag, _ in spikes]), np.array([trial for _, trial in spikes]))
    for place, centre in enumerate(each_bin):
        inside = [change[trial] for lag, trial in spikes if abs(lag - centre) <= BIN // 2]
        assert found.lags[place] == centre
        assert found.mean[place] == pytest.approx(np.mean(inside), rel=1e-12)
        of_trial = [sum(abs(lag - centre) <= BIN // 2 for lag, each in spikes if each == trial) for trial in range(5)]
        together = np.hypot.reduce(of_trial * (change - np.mean(inside)))  # spikes of one trial share their change
        assert found.mean_error[place] == pytest.approx(together / len(inside), rel=1e-12)
        counted = [change[trial] for lag, trial in ((3, 0), (-1, 2), (0, 3)) if abs(lag - centre) <= BIN // 2]
        values = counted + [0.0] * (len(change) - len(counted))
        assert found.nearest[place] == pytest.approx(np.mean(values) / BIN, rel=1e-12)
        assert found.nearest_error[place] == pytest.approx(np.std(values) / np.sqrt(len(values)) / BIN, rel=1e-12)


def test_windows_that_are_drawn_are_integrals_of_traces_and_have_no_area() -> None:
    """The midpoint rule, for which steps of 0.01 ms leave 1e-6 of the change."""
    step = 0.01
    time = np.arange(-200.0, 4000.0, step) + step / 2
    for tau_p, tau_f, tau_s in ((PRE, FAST, SLOW), (PRE, 5.0, POST)):
        trace = np.where(time > 0, np.exp(-np.maximum(time, 0.0) / tau_p) / tau_p, 0.0)
        for lag in (-150.0, -20.0, 0.0, 35.0):
            after = np.maximum(time - lag, 0.0)
            q = np.where(time > lag, np.exp(-after / tau_f) / tau_f - np.exp(-after / tau_s) / tau_s, 0.0)
            found = window(np.array([lag]), tau_p, tau_f, tau_s)[0]
            assert abs(np.sum(trace * q) * step - found) < 1e-6
    for taus in ((PRE, FAST, SLOW), (PRE, 0.0, POST), (0.0, FAST, SLOW)):
        values = window(np.arange(-4000.0, 4000.0, step) + step / 2, *taus)
        assert abs(values.sum()) < 1e-6 * np.abs(values).sum()
    fit = zero_area_fit(np.arange(-1000.0, 1000.0, step) + step / 2)
    assert abs(fit.sum()) < 1e-6 * np.abs(fit).sum()


def test_every_curve_of_pairs_passes_through_what_was_measured() -> None:
    figure = Figure()
    lags = grid(80, BIN, 50)[0]
    draw(figure, pairs(spacing=20.0), ramps(400), Regressed(lags, promised(lags), np.zeros((2, len(lags))), 1.0, lags))
    for axes, curves in zip(figure.axes[:3], (1, 2, 1), strict=True):
        for dots, line in zip(axes.lines[0 : 2 * curves : 2], axes.lines[1 : 2 * curves : 2], strict=True):
            lags, values = np.asarray(dots.get_data(), float)
            smooth = np.interp(lags, *np.asarray(line.get_data(), float))
            away = np.abs(lags) > 1e-6  # 0 is where the line jumps
            np.testing.assert_allclose(values[away], smooth[away], rtol=0, atol=1e-3)
