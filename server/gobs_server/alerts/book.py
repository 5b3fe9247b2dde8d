"""The book: rules, silences and channels as they are now, by id."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_server.alerts.records import Alert, ChannelSettings
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.telling.silence import Matcher, Silence


class Book:
    """What users have said. Lives as long as the server; changed by `Alerts` alone."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.channels: dict[str, ChannelSettings] = {}
        self.version = 0
        """Raised whenever anything of it changes."""
        self._silences: dict[str, tuple[Silence, Matcher]] = {}

    def rule(self, id: str) -> Rule | None:  # noqa: A002  a record's own word
        """The rule of that id."""
        return self.rules.get(id)

    def put_rule(self, rule: Rule) -> None:
        """Keep a rule, or keep it anew."""
        self.rules[rule.id] = rule
        self.version += 1

    def drop_rule(self, id: str) -> None:  # noqa: A002  as above
        """Let go of a rule."""
        del self.rules[id]
        self.version += 1

    def put_channel(self, channel: ChannelSettings) -> None:
        """Keep a channel, or keep it anew."""
        self.channels[channel.id] = channel
        self.version += 1

    def drop_channel(self, id: str) -> None:  # noqa: A002  as above
        """Let go of a channel."""
        del self.channels[id]
        self.version += 1

    def channel_named(self, name: str) -> ChannelSettings | None:
        """The channel of that name."""
        return next((one for one in self.channels.values() if one.name == name), None)

    def channels_for(self, rule: str) -> list[str]:
        """The names of the channels a rule's alerts are told on."""
        found = self.rules.get(rule)
        on = sorted(channel.name for channel in self.channels.values() if channel.enabled)
        return on if found is None or found.channels is None else [name for name in on if name in found.channels]

    # -- silences

    @property
    def silences(self) -> list[Silence]:
        """All that are kept, those made last first."""
        return sorted((silence for silence, _ in self._silences.values()), key=lambda one: -one.created)

    def silence(self, id: str) -> Silence | None:  # noqa: A002  as above
        """The silence of that id."""
        found = self._silences.get(id)
        return found[0] if found else None

    def put_silence(self, silence: Silence) -> None:
        """Keep a silence, or keep it anew."""
        self._silences[silence.id] = (silence, Matcher(silence))
        self.version += 1

    def drop_silence(self, id: str) -> None:  # noqa: A002  as above
        """Let go of a silence."""
        del self._silences[id]
        self.version += 1

    def silencing(self, alert: Alert, now: float) -> Silence | None:
        """The silence that keeps an alert quiet at this moment."""
        return next((one for one, matcher in self._silences.values() if one.holds(now) and matcher.match(alert)), None)

    def matched(self, silence: Silence, alerts: Iterable[Alert]) -> list[Alert]:
        """The alerts that a silence matches."""
        matcher = self._silences[silence.id][1] if silence.id in self._silences else Matcher(silence)
        return [alert for alert in alerts if matcher.match(alert)]
