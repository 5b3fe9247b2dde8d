"""What follows from the code stands in the pages as the code says it now."""

from __future__ import annotations

from pathlib import Path

import pytest

from gobs_core.kit.reference.markdown import code, table
from scripts.docs.blocks import fill, names
from scripts.docs.pages import MAKERS, pages, written
from tests.support.house import ROOT


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_generated_blocks_are_up_to_date(page: Path) -> None:
    assert written(page) == page.read_text(encoding="utf-8"), "run `make docs`"


def test_everything_that_can_be_generated_stands_in_a_page() -> None:
    used = {name for page in pages() for name in names(page.read_text(encoding="utf-8"))}
    assert set(MAKERS) <= used


def test_a_block_is_replaced_and_what_is_around_it_stays() -> None:
    page = "above\n<!-- generated: x -->\nold\n<!-- end -->\nbelow\n"
    assert fill(page, str.upper) == "above\n<!-- generated: x -->\n\nX\n\n<!-- end -->\nbelow\n"


def test_filling_twice_changes_nothing_more() -> None:
    page = "<!-- generated: x -->\n<!-- end -->\n"
    assert fill(fill(page, str), str) == fill(page, str)


@pytest.mark.parametrize("page", ["<!-- generated: x -->\ntext\n", "<!-- end -->\n"])
def test_a_mark_without_its_partner_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="without its"):
        fill(page, str)


def test_a_cell_cannot_break_its_table() -> None:
    assert table(["a"], [["one | two\nthree"]]) == "| a |\n|---|\n| one \\| two three |"
    assert code("a`b") == "``a`b``"
