"""Alerts: rules judged on every frame from memory, a journal that loses nothing, and messages that arrive."""
