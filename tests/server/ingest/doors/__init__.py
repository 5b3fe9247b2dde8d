"""Tests of gobs_server.ingest.doors."""
