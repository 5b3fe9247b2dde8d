"""Fixture machines: the /proc and /sys of machines nobody has at hand. `python -m tests.machines.make` writes them."""
