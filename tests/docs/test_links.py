"""Every link between pages, and to a file of the repository, leads somewhere."""

from __future__ import annotations

import pytest

from tests.docs.markdown import Page, all_pages, page
from tests.support.house import ROOT


def broken(of: Page) -> list[str]:
    return [link for link in of.links() if "://" not in link and not leads(of, link)]


def leads(of: Page, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (of.path.parent / path).resolve() if path else of.path
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in page(target.relative_to(ROOT).as_posix()).anchors()


@pytest.mark.parametrize("of", all_pages(), ids=lambda of: of.name)
def test_every_link_of_the_page_leads_somewhere(of: Page) -> None:
    assert broken(of) == []


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached: set[str] = set()
    ahead = ["README.md"]
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        reached.add(name)
        for link in page(name).links():
            target = (page(name).path.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.is_file():
                ahead.append(target.relative_to(ROOT).as_posix())
    assert {of.name for of in all_pages() if of.name.startswith("docs/")} <= reached


def test_no_page_links_to_a_machine_of_its_writer() -> None:
    assert [of.name for of in all_pages() if "/work/" in of.text or "file://" in of.text] == []
