"""Tests of gobs_server.certs."""
