"""Tests of any table as a live list."""
