"""What a declaration may hold: which input is meant, which builder, rule, graded state and record there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedProbability, OneToOne
from neurosim.core.errors import InputError
from neurosim.equations import SynapticRule
from neurosim.simulation.checks import (
    check_builder,
    check_graded,
    check_model,
    check_rule,
    input_of,
    population_record,
    projection_record,
)
from neurosim.simulation.parts import Graded, Population
from tests.neurosim.simulation.small_network import small

RULE = SynapticRule(
    "dx/dt = -x / tau : 1, pre\ns : 1\non pre: send w; s = x; x = x + 1\ntau = 5.0 : ms", w_min=0.0, w_max=1.0
)
LIF_POPULATION, TWO, SOURCE = small().populations


class Mine:
    """A builder by its methods alone."""

    def check(self, pair: Any) -> None: ...

    def expected_synapses(self, pair: Any) -> float:
        return 0.0

    def rows(self, pair: Any) -> Any: ...


@pytest.mark.parametrize("good", [AllToAll(), FixedProbability(0.5), Mine()])
def test_what_draws_rows_is_a_builder_and_its_class_is_none(good: Any) -> None:
    check_builder(good)
    for bad in (type(good), good.rows, None):
        with pytest.raises(InputError, match=r"^connect\.builder: .*AllToAll, FixedInDegree, .*SpatialKernel"):
            check_builder(bad)


def test_the_only_input_needs_no_name_and_one_of_several_does() -> None:
    assert input_of("x", LIF_POPULATION, None) == "i"
    assert [input_of("x", TWO, to) for to in ("a", "b")] == ["a", "b"]
    for population, to, expected in (
        (TWO, None, "x: expected one of a, b, got None; 'two' has several inputs"),
        (TWO, "c", "x: expected one of a, b, got 'c'"),
        (SOURCE, None, "x: expected a population with inputs, got 'in', a source"),
    ):
        with pytest.raises(InputError) as caught:
            input_of("x", population, to)
        assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((1, 0.0, None), "connect.rule: expected a SynapticRule such as PairSTDP(...), got 1"),
        ((RULE, -0.1, None), "connect.dendritic_delay: expected a time >= 0 in ms, got -0.1"),
        ((RULE, np.nan, None), "connect.dendritic_delay: expected a finite number, got nan"),
        ((None, 0.1, None), "connect.dendritic_delay: expected 0 without a rule, got 0.1"),
        ((None, 0.0, "shared"), "connect.copies: expected None without a rule, got 'shared'"),
        ((RULE, 0.0, "both"), "connect.copies: expected 'sample' or 'shared', got 'both'"),
    ],
)
def test_options_of_a_rule_that_do_not_fit_are_refused(options: tuple[Any, Any, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_rule(*options)
    assert str(caught.value) == message


def test_the_name_of_a_state_is_a_graded_transmission_of_it_within_one() -> None:
    assert check_graded(LIF_POPULATION, None, RULE) is None
    assert check_graded(LIF_POPULATION, "v", None) == Graded("v", bound=1.0)
    assert check_graded(LIF_POPULATION, Graded("i", 3.0), None) == Graded("i", 3.0)
    for population, graded, rule, expected in (
        (LIF_POPULATION, "v", RULE, "connect.graded: expected None with rule=, which transmits spikes"),
        (SOURCE, "v", None, "connect.graded: expected a population with states, got 'in', which has none"),
        (LIF_POPULATION, "u", None, "connect.graded: expected one of i, v, got 'u'"),
    ):
        with pytest.raises(InputError) as caught:
            check_graded(population, graded, rule)
        assert str(caught.value).startswith(expected)


def test_a_model_takes_initial_values_of_its_states_only() -> None:
    check_model(Population("x", 10, LIF_POPULATION.model, {"v": 1.0}))
    for model, initial, expected in (
        (LIF_POPULATION.model, {"w": 1.0}, "population 'x'.initial: expected one of i, v, got 'w'"),
        (object, {}, "population 'x'.model: expected a neuron model such as LIF(), Poisson or SpikeTimes"),
    ):
        with pytest.raises(InputError) as caught:
            check_model(Population("x", 10, model, initial))
        assert str(caught.value).startswith(expected)


def test_neurons_of_a_record_are_the_whole_numbers_of_the_population() -> None:
    assert population_record(LIF_POPULATION, "v", None, None).of is None
    chosen = population_record(LIF_POPULATION, "v", 0.5, [9, 0]).of
    assert chosen is not None
    assert chosen.tolist() == [9, 0]
    assert population_record(LIF_POPULATION, "v", None, []).of is not None
    for neurons in ([10], [-1], [0.0], [[0]], 3):
        with pytest.raises(InputError, match=r"record\.neurons: expected whole numbers in 0 \.\. 9, got "):
            population_record(LIF_POPULATION, "v", None, neurons)


def test_rates_need_bins_and_spikes_have_none() -> None:
    assert population_record(SOURCE, "rate", 2.0, None).every == 2.0
    assert population_record(SOURCE, "spikes", None, None).every is None
    with pytest.raises(InputError, match=r"record\.every: expected the width of a bin in ms for 'rate'"):
        population_record(SOURCE, "rate", None, None)
    with pytest.raises(InputError, match=r"record\.every: expected None for 'spikes', got 1\.0"):
        population_record(SOURCE, "spikes", 1.0, None)


def test_variables_of_a_rule_can_be_recorded_and_a_static_projection_has_none() -> None:
    net = small()
    static = net.connect("in", "lif", OneToOne(), name="static")
    plastic = net.connect("in", "lif", OneToOne(), rule=RULE, name="plastic")
    for variable in ("w", "x", "s"):
        assert projection_record(plastic, variable, 1.0, [3]).variable == variable
    for projection, variable, of, expected in (
        (static, "w", None, "record of 'static': the projection is static"),
        (plastic, "y", None, "record of 'plastic': expected one of s, w, x, got 'y'"),
        (plastic, "w", [0.5], "record.of: expected whole numbers, got [0.5]"),
    ):
        with pytest.raises(InputError) as caught:
            projection_record(projection, variable, None, of)
        assert str(caught.value).startswith(expected)
