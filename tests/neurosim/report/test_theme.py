"""The colours of both themes against WCAG 2.1 and models of colour blindness; keys and labels of rules."""

from __future__ import annotations

import itertools
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from neurosim.report.figures import DASHES, MARKERS, SERIES, Style
from neurosim.report.theme import THEMES, key, legend, name, style_sheet


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_and_text_stand_out_from_the_page(theme: str) -> None:
    colours = THEMES[theme]
    page = luminance(colours["--page"])
    for variable, colour in colours.items():
        low, high = sorted((page, luminance(colour)))
        least = 3.0 if variable.startswith("--series") else 4.5  # WCAG 2.1, 1.4.11 for graphics and 1.4.3 for text
        if variable not in ("--page", "--paper", "--panel", "--grid"):
            assert (high + 0.05) / (low + 0.05) >= least, f"{variable} {colour}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_four_colours_differ_also_without_red_or_green_cones(theme: str) -> None:
    # Machado, Oliveira & Fernandes (2009), severity 1: protanopia, deuteranopia, on linear RGB
    blind = (
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    )
    for matrix in blind:
        seen = [np.array(matrix) @ np.array(to_rgb(THEMES[theme][f"--series-{i}"])) ** 2.2 for i in range(4)]
        shown = [np.clip(s, 0, 1) ** (1 / 2.2) for s in seen]
        assert min(float(np.abs(a - b).max()) for a, b in itertools.combinations(shown, 2)) > 0.1


def test_the_sheet_defines_every_variable_in_both_themes_and_balances_its_braces() -> None:
    sheet = style_sheet()
    assert sheet.count("{") == sheet.count("}")
    light, dark = re.findall(r":root{([^}]*)}", sheet)
    used = set(re.findall(r"var\((--[\w-]+)\)", sheet))
    for theme, defined in (("light", light), ("dark", dark)):
        values = dict(part.split(":") for part in defined.split(";"))
        assert values == dict(THEMES[theme])
        assert used <= set(values)
    assert sheet.index(dark) > sheet.index("@media screen and (prefers-color-scheme:dark)")  # so paper stays light


@pytest.mark.parametrize("marker", [*MARKERS, "o"])
def test_every_marker_has_a_key_whose_drawing_lies_in_its_box(marker: str) -> None:
    line, mark = ElementTree.fromstring(key(Style(SERIES[2], marker, "-")))
    assert line.get("stroke") == mark.get("fill") == "var(--series-2)"
    x, y = (float(number) for number in re.findall(r"[\d.]+", mark.attrib["d"])[:2])
    assert 0 <= x <= 26
    assert 0 <= y <= 12


@pytest.mark.parametrize("dash", DASHES)
def test_dashes_of_a_key_are_those_of_the_figures_in_widths_of_its_line(dash: Any) -> None:
    from matplotlib.lines import Line2D

    line, _ = ElementTree.fromstring(key(Style(SERIES[0], "s", dash)))
    drawn = Line2D([], [], linestyle=dash, linewidth=1.6)._dash_pattern[1] or ()  # type: ignore[attr-defined]
    assert [float(part) for part in line.get("stroke-dasharray", "").split()] == pytest.approx(list(drawn))


def test_a_label_breaks_after_underscores_and_before_options_and_is_no_markup() -> None:
    style = Style(SERIES[0], "s", "-")
    assert name("a_b:c=<i>", style).endswith("<span>a_<wbr>b<wbr>:c=&lt;i&gt;</span></span>")
    entries = re.findall("<li>(.*?)</li>", legend({"x": style, "y": Style(SERIES[1], "D", "--")}))
    assert entries == [name("x", style), name("y", Style(SERIES[1], "D", "--"))]
