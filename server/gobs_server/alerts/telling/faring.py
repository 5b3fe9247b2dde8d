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
        made = post.made(name)
        resting = [one for one in made if one.quarantine]
        why = "; ".join([*(f"{one.settings.name}: {one.clean(one.quarantine)}" for one in resting), *stopped])
        state = "starting" if any(one.lifted for one in made) else "failing" if stopped else "ok"
        trace = next((one.clean(one.trace) for one in resting if one.trace), "")
        found.append(
            holding.state("notifier", name, "quarantined" if resting else state, why, post.tallies[name], trace)
        )
    return found
