"""Texts that a hostile target could send, and results that hold one of them in every text there is."""

from __future__ import annotations

from dataclasses import replace

from conformance.results.model import Results
from tests.report.made_up import map_text, sample_results

RAN = "document.documentElement.setAttribute('data-ran','{name}')"
"""What a payload does when it is run; a test looks for the attribute."""

_ACTIVE = {
    "script": "<script>{ran}</script>",
    "image": '"><img src=x onerror="{ran}">',
    "single-quote": "' onmouseover={ran} onfocus={ran} autofocus x='",
    "double-quote": '" onmouseover={ran} onfocus={ran} autofocus tabindex=0 x="',
    "ends-script": "</script><script>{ran}</script>",
    "ends-style": "</style></title></textarea><svg onload={ran}>",
    "ends-comment": "--><svg/onload={ran}>",
    "ends-cdata": "]]><script>{ran}</script>",
    "javascript": "javascript:{ran}",
    "javascript-hidden": "java\tscript:{ran}",
    "data-link": "data:text/html,<script>{ran}</script>",
    "web-link": 'https://x.example/"onclick="{ran}',
    "entities": "&lt;script&gt;{ran}&lt;/script&gt;&#60;img src=x onerror={ran}&#62;",
    "markdown-link": "[press](javascript:{ran}) ![seen](https://x.example/seen.png) <https://x.example>",
    "markdown-blocks": "\n\n# heading\n\n- item\n\n```\n<script>{ran}</script>\n```\n\n| a | b |\n|---|---|\n",
    "template": "{{{{ 7 * 7 }}}}{{% raw %}}${{{ran}}}",
    "frame": '<iframe srcdoc="<script>parent.{ran}</script>"></iframe><base href="https://x.example/">',
}
PAYLOADS = {name: text.format(ran=RAN.format(name=name)) for name, text in _ACTIVE.items()} | {
    "formula": '=HYPERLINK("https://x.example","press")',
    "formula-plus": "+1+1",
    "formula-minus": "-2+3",
    "formula-at": "@SUM(1)",
    "formula-command": "=cmd|' /C calc'!A0",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
    "c1": "\x9b31m\x85\x90",
    "bidi": "safe\u202egpj.exe\u2066hidden\u2069",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041",
    "separators": "a\u2028b\u2029c\rd\r\ne\x0bf\x0c",
    "nul": "before\x00after",
    "surrogates": "\ud800 alone \udfff",
    "noncharacters": "\ufffe\uffff",
    "rich-markup": "[bold red]loud[/] [link=javascript:1]press[/link] :smile:",
    "format": "{n}{0}%s%n{verdict.__class__}",
    "mention": "@someone #1 GH-1 www.x.example",
    "empty": "",
    "long": "x" * 5_000,
}


def hostile_results(text: str) -> Results:
    """The sample with one text in place of every text, and as a member of the target as well."""
    results: Results = map_text(sample_results(), lambda _: text)
    runs = tuple(replace(run, target={**run.target, text: [text, {text: text}]}) for run in results.runs)
    return replace(results, runs=runs)
