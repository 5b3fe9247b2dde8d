"""The moment of the past a page is asked for, and the one it is compared with: how both stand in an address."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from gobs_server.moments import parse_moment
from gobs_server.web.format import stamp


class Looking(NamedTuple):
    """A moment to look at, in whole seconds since 1970 by the server's clock."""

    at: float
    against: float | None
    """The moment it is compared with; None: it is shown as it was."""

    @property
    def written(self) -> dict[str, str]:
        """Its parameters in an address, as moments that mean the same whenever they are asked for."""
        both = {"at": stamp(self.at), "against": "" if self.against is None else stamp(self.against)}
        return {name: text for name, text in both.items() if text}

    @property
    def query(self) -> str:
        """The same as part of an address."""
        return urlencode(self.written, safe=":")

    def under(self, path: str) -> str:
        """Return an address, at this moment."""
        return f"{path}{'&' if '?' in path else '?'}{self.query}" if path else ""


def looking(at: str, against: str, now: float) -> Looking | None:
    """Return what moments an address asks for; None: the newest there is.

    What is compared with a moment and with no other is compared as of now. Raises ValueError for what is no moment.
    """
    if not at and not against:
        return None
    moment = parse_moment(at, now) if at else now
    other = parse_moment(against, now) if against else None
    return Looking(float(int(moment)), None if other is None else float(int(other)))
