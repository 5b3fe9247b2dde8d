"""The tokens can be read and told apart in both themes, and nothing beside them names a colour."""

from __future__ import annotations

import re
from itertools import combinations, product
from pathlib import Path

import pytest

from scripts.frontend import FRONTEND
from tests.server.frontend.colours import SIGHT, contrast, difference
from tests.support.house import ROOT

STYLES = sorted((FRONTEND / "src" / "css").glob("*.css"))
TOKENS = FRONTEND / "src" / "css" / "tokens.css"
SOURCES = [
    *(path for path in STYLES if path != TOKENS),
    *sorted((FRONTEND / "src").glob("*.js")),
    *sorted((ROOT / "server/gobs_server/web").rglob("*.html")),
    *sorted((ROOT / "server/gobs_server/web").rglob("*.py")),
]
COLOURS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS.read_text(encoding="utf-8")
    )
}
WORDS = ("text", "dim", "link", "fresh", "stale", "down", "idle", "info", "warning", "critical")
SURFACES = ("ground", "panel", "raised", "field", "accent-soft", "down-soft", "stale-soft", "fresh-soft", "changed")
SERIES = tuple(f"series-{number}" for number in range(1, 9))
HEAT = tuple(f"heat-{number}" for number in range(6))
NAMED = "white|black|red|green|blue|gr[ae]y|yellow|orange|purple|pink|silver|gold|cyan|magenta|navy|teal|brown"
themes = pytest.mark.parametrize("theme", ["light", "dark"])


def ratio(one: str, other: str, theme: str) -> float:
    return contrast(COLOURS[one][theme], COLOURS[other][theme])


@themes
@pytest.mark.parametrize("word", WORDS)
def test_text_can_be_read_on_every_surface(word: str, theme: str) -> None:
    assert {on: ratio(word, on, theme) for on in SURFACES if ratio(word, on, theme) < 4.5} == {}


@themes
def test_text_can_be_read_on_what_is_filled(theme: str) -> None:
    assert min(ratio("on-accent", fill, theme) for fill in ("accent", "down")) >= 4.5
    assert min(ratio("text", tile, theme) for tile in HEAT) >= 4.5


@themes
def test_lines_edges_and_bars_stand_out_from_what_they_are_on(theme: str) -> None:
    drawn = [*SERIES, "edge", "accent", "bar", "bar-old"]
    weak = {(one, on): ratio(one, on, theme) for one, on in product(drawn, ("ground", "panel"))}
    assert {pair: found for pair, found in weak.items() if found < 3} == {}


@themes
@pytest.mark.parametrize("sight", SIGHT)
def test_series_are_told_apart_whatever_colours_one_sees(theme: str, sight: str) -> None:
    apart = {(a, b): difference(COLOURS[a][theme], COLOURS[b][theme], sight) for a, b in combinations(SERIES, 2)}
    assert {pair: found for pair, found in apart.items() if found < 10} == {}


def test_the_difference_is_that_of_the_published_examples() -> None:
    """Identity, order and one pair known from the paper, by way of sRGB."""
    assert difference("#336699", "#336699", "all colours") == 0
    assert difference("#000000", "#ffffff", "all colours") == pytest.approx(100, abs=0.1)
    assert difference("#ff0000", "#00ff00", "all colours") == pytest.approx(86.6, abs=0.2)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_colour_has_both_themes() -> None:
    named = re.findall(r"--([\w-]+): [^;]*#", TOKENS.read_text(encoding="utf-8"))
    assert set(named) - set(COLOURS) == {"shadow", "veil"}  # half transparent, nothing is read on them


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_else_names_a_colour(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(
        r"(?<![\w&/])#(?:[0-9a-fA-F]{3,4}){1,2}\b(?![\w-])|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb)\(", text
    )
    if path.suffix == ".css":
        found += re.findall(rf"[:,\s(](?:{NAMED})(?=[\s;,)])", text)
    assert found == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_token_that_is_used_is_there(path: Path) -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(style.read_text(encoding="utf-8") for style in STYLES)))
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8"))) <= defined


def test_every_style_sheet_is_taken_in_and_the_tokens_come_first() -> None:
    taken = re.findall(r'@import "\./css/([\w-]+\.css)"', (FRONTEND / "src" / "app.css").read_text(encoding="utf-8"))
    assert taken[0] == "tokens.css"
    assert sorted(taken) == [path.name for path in STYLES]
