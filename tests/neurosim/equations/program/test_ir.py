"""A text may call its variables what it likes: the names that printers make for themselves are others."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.equations import CompiledModel, NeuronModel, compile_model
from neurosim.equations.text.reading import RESERVED
from tests.neurosim.equations.alone import Alone
from tests.neurosim.equations.host import host_steps

pytestmark = pytest.mark.usefixtures("generated_folder")

MODEL = """
d{0}/dt = -{0} / {3}                              : 1, input
d{1}/dt = -{1} / {3} + {4} * xi                   : 1, input
{2}                                               : 1, signal
{5} = mean({0} * {7}) + {2}                       : 1, shared
spike when {0} > {7} + {5}
on spike: {0} = {8}; {1} = where({1} > {9}, {1} - {10}, {1} * {6})
refractory {11}: hold {0}
{3} = 5.0 : ms
{4} = 0.1 : 1/sqrt(ms)
{6} = 0.5 : 1
{7} = 0.25 : 1
{8} = -0.5 : 1
{9} = 0.125 : 1
{10} = 0.75 : 1
{11} = 1.0 : ms
"""
ROLES, NEURONS, STEPS = 60, 40, 30
PLAIN = tuple(f"own_name_{number}" for number in range(ROLES))
TOLD = """
c0 x0 a0 z0 slot0 scale0 shared0 p0 c1 x1 c2 c3 a1 t t_1 k_1 x c a z n k j i p ref mask slot scale shared any_spike
range kernel update update_neuron shared_values real word count bare np math numba jit choose types abs print len type
list float int double bool const auto bitand typeof NULL inf nan e pi counter idle copy neuron lambda_ own row part
state sample now step w due lane block result_0 u_x0 on_pre vector threadIdx clock printf assert main
"""


def compiled(names: Sequence[str]) -> CompiledModel:
    """The model with these names; those beyond the twelfth are constants that a spike adds up."""
    text = MODEL.replace("on spike:", "on spike: " + "".join(f"{{1}} = {{1}} + {{{k}}}; " for k in range(12, ROLES)))
    text = text.format(*names) + "".join(f"{names[k]} = {k / 1024} : 1\n" for k in range(12, ROLES))
    values: dict[str, Any] = {names[6]: np.linspace(0.25, 0.75, NEURONS)}
    return compile_model(NeuronModel(text, **values), 0.5)


def printed_words() -> list[str]:
    """The list above and what the printers write, as far as it can name something in a text."""
    plain = compiled(PLAIN)
    text = "\n".join([TOLD, *(plain.source(target) for target in ("numpy", "numba", "cuda"))])
    words = dict.fromkeys(re.findall(r"\b[A-Za-z]\w*\b", re.sub(r'""".*?"""|//.*', "", text)))
    unfit = re.compile(r"t_\d\d?|.*own_name.*|model_.*")
    return [
        word for word in words if not (word in {*RESERVED, "t"} or keyword.iskeyword(word) or unfit.fullmatch(word))
    ]


def course(population: Alone, step: Any) -> list[npt.NDArray[Any]]:
    """The states and the spikes after each step, with random numbers as noise and as input."""
    random, found = np.random.default_rng(1), list[npt.NDArray[Any]]()
    population.c[list(population.model.signals.values())] = 0.125
    for _ in range(STEPS):
        population.slot[:] = random.integers(0, 2, population.slot.shape)
        population.z[:] = random.normal(size=population.z.shape)
        step(population)
        found += [population.x.copy(), population.mask.copy()]
    return found


def test_names_of_the_printers_and_of_their_languages_are_free(tmp_path: Path) -> None:
    words = printed_words()
    groups = [*(words[k : k + ROLES] for k in range(0, len(words), ROLES)), words[:ROLES][::-1]]
    assert len(words) > 120
    models = [compiled([*group, *PLAIN[len(group) :]]) for group in groups]
    expected = course(Alone(compiled(PLAIN), NEURONS), Alone.step)
    assert sum(int(mask.sum()) for mask in expected[1::2]) > 50
    by_host = host_steps(models, tmp_path)
    for model in models:
        for target, step in (("numpy", Alone.step), ("numba", Alone.step), ("cuda", by_host)):
            found = course(Alone(model, NEURONS, target), step)
            assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True)), target
