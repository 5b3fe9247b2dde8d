"""Tests of gobs_server.history."""
