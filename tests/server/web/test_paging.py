"""A page of a list, whatever an address asks for."""

from __future__ import annotations

import pytest

from gobs_server.web.paging import Paged, page_asked, paged


@pytest.mark.parametrize(
    ("text", "page"),
    [("", 1), ("7", 7), ("0", 1), ("-1", 1), ("1e3", 1), ("٣", 1), ("9" * 5000, 9999), ("2 ", 1), ("<b>", 1)],
)
def test_what_is_no_number_asks_for_the_first_page(text: str, page: int) -> None:
    assert page_asked({"page": text}) == page


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    assert paged(range(250), 99) == Paged(range(200, 250), 3, 3, 250)
    assert paged(range(250), 1) == Paged(range(100), 1, 3, 250)
    assert paged((), 5) == Paged((), 1, 1, 0)
