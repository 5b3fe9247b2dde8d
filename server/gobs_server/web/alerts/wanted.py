"""Which alerts a page is asked for, by its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from gobs_server.alerts.book import Book
from gobs_server.db.alerts import AlertSearch
from gobs_server.web.paging import page_asked

STATES = ("now", "firing", "pending", "resolved", "all")
SEVERITIES = ("critical", "warning", "info")
SPANS = {"": 0.0, "1h": 3600.0, "24h": 86400.0, "7d": 7 * 86400.0, "30d": 30 * 86400.0}


class Wanted(NamedTuple):
    """What is asked for."""

    state: str = "now"
    severity: str = ""
    rule: str = ""
    """Its name, or its id."""
    node: str = ""
    namespace: str = ""
    pod: str = ""
    span: str = ""
    """How far back, one of SPANS."""
    q: str = ""
    """Words that must be in the rule's name or in what it is about."""
    page: int = 1

    @property
    def query(self) -> str:
        """What an address says of it, the page aside."""
        said = [(name, str(value)) for name, value in self._asdict().items() if name != "page"]
        return urlencode([pair for pair in said if pair[1] and pair != ("state", "now")], errors="replace")

    @property
    def address(self) -> str:
        """Where the page is that shows this."""
        said = "&".join(filter(None, (self.query, f"page={self.page}" if self.page > 1 else "")))
        return f"/alerts?{said}" if said else "/alerts"

    @property
    def elsewhere(self) -> bool:
        """Whether anything but the state is asked for."""
        return self._replace(state="now", page=1) != Wanted()

    def search(self, book: Book, now: float) -> AlertSearch:
        """As the store is asked."""
        rule = next((one.id for one in book.rules.values() if one.name == self.rule), self.rule)
        state = self.state if self.state in ("firing", "resolved") else "firing" if self.state == "now" else ""
        back = SPANS[self.span]
        return AlertSearch(
            state, self.node, self.namespace, self.pod, rule, self.severity, now - back if back else None, None,
            tuple(self.q.casefold().split()),
        )  # fmt: skip

    def has(self, texts: str) -> bool:
        """Whether all words are in there."""
        low = texts.casefold()
        return all(word in low for word in self.q.casefold().split())


def wanted(values: Mapping[str, str]) -> Wanted:
    """What a query asks for; parts that make no sense are left out."""
    text = {name: values.get(name, "")[:253] for name in Wanted._fields}
    state = text["state"] if text["state"] in STATES else "now"
    severity = text["severity"] if text["severity"] in SEVERITIES else ""
    span = text["span"] if text["span"] in SPANS else ""
    page = page_asked(values)
    return Wanted(state, severity, text["rule"], text["node"], text["namespace"], text["pod"], span, text["q"], page)
