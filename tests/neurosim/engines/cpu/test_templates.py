"""Filling templates."""

from __future__ import annotations

import ast

import pytest

from neurosim.engines.cpu.templates import fill, read_blocks


def test_a_hole_is_filled_at_its_indentation_with_what_its_own_holes_hold() -> None:
    text = "for i in range($n):\n    #= body\nend()"
    assert fill(text, {"body": ["a(i)", "#= more"], "more": "if b:\n    c()"}, n=3).splitlines() == [
        "for i in range(3):",
        "    a(i)",
        "    if b:",
        "        c()",
        "end()",
    ]


def test_a_hole_without_lines_leaves_none() -> None:
    assert fill("a()\n    #= nothing\nb()", {"nothing": ""}) == "a()\nb()"


@pytest.mark.parametrize("text", ["#= hole", "$word"])
def test_what_is_not_filled_is_an_error(text: str) -> None:
    with pytest.raises(KeyError):
        fill(text, {})


@pytest.mark.parametrize("name", ["step", "plastic_step", "events"])
def test_blocks_are_python_once_their_words_are_filled(name: str) -> None:
    for block in read_blocks(name).values():
        text = "\n".join(f"{line.partition('#=')[0]}pass" if "#= " in line else line for line in block.splitlines())
        assert ast.parse(text.replace("$", "")).body
