"""Tests of the page of all nodes."""
