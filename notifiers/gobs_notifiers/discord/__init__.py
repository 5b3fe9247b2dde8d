"""The notifier `discord`: one embed a message, edited into "resolved" when it is over."""

from gobs_core import Notifier, hookimpl
from gobs_notifiers.discord.notifier import DiscordConfig, DiscordNotifier

__all__ = ["DiscordConfig", "DiscordNotifier", "gobs_register_notifiers"]


@hookimpl
def gobs_register_notifiers() -> list[type[Notifier]]:
    """Announce it."""
    return [DiscordNotifier]
