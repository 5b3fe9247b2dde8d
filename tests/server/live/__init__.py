"""Tests of gobs_server.live."""
