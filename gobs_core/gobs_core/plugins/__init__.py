"""The way in for every plugin: found through entry points, checked, and handed on as classes by name."""

from gobs_core.plugins.loader import load_plugins
from gobs_core.plugins.origin import EntryPointLike, Origin
from gobs_core.plugins.registry import KINDS, Plugins

__all__ = ["KINDS", "EntryPointLike", "Origin", "Plugins", "load_plugins"]
