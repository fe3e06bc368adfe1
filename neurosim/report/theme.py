"""The style sheet of the page, and the symbol of a rule in legends and tables."""

from __future__ import annotations

from html import escape
from types import MappingProxyType

from neurosim.report.figures import Style
from neurosim.report.svg import ROLES

_DARK_SERIES = ("#4fb0e8", "#ff8f52", "#2cc7a0", "#e594cc", "#dfb03a", "#8fc9f0", "#cda08a")
THEMES = MappingProxyType(
    {
        "light": MappingProxyType(
            {role: colour for colour, role in ROLES.items()}
            | {"--page": "#ffffff", "--panel": "#f5f6f8", "--accent": "#2f5d8c", "--alarm": "#a61b1b"}
        ),
        "dark": MappingProxyType(
            {
                "--ink": "#e7e9ec",
                "--muted": "#a3abb5",
                "--grid": "#31373f",
                "--paper": "#14171b",
                **{f"--series-{i}": colour for i, colour in enumerate(_DARK_SERIES)},
                "--page": "#14171b",
                "--panel": "#1c2026",
                "--accent": "#93b9e3",
                "--alarm": "#ff9d94",
            }
        ),
    }
)
"""The values of the page's CSS variables in its two themes."""

_RULES = """
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",sans-serif}
main{max-width:73rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.4rem);line-height:1.15;letter-spacing:-.015em;margin:.2rem 0 .8rem;
text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.25;margin:3rem 0 .5rem;padding-top:.9rem;border-top:1px solid var(--grid)}
h3{font-size:1rem;margin:1.6rem 0 .4rem}
p,li{max-width:44rem;overflow-wrap:anywhere}
p{margin:.5rem 0}
.kicker{color:var(--accent);font-weight:600;font-size:.85rem;letter-spacing:.04em;margin:0}
.lead{font-size:1.12rem}
.note,figcaption,small{color:var(--muted);font-size:.85rem}
small{display:block;white-space:nowrap;font-size:.75rem}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9.5rem),1fr));gap:.7rem 1.5rem;
margin:1.4rem 0}
dl.facts dt{color:var(--muted);font-size:.8rem}
dl.facts dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--panel);border-radius:6px;padding:.8rem 1rem;overflow-x:auto;max-width:100%;
font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
.command{white-space:pre-wrap;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:1rem 0}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .6rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid);white-space:nowrap}
thead th{color:var(--muted);font-weight:500;font-size:.8rem;vertical-align:bottom;line-height:1.3}
th:first-child,td:first-child{text-align:left;padding-left:0}
tbody th{font-weight:500;white-space:normal;min-width:13rem;max-width:19rem;overflow-wrap:anywhere}
tbody th:first-child{position:sticky;left:0;background:var(--page);padding-right:.8rem}
td.main{font-weight:650}
td small{font-weight:400}
table.words td,table.words thead th{text-align:left;white-space:normal;min-width:7rem;max-width:20rem}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;list-style:none;padding:0;margin:.8rem 0;font-size:.9rem}
.rule{display:inline-flex;gap:.5em;align-items:baseline}
.key{width:26px;height:12px;flex:none;overflow:visible;position:relative;top:.08em}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:1.5rem 1.5rem}
figure{margin:0;break-inside:avoid;max-width:26rem;min-width:0}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figure svg *{stroke-linejoin:round}
figure h3{margin:.2rem 0 .3rem;font-weight:600;overflow-wrap:anywhere}
figcaption{margin-top:.3rem}
.failures{border-left:3px solid var(--alarm);padding:.1rem 0 .1rem 1rem;margin:1.2rem 0}
.failures h2{border:0;margin:0;padding:0;font-size:1.05rem;color:var(--alarm)}
.failures ul{padding-left:1.1rem;margin:.4rem 0}
details{margin:.8rem 0}
summary{cursor:pointer;color:var(--accent);overflow-wrap:anywhere}
@media (max-width:34rem){main{padding:1.5rem 1rem 3rem}th,td{padding:.4rem .55rem}
tbody th{min-width:8.5rem;max-width:10rem}}
@media print{body{font-size:10pt}main{max-width:none;padding:0}h2{break-after:avoid;margin-top:1.6rem}
.scroll{overflow:visible}table{font-size:7pt}th,td{padding:.2rem .3rem}tbody th{min-width:7.2rem;max-width:9rem}
thead th,small{font-size:6.5pt}tbody .key{width:16px;height:8px}.rule{gap:.3em}pre{white-space:pre-wrap}}
"""

# markers around (13, 6), as matplotlib names them
_MARKS = MappingProxyType(
    {
        "o": "M13 2.6a3.4 3.4 0 1 0 .01 0z",
        "s": "M10 3h6v6h-6z",
        "D": "M13 1.8l4.2 4.2-4.2 4.2L8.8 6z",
        "^": "M13 2l3.8 7H9.2z",
        "v": "M13 10l3.8-7H9.2z",
        "P": "M11.7 2h2.6v2.7H17v2.6h-2.7V10h-2.6V7.3H9V4.7h2.7z",
        "X": "M10.3 2L13 4.4 15.7 2 17 3.5 14.5 6 17 8.5 15.7 10 13 7.6 10.3 10 9 8.5 11.5 6 9 3.5z",
    }
)
_NAMED_DASHES = MappingProxyType({"-": (), "--": (3.7, 1.6), "-.": (6.4, 1.6, 1, 1.6)})  # in line widths


def style_sheet() -> str:
    """The CSS of the page: light, dark where the reader's system is dark, light again on paper."""
    light, dark = (";".join(f"{name}:{value}" for name, value in THEMES[theme].items()) for theme in ("light", "dark"))
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{_RULES}"


def key(style: Style) -> str:
    """The small drawing of a rule's line and marker."""
    colour = f"var({ROLES[style.colour]})"
    dashes = _NAMED_DASHES[style.dash] if isinstance(style.dash, str) else style.dash[1]
    pattern = f' stroke-dasharray="{" ".join(f"{1.6 * part:g}" for part in dashes)}"' if dashes else ""
    line = f'<path d="M0 6h26" stroke="{colour}" stroke-width="1.6"{pattern}/>'
    mark = f'<path d="{_MARKS[style.marker]}" fill="{colour}" stroke="var(--page)" stroke-width=".8"/>'
    return f'<svg class="key" viewBox="0 0 26 12" aria-hidden="true">{line}{mark}</svg>'


def name(label: str, style: Style) -> str:
    """A rule's key and label, which may break after an underscore and before an option."""
    text = escape(label).replace("_", "_<wbr>").replace(":", "<wbr>:")
    return f'<span class="rule">{key(style)}<span>{text}</span></span>'


def legend(styles: dict[str, Style]) -> str:
    """The list of rules with their keys."""
    return f'<ul class="legend">{"".join(f"<li>{name(rule, style)}</li>" for rule, style in styles.items())}</ul>'
