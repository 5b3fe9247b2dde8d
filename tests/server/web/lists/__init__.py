"""Tests of the lists that pages show live."""
