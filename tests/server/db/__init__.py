"""Tests of gobs_server.db."""
