"""Templates hold to rules that autoescaping alone cannot keep."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

FOLDER = Path(str(files("gobs_server.web"))) / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
BLOCK = re.compile(r"\{%.*?%\}", re.DOTALL)
URLS = {"href", "src", "action", "hx-get"}
UNSAFE_FILTERS = {"safe", "tojson", "xmlattr", "forceescape"}


class Attributes(HTMLParser):
    """Collects the attributes of a template whose expressions were replaced by a mark."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        self.found.extend((tag, name, value or "", raw) for name, value in attrs)


def parsed(path: Path) -> Attributes:
    source = BLOCK.sub("", EXPRESSION.sub("MARK", path.read_text(encoding="utf-8")))
    parser = Attributes()
    parser.feed(source)
    return parser


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_marked_safe(path: Path) -> None:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    assert not {node.name for node in tree.find_all(nodes.Filter)} & UNSAFE_FILTERS
    assert not list(tree.find_all(nodes.ScopedEvalContextModifier))
    assert "autoescape" not in path.read_text(encoding="utf-8")
    assert "Markup" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_code_and_no_inline_style(path: Path) -> None:
    for tag, name, _, raw in parsed(path).found:
        assert not name.startswith(("on", "hx-on")), raw
        assert name not in {"style", "srcdoc", "hx-vals", "hx-vars", "hx-headers"}, raw
        assert (tag, name) != ("a", "target"), raw
    text = path.read_text(encoding="utf-8")
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_value_in_an_attribute_is_quoted(path: Path) -> None:
    text = EXPRESSION.sub("MARK", path.read_text(encoding="utf-8"))
    for tag in re.findall(r"<[a-zA-Z][^>]*>", BLOCK.sub("", text)):
        outside = re.sub(r'"[^"]*"', "", tag)
        assert "MARK" not in outside, tag


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_addresses_stay_on_this_server(path: Path) -> None:
    for _, name, value, raw in parsed(path).found:
        if name in URLS:
            assert value.startswith(("/", "#", "MARK")), raw
            assert not value.startswith("//"), raw


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_an_address_that_is_all_expression_is_one_of_ours(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    whole = re.findall(r'(?<![\w-])(?:href|src|action|hx-get)="\{\{\s*(.*?)\s*\}\}', text)
    assert all(expression.startswith("asset(") or expression == "path" for expression in whole), whole


def test_every_template_is_looked_at() -> None:
    assert {path.parent.name for path in TEMPLATES} == {"templates", "access", "alerts", "profiles"}
