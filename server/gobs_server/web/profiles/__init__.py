"""The pages of recordings: which there are, how far one is, what it found, and where to begin another."""

from gobs_server.web.profiles.routes import add_profiles

__all__ = ["add_profiles"]
