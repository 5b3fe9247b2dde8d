"""How each notifier fares: what its channels have met with, put together."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_core import PluginState
from gobs_core.state import MAX_PRINTED
from gobs_server.alerts.book import Book
from gobs_server.alerts.holding import Holding
from gobs_server.alerts.telling.post import Post


def notifier_states(names: Iterable[str], book: Book, post: Post, holding: Holding) -> list[PluginState]:
    """Their states: with the reason of every channel that is stopped or in quarantine, or whose last message failed."""
    return [_state(name, book, post, holding) for name in names]


def _state(name: str, book: Book, post: Post, holding: Holding) -> PluginState:
    stopped = [one.stopped for one in book.channels.values() if one.kind == name and one.stopped]
    made, tally = post.made(name), post.tallies[name]
    resting = [one for one in made if one.quarantine]
    errors = {one.settings.name: tally.errors[one.settings.name] for one in made if one.settings.name in tally.errors}
    resting_why = {one.settings.name: one.clean(one.quarantine) for one in resting}
    failed = {channel: line for channel, (line, _) in errors.items() if channel not in resting_why}
    state = "failing" if stopped or failed else "ok"
    if any(one.lifted for one in made):
        state, failed = "starting", {}
    why = "; ".join([*(f"{channel}: {text}" for channel, text in {**resting_why, **failed}.items()), *stopped])
    traces = [one.clean(one.trace) for one in resting] + [errors[channel][1] for channel in failed]
    printed = [f"{one.settings.name}: {line}" for one in made for line in one.printed.splitlines()]
    return holding.state(
        "notifier",
        name,
        "quarantined" if resting else state,
        why,
        tally,
        next(filter(None, traces), ""),
        "\n".join(printed)[-MAX_PRINTED:],
    )
