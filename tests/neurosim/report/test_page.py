from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from neurosim.core.errors import InputError
from neurosim.report.page import build, html
from neurosim.report.records import Record, read

VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}
HOSTILE = '<script>alert("x")</script>&$a_b$' + 60 * "m"


class Outline(HTMLParser):
    """Checks that tags nest, and gathers headings, ids, tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        heading = next((tag for tag in reversed(self.open) if tag in ("h1", "h2", "h3")), None)
        if heading:
            self.headings[-1] = heading, self.headings[-1][1] + data


@pytest.fixture(scope="module")
def page(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build([study], tmp_path_factory.mktemp("page") / "deep" / "report.html")


@pytest.fixture(scope="module")
def outline(page: Path) -> Outline:
    return Outline(page.read_text("utf-8"))


def hostile(study: Path) -> list[Record]:
    """A study in which every text that a user can choose is an attack, the names of layers too."""
    records = []
    for record in read([study])[:2]:
        cell = {**record.cell, "rule": HOSTILE, "network": HOSTILE, "data": HOSTILE, "device": HOSTILE}
        cell |= {
            "options": {HOSTILE: HOSTILE},
            "locality": {"local": False, "leaks": [HOSTILE], "declared": {HOSTILE: [HOSTILE]}},
        }
        tables = {"epoch": record.tables["epoch"]}
        tables |= {
            name: {"step": t["step"], HOSTILE: t["hidden1"]} for name, t in record.tables.items() if name != "epoch"
        }
        provenance = {"git": {"commit": HOSTILE}, "machine": {"cpu": HOSTILE}}
        records.append(replace(record, cell=cell, tables=tables, config=HOSTILE, provenance=provenance))
    failed = {**records[0].cell, "seed": 9, "status": "failed", "error": HOSTILE}
    return [*records, Record(failed)]


def test_the_table_tells_what_operations_served(page: Path) -> None:
    assert "forward 25 %, feedback 25 %, weight updates 50 %" in page.read_text("utf-8")


def test_every_tag_is_closed_in_order_and_every_id_is_unique(outline: Outline) -> None:
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))


def test_every_reference_inside_the_page_has_its_target(page: Path, outline: Outline) -> None:
    used = re.findall(r'(?:href="#|url\(#|aria-labelledby=")([^")]+)', page.read_text("utf-8"))
    assert used
    assert set(used) <= set(outline.ids)


def test_the_page_needs_nothing_from_outside(page: Path, outline: Outline) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"https?:|//\w|@import|url\((?!#)|src=", text)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(outline.tags)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in outline.attributes


def test_the_page_is_smaller_than_a_megabyte(page: Path) -> None:
    assert page.stat().st_size < 1_000_000


def test_the_headings_are_those_of_the_contents(outline: Outline) -> None:
    assert [text for tag, text in outline.headings if tag == "h1"] == ["Five learning rules on digits"]
    assert [text for tag, text in outline.headings if tag == "h2"] == [
        "Reproduce this", "1 of 15 runs have no result", "Results", "Learning", "Activity",
        "Alignment with the gradient", "Confusions", "Locality", "Settings", "Origin",
    ]  # fmt: skip


def test_every_figure_has_a_title_for_those_who_cannot_see_it(page: Path, outline: Outline) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page.read_text("utf-8"), re.DOTALL)
    assert len(figures) == 2 + 1 + 2 + 5  # learning, activity, alignment, confusions
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img" aria-labelledby="([^"]+)"><title id="\1">[^<]+</title>', figure)
        assert figure.count("<path") > 5


def test_validation_has_its_figure_where_there_is_one(study: Path) -> None:
    records = [
        replace(
            r,
            tables={
                **r.tables,
                "epoch": {**r.tables["epoch"], "validation_accuracy": r.tables["epoch"]["train_accuracy"]},
            },
        )
        for r in read([study])[:3]
    ]
    assert "Validation accuracy" in [text for tag, text in Outline(html(records)).headings if tag == "h3"]


def test_every_rule_has_its_row_with_the_numbers_of_the_summary(page: Path) -> None:
    body = re.findall(r'<tr><th scope="row">.*?</tr>', page.read_text("utf-8").split('id="results"')[1], re.DOTALL)
    rows = [" ".join(re.sub(r"<svg.*?</svg>|<wbr>", "", row).replace("<", " <").split()) for row in body[:5]]
    rows = [re.sub(r"<[^>]+>", "", row) for row in rows]
    assert "97.1 ± 0.2" in rows[0]
    assert "−0.7 [−1.0, −0.3]" in rows[1]
    assert "temporal_derivative:feedback=random" in rows[2]
    assert "2 of 3 seeds" in rows[4]


def test_the_failed_cell_and_its_reason_are_said_before_the_results(outline: Outline) -> None:
    reason = "stdp on mlp, digits, seed 2: failed. loss: expected a finite number, got nan in epoch 1"
    assert reason in outline.text
    assert outline.text.index(reason) < outline.text.index("Results")


def test_energy_comes_with_its_caveats(outline: Outline) -> None:
    assert "Horowitz 2014" in outline.text
    assert "Memory traffic dominates" in outline.text


def test_the_command_repeats_rules_network_data_and_seeds(outline: Outline) -> None:
    command = outline.text.split("Reproduce this")[1].split("1 of 15")[0].replace("\\\n", " ").split()
    assert command[:5] == ["git", "checkout", "0123456789abcdef", "neurosim", "compare"]
    assert command[5:13] == [
        "--rules", "backprop,temporal_derivative,temporal_derivative:feedback=random,feedback_alignment,stdp",
        "--network", "mlp", "--data", "digits", "--seeds", "3",
    ]  # fmt: skip


def test_the_command_names_what_is_not_committed(study: Path) -> None:
    options = {"epochs": 7, "rate": 0.125, "schedule": "constant", "clip_norm": None}
    records = [replace(r, cell={**r.cell, "options": options, "seed": r.cell["seed"] + 4}) for r in read([study])[:2]]
    text = Outline(html(records)).text
    assert "--seeds 4,5 --epochs 7 --set rate=0.125 --set schedule=constant" in text
    assert "clip_norm=" not in text  # none is the committed value


def test_no_text_of_a_user_becomes_markup(study: Path) -> None:
    text = html(hostile(study))
    outline = Outline(text)
    assert "script" not in outline.tags
    assert "<script" not in text
    for place in (
        "learning rule on",
        "seed 9: failed",
        "leaks in",
        "Configuration of",
        "active units, ",
        "git checkout",
    ):
        assert HOSTILE in outline.text.replace("\\$", "$").split(place)[1][:200], place


def test_equal_logs_give_equal_bytes(study: Path, page: Path, tmp_path: Path) -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 20, "axes.linewidth": 5, "svg.fonttype": "path"}):
        again = build([study], tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()


def test_one_cell_alone_makes_a_page(study: Path) -> None:
    outline = Outline(html(read([study])[:1]))
    assert ("h1", "One learning rule on digits") in outline.headings
    assert "reaches a test accuracy of" in outline.text


def test_a_study_in_which_everything_failed_makes_a_page(study: Path) -> None:
    outline = Outline(html(read([study])[-1:]))
    assert [text for tag, text in outline.headings if tag == "h2"][:3] == [
        "Reproduce this", "1 of 1 runs have no result", "Results",
    ]  # fmt: skip
    assert "No run has a test accuracy." in outline.text


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(study: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"report: expected a file that can be written, got .*page\.html"):
        build([study], tmp_path / "file" / "page.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="report: expected a file that can be written"):
        build([study], tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


MEASURE = """<script>addEventListener("load", () => {
  const root = document.documentElement, wide = [...document.querySelectorAll("main *")]
    .filter(e => !e.closest(".scroll, svg, pre") && e.getBoundingClientRect().right > innerWidth + 1);
  const narrow = matchMedia("(max-width:34rem)").matches;
  root.dataset.measured = [innerWidth, root.scrollWidth, wide.length, narrow].join(" ");
})</script>"""


@pytest.mark.parametrize("kind", ["honest", "hostile"])
def test_a_browser_on_a_phone_scrolls_tables_and_not_the_page(study: Path, tmp_path: Path, kind: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium in PATH")
    text = html(read([study]) if kind == "honest" else hostile(study))
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", f"{MEASURE}</body>")
    # a window cannot be narrower than about 500 px: the page is measured in a frame of 400 px
    (tmp_path / "page.html").write_text(text, "utf-8")
    frame = '<iframe src="page.html" width="400" height="900" style="border:0"></iframe>'
    copy = """<script>addEventListener("load", () => setTimeout(() => document.title =
      document.querySelector("iframe").contentDocument.documentElement.dataset.measured, 50))</script>"""
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><title>none</title>{frame}{copy}", "utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --allow-file-access-from-files --virtual-time-budget=3000 --dump-dom"
    )
    profile = tmp_path / "profile"
    command = [chromium, *flags.split(), f"--user-data-dir={profile}", (tmp_path / "frame.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    measured = re.search(r"<title>(.*?)</title>", done.stdout)
    assert measured is not None
    width, scrolled, sticking_out, narrow = measured[1].split()
    assert (width, narrow) == ("400", "true")
    assert int(scrolled) <= 400
    assert sticking_out == "0"


def test_a_browser_loads_the_page_without_complaint(page: Path, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium in PATH")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --enable-logging=stderr --log-level=0 --dump-dom"
    )
    command = [chromium, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert Outline(done.stdout).tags.count("figure") == 10
    assert "CONSOLE" not in done.stderr
