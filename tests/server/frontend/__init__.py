"""Tests of what pages load: scripts, style sheet, their weight."""
