"""A figure as inline SVG with CSS variables as colours, so that the page's light and dark themes apply to it.

Matplotlib draws with the colours of the light theme; each is then replaced by the variable of its role. Text stays
text, in the page's font. Equal input gives equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from io import StringIO
from types import MappingProxyType
from typing import TYPE_CHECKING

from neurosim.report.figures import GRID, INK, MUTED, PAPER, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLES = MappingProxyType(
    {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"}
    | {colour: f"--series-{i}" for i, colour in enumerate(SERIES)}
)
_SETTINGS = MappingProxyType(
    {"svg.fonttype": "none", "svg.hashsalt": "neurosim", "font.family": "DejaVu Sans", "font.size": 8.5}
)
_NO_METADATA = MappingProxyType(dict.fromkeys(("Date", "Creator", "Format", "Type")))


def inline(draw: Callable[[Axes], object], name: str, title: str, width: float = 3.5, height: float = 2.5) -> str:
    """The ``<svg>`` of what ``draw`` draws on an axes of ``width`` x ``height`` inches.

    ``name`` (letters, digits, hyphens) makes its ids unique in the page; ``title`` is its text for screen readers.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.style import context

    with context(["default", dict(_SETTINGS)]):  # not the reader's own matplotlibrc
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        ax = figure.add_subplot()
        ax.patch.set_visible(False)
        draw(ax)
        out = StringIO()
        figure.savefig(out, format="svg", metadata=dict(_NO_METADATA))
    return _adapt(out.getvalue(), name, title)


def _adapt(svg: str, name: str, title: str) -> str:
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    head, _, body = svg.partition(">")
    box = re.search(r'viewBox="([^"]+)"', head)
    assert box is not None, "matplotlib writes a viewBox"
    body = body.replace("xlink:href", "href")
    body = re.sub(
        r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL
    )  # it would style the page
    body = re.sub(r' transform="rotate\(-0 [^"]*"', "", body)
    body = re.sub(r'\b(?:d|x|y|transform)="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), body)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", body)
    body = re.sub(r"; font-family: [^;\"]*", "", body)  # of matplotlib 3.10 and later
    body = re.sub(r"#[0-9a-f]{6}", lambda found: _variable(found[0]), body)
    body = re.sub(r"\n\s*", "\n", body)
    title = f'<title id="{name}-title">{escape(title)}</title>'
    return f'<svg viewBox="{box[1]}" role="img" aria-labelledby="{name}-title">{title}{body}'


def _variable(colour: str) -> str:
    return f"var({ROLES[colour]})" if colour in ROLES else colour
