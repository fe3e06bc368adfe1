"""A figure inside the page: it is valid, its own, themed, and the same whatever the reader's settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from neurosim.report.figures import GRID, INK, SERIES
from neurosim.report.svg import ROLES, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(ax: Axes) -> None:
    ax.plot([0, 1, 2], [0, 1, 4], color=SERIES[3], marker="s")
    ax.plot([0, 2], [1, 1], color="#123456")
    ax.set_title("a < b", color=INK)
    ax.grid(color=GRID)


@pytest.fixture(scope="module")
def svg() -> str:
    return inline(draw, "one", "Squares & <more>", 4.0, 3.0)


def test_it_is_one_element_of_the_size_asked_for_with_a_title_for_screen_readers(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert [float(each) for each in root.attrib["viewBox"].split()] == pytest.approx([0, 0, 4 * 72, 3 * 72])
    title = root[0]
    assert (title.tag, title.text, title.get("id")) == ("title", "Squares & <more>", root.get("aria-labelledby"))
    assert "a &lt; b" in svg  # text stays text


def test_colours_with_a_role_are_variables_and_others_stay(svg: str) -> None:
    assert "var(--series-3)" in svg
    assert "var(--ink)" in svg
    assert "var(--grid)" in svg
    assert "#123456" in svg
    assert not set(re.findall(r"#[0-9a-f]{6}", svg)) & set(ROLES)


def test_its_ids_carry_its_name_and_every_reference_has_its_target(svg: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert all(each.startswith("one-") for each in ids)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= set(ids)
    assert not set(ids) & set(re.findall(r'\bid="([^"]+)"', inline(draw, "two", "")))


def test_nothing_in_it_reaches_beyond_it(svg: str) -> None:
    assert not re.search(r"<style|<metadata|<!--|xlink|https?:|font-family|font:", svg)


def test_equal_figures_are_equal_bytes_whatever_the_reader_has_set(svg: str) -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert inline(draw, "one", "Squares & <more>", 4.0, 3.0) == svg


def test_numbers_are_cut_to_hundredths_of_a_point(svg: str) -> None:
    places = re.findall(r'\b(?:d|x|y|transform)="([^"]*)"', svg)
    assert places
    assert not any(re.search(r"\.\d{3}", each) for each in places)
