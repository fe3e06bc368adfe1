"""What every spiking network owes: it fires, names its source, and has the same spikes however it is computed."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest

import neurosim.networks
from neurosim.simulation.network import Network
from neurosim.study.components import known, resolve_component

MS, DT, SEED = 20.0, 0.1, 7
SMALL = {"scale": 0.1}  # of networks that can be scaled


def small(name: str) -> Network:
    """The network at a small scale, all spikes recorded."""
    spec = resolve_component("spiking_networks", name)[1]
    scaled = replace(
        spec, **{key: value for key, value in SMALL.items() if key in {each.name for each in fields(spec)}}
    )
    net: Network = scaled.build(SEED)
    net.record(net.populations, "spikes")
    return net


@cache
def expected(name: str, sample: int) -> str:
    """The spikes of the reference engine."""
    return small(name).run(MS, DT, backend="reference", batch=2).spike_hash(sample)


@pytest.mark.parametrize("name", known("spiking_networks"))
@pytest.mark.parametrize(("threads", "slices", "batch"), [(1, (200,), 1), (2, (1, 7, 192), 1), (3, (66, 134), 2)])
def test_threads_slices_and_batches_have_the_spikes_of_the_reference(
    name: str, threads: int, slices: tuple[int, ...], batch: int
) -> None:
    run = small(name).compile(DT, backend="cpu", threads=threads, batch=batch)
    for steps in slices:
        run.run(steps * DT)
    assert [run.spike_hash(sample) for sample in range(batch)] == [expected(name, sample) for sample in range(batch)]


@pytest.mark.parametrize("name", known("spiking_networks"))
def test_it_fires_names_a_source_and_is_exported(name: str) -> None:
    net = small(name)
    run = net.run(5 * MS, DT)
    assert all(len(run.spikes(each).times) for each in net.populations)
    cls: Any = type(resolve_component("spiking_networks", name)[1])
    assert getattr(neurosim.networks, cls.__name__) is cls
    assert "Source:" in (sys.modules[cls.__module__].__doc__ or "")


@pytest.mark.parametrize("name", known("spiking_networks"))
def test_seeds_make_different_networks(name: str) -> None:
    spec = resolve_component("spiking_networks", name)[1]
    assert [spec.build(seed).seed for seed in (0, 3)] == [0, 3]
