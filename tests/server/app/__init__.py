"""Tests of gobs_server.app."""
