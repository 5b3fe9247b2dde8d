"""Knows how to take a Markdown page apart: its blocks of code, headings, links and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from tests.support.house import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)(?P=ticks)$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_IGNORED = {".venv", "node_modules", "dist"}


@dataclass(frozen=True)
class Code:
    """One block of code."""

    page: str
    language: str
    text: str

    def __str__(self) -> str:
        """Return what names it in a list and in a failure: the page and how it begins."""
        return f"{self.page}: {self.text.partition(chr(10))[0][:24].strip()}"


@dataclass(frozen=True)
class Page:
    """One page of the documentation."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Return its path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    def code(self, *languages: str) -> list[Code]:
        """Return the blocks of code in these languages; all without any."""
        found = [Code(self.name, block["language"], dedent(block["text"])) for block in _FENCE.finditer(self.text)]
        return [block for block in found if not languages or block.language in languages]

    @property
    def prose(self) -> str:
        """Return the page without its blocks of code."""
        return _FENCE.sub("", self.text)

    def anchors(self) -> set[str]:
        """Return what a link may name after a `#`, as the usual renderers make it."""
        found: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            number = sum(1 for anchor in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", anchor))
            found.add(f"{slug}-{number}" if slug in found else slug)
        return found

    def links(self) -> list[str]:
        """Return the targets of all links and pictures."""
        return _LINK.findall(self.prose)

    def section(self, heading: str) -> str:
        """Return what stands below a heading, up to the next of its rank or above; raises KeyError."""
        match = re.search(rf"^(#+) {re.escape(heading)}$", self.text, re.MULTILINE)
        if match is None:
            raise KeyError(f"{self.name} has no heading {heading!r}")
        rest = self.text[match.end() :]
        end = re.search(rf"^#{{1,{len(match[1])}}} ", _blanked(rest), re.MULTILINE)
        return rest[: end.start()] if end else rest

    def rows(self, heading: str) -> list[list[str]]:
        """Return the cells of the tables below a heading, without their first rows."""
        cells = [_cells(line) for line in self.section(heading).splitlines() if line.startswith("|")]
        rulers = {place for place, row in enumerate(cells) if _ruler(row)}
        return [row for place, row in enumerate(cells) if place not in rulers and place + 1 not in rulers]


@cache
def page(name: str) -> Page:
    """Return one page by its path in the repository."""
    return Page(ROOT / name, (ROOT / name).read_text(encoding="utf-8"))


@cache
def all_pages() -> tuple[Page, ...]:
    """Return every Markdown page of the repository that is not somebody else's."""
    found = [path for path in ROOT.rglob("*.md") if not _IGNORED & set(path.relative_to(ROOT).parts)]
    return tuple(page(path.relative_to(ROOT).as_posix()) for path in sorted(found))


def _blanked(text: str) -> str:
    return _FENCE.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _ruler(row: list[str]) -> bool:
    return bool(row[0]) and all(re.fullmatch(r":?-+:?", cell) for cell in row)
