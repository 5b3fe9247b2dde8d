"""Tests of gobs_server.access, of its pages and of its REST interface."""
