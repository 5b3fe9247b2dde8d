"""Subcommands of `gobs` for whoever runs a server; each module is light, and imports what it needs when it runs."""
