"""Who may come in and what they may: people, logins, API tokens, providers, and the record of what was done."""

from gobs_server.access.access import Access

__all__ = ["Access"]
