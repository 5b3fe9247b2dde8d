"""How each notifier fares: what its channels have met with, put together."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_core import PluginState
from gobs_server.alerts.book import Book
from gobs_server.alerts.holding import Holding
from gobs_server.alerts.telling.post import Post


def notifier_states(names: Iterable[str], book: Book, post: Post, holding: Holding) -> list[PluginState]:
    """Their states, with the reason of every channel that is stopped or in quarantine."""
    found = []
    for name in names:
        stopped = [one.stopped for one in book.channels.values() if one.kind == name and one.stopped]
        quarantines = post.quarantines(name)
        state = "quarantined" if quarantines else "failing" if stopped else "ok"
        found.append(holding.state("notifier", name, state, "; ".join([*quarantines, *stopped])))
    return found
