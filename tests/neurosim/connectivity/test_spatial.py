"""SpatialKernel: the probability at each distance, the cutoff, the torus, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from neurosim.connectivity.spatial import Exponential, Gaussian, SpatialKernel
from neurosim.connectivity.synapses import Synapses, build
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream

UNLIKELY = 1e-3


def joined(builder: SpatialKernel, recurrent: bool = False, threads: int = 2) -> Synapses:
    n_pre, n_post = len(np.asarray(builder.pre)), len(np.asarray(builder.post))
    return build(builder, n_pre, n_post, 1.0, 1.0, dt=0.1, seed=1, name="p", recurrent=recurrent, threads=threads)


def places(n: int, dimensions: int, name: str) -> npt.NDArray[np.float64]:
    return Stream(1, name).uniform((n, dimensions))


def distances(here: npt.NDArray[Any], there: npt.NDArray[Any], wrap: tuple[float, ...] = ()) -> npt.NDArray[np.float64]:
    d = np.abs(here[:, None, :] - there[None, :, :])
    if wrap:
        extent = np.array(wrap)
        d = np.where(extent > 0, np.minimum(d, extent - d), d)
    return np.asarray(np.sqrt((d**2).sum(axis=-1)))


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize(
    ("kernel", "law"),
    [(Gaussian(0.2), lambda d: np.exp(-0.5 * (d / 0.2) ** 2)), (Exponential(0.15), lambda d: np.exp(-d / 0.15))],
)
@pytest.mark.parametrize("wrap", [False, True])
def test_pairs_are_joined_with_the_probability_of_their_distance(
    dimensions: int, kernel: Any, law: Any, wrap: bool
) -> None:
    here, there = places(300, dimensions, "here"), places(400, dimensions, "there")
    extent = (1.0,) * dimensions if wrap else ()
    synapses = joined(SpatialKernel(here, there, kernel, p=0.6, cutoff=0.4, wrap=extent))
    hit = np.zeros((300, 400), bool)
    hit[synapses.pre, synapses.post] = True
    assert hit.sum() == len(synapses)  # no pair twice
    d = distances(here, there, extent)
    probability = np.where(d <= 0.4, 0.6 * law(d), 0.0)
    assert not hit[d > 0.4].any()
    which = np.digitize(d[d <= 0.4], np.linspace(0.0, 0.4, 9))
    found = np.bincount(which, hit[d <= 0.4])
    p = probability[d <= 0.4]
    mean, variance = np.bincount(which, p), np.bincount(which, p * (1 - p))
    z2 = (found - mean)[1:] ** 2 / np.maximum(variance[1:], 1e-12)
    assert stats.chi2.sf(z2.sum(), len(z2)) > UNLIKELY


def test_certain_pairs_are_all_joined() -> None:
    here = places(50, 2, "here")
    wide = SpatialKernel(here, here, Gaussian(1e6), p=1.0, cutoff=0.3, allow_autapses=False)
    synapses = joined(wide, recurrent=True)
    expected = distances(here, here) <= 0.3
    np.fill_diagonal(expected, False)
    joined_pairs = np.zeros((50, 50), bool)
    joined_pairs[synapses.pre, synapses.post] = True
    assert (joined_pairs == expected).all()


def test_each_neuron_joins_itself_with_the_peak_probability() -> None:
    here = places(3000, 1, "here")
    synapses = joined(SpatialKernel(here[:, 0], here[:, 0], Gaussian(0.001), p=0.4), recurrent=True)
    own = int((synapses.pre == synapses.post).sum())
    assert stats.binomtest(own, 3000, 0.4).pvalue > UNLIKELY


def test_the_number_of_threads_changes_nothing() -> None:
    spec = SpatialKernel(places(200, 2, "here"), places(100, 2, "there"), Exponential(0.2), p=0.9)
    one, three = joined(spec, threads=1), joined(spec, threads=3)
    assert (one.row_ptr == three.row_ptr).all()
    assert (one.post == three.post).all()


def test_no_probability_means_no_synapse() -> None:
    assert len(joined(SpatialKernel([0.0], [0.0], Gaussian(1.0), p=0.0))) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian(0.0), "Gaussian.sigma: expected a length > 0, got 0.0"),
        (lambda: Exponential(math.nan), "Exponential.length: expected a length > 0, got nan"),
        (
            lambda: SpatialKernel([0.0], [0.0], Gaussian(1.0), p=2.0),
            "SpatialKernel.p: expected a probability in [0, 1]",
        ),
        (
            lambda: SpatialKernel([0.0], [0.0], Gaussian(1.0), cutoff=-1.0),
            "SpatialKernel.cutoff: expected a length > 0",
        ),
        (lambda: SpatialKernel([math.nan], [0.0], Gaussian(1.0)), "SpatialKernel.pre: expected finite positions"),
        (
            lambda: SpatialKernel([0.0], np.zeros((1, 4)), Gaussian(1.0)),
            "SpatialKernel.post: expected positions (neurons,",
        ),
        (
            lambda: SpatialKernel([0.0], np.zeros((1, 2)), Gaussian(1.0)),
            "SpatialKernel.post: expected the dimensions of pre",
        ),
        (lambda: SpatialKernel([0.0], [0.0], Gaussian(1.0), wrap=(1.0, 1.0)), "SpatialKernel.wrap: expected an extent"),
        (lambda: SpatialKernel([0.0], [2.0], Gaussian(1.0), wrap=(1.0,)), "SpatialKernel.wrap: expected extents of at"),
        (
            lambda: build(SpatialKernel([0.0], [0.0], Gaussian(1.0)), 2, 1, 1.0, 1.0, dt=0.1, seed=1, name="p"),
            "projection 'p': SpatialKernel.pre expected 2 positions, got 1",
        ),
    ],
)
def test_what_is_no_arrangement_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value).startswith(message)
