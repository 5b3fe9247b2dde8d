"""Recordings in the server."""
