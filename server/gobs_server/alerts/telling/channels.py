"""Channels: the notifiers made from their settings, opened, and exchanged when those change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from gobs_core import Channel, Notifier, NotifierConfig, Secret, Unusable, UserError, __version__
from gobs_core.logs import get_logger
from gobs_core.redact import STARS, Redactor
from gobs_core.settings.decode import decode
from gobs_core.settings.tree import Leaf, Rank, Tree
from gobs_core.suggest import did_you_mean
from gobs_core.text import one_line
from gobs_server.alerts.faults import Invalid, Wrong
from gobs_server.alerts.holding import Holding, said_by
from gobs_server.alerts.records import ChannelSettings
from gobs_server.alerts.telling.far_notifier import SECONDS, FarNotifier, stand_in
from gobs_server.db.patience import within

log = get_logger("gobs.alerts")
_OPEN_SECONDS = 5.0


class Made:
    """A channel's notifier. Lives until its settings change."""

    def __init__(self, settings: ChannelSettings, notifier: Notifier) -> None:
        self.settings = settings
        self.notifier = notifier
        self.clean = Redactor(secrets_of(notifier.config))
        """Takes the channel's secrets out of a text."""
        self.patience = SECONDS if isinstance(notifier, FarNotifier) else _OPEN_SECONDS
        """Seconds it may take to open."""

    @property
    def most_seconds(self) -> float:
        """How long sending may take; one in a worker is told to end before that, which may have to start first."""
        timeout = self.notifier.config.timeout
        return timeout + SECONDS if isinstance(self.notifier, FarNotifier) else timeout

    @property
    def quarantine(self) -> str:
        """Why it is in quarantine; empty: it is not."""
        return self.notifier.quarantine if isinstance(self.notifier, FarNotifier) else ""

    @property
    def lifted(self) -> bool:
        """Whether it was let out of quarantine and has not been tried since."""
        return isinstance(self.notifier, FarNotifier) and self.notifier.lifted

    @property
    def trace(self) -> str:
        """Where its worker failed last; empty: it has none, or did not."""
        return self.notifier.worker.trace if isinstance(self.notifier, FarNotifier) else ""

    @property
    def printed(self) -> str:
        """What its worker printed last; empty: it has none, or nothing was."""
        return self.notifier.worker.printed(self.clean) if isinstance(self.notifier, FarNotifier) else ""

    def explicit(self, asked: bool) -> None:
        """Whether somebody asks for what is sent next: no quarantine keeps it from trying, and none comes of it."""
        if isinstance(self.notifier, FarNotifier):
            self.notifier.explicit(asked)

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine."""
        return isinstance(self.notifier, FarNotifier) and self.notifier.lift()

    async def open(self) -> str:
        """Open it; returns why that failed, or nothing."""
        try:
            await within(self.notifier.open(), self.patience)
        except Exception as error:  # noqa: BLE001  a stranger's code may raise anything
            return one_line(self.clean(f"cannot be opened: {said_by(error)}"))
        return ""

    async def close(self) -> None:
        """Close it, whatever it says."""
        try:
            await within(self.notifier.close(), _OPEN_SECONDS)
        except Exception as error:  # noqa: BLE001  as above
            log.warning("a channel was not closed in order", channel=self.settings.name, why=self.clean(repr(error)))


class Kinds:
    """The notifiers there are. `inside` are the targets on the inside that they may call."""

    def __init__(
        self,
        classes: Mapping[str, type[Notifier]],
        url: str = "",
        inside: Sequence[str] = (),
        holding: Holding | None = None,
        unfit: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.classes = classes
        self.unfit = unfit
        """Notifier -> what is wrong with its section of the settings, and so with the channel that makes."""
        self._holding = holding
        self._url = url
        self._inside = tuple(inside)

    def config(self, kind: str, settings: Mapping[str, Any], where: str = "body.settings") -> NotifierConfig:
        """Check the settings of a channel; raises Invalid with all that is wrong."""
        cls = self.classes.get(kind)
        if cls is None:
            hint = did_you_mean(kind, self.classes)
            raise Invalid([Wrong(where.replace("settings", "kind"), f"the name of a notifier{hint}")])
        faults: list[str] = []
        made = decode(cls.Config, _tree(settings, where), (where,), faults)
        if made is None:
            raise Invalid([Wrong(*_split(fault)) for fault in faults])
        return made

    def make(self, channel: ChannelSettings) -> Made:
        """Make a channel's notifier; raises UserError."""
        if channel.kind not in self.classes:
            raise UserError(self.why_missing(channel.kind))
        if channel.origin == "settings" and channel.kind in self.unfit:
            raise UserError(self.unfit[channel.kind])
        config = self.config(channel.kind, channel.settings, "settings")
        known = Channel(name=channel.name, version=__version__, url=self._url, inside=self._inside)
        cls = self.classes[channel.kind]
        about = {"channel": msgspec.to_builtins(known)}
        worker = self._holding.worker("notifier", channel.kind, config, about) if self._holding is not None else None
        return Made(channel, cls(config, known) if worker is None else stand_in(cls, config, known, worker))

    def why_missing(self, kind: str) -> str:
        """Why there is no notifier of that name."""
        if self._holding is None:
            return f"there is no notifier {kind} here{did_you_mean(kind, self.classes)}"
        return self._holding.why_missing("notifier", kind)

    async def try_out(self, channel: ChannelSettings) -> None:
        """Open a channel's notifier and close it, which sends nothing; raises Invalid where it could never be used."""
        made = self.make(channel)
        try:
            await within(made.notifier.open(), made.patience)
        except Unusable as error:
            where, said = _split(made.clean(str(error)))
            known = where in made.notifier.config.__struct_fields__
            raise Invalid(
                [Wrong(f"settings.{where}" if known else "settings", said if known else made.clean(str(error)))]
            ) from None
        except Exception as error:  # noqa: BLE001  what may pass by itself is told where the channel's state is
            log.info("a channel could not be tried", channel=channel.name, why=made.clean(repr(error)))
        finally:
            await made.close()

    def shown(self, channel: ChannelSettings) -> dict[str, Any]:
        """The settings of a channel without its secrets."""
        cls = self.classes.get(channel.kind)
        secret = _secret_fields(cls.Config) if cls is not None else set(channel.settings)
        return {name: STARS if name in secret and value else value for name, value in channel.settings.items()}

    def merged(self, old: ChannelSettings | None, new: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """New settings, with the secrets of the old ones where only stars were sent back."""
        kept = old.settings if old is not None and old.kind == kind else {}
        return {name: kept.get(name, value) if value == STARS else value for name, value in new.items()}


def secrets_of(config: NotifierConfig) -> Iterable[str]:
    """The values that must not be shown."""
    return [str(value) for name in config.__struct_fields__ if isinstance(value := getattr(config, name), Secret)]


def plain(config: NotifierConfig) -> dict[str, Any]:
    """A config as plain settings, secrets included."""
    found: dict[str, Any] = msgspec.to_builtins(config, enc_hook=str)
    return found


def _secret_fields(cls: type[NotifierConfig]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(cls) if field.type is Secret or "Secret" in str(field.type)}


def _tree(settings: Mapping[str, Any], where: str) -> Tree:
    return {
        name: _tree(value, f"{where}.{name}") if isinstance(value, dict) else Leaf(value, f"{where}.{name}", Rank.FILE)
        for name, value in settings.items()
    }


def _split(fault: str) -> tuple[str, str]:
    where, _, expected = fault.partition(": ")
    return where, expected
