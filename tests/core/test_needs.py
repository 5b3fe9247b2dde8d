"""What columns need is here, or lacking where one of them is not known."""

from __future__ import annotations

from gobs_core import Table, gauge
from gobs_core.agent.needs import needs_of

TABLE = Table(
    "t",
    "A table",
    [
        gauge("plain", "Needs nothing"),
        gauge("one", "Needs it", needs="CAP_SYS_PTRACE"),
        gauge("two", "Needs it too", needs="CAP_SYS_PTRACE"),
        gauge("new", "Needs a kernel", needs="Linux 6.2"),
    ],
)


def test_a_need_is_lacking_where_any_column_that_has_it_is_not_known() -> None:
    assert needs_of([TABLE], {}) == {"CAP_SYS_PTRACE": True, "Linux 6.2": True}
    assert needs_of([TABLE], {"t.one": "may not be read"}) == {"CAP_SYS_PTRACE": False, "Linux 6.2": True}
    assert needs_of([TABLE], {"t.two": "", "t.new": "", "t.plain": ""}) == {"CAP_SYS_PTRACE": False, "Linux 6.2": False}
    assert needs_of([TABLE], {"other.one": "of another table"}) == {"CAP_SYS_PTRACE": True, "Linux 6.2": True}
    assert needs_of([], {}) == {}
