"""The results of suites as one HTML page that needs nothing else: no script, no font, no picture. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .findings import Plot, Table, from_json
from .svg import draw

_STYLE = """
:root { --ink: #1c2430; --soft: #5b6675; --rule: #dde2e8; --paper: #fff; --shade: #f5f7f9;
  --c0: #2563a8; --c1: #c2571a; --c2: #2e8b57; --c3: #8a4fa3; --c4: #b8860b; --c5: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --soft: #a0aab6; --rule: #353d47; --paper: #171b20;
  --shade: #1f252c; --c0: #6ea8e6; --c1: #ef9a62; --c2: #6cc796; --c3: #c79be0; --c4: #e0b84c; --c5: #9aa4b0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .25rem; padding-top: 1rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, li { max-width: 95ch; } .soft, nav { color: var(--soft); } a { color: var(--c0); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .75rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { vertical-align: bottom; white-space: normal; color: var(--soft); font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
td:first-child { padding-right: 1.5rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 1.5rem; margin-top: 1rem; }
figure { margin: 0; max-width: 620px; } figcaption { font-weight: 600; margin-bottom: .25rem; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--rule); } .even { stroke: var(--soft); stroke-dasharray: 4 4; fill: none; }
.line { fill: none; stroke-width: 2; }
.missed { color: var(--c1); font-weight: 600; } .met { color: var(--c2); font-weight: 600; }
details { margin-top: 1rem; } summary { cursor: pointer; color: var(--soft); } details table { margin-top: .5rem; }
""" + "".join(
    f".line.c{n} {{ stroke: var(--c{n}); }} rect.c{n}, circle.c{n} {{ fill: var(--c{n}); }}\n" for n in range(6)
)


def page(results: Sequence[Mapping[str, Any]]) -> str:
    """HTML of results as `suites.run` writes them, in the given order."""
    links = " · ".join(f'<a href="#{escape(result["suite"])}">{escape(result["suite"])}</a>' for result in results)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>jupyter mccom bench</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><h1>jupyter mccom bench</h1>"
        '<p class="soft">Figures are of the machine and the moment that stand below each suite; intervals are 95 % '
        f"bootstrap.</p><nav>{links}</nav>{''.join(map(_section, results))}</body></html>"
    )


def _section(result: Mapping[str, Any]) -> str:
    findings = from_json(result["findings"])
    tables = findings.tables
    if not tables:
        rows = [[name, _readable(value)] for name, value in _flat(findings.figures)]
        tables = [Table(title="Figures", head=["figure", "measured"], rows=rows)]
    drawings = "".join(map(_figure, findings.plots))
    notes = "".join(f"<li>{escape(note)}</li>" for note in findings.notes)
    return (
        f'<section id="{escape(result["suite"])}"><h2>{escape(result["suite"])}</h2>'
        f'<p class="soft">{escape(result["about"])}<br>{escape(_in_short(result))}</p>'
        + (f"<ul>{notes}</ul>" if notes else "")
        + "".join(map(_table, tables))
        + (f'<div class="plots">{drawings}</div>' if drawings else "")
        + _made(result)
        + "</section>"
    )


def _in_short(result: Mapping[str, Any]) -> str:
    on = result["machine"]
    threads = f"{result['threads']} thread" + ("" if result["threads"] == 1 else "s")
    where = f"{on['cpu']}, {on['cores']} cores, {threads}, Python {on['python']}"
    started, took_s = result["started"][:16].replace("T", " "), result["took_s"]
    took = f"{took_s} s" if took_s < 120 else f"{took_s // 60} min"
    return f"{result['model']} · {where} · {started} UTC · {took}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in table.rows)
    title = f"<h3>{escape(table.title)}</h3>" if table.title else ""
    return f'{title}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    kind = f' class="{text}"' if text in ("met", "missed") else ""
    return f"<td{kind}>{escape(text)}</td>"


def _figure(plot: Plot) -> str:
    drawing = draw(plot)
    return f"<figure><figcaption>{escape(plot.title)}</figcaption>{drawing}</figure>" if drawing else ""


def _made(result: Mapping[str, Any]) -> str:
    """The paragraph that says on what machine and with what settings was measured."""
    left_out = {"findings", "suite", "about"}
    rows = [[name, _readable(value)] for name, value in _flat({k: v for k, v in result.items() if k not in left_out})]
    table = _table(Table(title="", head=["", ""], rows=rows))
    return f"<details><summary>On what exactly it was measured</summary>{table}</details>"


def _flat(value: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Names of nested values, joined by spaces."""
    found: list[tuple[str, Any]] = []
    for name, one in value.items():
        found += _flat(one, f"{before}{name} ") if isinstance(one, dict) else [(f"{before}{name}", one)]
    return found


def _readable(value: object) -> str:
    if isinstance(value, list | tuple):
        return " – ".join(map(_readable, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
