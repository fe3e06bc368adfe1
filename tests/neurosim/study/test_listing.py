"""What there is to choose from: all of it is listed, with options as they can be written."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from neurosim.cli.command import main
from neurosim.core.errors import InputError
from neurosim.core.options import options_of, parse
from neurosim.learning.settings import Settings
from neurosim.study.components import class_of, known, resolve_component
from neurosim.study.listing import KINDS, NEEDED, as_text, listed

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_is_listed_with_every_option_and_its_default(kind: str) -> None:
    entries = {entry.name: entry for entry in listed(kind)}
    assert list(entries) == known(KINDS[kind])
    for name, entry in entries.items():
        cls = class_of(KINDS[kind], name)
        kinds = options_of(cls)
        fields: dict[str, Any] = {field.name: field for field in dataclasses.fields(cls)} if kinds else {}
        assert [option.name for option in entry.options] == list(kinds)
        for option in entry.options:
            default = fields[option.name].default
            if option.default != NEEDED and default is not dataclasses.MISSING:
                assert parse("x", kinds[option.name], option.default) == default
        assert entry.summary
        assert "\n" not in entry.summary


def test_what_is_listed_can_be_written_as_it_stands() -> None:
    for entry in listed("rules"):
        text = ":".join([entry.name, *(f"{option.name}={option.default}" for option in entry.options)])
        assert resolve_component("rules", text)[0] == entry.name


def test_the_settings_are_all_there_with_their_values() -> None:
    (entry,) = listed("settings")
    assert [option.name for option in entry.options] == list(Settings.model_fields)
    options = {option.name: option for option in entry.options}
    assert options["schedule"][1:3] == ("cosine", "constant, cosine, step")
    assert options["clip_norm"][1:3] == ("none", "number or none")
    assert options["rate"][1:3] == ("of the network and data", "number")


def test_the_text_has_a_line_for_each_option_and_the_words_of_the_class() -> None:
    text = as_text(listed("rules"))
    assert "    feedback=symmetric  (symmetric, random, kolen_pollack)\n" in text
    assert '  | feedback : {"symmetric", "random", "kolen_pollack"}\n  |     Feedback weights: W^T' in text


def test_the_command_lists_all_in_short_one_kind_in_full_and_json(capsys: Capture) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for kind in KINDS.values() for name in known(kind))
    assert main(["list", "networks"]) == 0
    assert capsys.readouterr().out.startswith("cnn: A small convolutional network")
    assert main(["list", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {*KINDS, "settings"}
    assert main(["list", "settings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "settings"


def test_another_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="list: expected one of bench, networks, rules, settings, got 'rule'; did you"):
        listed("rule")


@pytest.mark.parametrize("kind", ["rules", "networks"])
def test_details_are_the_text_and_parameters_of_a_docstring_without_its_examples(kind: str) -> None:
    details = {entry.name: entry.details for entry in listed(kind)}
    assert not [name for name, text in details.items() if ">>>" in text or "Raises\n" in text]
    if kind == "networks":
        assert "strength : float\n    The sum of the weights into a neuron." in details["diehl_cook"]
