"""A second engine, written by hand in plain Python floats and integers: one LIF neuron, one event at a time.

It shares no code with the package. Spikes are pushed into a calendar when they occur, where the reference looks them up
when they are due; random words come from a Philox of its own.
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from dataclasses import dataclass, field

MASK = 0xFFFFFFFF
LIF_TEXT = """
dv/dt = (v_rest - v + r_m * i) / tau_m : mV
di/dt = -i / tau_s                     : pA, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v
tau_m = 20.0 : ms
tau_s = 5.0 : ms
r_m = 0.5 : GOhm
v_rest = -60.0 : mV
v_th = -50.0 : mV
v_reset = -58.0 : mV
t_ref = 2.0 : ms
"""


def philox(counter: tuple[int, int, int, int], seed: int) -> tuple[int, int, int, int]:
    """The four words of one counter."""
    c0, c1, c2, c3 = counter
    k0, k1 = seed & MASK, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def word(seed: int, stream: str, step: int, sample: int, neuron: int) -> int:
    """The random word of one neuron: word w of lane l of a block of 128 belongs to neuron 32 w + l."""
    block, inside = divmod(neuron, 128)
    w, lane = divmod(inside, 32)
    return philox((32 * block + lane, step, zlib.crc32(stream.encode()), sample), seed)[w]


def poisson_count(u: int, mean: float) -> int:
    """The number of events whose cumulative probability, in 2^-32, the word ``u`` has reached."""
    term = total = math.exp(-mean)
    count = 0
    while u >= round(total * 2**32):
        count += 1
        term *= mean / count
        total += term
    return count


@dataclass
class ToyLIF:
    """One neuron; parameters in ms, mV, GOhm as in `LIF_TEXT`."""

    tau_m: float = 20.0
    tau_s: float = 5.0
    r_m: float = 0.5
    v_rest: float = -60.0
    v_th: float = -50.0
    v_reset: float = -58.0
    t_ref: float = 2.0
    v: float = -60.0
    i: float = 0.0
    held: int = 0

    def step(self, arriving: float, dt: float) -> bool:
        """One step, with ``arriving`` added to the current at its end; whether the neuron spiked."""
        decay_m, decay_s = math.exp(-dt / self.tau_m), math.exp(-dt / self.tau_s)
        gain = self.r_m * self.tau_s / (self.tau_s - self.tau_m) * (decay_s - decay_m)
        v = self.v_rest + (self.v - self.v_rest) * decay_m + gain * self.i
        self.i = self.i * decay_s + arriving
        if self.held:
            self.held -= 1
            return False
        self.v = v
        if v < self.v_th:
            return False
        self.v, self.held = self.v_reset, math.floor(self.t_ref / dt + 0.5)
        return True


@dataclass
class ToyPopulation:
    """Neurons, or a Poisson source with one rate (Hz) for all, and a drive (rate in Hz, weight)."""

    name: str
    neurons: list[ToyLIF] = field(default_factory=list)
    poisson: tuple[int, float] = (0, 0.0)
    drive: tuple[str, float, float] | None = None


@dataclass
class ToyNetwork:
    """``synapses`` are (pre population, pre neuron, post population, post neuron, weight, delay in steps)."""

    populations: list[ToyPopulation]
    synapses: list[tuple[str, int, str, int, float, int]]

    def run(self, steps: int, dt: float, seed: int, sample: int = 0) -> dict[str, list[tuple[int, int]]]:
        """The spikes (step, neuron) of each population."""
        fan_out = defaultdict(list)
        for pre, i, post, j, weight, delay in self.synapses:
            fan_out[pre, i].append((post, j, weight, delay))
        calendar: dict[tuple[int, str, int], float] = defaultdict(float)
        spikes: dict[str, list[tuple[int, int]]] = {population.name: [] for population in self.populations}
        for n in range(steps):
            for population in self.populations:
                for neuron in self._spiking(population, n, dt, seed, sample, calendar):
                    spikes[population.name].append((n, neuron))
                    for post, j, weight, delay in fan_out[population.name, neuron]:
                        calendar[n + delay, post, j] += weight
        return spikes

    @staticmethod
    def _spiking(
        population: ToyPopulation,
        n: int,
        dt: float,
        seed: int,
        sample: int,
        calendar: dict[tuple[int, str, int], float],
    ) -> list[int]:
        size, rate = population.poisson
        limit = round((1 - math.exp(-rate * dt / 1000)) * 2**32)
        found = [k for k in range(size) if word(seed, f"source/{population.name}", n, sample, k) < limit]
        for k, neuron in enumerate(population.neurons):
            arriving = calendar.pop((n, population.name, k), 0.0)
            if population.drive:
                name, drive_rate, weight = population.drive
                events = poisson_count(word(seed, f"drive/{name}", n, sample, k), drive_rate * dt / 1000)
                arriving += events * weight
            if neuron.step(arriving, dt):
                found.append(k)
        return found
