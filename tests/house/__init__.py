"""Tests of the house: versions, packaging, the Makefile, the tools and their settings."""
